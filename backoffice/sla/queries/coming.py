"""What will break next: the coming backlog, who misses the promised day at the present pace, the pace needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from backoffice.calendars.rules import BusinessCalendar
from backoffice.money import ZERO
from backoffice.sla import forecast
from backoffice.sla.forecast import Forecast, History, Outlook
from backoffice.sla.queries import ahead
from backoffice.sla.queries.ahead import Ahead
from backoffice.sla.queries.board import Shown
from backoffice.sla.queries.lists import Asked, Figure

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

    `pace` is in requests issued or rejected a business day, lately: all that are `closed`. `to_keep` is the slowest
    that breaks no promise that can still be kept: the `hardest` ones are promised up to `hardest_on`, None where no day
    asks for any. `to_clear` empties the desk by the end of `clear_by`, None where no business day is left. Of the
    `in_time` ones `misses` will not be, of which `missing` are the most urgent `LISTED`.
    """

    pace: float
    closed: Shown
    open: int
    late: Shown
    in_time: int
    to_keep: float
    hardest: Shown
    hardest_on: date | None
    clear_by: date
    to_clear: float | None
    missing: tuple[Outlook, ...]
    misses: Shown
    forecast: Forecast | None
    last_month: Happened | None

    @property
    def missing_count(self) -> int:
        """How many will miss their day."""
        return self.misses.number


def coming(now: datetime, clear_by: date | None = None) -> Coming:
    """The outlook from today on; what waits for the customer has no day to miss and is left out of it.

    `clear_by` is the day by which the desk is to be empty, in two weeks unless given; new requests are reckoned in.
    """
    found = ahead.read(now)
    calendar, today, history = found.calendar, found.today, found.history
    told = forecast.forecast(history)
    until = clear_by or calendar.add_business_days(today, forecast.HORIZON - 1)
    waiting = len(found.waiting)
    return Coming(
        pace=history.pace,
        closed=_closed(found),
        open=waiting,
        late=_late(found),
        in_time=len(found.in_time),
        to_keep=found.hardest[0],
        hardest=_hardest(found),
        hardest_on=found.hardest[1],
        clear_by=until,
        to_clear=forecast.pace_to_clear(waiting + _still_to_come(told, until, calendar), calendar, today, until),
        missing=tuple(found.missing[:LISTED]),
        misses=_misses(found),
        forecast=told,
        last_month=_happened(history),
    )


def _still_to_come(told: Forecast | None, until: date, calendar: BusinessCalendar) -> float:
    """Requests expected up to and including a day; beyond the forecast as many as on its mean day."""
    if told is None:
        return 0.0
    known = sum(day.inflow for day in told.days if day.day <= until)
    beyond = max(0, calendar.business_days_between(told.days[-1].day, until))
    return known + beyond * sum(day.inflow for day in told.days) / len(told.days)


def _closed(found: Ahead) -> Shown:
    since, until = found.paced
    money = sum((amount for day, amount in found.closed.items() if since <= day <= until), ZERO)
    return Shown(Figure.CLOSED, Asked(since, until), sum(found.history.closed[-forecast.PACE_DAYS :]), money)


def _late(found: Ahead) -> Shown:
    amounts = [amount for _, due_on, amount in found.waiting if due_on < found.today]
    return Shown(Figure.OVERDUE, Asked(found.today, found.today), len(amounts), sum(amounts, ZERO))


def _hardest(found: Ahead) -> Shown:
    day = found.hardest[1]
    amounts = [amount for _, due_on, amount in found.waiting if day is not None and due_on <= day]
    return Shown(Figure.TO_KEEP, Asked(found.today, found.today), len(amounts), sum(amounts, ZERO))


def _misses(found: Ahead) -> Shown:
    keys = {turn.key for turn in found.missing}
    money = sum((amount for key, _, amount in found.waiting if key in keys), ZERO)
    return Shown(Figure.WILL_MISS, Asked(found.today, found.today), len(keys), money)


def _happened(history: History) -> Happened | None:
    end = len(history.days) - LAST_MONTH
    if end < forecast.LEAST_HISTORY:
        return None
    told = forecast.forecast(history.before(end))
    if told is None:
        return None
    return Happened(told, tuple(history.backlog[end : end + forecast.HORIZON]))
