"""What waits for us and when its turn comes, read for the outlook and for the lists behind its figures alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.sla import forecast
from backoffice.sla.forecast import Flow, History, Outlook
from backoffice.sla.models import Backlog, DayFigures

LOOKED_BACK = timedelta(days=400)


@dataclass(frozen=True)
class Ahead:
    """What is open and not paused, as (id, promised day, amount), beside the history that its pace comes from.

    `closed` is the money issued or rejected by day.
    """

    today: date
    calendar: BusinessCalendar
    history: History
    closed: dict[date, Decimal]
    waiting: Sequence[tuple[int, date, Decimal]]

    @cached_property
    def in_time(self) -> list[Outlook]:
        """The turns of what is not late yet, the most urgent first."""
        due = ((key, due_on) for key, due_on, _ in self.waiting)
        turns = forecast.outlook(due, self.history.pace, self.calendar, self.today)
        return [turn for turn in turns if turn.due_on >= self.today]

    @cached_property
    def missing(self) -> list[Outlook]:
        """Of these the turns that come too late."""
        return [turn for turn in self.in_time if turn.misses]

    @cached_property
    def hardest(self) -> tuple[float, date | None]:
        """The pace that keeps every promise, and the day that asks for it."""
        return forecast.hardest((due_on for _, due_on, _ in self.waiting), self.calendar, self.today)

    @property
    def paced(self) -> tuple[date, date]:
        """The days whose closings are the present pace: business days, and those off before each of them."""
        days = self.history.days
        if not days:
            return self.today, self.today
        first = min(self.closed, default=days[0])
        if len(days) > forecast.PACE_DAYS:
            first = days[-forecast.PACE_DAYS - 1] + timedelta(days=1)
        return first, days[-1]

    def will_miss(self) -> ColumnElement[bool]:
        """Which requests will: of those promised for a day the last ones, if not all, for turns go by day and id."""
        first: dict[date, int] = {}
        for turn in self.missing:
            first[turn.due_on] = min(turn.key, first.get(turn.due_on, turn.key))
        days = (and_(InvoiceRequest.due_on == day, InvoiceRequest.id >= key) for day, key in first.items())
        return and_(_WAITS, or_(false(), *days))

    def sets_the_pace(self) -> ColumnElement[bool]:
        """Which requests have to be closed by the day that asks for the pace that keeps every promise."""
        _, day = self.hardest
        return false() if day is None else and_(_WAITS, InvoiceRequest.due_on <= day)


_WAITS = and_(is_open(), InvoiceRequest.paused_at.is_(None))
_WAITING = select(InvoiceRequest.id, InvoiceRequest.due_on, InvoiceRequest.amount).where(_WAITS).order_by(
    InvoiceRequest.due_at, InvoiceRequest.id
)  # fmt: skip


def read(now: datetime) -> Ahead:
    """The outlook of this moment; what waits for the customer has no day to miss and is left out of it."""
    calendar, today = calendars.current_calendar(), clock.local_date(now, clock.zone())
    history, closed = _history(calendar, today)
    waiting = [(key, due_on, amount) for key, due_on, amount in session.execute(_WAITING)]
    return Ahead(today, calendar, history, closed, waiting)


def _history(calendar: BusinessCalendar, today: date) -> tuple[History, dict[date, Decimal]]:
    received = func.sum(DayFigures.received)
    withdrawn = func.sum(DayFigures.withdrawn)
    out = func.sum(DayFigures.issued + DayFigures.rejected + DayFigures.withdrawn)
    money = func.sum(DayFigures.issued_amount), func.sum(DayFigures.rejected_amount)
    days = select(DayFigures.day, received, out, withdrawn, *money).group_by(DayFigures.day).having(received + out > 0)
    rows = session.execute(days.where(DayFigures.day >= today - LOOKED_BACK)).all()
    flows = [Flow(*row[:4]) for row in rows]
    open_now = session.scalar(select(func.coalesce(func.sum(Backlog.number), 0))) or 0
    opening = open_now - sum(flow.inflow - flow.outflow for flow in flows)
    return History(flows, max(0, opening), calendar, today), {row[0]: row[4] + row[5] for row in rows}
