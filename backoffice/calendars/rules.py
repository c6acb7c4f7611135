"""Day arithmetic over one calendar: pure, and fast enough for a million spans through prefix tables.

A promise of n business days made on a day is kept until the end of the nth business day after it (design/domain.md 5).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from backoffice import clock

# Dates are answered for a century and a half; outside of it nobody promises anything.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2140, 12, 31)
WEEKEND = frozenset({5, 6})


class DayKind(StrEnum):
    """Why a day counts or does not."""

    BUSINESS = "business"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a strip: its kind, the holiday's name, and its number in the count (None when it does not count)."""

    on: date
    kind: DayKind
    name: str = ""
    counted: int | None = None


@dataclass(frozen=True)
class BusinessCalendar:
    """Weekends, the holidays that fall on weekdays, and the weekend days that are worked to make up for them."""

    holidays: Mapping[date, str]
    make_up_days: Mapping[date, str]
    provisional_years: frozenset[int] = frozenset()
    weekend: frozenset[int] = WEEKEND

    def kind(self, day: date) -> DayKind:
        """Why `day` counts or does not; a working weekend wins over a holiday of the same date."""
        if day in self.make_up_days:
            return DayKind.MAKE_UP
        if day in self.holidays:
            return DayKind.HOLIDAY
        return DayKind.WEEKEND if day.weekday() in self.weekend else DayKind.BUSINESS

    def is_business_day(self, day: date) -> bool:
        """Whether `day` counts."""
        return self.kind(day) in (DayKind.BUSINESS, DayKind.MAKE_UP)

    @cached_property
    def _business_days(self) -> list[date]:
        span = (LAST_DAY - FIRST_DAY).days + 1
        days = (FIRST_DAY + timedelta(days=offset) for offset in range(span))
        return [day for day in days if self.is_business_day(day)]

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`th business day after `day` (which itself never counts); `count` is at least 1."""
        if count < 1:
            raise ValueError("a promise takes at least one business day")
        return self._business_days[bisect_right(self._business_days, day) + count - 1]

    def business_days_between(self, start: date, end: date) -> int:
        """Business days after `start` up to and including `end`; negative when `end` is before `start`."""
        return bisect_right(self._business_days, end) - bisect_right(self._business_days, start)

    def business_days_before(self, day: date) -> int:
        """Business days of the whole table before `day`: the prefix sum that spans are differences of."""
        return bisect_left(self._business_days, day)


def due_on(
    calendar: BusinessCalendar, submitted_at: datetime, zone: ZoneInfo, days: int, cut_off_hour: int | None = None
) -> date:
    """The promised day: the `days`th business day after the local day of submission.

    With a cut-off, a submission at that hour or later counts as made on the next calendar day.
    """
    local = submitted_at.astimezone(zone)
    day = local.date()
    if cut_off_hour is not None and local.hour >= cut_off_hour:
        day += timedelta(days=1)
    return calendar.add_business_days(day, days)


def due_at(due: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) from which an open request is overdue: the start of the local day after the promised one."""
    return clock.start_of_day(due + timedelta(days=1), zone)


def business_seconds_between(calendar: BusinessCalendar, start: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Seconds of [start, end) that lie inside local business days; zero when `end` is not after `start`."""
    if end <= start:
        return 0.0
    first, last = clock.local_date(start, zone), clock.local_date(end, zone)
    if first == last:
        return (end - start).total_seconds() if calendar.is_business_day(first) else 0.0
    seconds = 0.0
    if calendar.is_business_day(first):
        seconds += (due_at(first, zone) - start).total_seconds()
    if calendar.is_business_day(last):
        seconds += (end - clock.start_of_day(last, zone)).total_seconds()
    between = calendar.business_days_before(last) - calendar.business_days_before(first + timedelta(days=1))
    return seconds + between * 86400


def strip(calendar: BusinessCalendar, start: date, count: int) -> Iterator[Day]:
    """The days from `start` to the promised one, each counted or with the reason why not."""
    yield Day(start, calendar.kind(start), _name(calendar, start))
    counted, day = 0, start
    while counted < count:
        day += timedelta(days=1)
        counts = calendar.is_business_day(day)
        counted += counts
        yield Day(day, calendar.kind(day), _name(calendar, day), counted if counts else None)


def explain_due(calendar: BusinessCalendar, submitted_on: date, count: int) -> str:
    """The promised day on the first line, then the strip of days that leads to it, one a line."""
    days = list(strip(calendar, submitted_on, count))
    lines = [f"{days[-1].on} is due for a request of {submitted_on} ({count} business days)"]
    for day in days:
        number = "-" if day.counted is None else str(day.counted)
        note = "submitted" if day.on == submitted_on else f"{day.kind}{': ' + day.name if day.name else ''}"
        lines.append(f"{day.on} {day.on:%a}  {number:>2}  {note}")
    if {day.on.year for day in days} & calendar.provisional_years:
        lines.append("provisional: the official arrangement of this year is not known yet")
    return "\n".join(lines)


def _name(calendar: BusinessCalendar, day: date) -> str:
    return calendar.make_up_days.get(day) or calendar.holidays.get(day) or ""
