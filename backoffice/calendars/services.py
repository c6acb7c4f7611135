"""Verbs that make calendar versions. A version is never changed; an edit is a new one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from backoffice.calendars import queries
from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.rules import WEEKEND
from backoffice.database import session
from backoffice.errors import N_, Invalid, Message

MAKE_UP_NAME = "Make-up working day"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs from the plain week."""

    day: date
    kind: str
    name: str


def seed_missing(country: str, years: Iterable[int], *, now: datetime) -> CalendarVersion | None:
    """Make a version that covers `years` if the one in force does not; None when it does."""
    newest = session.scalar(select(func.max(CalendarVersion.id)))
    wanted = set(years)
    known = queries.years_of(newest) if newest is not None else {}
    if wanted <= known.keys():
        return None
    missing = wanted - known.keys()
    days = [*(_days_of(newest) if newest is not None else ()), *official_days(country, missing)]
    provisional = {**known, **{year: is_provisional(country, year) for year in missing}}
    note = f"official holidays of {', '.join(map(str, sorted(missing)))}"
    return _make(country, days, provisional, created_by="system", note=note, now=now)


def official_days(country: str, years: Iterable[int]) -> list[SpecialDay]:
    """Holidays on weekdays and worked weekend days, from the `holidays` library."""
    import holidays

    source = holidays.country_holidays(country, years=sorted(years))
    wanted = set(years)
    rest = [
        SpecialDay(day, "holiday", name)
        for day, name in source.items()
        if day.year in wanted and day.weekday() not in WEEKEND
    ]
    worked = [
        SpecialDay(day, "workday", MAKE_UP_NAME)
        for day in source.weekend_workdays
        if day.year in wanted and day.weekday() in WEEKEND
    ]
    return sorted([*rest, *worked], key=lambda special: special.day)


def is_provisional(country: str, year: int) -> bool:
    """Whether the official arrangement of the year is unknown or disputed.

    China publishes make-up days each autumn for the next year: a year without any in the source is not settled. Where
    a second source speaks of the year, the two must agree on every day.
    """
    if country != "CN":
        return False
    days = official_days(country, [year])
    if not any(special.kind == "workday" for special in days):
        return True
    second = _second_source(year)
    return second is not None and second != {(special.day, special.kind) for special in days}


def import_csv(text: str, *, created_by: str, note: str, now: datetime) -> CalendarVersion:
    """Make a version from CSV text with the columns day, kind (holiday or workday) and name.

    The years that appear replace those of the version in force, and count as settled; the others are kept.
    Raises Invalid (field `file`) naming the line at fault.
    """
    days = [_parse(number, row) for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2)]
    if not days:
        raise Invalid({"file": [Message(N_("The file holds no day."))]})
    replaced = {special.day.year for special in days}
    newest = queries.current_version_id()
    kept = [special for special in _days_of(newest) if special.day.year not in replaced]
    provisional = {**queries.years_of(newest), **dict.fromkeys(replaced, False)}
    country = session.get_one(CalendarVersion, newest).country
    return _make(country, [*kept, *days], provisional, created_by=created_by, note=note, now=now)


def _make(
    country: str, days: Iterable[SpecialDay], years: dict[int, bool], *, created_by: str, note: str, now: datetime
) -> CalendarVersion:
    version = CalendarVersion(country=country, created_at=now, created_by=created_by, note=note)
    session.add(version)
    session.flush()
    session.add_all(CalendarYear(version_id=version.id, year=year, provisional=flag) for year, flag in years.items())
    session.add_all(
        CalendarDay(version_id=version.id, day=special.day, kind=special.kind, name=special.name) for special in days
    )
    session.flush()
    return version


def _days_of(version_id: int) -> list[SpecialDay]:
    rows = session.scalars(select(CalendarDay).where(CalendarDay.version_id == version_id))
    return [SpecialDay(row.day, row.kind, row.name) for row in rows]


def _second_source(year: int) -> set[tuple[date, str]] | None:
    import chinese_calendar

    rest = {(day, "holiday") for day in chinese_calendar.holidays if day.year == year and day.weekday() not in WEEKEND}
    worked = {(day, "workday") for day in chinese_calendar.workdays if day.year == year and day.weekday() in WEEKEND}
    return rest | worked or None


def _parse(number: int, row: dict[str, str | None]) -> SpecialDay:
    try:
        day = date.fromisoformat((row.get("day") or "").strip())
        kind = (row.get("kind") or "").strip()
        if kind not in ("holiday", "workday") or not 1990 <= day.year <= 2140:
            raise ValueError
    except ValueError:
        fault = Message(N_("Line %(line)s needs a day (YYYY-MM-DD) and a kind (holiday or workday)."), line=number)
        raise Invalid({"file": [fault]}) from None
    return SpecialDay(day, kind, (row.get("name") or "").strip()[:120])
