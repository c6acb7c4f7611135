"""The figures of the service-level page, and the lists behind them: a figure's list is the rows it counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, is_open, is_overdue
from backoffice.requests.rules import State

WINDOW_DAYS = 30
# Under five cases a percentage says more about chance than about the service (design/domain.md 5).
SMALLEST_SAMPLE = 5


class Figure(StrEnum):
    """What the page shows; each opens the list of the same name."""

    OPEN = "open"
    OVERDUE = "overdue"
    DUE_TODAY = "due-today"
    MET = "met"
    MISSED = "missed"
    DUE_IN_PERIOD = "due-in-period"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests a figure counts, and their sum in major units."""

    number: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures at one instant."""

    open: Count
    overdue: Count
    due_today: Count
    met: int
    missed: int
    turnaround_days: float | None
    turnaround_n: int
    since: date
    until: date

    @property
    def n(self) -> int:
        """Requests whose promised day fell in the period."""
        return self.met + self.missed

    @property
    def on_time(self) -> float | None:
        """Share kept, 0 to 1; None where too few for a percentage."""
        return self.met / self.n if self.n >= SMALLEST_SAMPLE else None


def period(now: datetime) -> tuple[date, date]:
    """First and last local day of the window: 30 days that end today."""
    today = clock.local_date(now, clock.zone())
    return today - timedelta(days=WINDOW_DAYS - 1), today


def overview(now: datetime) -> Overview:
    """All figures of the page."""
    since, until = period(now)
    days = _turnaround(now)
    return Overview(
        open=_count(Figure.OPEN, now),
        overdue=_count(Figure.OVERDUE, now),
        due_today=_count(Figure.DUE_TODAY, now),
        met=_count(Figure.MET, now).number,
        missed=_count(Figure.MISSED, now).number,
        turnaround_days=median(days) if days else None,
        turnaround_n=len(days),
        since=since,
        until=until,
    )


def count(figure: Figure, now: datetime) -> int:
    """How many requests one figure counts."""
    return _count(figure, now).number


def listed(figure: Figure, now: datetime) -> Select[InvoiceRequest]:
    """The requests that `figure` counts."""
    return select(InvoiceRequest).where(_predicate(figure, now))


def _count(figure: Figure, now: datetime) -> Count:
    number, amount = session.execute(
        select(func.count(), func.sum(InvoiceRequest.amount)).where(_predicate(figure, now))
    ).one()
    return Count(number, amount or Decimal("0.00"))


def _predicate(figure: Figure, now: datetime) -> ColumnElement[bool]:
    since, until = period(now)
    zone = clock.zone()
    due_at = InvoiceRequest.due_at
    # due_at is the start of the day after the promised day.
    first, last = (calendar_rules.due_at(day, zone) for day in (since, until))
    in_period = and_(due_at >= first, due_at <= last)
    still_open = is_open()
    # A withdrawn request counts only when its promise was broken before (design/domain.md 5).
    closed = InvoiceRequest.closed_at
    missed = or_(is_overdue(now), closed >= due_at)
    met = and_(InvoiceRequest.state.in_([State.ISSUED, State.REJECTED]), closed < due_at)
    window = and_(
        InvoiceRequest.state.in_([State.ISSUED, State.REJECTED]),
        closed >= clock.start_of_day(since, zone),
        closed < calendar_rules.due_at(until, zone),
    )
    return {
        Figure.OPEN: still_open,
        Figure.OVERDUE: is_overdue(now),
        Figure.DUE_TODAY: and_(still_open, due_at == last),
        Figure.MET: and_(in_period, met),
        Figure.MISSED: and_(in_period, missed),
        Figure.DUE_IN_PERIOD: and_(in_period, or_(met, missed)),
        Figure.CLOSED: window,
    }[figure]


def _turnaround(now: datetime) -> list[float]:
    """Business days from submission to issue or rejection of everything closed in the window, smallest first."""
    calendar, zone = calendars.current_calendar(), clock.zone()
    rows = session.execute(
        select(InvoiceRequest.submitted_at, InvoiceRequest.closed_at).where(_predicate(Figure.CLOSED, now))
    )
    seconds = (
        calendar_rules.business_seconds_between(calendar, start, end, zone) for start, end in rows if end is not None
    )
    return sorted(value / 86400 for value in seconds)
