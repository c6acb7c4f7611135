"""What must hold for the business calendar: it reaches far enough, and no version was edited afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from backoffice import clock
from backoffice.calendars import queries
from backoffice.calendars.models import CalendarVersion
from backoffice.calendars.rules import DayKind, SpecialDay, fingerprint
from backoffice.database import session


def check() -> Iterator[str]:
    """Yield a sentence for each missing year, each version that was edited and each day that cannot be."""
    newest = queries.newest_version()
    if newest is None:
        yield "there is no business calendar, no request can be promised a day"
        return
    this_year = clock.today().year
    known = queries.years_of(newest.id)
    for year in (this_year, this_year + 1):
        if year not in known:
            yield f"calendar version {newest.id}: it does not cover {year}"
    for version in session.scalars(select(CalendarVersion).order_by(CalendarVersion.id)):
        yield from _version(version)


def _version(version: CalendarVersion) -> Iterator[str]:
    special, years = queries.special_days_of(version.id), queries.years_of(version.id)
    if fingerprint(version.weekend, special, years) != version.fingerprint:
        yield f"calendar version {version.id}: its days were changed after it was made"
    for day, what in special.items():
        yield from _day(version, day, what, years)


def _day(version: CalendarVersion, day: date, special: SpecialDay, years: dict[int, bool]) -> Iterator[str]:
    if day.year not in years:
        yield f"calendar version {version.id}: {day} is in a year it does not cover"
    if special.kind == DayKind.WORKDAY and str(day.isoweekday()) not in version.weekend:
        yield f"calendar version {version.id}: {day} is a working weekend day, but on no weekend"
