"""Telling in time: long before a promise breaks, whoever can act hears of it, once for each step and promised day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from backoffice import clock
from backoffice.accounts import queries as accounts
from backoffice.accounts.models import User
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import is_first, session
from backoffice.delivery import services as delivery
from backoffice.permissions import Role
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state, is_open
from backoffice.requests.rules import State
from backoffice.sla import rules
from backoffice.sla.models import Escalation
from backoffice.sla.services.flags import line_of

BATCH = 200
REVIEWERS, MANAGERS = "reviewers", "managers"
# So many groups of requests are asked of in one statement.
_GROUPS = 200


def escalate(step: str, *, now: datetime, limit: int) -> int:
    """Tell of up to `limit` open requests that have used up what the policy of `step` allows; returns how many.

    Fewer than `limit` means that there are no others, that another worker tells of them, or that nobody is there.

    The share is business time since the application over what was promised, without the time in which the clock stood
    still; requests whose clock stands still now wait. Reviewers are told of what waits for a verdict: whoever works on
    it, or all of them where nobody does, or whoever does has left. Managers are told of what waits to be issued, too.
    Each request is taken by an INSERT that a second worker cannot repeat; where there is nobody to tell, it waits until
    there is.
    """
    percent = policies.value(PolicyKey.ESCALATION, clock.local_date(now, clock.zone()))[step]
    if percent is None:
        return 0
    people = accounts.active_people(Role.MANAGER if step == MANAGERS else Role.REVIEWER)
    if not people:
        return 0
    calendar = calendars.current_calendar()
    told = [one for one in ripe(step, percent, now=now, limit=limit) if _take(one, step, now)]
    for person, requests, unassigned in _whom(step, told, people, now):
        delivery.queue(
            "due_soon",
            person.email,
            person.locale or "en",
            {
                "requests": [line_of(one, calendar) for one in requests], "percent": percent,
                "unassigned": unassigned, "person": person.name,
            },
            at=now,
            about=("invoice_request", requests[0].id),
        )  # fmt: skip
    return len(told)


def ripe(step: str, percent: int, *, now: datetime, limit: int) -> list[InvoiceRequest]:
    """Up to `limit` open requests that have used up `percent` of their time and were not told of at this step, the most
    urgent ones; fewer than `limit` means that there are no others."""
    calendar, found = calendars.current_calendar(), list[InvoiceRequest]()
    for condition in _conditions(step, percent, calendar, now):
        rows = session.scalars(
            select(InvoiceRequest)
            .where(condition)
            .order_by(InvoiceRequest.due_at, InvoiceRequest.id)
            .execution_options(yield_per=limit)
        )
        ripe_ones = (one for one in rows if not one.paused_seconds or _is_ripe(one, percent, calendar, now))
        found.extend(islice(ripe_ones, limit - len(found)))
        rows.close()
        if len(found) == limit:
            break
    return found


def count_ripe(step: str, percent: int, *, now: datetime) -> int:
    """How many open requests have used up `percent` of their time and were not told of at this step."""
    calendar, count = calendars.current_calendar(), 0
    for condition in _conditions(step, percent, calendar, now):
        count += session.scalar(select(func.count()).where(condition, InvoiceRequest.paused_seconds == 0)) or 0
        columns = (InvoiceRequest.submitted_at, InvoiceRequest.due_at, InvoiceRequest.paused_seconds)
        paused = select(*columns).where(condition, InvoiceRequest.paused_seconds > 0)
        rows = session.execute(paused.execution_options(yield_per=1000))
        count += sum(_is_ripe(row, percent, calendar, now) for row in rows)
    return count


def _conditions(step: str, percent: int, calendar: BusinessCalendar, now: datetime) -> Iterator[ColumnElement[bool]]:
    """What is ripe, the most urgent first: few conditions of many groups each, as a database takes only so long a one.

    Requests of one day with the same due instant differ in what lies before them alone, and that can be compared. Those
    whose clock has stood still are asked of their pauses as well, but not of both together: they have to be looked at.
    """
    zone, waiting = clock.zone(), _waiting(step, now)
    groups = select(InvoiceRequest.submitted_on, InvoiceRequest.due_at).where(*waiting).distinct()
    clauses = []
    for day, due_at in sorted(session.execute(groups).all(), key=lambda group: (group.due_at, group.submitted_on)):
        begin = clock.start_of_day(day, zone)
        promised, used = (calendar.business_seconds_between(begin, end, zone) for end in (due_at, now))
        within = rules.ripe_within(promised, used, percent)
        if within < 0:
            continue
        clause = and_(
            InvoiceRequest.submitted_on == day, InvoiceRequest.due_at == due_at, InvoiceRequest.paused_seconds <= within
        )
        if calendar.is_business_day(day):
            clause = and_(clause, InvoiceRequest.submitted_at <= begin + timedelta(seconds=within))
        clauses.append(clause)
    known = exists().where(
        Escalation.request_id == InvoiceRequest.id, Escalation.due_at == InvoiceRequest.due_at, Escalation.step == step
    )
    for first in range(0, len(clauses), _GROUPS):
        yield and_(*waiting, or_(*clauses[first : first + _GROUPS]), ~known)


def _waiting(step: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What can still be kept: open, its clock runs, its day not over. What is approved waits for no reviewer."""
    waits = is_open() if step == MANAGERS else in_state(State.PENDING)
    return waits, InvoiceRequest.paused_at.is_(None), InvoiceRequest.due_at > now


def _is_ripe(one: Any, percent: int, calendar: BusinessCalendar, now: datetime) -> bool:
    """Whether a request has used up its share, by its instants and what its clock has stood still."""
    promised, used = (
        calendar.business_seconds_between(one.submitted_at, end, clock.zone()) for end in (one.due_at, now)
    )
    return bool(one.paused_seconds <= rules.ripe_within(promised, used, percent))


def _take(invoice_request: InvoiceRequest, step: str, now: datetime) -> bool:
    row = {"request_id": invoice_request.id, "due_at": invoice_request.due_at, "step": step, "told_at": now}
    return is_first(Escalation, **row)


def _whom(
    step: str, told: list[InvoiceRequest], people: Sequence[User], now: datetime
) -> Iterable[tuple[User, list[InvoiceRequest], bool]]:
    """Each of the people with what they are told of, and whether nobody works on it."""
    if not told:
        return
    if step == MANAGERS:
        yield from ((manager, told, False) for manager in people)
        return
    there = {reviewer.id for reviewer in people}
    by_person: dict[int | None, list[InvoiceRequest]] = defaultdict(list)
    for one in told:
        claimant = one.claimant(now)
        by_person[claimant if claimant in there else None].append(one)
    for reviewer in people:
        if own := by_person.get(reviewer.id):
            yield reviewer, own, False
        if free := by_person.get(None):
            yield reviewer, free, True
