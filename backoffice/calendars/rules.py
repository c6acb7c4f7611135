"""Business-day arithmetic and due dates (design/domain.md 5): pure, and the same answer for ever.

A day is a business day when its weekday is none of the weekend and no holiday falls on it, or when a weekend day is
worked to make up for a longer holiday. Years a calendar does not know are counted by their weekdays alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import accumulate
from zoneinfo import ZoneInfo

from backoffice import clock
from backoffice.errors import N_, Invalid, Message

# What the calendar of China can name; the catalogue translates them.
HOLIDAY_NAMES = (
    N_("New Year's Day"),
    N_("Chinese New Year's Eve"),
    N_("Spring Festival"),
    N_("Tomb-Sweeping Day"),
    N_("Labor Day"),
    N_("Dragon Boat Festival"),
    N_("Mid-Autumn Festival"),
    N_("National Day"),
)

# A row of the database tells no other year; beyond the data, weekdays alone are counted.
FIRST_YEAR, LAST_YEAR = 1990, 2200
NAME_LIMIT = 120

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class DayKind(StrEnum):
    """How a day differs from its weekday."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"  # a weekend day that is worked


class StripKind(StrEnum):
    """What a day does to a due date: the first two count, the others are passed over."""

    COUNTED = "counted"
    MAKE_UP = "make_up"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def counts(self) -> bool:
        """Whether it is a business day."""
        return self in (StripKind.COUNTED, StripKind.MAKE_UP)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A holiday or a worked weekend day, with the name of the festival behind it (may be empty)."""

    kind: DayKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class KnownYears:
    """The special days of some years (year: provisional or not) and, in a sentence, where they come from."""

    country: str
    weekend: str
    special: Mapping[date, SpecialDay]
    years: Mapping[int, bool]
    provenance: str = ""


@dataclass(frozen=True, slots=True)
class StripDay:
    """One day of an explanation. `number` counts the business days so far and is 0 for a day passed over."""

    day: date
    kind: StripKind
    name: str
    number: int
    provisional: bool


class BusinessCalendar:
    """The business days of one place. Immutable; built once per version and shared.

    `weekend` holds ISO weekdays (Monday is 1), `special` the days that are not what their weekday says, `years` the
    years the data covers: True for a year whose official arrangement is not known yet.
    """

    def __init__(
        self, weekend: Iterable[int], special: Mapping[date, SpecialDay], years: Mapping[int, bool] | None = None
    ) -> None:
        self.weekend = frozenset(weekend)
        if not self.weekend < set(range(1, 8)):
            raise ValueError("a weekend is some of the ISO weekdays 1 to 7, never all of them")
        self.special = dict(special)
        self.years = dict(years or {})
        known = {day.year for day in self.special} | set(self.years)
        first, after = (date(min(known), 1, 1), date(max(known) + 1, 1, 1)) if known else (date(2000, 1, 1),) * 2
        self._first, self._after = first.toordinal(), after.toordinal()
        flags = (self.is_business_day(date.fromordinal(ordinal)) for ordinal in range(self._first, self._after))
        # _before[i]: business days in the i days from the first one on. A span costs two look-ups, however long.
        self._before = list(accumulate(flags, initial=0))
        self._seconds: dict[tuple[ZoneInfo, int], tuple[list[float], list[float]]] = {}

    def is_business_day(self, day: date) -> bool:
        """Whether work is done on `day`."""
        special = self.special.get(day)
        if special is not None:
            return special.kind == DayKind.WORKDAY
        return day.isoweekday() not in self.weekend

    def is_provisional(self, year: int) -> bool:
        """Whether the official arrangement of `year` is missing: it may still be moved."""
        return self.years.get(year, True)

    def provisional_between(self, first: date, last: date) -> tuple[int, ...]:
        """The years of the days after `first` up to `last` that are provisional or missing: promised days may move."""
        years = range((first + timedelta(days=1)).year, last.year + 1)
        return tuple(year for year in years if self.is_provisional(year))

    def add_business_days(self, day: date, days: int) -> date:
        """The `days`-th business day after `day`, which itself never counts; 0 gives `day` back.

        Raises ValueError for a negative number, Invalid (field `day`) when the answer lies beyond the year 9999.
        """
        if days < 0:
            raise ValueError("business days are counted forward")
        if days == 0:
            return day
        start = day.toordinal()
        wanted = self._count(start + 1) + days
        reach = 2 * days + 40
        end = start + 1 + reach
        while self._count(end) < wanted:
            reach *= 2
            end += reach
        found = bisect_left(range(start + 1, end), wanted, key=lambda ordinal: self._count(ordinal + 1)) + start + 1
        if found >= date.max.toordinal():  # the day after it must exist too: it is the instant of being overdue
            raise Invalid({"day": [Message(N_("This day is too far in the future."))]})
        return date.fromordinal(found)

    def business_days_between(self, start: date, end: date) -> int:
        """How many business days lie after `start` up to and including `end`; negative when `end` is earlier."""
        return self._count(end.toordinal() + 1) - self._count(start.toordinal() + 1)

    def explain(self, start: date, end: date) -> tuple[StripDay, ...]:
        """Every day after `start` up to and including `end`, and what each does to the count."""
        strip, number = [], 0
        for ordinal in range(start.toordinal() + 1, end.toordinal() + 1):
            day = date.fromordinal(ordinal)
            kind, name = self.kind(day)
            number += kind.counts
            strip.append(StripDay(day, kind, name, number if kind.counts else 0, self.is_provisional(day.year)))
        return tuple(strip)

    def business_seconds_between(self, start: datetime, end: datetime, zone: ZoneInfo) -> float:
        """Seconds of business days of `zone` from `start` to `end`, 0 when `end` is not later.

        A business day counts from its first instant to its last: 23 or 25 hours when summer time begins or ends.
        """
        if end <= start:
            return 0.0
        first, last = start.astimezone(zone).year, end.astimezone(zone).year
        whole_years = sum(self._year_seconds(zone, year)[1][-1] for year in range(first, last))
        return whole_years + self._seconds_into_year(end, zone, last) - self._seconds_into_year(start, zone, first)

    def kind(self, day: date) -> tuple[StripKind, str]:
        """What a day is, and the name of the festival behind it."""
        special = self.special.get(day)
        if special is not None:
            return (StripKind.MAKE_UP if special.kind == DayKind.WORKDAY else StripKind.HOLIDAY), special.name
        return (StripKind.WEEKEND if day.isoweekday() in self.weekend else StripKind.COUNTED), ""

    def _count(self, ordinal: int) -> int:
        """Business days from the first known day up to the one before `ordinal`; negative before the first."""
        if ordinal < self._first:
            return -self._plain(ordinal, self._first)
        if ordinal > self._after:
            return self._before[-1] + self._plain(self._after, ordinal)
        return self._before[ordinal - self._first]

    def _plain(self, start: int, end: int) -> int:
        weeks, rest = divmod(end - start, 7)
        # date.toordinal: 1 was a Monday.
        days_left = sum((ordinal - 1) % 7 + 1 not in self.weekend for ordinal in range(end - rest, end))
        return weeks * (7 - len(self.weekend)) + days_left

    def _seconds_into_year(self, instant: datetime, zone: ZoneInfo, year: int) -> float:
        starts, before = self._year_seconds(zone, year)
        moment = instant.timestamp()
        index = bisect_right(starts, moment) - 1
        is_business = before[index + 1] > before[index]
        return before[index] + (moment - starts[index] if is_business else 0.0)

    def _year_seconds(self, zone: ZoneInfo, year: int) -> tuple[list[float], list[float]]:
        """When each day of the year begins, and the business seconds before each: made once per zone and year."""
        if (zone, year) not in self._seconds:
            january = date(year, 1, 1)
            days = [january + timedelta(days=number) for number in range((date(year + 1, 1, 1) - january).days + 1)]
            starts = [clock.start_of_day(day, zone).timestamp() for day in days]
            lengths = (
                (end - start) if self.is_business_day(day) else 0.0
                for day, start, end in zip(days, starts, starts[1:], strict=False)
            )
            self._seconds[zone, year] = starts, list(accumulate(lengths, initial=0.0))
        return self._seconds[zone, year]


def due_on(
    calendar: BusinessCalendar, submitted_at: datetime, zone: ZoneInfo, days: int, cut_off_hour: int | None = None
) -> date:
    """The promised day: the `days`-th business day after the local day of submission.

    From `cut_off_hour` (local) on, a submission counts as made on the next calendar day, whatever day that is.
    """
    return calendar.add_business_days(counted_from(submitted_at, zone, cut_off_hour), days)


def counted_from(submitted_at: datetime, zone: ZoneInfo, cut_off_hour: int | None) -> date:
    """The day that a submission counts as made on; see `due_on`."""
    local = submitted_at.astimezone(zone)
    late = cut_off_hour is not None and local.hour >= cut_off_hour
    return local.date() + timedelta(days=late)


def due_at(due_on: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, from which what was promised for `due_on` is overdue: the start of the local day after."""
    return clock.start_of_day(due_on + timedelta(days=1), zone)


def business_seconds_between(calendar: BusinessCalendar, start: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Seconds inside business days of `zone` between two instants; see `BusinessCalendar.business_seconds_between`."""
    return calendar.business_seconds_between(start, end, zone)


def explain_due(calendar: BusinessCalendar, submitted: date, days: int) -> str:
    """The due day of a request made on `submitted` and each day that leads to it, as lines for a terminal."""
    due = calendar.add_business_days(submitted, days)
    strip = calendar.explain(submitted, due)
    lines = [f"due {_dated(due)}", f"     {_dated(submitted)}  submitted", *(_strip_line(day) for day in strip)]
    unsure = sorted({day.day.year for day in strip if day.provisional})
    lines += [f"{year} is provisional: its official working weekends are not known yet" for year in unsure]
    return "\n".join(lines)


def _strip_line(day: StripDay) -> str:
    words = {
        StripKind.COUNTED: "business day",
        StripKind.MAKE_UP: "working weekend",
        StripKind.WEEKEND: "weekend",
        StripKind.HOLIDAY: "holiday",
    }[day.kind]
    named = f"{words}: {day.name}" if day.name else words
    return f"{day.number or '-':>3}  {_dated(day.day)}  {named}"


def _dated(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS[day.weekday()]}"


def fingerprint(weekend: str, special: Mapping[date, SpecialDay], years: Mapping[int, bool]) -> str:
    """SHA-256 of all that decides about a day; names count too, because explanations show them."""
    lines = [weekend]
    lines += [f"{year} {provisional:d}" for year, provisional in sorted(years.items())]
    lines += [f"{day.isoformat()} {special[day].kind} {special[day].name}" for day in sorted(special)]
    return sha256("\n".join(lines).encode()).hexdigest()
