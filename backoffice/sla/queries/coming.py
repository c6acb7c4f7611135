"""What will break next: the coming backlog, who misses the promised day at the present pace, the pace needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.sla import forecast
from backoffice.sla.forecast import Flow, Forecast, History, Outlook
from backoffice.sla.models import Backlog, DayFigures

LOOKED_BACK = timedelta(days=400)
LAST_MONTH = 20  # business days ago
LISTED = 50


@dataclass(frozen=True, slots=True)
class Happened:
    """A forecast of a month ago, and what was open at the end of each of its days."""

    told: Forecast
    backlog: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """What is to be expected. `forecast` is None where too few business days are known.

    `pace` is in requests issued or rejected a business day, lately; `to_keep` the slowest that breaks no promise that
    can still be kept, `to_clear` the one that empties the desk by the end of `clear_by`, None where no business day is
    left. Of the `in_time` ones `missing_count` will not be, of which `missing` are the most urgent `LISTED`.
    """

    pace: float
    open: int
    late: int
    in_time: int
    to_keep: float
    clear_by: date
    to_clear: float | None
    missing: tuple[Outlook, ...]
    missing_count: int
    forecast: Forecast | None
    last_month: Happened | None


def coming(now: datetime, clear_by: date | None = None) -> Coming:
    """The outlook from today on; what waits for the customer has no day to miss and is left out of it.

    `clear_by` is the day by which the desk is to be empty, in two weeks unless given; new requests are reckoned in.
    """
    calendar, today = calendars.current_calendar(), clock.local_date(now, clock.zone())
    history = _history(calendar, today)
    told = forecast.forecast(history)
    due = [(id_, due_on) for id_, due_on in session.execute(_WAITING)]
    turns = forecast.outlook(due, history.pace, calendar, today)
    in_time = [turn for turn in turns if turn.due_on >= today]
    missing = [turn for turn in in_time if turn.misses]
    until = clear_by or calendar.add_business_days(today, forecast.HORIZON - 1)
    return Coming(
        pace=history.pace,
        open=len(due),
        late=len(due) - len(in_time),
        in_time=len(in_time),
        to_keep=forecast.pace_to_keep((due_on for _, due_on in due), calendar, today),
        clear_by=until,
        to_clear=forecast.pace_to_clear(len(due) + _still_to_come(told, until, calendar), calendar, today, until),
        missing=tuple(missing[:LISTED]),
        missing_count=len(missing),
        forecast=told,
        last_month=_happened(history),
    )


_WAITING = (
    select(InvoiceRequest.id, InvoiceRequest.due_on)
    .where(is_open(), InvoiceRequest.paused_at.is_(None))
    .order_by(InvoiceRequest.due_at, InvoiceRequest.id)
)


def _history(calendar: BusinessCalendar, today: date) -> History:
    received = func.sum(DayFigures.received)
    withdrawn = func.sum(DayFigures.withdrawn)
    out = func.sum(DayFigures.issued + DayFigures.rejected + DayFigures.withdrawn)
    days = select(DayFigures.day, received, out, withdrawn).group_by(DayFigures.day).having(received + out > 0)
    rows = session.execute(days.where(DayFigures.day >= today - LOOKED_BACK)).all()
    flows = [Flow(*row) for row in rows]
    open_now = session.scalar(select(func.coalesce(func.sum(Backlog.number), 0))) or 0
    opening = open_now - sum(flow.inflow - flow.outflow for flow in flows)
    return History(flows, max(0, opening), calendar, today)


def _still_to_come(told: Forecast | None, until: date, calendar: BusinessCalendar) -> float:
    """Requests expected up to and including a day; beyond the forecast as many as on its mean day."""
    if told is None:
        return 0.0
    known = sum(day.inflow for day in told.days if day.day <= until)
    beyond = max(0, calendar.business_days_between(told.days[-1].day, until))
    return known + beyond * sum(day.inflow for day in told.days) / len(told.days)


def _happened(history: History) -> Happened | None:
    end = len(history.days) - LAST_MONTH
    if end < forecast.LEAST_HISTORY:
        return None
    told = forecast.forecast(history.before(end))
    if told is None:
        return None
    return Happened(told, tuple(history.backlog[end : end + forecast.HORIZON]))
