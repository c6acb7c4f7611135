"""A year of the calendar as twelve months of weeks, for a page."""

from __future__ import annotations

import calendar as months
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from backoffice.calendars.rules import BusinessCalendar, StripKind

_BY_MONDAY = months.Calendar(firstweekday=0)


@dataclass(frozen=True, slots=True)
class Day:
    """A day and what it is; the festival behind it may be unnamed."""

    on: date
    kind: StripKind
    name: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks from Monday on; None where the week belongs to a neighbour."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    business_days: int


def months_of(calendar: BusinessCalendar, year: int) -> tuple[Month, ...]:
    """The twelve months of `year`."""
    return tuple(_month(calendar, year, number) for number in range(1, 13))


def changes(before: BusinessCalendar, after: BusinessCalendar, years: Iterable[int]) -> list[tuple[Day, Day]]:
    """The days of `years` that are one thing in `before` and another in `after`, in order."""
    days = (date.fromordinal(one) for year in sorted(years) for one in _ordinals(year))
    both = ((_day(before, day), _day(after, day)) for day in days)
    return [(old, new) for old, new in both if old != new]


def sparse(before: BusinessCalendar, after: BusinessCalendar, years: Iterable[int]) -> list[tuple[int, int, int]]:
    """Of `years` those with less than half the holidays and working weekends that are usual: year, how many, usually.

    Usual is what the year had; of one that was not known, what the poorest of the known ones has.
    """
    known = Counter(day.year for day in before.special)
    least = min((known[year] for year in before.years), default=0)
    now = Counter(day.year for day in after.special)
    usual = {year: known[year] if year in before.years else least for year in sorted(years)}
    return [(year, now[year], most) for year, most in usual.items() if now[year] * 2 < most]


def _ordinals(year: int) -> range:
    return range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)


def _month(calendar: BusinessCalendar, year: int, number: int) -> Month:
    weeks = tuple(
        tuple(_day(calendar, day) if day.month == number else None for day in week)
        for week in _BY_MONDAY.monthdatescalendar(year, number)
    )
    worked = sum(day is not None and day.kind.counts for week in weeks for day in week)
    return Month(date(year, number, 1), weeks, worked)


def _day(calendar: BusinessCalendar, day: date) -> Day:
    return Day(day, *calendar.kind(day))
