"""The figures of days counted anew from the rows themselves: what the fold writes down, and what proves it right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, union_all

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, RequestEvent, is_open
from backoffice.requests.rules import ABOUT, State
from backoffice.sla import rules
from backoffice.sla.models import Outcome
from backoffice.sla.rules import Clock, Kept, Split, Step, Verdict

FIGURES = (
    "received", "issued", "rejected", "withdrawn", "met", "missed", "met_gross", "first_pass", "held", "reopened",
)  # fmt: skip
Key = tuple[date, str, int, int]
_CLOSED = Outcome.state.in_([State.ISSUED, State.REJECTED])
# Which outcomes a figure counts, and on which day.
_COUNTED: dict[str, tuple[Any, ColumnElement[bool]]] = {
    "issued": (Outcome.closed_on, Outcome.state == State.ISSUED),
    "rejected": (Outcome.closed_on, Outcome.state == State.REJECTED),
    "withdrawn": (Outcome.closed_on, Outcome.state == State.WITHDRAWN),
    "met": (Outcome.due_on, Outcome.verdict == Verdict.MET),
    "missed": (Outcome.due_on, Outcome.verdict == Verdict.MISSED),
    "met_gross": (Outcome.due_on, Outcome.gross_verdict == Verdict.MET),
    "first_pass": (Outcome.closed_on, and_(Outcome.state == State.ISSUED, Outcome.attempt == 1)),
    "held": (Outcome.closed_on, and_(_CLOSED, Outcome.paused_seconds > 0)),
    "reopened": (Outcome.closed_on, Outcome.reopened_of_id.is_not(None)),
}


def tenths(seconds: Any) -> Any:
    """SQL of `rules.tenths_of`."""
    return (seconds * rules.TENTHS + rules.DAY - 1) // rules.DAY


def days(which: Collection[date]) -> dict[Key, dict[str, Any]]:
    """The figures of `sla_day` on these days, by its key; a combination without any has no entry."""
    found: dict[Key, dict[str, Any]] = defaultdict(_nothing)
    for figure, rows in _counts(which):
        for day, kind, band, reviewer, number, amount in rows:
            if number:
                found[day, kind, band, reviewer or 0][figure] = number
                found[day, kind, band, reviewer or 0][f"{figure}_amount"] = amount
    return dict(found)


def _nothing() -> dict[str, Any]:
    return {name: zero for figure in FIGURES for name, zero in ((figure, 0), (f"{figure}_amount", Decimal("0.00")))}


def _counts(which: Collection[date]) -> Iterator[tuple[str, Any]]:
    if not which:
        return
    yield "received", session.execute(_received(which))
    for figure, (on, counts) in _COUNTED.items():
        by = Outcome.reopened_of_id if figure == "reopened" else Outcome.reviewer_id
        keys = (on, Outcome.header_kind, Outcome.band, by)
        counted = select(*keys, func.count(), func.sum(Outcome.amount)).where(on.in_(which), counts).group_by(*keys)
        yield figure, session.execute(counted)


def _received(which: Collection[date]) -> Select[Any]:
    zone, at = clock.zone(), InvoiceRequest.submitted_at
    spans = [
        and_(at >= clock.start_of_day(first, zone), at < clock.start_of_day(after, zone))
        for first, after in runs(which)
    ]
    rows = (
        select(InvoiceRequest.submitted_on, kind_column(), band_column(), literal(0).label("nobody"))
        .add_columns(InvoiceRequest.amount)
        .where(or_(*spans))
        .subquery()
    )
    keys = rows.c.submitted_on, rows.c.header_kind, rows.c.band, rows.c.nobody
    return select(*keys, func.count(), func.sum(rows.c.amount)).group_by(*keys)


def runs(which: Collection[date]) -> Iterator[tuple[date, date]]:
    """The days as spans without gaps: the first day of each, and the day after its last."""
    one = timedelta(days=1)
    first = before = None
    for day in sorted(which):
        if first is None or before is None:
            first = day
        elif day != before + one:
            yield first, before + one
            first = day
        before = day
    if first is not None and before is not None:
        yield first, before + one


def kind_column() -> Any:
    """The type of a request's header, as its row has it frozen."""
    return InvoiceRequest.header["kind"].as_string().label("header_kind")


def band_column() -> Any:
    """SQL of `rules.band_of` a request."""
    steps = [(InvoiceRequest.amount >= start, number) for number, start in reversed(list(enumerate(rules.BANDS)))]
    return case(*steps, else_=0).label("band")


def paces(which: Collection[date]) -> dict[tuple[str, date, int], tuple[int, Decimal]]:
    """The rows of `sla_pace` on these days: number and sum by slice, day and what it took."""
    return paces_of(Outcome.closed_on.in_(which)) if which else {}


def paces_of(*narrowed: ColumnElement[bool]) -> dict[tuple[str, date, int], tuple[int, Decimal]]:
    """The same of some outcomes."""
    net = tenths(Outcome.seconds - Outcome.paused_seconds)
    slices = [
        (Clock.NET, None, net, _CLOSED),
        (Clock.GROSS, None, tenths(Outcome.seconds), _CLOSED),
        (Clock.CHAIN, None, tenths(Outcome.chain_seconds), Outcome.state == State.ISSUED),
        (Split.KIND, Outcome.header_kind, net, _CLOSED),
        (Split.BAND, Outcome.band, net, _CLOSED),
        (Split.REVIEWER, Outcome.reviewer_id, net, and_(_CLOSED, Outcome.reviewer_id.is_not(None))),
        (Split.REASON, Outcome.reason, net, and_(Outcome.state == State.REJECTED, Outcome.reason.is_not(None))),
        *((step, _kept(step), step_column(step), step_column(step).is_not(None)) for step in Step),
    ]
    found = {}
    for name, value, took, counts in slices:
        rows = (
            select(Outcome.closed_on, took.label("took"), Outcome.amount)
            .add_columns((literal("") if value is None else value).label("of"))
            .where(*narrowed, counts)
            .subquery()
        )
        keys = rows.c.closed_on, rows.c.took, rows.c.of
        for day, took_, of, number, amount in session.execute(
            select(*keys, func.count(), func.sum(rows.c.amount)).group_by(*keys)
        ):
            found[name if value is None else f"{name}:{of}", day, took_] = number, amount
    return found


def step_column(step: str, what: str = "minutes") -> Any:
    """The column of the outcomes with what a step took, or whether it was `kept`."""
    return getattr(Outcome, f"{step}_{what}")


def _kept(step: str) -> Any:
    kept = step_column(step, "kept")
    return case((kept.is_(True), Kept.KEPT.value), (kept.is_(False), Kept.LATE.value), else_=Kept.FREE.value)


def backlog(now: datetime, *narrowed: ColumnElement[bool]) -> Select[Any]:
    """What is open, in the columns of `sla_backlog`; of it what `narrowed` leaves."""
    stage = case(
        (InvoiceRequest.state == State.APPROVED, "approved"),
        (InvoiceRequest.paused_at.is_not(None), "paused"),
        (InvoiceRequest.held_at.is_not(None), "held"),
        else_="pending",
    )
    claimed_by = case((InvoiceRequest.claim_ends_at > now, InvoiceRequest.claimed_by_id), else_=0)
    rows = (
        select(InvoiceRequest.due_on, InvoiceRequest.submitted_on, stage.label("stage"), kind_column(), band_column())
        .add_columns(claimed_by.label("claimed_by_id"), InvoiceRequest.amount)
        .where(is_open(), *narrowed)
        .subquery()
    )
    *keys, amount = rows.c
    return select(*keys, func.count().label("number"), func.sum(amount).label("amount")).group_by(*keys)


def open_at(moment: datetime, lag: timedelta) -> Select[Any]:
    """Number and sum of what was open at a past moment, by day of submission, header type and band.

    Left out is whatever was submitted or closed less than `lag` before or after it; a negative one takes that in.
    """
    row = InvoiceRequest
    closed = or_(row.closed_at.is_(None), row.closed_at >= moment + lag)
    rows = (
        select(row.submitted_on, kind_column(), band_column(), row.amount)
        .where(row.submitted_at < moment - lag, closed)
        .subquery()
    )
    *keys, amount = rows.c
    return select(*keys, func.count(), func.sum(amount)).group_by(*keys)


def is_untouched(since: datetime) -> ColumnElement[bool]:
    """Whether nothing has happened to a request from a moment on: neither its timeline nor the audit log tells of it.

    That its question reached the customer is told by neither, and stops its clock.
    """
    happened = exists().where(RequestEvent.request_id == InvoiceRequest.id, RequestEvent.at >= since)
    done = exists().where(
        AuditEvent.object_type == ABOUT, AuditEvent.object_id == InvoiceRequest.number, AuditEvent.at >= since
    )
    return and_(~happened, ~done)


def all_days() -> set[date]:
    """Every day that could have figures."""
    named = union_all(
        select(InvoiceRequest.submitted_on.label("day")), select(Outcome.closed_on), select(Outcome.due_on)
    ).subquery()
    return set(session.scalars(select(named.c.day).distinct()))
