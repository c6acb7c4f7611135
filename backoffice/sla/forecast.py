"""What will break next, by plain arithmetic: the coming backlog, who misses at the present pace, the pace it takes.

Everything is counted in business days. What comes in or is closed on a day off belongs to the next business day. The
backlog is expected to return to what is usual on its weekday, as fast as it did lately: a weekday's mean, drawn to the
mean of all, and a damped distance from it. Beside it stands the naive forecast, that each weekday will be as it was
last week. Both are tried on the past, each time with nothing but what was known before; where ours is not better, the
naive one is chosen and the result says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from math import ceil

from backoffice.calendars.rules import BusinessCalendar

HORIZON = 10  # business days: two weeks
WINDOW = 40  # business days that are looked back on: eight weeks
PACE_DAYS = 10  # business days whose closings are the present pace
LEAST_HISTORY = 15  # business days without which nothing is forecast
TRIALS = 26  # weeks of the past on which both forecasts are tried
_TRIAL_STEP = 5
_DRAWN = 2.0  # how many days of the overall mean each weekday's mean is mixed with
_SLOWEST = 0.98
_FARTHEST = 2_500  # business days; what is done later than in ten years is not done
_EXACT = 1e-9


class Method(StrEnum):
    """Which forecast is shown."""

    SEASONAL = "seasonal"
    NAIVE = "naive"

    @property
    def other(self) -> Method:
        """The one it was tried against."""
        return Method.NAIVE if self == Method.SEASONAL else Method.SEASONAL


@dataclass(frozen=True, slots=True)
class Flow:
    """One calendar day: how many requests came in, how many left, and how many of these were withdrawn."""

    day: date
    inflow: int
    outflow: int
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """One business day ahead: requests that come in and are closed, and what is open at its end by both forecasts."""

    day: date
    inflow: float
    outflow: float
    seasonal: float
    naive: float

    def backlog(self, method: Method) -> float:
        """What is open at its end by one of the forecasts."""
        return self.seasonal if method == Method.SEASONAL else self.naive


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute error of both forecasts, in requests, over `count` days that were forecast; 0: never tried."""

    seasonal: float
    naive: float
    count: int

    @property
    def method(self) -> Method:
        """The one to show: ours only where it has been better."""
        return Method.SEASONAL if self.count and self.seasonal < self.naive else Method.NAIVE


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming business days from the cut-off on, and how good such forecasts were before it."""

    cut_off: date
    days: tuple[Expected, ...]
    errors: Errors

    @property
    def method(self) -> Method:
        """Which of the two is shown."""
        return self.errors.method

    @property
    def backlog(self) -> tuple[float, ...]:
        """What is expected to be open at the end of each day, by the chosen forecast."""
        return tuple(day.backlog(self.method) for day in self.days)


@dataclass(frozen=True, slots=True)
class Outlook:
    """An open request, and the business day on which its turn comes at a pace; None: not within ten years."""

    key: int
    due_on: date
    done_on: date | None

    @property
    def misses(self) -> bool:
        """Whether that is too late."""
        return self.done_on is None or self.done_on > self.due_on


class History:
    """The business days before the cut-off, each with what came in, what left, what of it was closed by being issued or
    rejected, and what was open at its end.

    `opening` is what was open before the first day of `flows`. Days without a row had no movement; rows on or after the
    cut-off are not looked at.
    """

    def __init__(self, flows: Iterable[Flow], opening: int, calendar: BusinessCalendar, cut_off: date) -> None:
        known = {flow.day: flow for flow in flows if flow.day < cut_off}
        self.calendar, self.cut_off = calendar, cut_off
        self.days: list[date] = []
        self.inflow: list[int] = []
        self.outflow: list[int] = []
        self.closed: list[int] = []
        begun, ended = min(known, default=cut_off), cut_off
        self._eves: list[int] = []
        came = gone = withdrawn = 0
        for ordinal in range(begun.toordinal(), ended.toordinal()):
            day = date.fromordinal(ordinal)
            is_business_day = calendar.is_business_day(day)
            if is_business_day:
                self._eves.append(came - gone)
            if (flow := known.get(day)) is not None:
                came, gone, withdrawn = came + flow.inflow, gone + flow.outflow, withdrawn + flow.withdrawn
            if is_business_day:
                self.days.append(day)
                self.inflow.append(came)
                self.outflow.append(gone)
                self.closed.append(gone - withdrawn)
                came = gone = withdrawn = 0
        moved = [entered - left for entered, left in zip(self.inflow, self.outflow, strict=True)]
        self.backlog = list(accumulate(moved, initial=opening))[1:]
        self._eves.append(came - gone)  # the growth on the days off before each business day, and before the cut-off
        self._opening = opening

    def before(self, end: int) -> History:
        """What was known when the business day `end` of this history began."""
        earlier = History((), self._opening, self.calendar, self.days[end])
        earlier.days, earlier.backlog = self.days[:end], self.backlog[:end]
        earlier.inflow, earlier.outflow = self.inflow[:end], self.outflow[:end]
        earlier.closed = self.closed[:end]
        earlier._eves = self._eves[: end + 1]
        return earlier

    @property
    def is_enough(self) -> bool:
        """Whether a forecast can be made at all."""
        return len(self.days) >= LEAST_HISTORY

    @property
    def open_now(self) -> int:
        """What is open at the cut-off."""
        return (self.backlog[-1] if self.backlog else self._opening) + self._eves[-1]

    @cached_property
    def pace(self) -> float:
        """Requests issued or rejected on a business day, lately; 0 without a history. A withdrawal is nobody's work."""
        lately = self.closed[-PACE_DAYS:]
        return sum(lately) / len(lately) if lately else 0.0


def forecast(history: History, horizon: int = HORIZON) -> Forecast | None:
    """The coming `horizon` business days from the cut-off on; None where too little is known."""
    if not history.is_enough:
        return None
    eve = history.cut_off - timedelta(days=1)
    days = [history.calendar.add_business_days(eve, number) for number in range(1, horizon + 1)]
    return Forecast(history.cut_off, tuple(_ahead(history, days)), tried(history, horizon))


def tried(history: History, horizon: int = HORIZON) -> Errors:
    """How far both forecasts were off, begun on the first of every fifth business day of the last half year."""
    last = len(history.days) - horizon
    begins = range(last, max(LEAST_HISTORY - 1, last - TRIALS * _TRIAL_STEP), -_TRIAL_STEP)
    seasonal: list[float] = []
    naive: list[float] = []
    for begin in begins:
        told = _backlog(history.before(begin), history.days[begin : begin + horizon])
        for (ours, last_week), happened in zip(told, history.backlog[begin : begin + horizon], strict=True):
            seasonal.append(abs(ours - happened))
            naive.append(abs(last_week - happened))
    count = len(seasonal)
    return Errors(sum(seasonal) / count, sum(naive) / count, count) if count else Errors(0.0, 0.0, 0)


def _ahead(history: History, days: Sequence[date]) -> Iterator[Expected]:
    lately = history.days[-WINDOW:]
    inflow, outflow = (_Usual(lately, series[-WINDOW:]) for series in (history.inflow, history.outflow))
    for day, (seasonal, naive) in zip(days, _backlog(history, days), strict=True):
        yield Expected(day, inflow.on(day), outflow.on(day), seasonal, naive)


def _backlog(history: History, days: Sequence[date]) -> Iterator[tuple[float, float]]:
    """What will be open at the end of each of the days, by our forecast and by the naive one."""
    lately = history.days[-WINDOW:]
    usual = _Usual(lately, history.backlog[-WINDOW:])
    kept = usual.kept
    apart = history.open_now - usual.on(lately[-1])
    last_week = dict(zip((day.weekday() for day in lately[-5:]), history.backlog[-5:], strict=True))
    for number, day in enumerate(days, 1):
        ours = max(0.0, usual.on(day) + apart * kept**number)
        yield ours, float(last_week.get(day.weekday(), history.backlog[-1]))


class _Usual:
    """What is usual on a weekday, and how much of a distance from it is left a business day later."""

    def __init__(self, days: Sequence[date], values: Sequence[int]) -> None:
        self._mean = sum(values) / len(values)
        by_weekday: defaultdict[int, list[int]] = defaultdict(list)
        for day, value in zip(days, values, strict=True):
            by_weekday[day.weekday()].append(value)
        self._usual = {
            weekday: (sum(found) + _DRAWN * self._mean) / (len(found) + _DRAWN) for weekday, found in by_weekday.items()
        }
        self._apart = [value - self.on(day) for day, value in zip(days, values, strict=True)]

    def on(self, day: date) -> float:
        """The usual value of a day; a weekday that was never worked is like any other."""
        return self._usual.get(day.weekday(), self._mean)

    @property
    def kept(self) -> float:
        """Between 0 (the next day is as usual) and nearly 1 (it stays as far off as it is)."""
        before, after = self._apart[:-1], self._apart[1:]
        scale = sum(value * value for value in before)
        if scale == 0:
            return 0.0
        return min(_SLOWEST, max(0.0, sum(a * b for a, b in zip(before, after, strict=True)) / scale))


def outlook(
    due: Iterable[tuple[int, date]], pace: float, calendar: BusinessCalendar, today: date
) -> tuple[Outlook, ...]:
    """When the turn of each open request comes, the most urgent first, if `pace` of them are closed a business day.

    `due` are (key, promised day). The first turn is today, or on the next business day. What comes in later is promised
    for later, and does not stand in the way.
    """
    ordered = sorted(due, key=lambda each: (each[1], each[0]))
    eve, known = today - timedelta(days=1), dict[int, date]()
    found = []
    for turn, (key, due_on) in enumerate(ordered, 1):
        days = ceil(turn / pace - _EXACT) if pace > 0 else _FARTHEST + 1
        if days > _FARTHEST:
            found.append(Outlook(key, due_on, None))
            continue
        if days not in known:
            known[days] = calendar.add_business_days(eve, max(1, days))
        found.append(Outlook(key, due_on, known[days]))
    return tuple(found)


def pace_to_clear(count: float, calendar: BusinessCalendar, today: date, by: date) -> float | None:
    """How many requests a business day it takes to close `count` by the end of `by`; None where no day is left.

    Add what is expected to come in until then to `count` for an empty desk.
    """
    days = calendar.business_days_between(today - timedelta(days=1), by)
    return count / days if days > 0 else None


def pace_to_keep(due: Iterable[date], calendar: BusinessCalendar, today: date) -> float:
    """The slowest pace at which no promise that can still be kept is broken, the broken ones being worked on first.

    A promise can be kept when a business day is left until its day.
    """
    return hardest(due, calendar, today)[0]


def hardest(due: Iterable[date], calendar: BusinessCalendar, today: date) -> tuple[float, date | None]:
    """That pace, and the day that asks for it: all that is promised up to it is closed by then. None: no day does."""
    eve, slowest, day = today - timedelta(days=1), 0.0, None
    for turn, due_on in enumerate(sorted(due), 1):
        days = calendar.business_days_between(eve, due_on)
        if days > 0 and turn / days > slowest:
            slowest, day = turn / days, due_on
    return slowest, day
