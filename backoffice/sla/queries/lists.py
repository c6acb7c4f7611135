"""The lists behind the figures of the managers' page: which requests each figure counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState
from backoffice.money import ZERO
from backoffice.prepared import Prepared
from backoffice.requests.models import InvoiceRequest, in_state, is_open, is_overdue
from backoffice.requests.rules import ABOUT, State
from backoffice.sla import rules
from backoffice.sla.models import Outcome
from backoffice.sla.queries import ahead, recount
from backoffice.sla.rules import Verdict
from backoffice.steering import beside

_FARTHEST = 400  # days of the calendar that an age is looked for in


class Figure(StrEnum):
    """What the page shows; each opens the list of the same name. Some have a cell: a bucket, a reason, or a step."""

    OPEN = "open"
    OVERDUE = "overdue"
    DUE_TODAY = "due-today"
    DUE_NEXT = "due-next"
    UNASSIGNED = "unassigned"
    PAUSED = "paused"
    WORKED_ON = "worked-on"
    OLDEST = "oldest"
    AGE = "age"
    MET = "met"
    MISSED = "missed"
    MET_GROSS = "met-with-holds"
    DUE_IN_PERIOD = "due-in-period"
    RECEIVED = "received"
    OUT = "out"
    BACKLOG = "backlog"
    CLOSED = "closed"
    ISSUED = "issued"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    TURNAROUND = "turnaround"
    FIRST_PASS = "first-pass"  # noqa: S105
    RESUBMITTED = "resubmitted"
    HELD = "held"
    REOPENED = "reopened"
    REASON = "reason"
    UNDELIVERED = "undelivered"
    STEP = "step"
    STEP_KEPT = "step-kept"
    STEP_LATE = "step-late"
    WILL_MISS = "will-miss"
    TO_KEEP = "to-keep"


NOW = frozenset({
    Figure.OPEN, Figure.OVERDUE, Figure.DUE_TODAY, Figure.DUE_NEXT, Figure.UNASSIGNED, Figure.PAUSED, Figure.WORKED_ON,
    Figure.OLDEST, Figure.AGE, Figure.WILL_MISS, Figure.TO_KEEP,
})  # fmt: skip
# Of the outlook, not of the managers' page.
AHEAD = frozenset({Figure.WILL_MISS, Figure.TO_KEEP})
_DUE = frozenset({Figure.MET, Figure.MISSED, Figure.MET_GROSS, Figure.DUE_IN_PERIOD})
STEPS = frozenset({Figure.STEP, Figure.STEP_KEPT, Figure.STEP_LATE})
# Asked about days alone: nobody has decided on them.
RECEIVED = frozenset({Figure.RECEIVED, Figure.BACKLOG})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a figure is asked about: local days, both inclusive, and what narrows it; `cell` for those that have one.

    `reviewer` is whoever gave the verdict, or works on what is open.
    """

    since: date
    until: date
    header_kind: str = ""
    band: int | None = None
    reviewer: int | None = None
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests there are, and their sum in major units."""

    number: int = 0
    amount: Decimal = ZERO

    def __add__(self, other: Count) -> Count:
        # Most of what is added up is nothing.
        if not other.number:
            return self
        return Count(self.number + other.number, self.amount + other.amount)


def listed(figure: Figure, asked: Asked, now: datetime) -> Select[InvoiceRequest]:
    """The requests that `figure` counts, in no order yet."""
    if figure in NOW:
        return select(InvoiceRequest).where(_open(figure, asked, now), *of_requests(asked, now))
    if figure in RECEIVED:
        return select(InvoiceRequest).where(*_received(figure, asked), *of_requests(asked, now, people=False))
    of = and_(Outcome.request_id == InvoiceRequest.id, *_outcomes(figure, asked))
    if figure in (Figure.MISSED, Figure.DUE_IN_PERIOD):
        still_open = and_(is_overdue(now), *of_requests(asked, now))
        return select(InvoiceRequest).where(_due_in(asked), or_(exists().where(of), still_open))
    span = _due_in(asked) if figure in _DUE else _closed_in(asked)
    return select(InvoiceRequest).where(span, exists().where(of))


def with_outcomes(statement: Select[InvoiceRequest]) -> Select[Any]:
    """The requests of a list as rows with the customer account's name, the type of the header, and what became of the
    promise; seconds are of business time, and nothing is told of what is open."""
    # Of its own name: the list may ask for an outcome, too.
    told = aliased(Outcome)
    shown = InvoiceRequest
    name = select(Account.name).where(Account.id == shown.account_id).scalar_subquery()
    return statement.with_only_columns(
        shown.id, shown.number, name.label("account"), shown.header_name,
        shown.header["kind"].as_string().label("header_kind"), shown.amount, shown.state, shown.invoice_number,
        shown.submitted_at, shown.due_at, shown.due_on, shown.closed_at,
        told.verdict, told.seconds, told.paused_seconds, told.reason,
    ).outerjoin(told, told.request_id == shown.id)  # fmt: skip


def order(figure: Figure) -> list[tuple[Any, Literal["asc", "desc"]]]:
    """The order of a figure's list: what is due first, or what was closed or came in last; it follows an index."""
    if figure in NOW or figure in _DUE:
        return [(InvoiceRequest.due_at, "asc"), (InvoiceRequest.id, "asc")]
    by: Any = InvoiceRequest.submitted_at if figure in RECEIVED else InvoiceRequest.closed_at
    return [(by, "desc"), (InvoiceRequest.id, "desc")]


def total(figure: Figure, asked: Asked, now: datetime) -> Count:
    """Number and sum of a figure's list, counted from its rows; of what is closed, from the outcomes alone."""
    if figure in NOW or figure in RECEIVED:
        return _count(listed(figure, asked, now).with_only_columns(InvoiceRequest.amount))
    counted = _count(select(Outcome.amount).where(*_outcomes(figure, asked)))
    if figure in (Figure.MISSED, Figure.DUE_IN_PERIOD):
        late = select(InvoiceRequest.amount).where(is_overdue(now), _due_in(asked), *of_requests(asked, now))
        return counted + _count(late)
    return counted


def _count(amounts: Select[Any]) -> Count:
    return _read(session.execute(_counting(amounts)).one())


def _read(row: Sequence[Any]) -> Count:
    number, amount = row
    return Count(number, amount or ZERO)


def _counting(amounts: Select[Any]) -> Any:
    rows = amounts.subquery()
    return select(func.count(), func.sum(rows.c.amount)).select_from(rows)


def undelivered(asked: Asked) -> Count:
    """Of what was issued in the period: whose invoice has not reached everybody's mail server."""
    return _read(_counting_undelivered(asked).rows(session.connection(), {})[0])


@lru_cache(maxsize=64)
def _counting_undelivered(asked: Asked) -> Prepared:
    # Days, ids and coded words: nothing of it was typed, so all of it is written into the statement.
    return Prepared(_counting(select(Outcome.amount).where(*_outcomes(Figure.UNDELIVERED, asked))))


def age(calendar: BusinessCalendar, submitted_on: date, today: date) -> int:
    """For how many business days something has been open, `rules.LAST_AGE` for that many and more."""
    return min(max(0, calendar.business_days_between(submitted_on, today)), rules.LAST_AGE)


def _open(figure: Figure, asked: Asked, now: datetime) -> ColumnElement[bool]:
    zone, due_at = clock.zone(), InvoiceRequest.due_at
    today = clock.local_date(now, zone)
    ends_at = InvoiceRequest.claim_ends_at
    if figure is Figure.OVERDUE:
        return is_overdue(now)
    if figure is Figure.DUE_TODAY:
        return and_(is_open(), due_at == calendar_rules.due_at(today, zone))
    if figure is Figure.DUE_NEXT:
        following = calendars.current_calendar().add_business_days(today, 1)
        ends = (calendar_rules.due_at(day, zone) for day in (today, following))
        return and_(is_open(), due_at > next(ends), due_at <= next(ends))
    if figure is Figure.UNASSIGNED:
        free = or_(ends_at.is_(None), ends_at <= now)
        return and_(in_state(State.PENDING), InvoiceRequest.held_at.is_(None), free)
    if figure is Figure.PAUSED:
        return and_(in_state(State.PENDING), InvoiceRequest.paused_at.is_not(None))
    if figure is Figure.WORKED_ON:
        return and_(in_state(State.PENDING), ends_at > now)
    if figure is Figure.WILL_MISS:
        return ahead.read(now).will_miss()
    if figure is Figure.TO_KEEP:
        return ahead.read(now).sets_the_pace()
    if figure is Figure.OLDEST:
        return and_(is_open(), *_of_oldest_day(asked, now))
    if figure is Figure.AGE:
        return and_(is_open(), *_aged(int(asked.cell), today))
    return is_open()


def _of_oldest_day(asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    zone, at = clock.zone(), beside(InvoiceRequest.submitted_at)
    oldest = session.scalar(select(func.min(at)).where(is_open(), *of_requests(asked, now)))
    if oldest is None:
        return [false()]
    after = clock.local_date(oldest, zone) + timedelta(days=1)
    return [at < clock.start_of_day(after, zone)]


def _aged(bucket: int, today: date) -> list[ColumnElement[bool]]:
    # Open ones are read in the order of their due day: no index of submissions must tempt SQLite to sort them.
    calendar, zone, at = calendars.current_calendar(), clock.zone(), beside(InvoiceRequest.submitted_at)
    days = [today - timedelta(days=number) for number in range(_FARTHEST)]
    since = [day for day in days if age(calendar, day, today) == bucket]
    if not since:
        return [InvoiceRequest.id.is_(None)]
    until = [] if bucket == 0 else [at < clock.start_of_day(since[0] + timedelta(days=1), zone)]
    oldest = [] if bucket == rules.LAST_AGE else [at >= clock.start_of_day(since[-1], zone)]
    return [*until, *oldest]


def of_requests(asked: Asked, now: datetime, *, people: bool = True) -> list[ColumnElement[bool]]:
    """What of the requests the filters leave; a reviewer is whoever works on them now, where `people` count."""
    conditions: list[ColumnElement[bool]] = []
    if asked.header_kind:
        conditions.append(InvoiceRequest.header["kind"].as_string() == asked.header_kind)
    if asked.band is not None:
        amount, above = InvoiceRequest.amount, rules.BANDS[asked.band + 1 : asked.band + 2]
        conditions += [amount >= rules.BANDS[asked.band], *(amount < end for end in above)]
    if asked.reviewer is not None and people:
        conditions += [InvoiceRequest.claimed_by_id == asked.reviewer, InvoiceRequest.claim_ends_at > now]
    return conditions


def _received(figure: Figure, asked: Asked) -> list[ColumnElement[bool]]:
    zone, at = clock.zone(), InvoiceRequest.submitted_at
    end = clock.start_of_day(asked.until + timedelta(days=1), zone)
    if figure is Figure.BACKLOG:
        closed_at = InvoiceRequest.closed_at
        return [at < end, or_(closed_at.is_(None), closed_at >= end)]
    return [at >= clock.start_of_day(asked.since, zone), at < end]


def _due_in(asked: Asked) -> ColumnElement[bool]:
    first, last = (calendar_rules.due_at(day, clock.zone()) for day in (asked.since, asked.until))
    return and_(InvoiceRequest.due_at >= first, InvoiceRequest.due_at <= last)


def _closed_in(asked: Asked) -> ColumnElement[bool]:
    zone = clock.zone()
    first, after = clock.start_of_day(asked.since, zone), clock.start_of_day(asked.until + timedelta(days=1), zone)
    return and_(InvoiceRequest.closed_at >= first, InvoiceRequest.closed_at < after)


def narrowed(asked: Asked) -> list[ColumnElement[bool]]:
    """What of the outcomes the filters leave."""
    kind = [Outcome.header_kind == asked.header_kind] if asked.header_kind else []
    band = [Outcome.band == asked.band] if asked.band is not None else []
    person = [Outcome.reviewer_id == asked.reviewer] if asked.reviewer is not None else []
    return [*kind, *band, *person]


def _outcomes(figure: Figure, asked: Asked) -> list[ColumnElement[bool]]:
    on = Outcome.due_on if figure in _DUE else Outcome.closed_on
    narrow = narrowed(asked)
    if figure is Figure.REOPENED and asked.reviewer is not None:
        narrow[-1] = Outcome.reopened_of_id == asked.reviewer
    return [on.between(asked.since, asked.until), *narrow, *_which(figure, asked.cell)]


def _which(figure: Figure, cell: str) -> list[ColumnElement[bool]]:
    done = Outcome.state.in_([State.ISSUED, State.REJECTED])
    issued = Outcome.state == State.ISSUED
    if figure is Figure.TURNAROUND:
        took = recount.tenths(Outcome.seconds - Outcome.paused_seconds)
        bucket = int(cell)
        least = [took > (bucket - 1) * rules.TENTHS] if bucket > 1 else []
        return [done, *least, *([took <= bucket * rules.TENTHS] if bucket < rules.LAST_BUCKET else [])]
    if figure in STEPS:
        kept = recount.step_column(cell, "kept")
        wanted = {Figure.STEP_KEPT: [kept.is_(True)], Figure.STEP_LATE: [kept.is_(False)]}
        return [recount.step_column(cell).is_not(None), *wanted.get(figure, [])]
    found: dict[Figure, list[ColumnElement[bool]]] = {
        Figure.MET: [Outcome.verdict == Verdict.MET],
        Figure.MISSED: [Outcome.verdict == Verdict.MISSED],
        Figure.MET_GROSS: [Outcome.gross_verdict == Verdict.MET],
        Figure.DUE_IN_PERIOD: [Outcome.verdict != Verdict.UNCOUNTED],
        Figure.OUT: [],
        Figure.CLOSED: [done],
        Figure.ISSUED: [issued],
        Figure.REJECTED: [Outcome.state == State.REJECTED],
        Figure.WITHDRAWN: [Outcome.state == State.WITHDRAWN],
        Figure.FIRST_PASS: [issued, Outcome.attempt == 1],
        Figure.RESUBMITTED: [issued, Outcome.attempt > 1],
        Figure.HELD: [done, Outcome.paused_seconds > 0],
        Figure.REOPENED: [Outcome.reopened_of_id.is_not(None)],
        Figure.REASON: [Outcome.state == State.REJECTED, Outcome.reason == cell],
        Figure.UNDELIVERED: [issued, Outcome.request_id.in_(not_arrived())],
    }
    return found[figure]


def not_arrived() -> Select[Any]:
    """Requests with an invoice's mail that is on its way or failed, and that no later mail follows."""
    later = aliased(Message)
    states = [state for state in MessageState if state not in (MessageState.ACCEPTED, MessageState.CANCELLED)]
    followed = exists().where(later.follows_id == Message.id)
    return select(Message.about_id).where(
        Message.state.in_(states), Message.template == "issued", Message.about_type == ABOUT, ~followed
    )
