"""The calendar in force."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import func, select

from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import db, session
from backoffice.errors import N_, Message, Unavailable


def current_version_id() -> int:
    """Id of the version in force. Raises Unavailable when the installation has no calendar."""
    found = session.scalar(select(func.max(CalendarVersion.id)))
    if found is None:
        raise Unavailable(Message(N_("There is no business calendar yet.")))
    return found


def current_calendar() -> BusinessCalendar:
    """The calendar in force; a version never changes, so each is read once per process."""
    return _calendar(str(db.engine.url), current_version_id())


def years_of(version_id: int) -> dict[int, bool]:
    """The years a version speaks of, and whether each is provisional."""
    rows = session.execute(
        select(CalendarYear.year, CalendarYear.provisional).where(CalendarYear.version_id == version_id)
    )
    return {row.year: row.provisional for row in rows}


@lru_cache(maxsize=8)
def _calendar(_database: str, version_id: int) -> BusinessCalendar:
    days = session.scalars(select(CalendarDay).where(CalendarDay.version_id == version_id)).all()
    return BusinessCalendar(
        holidays={day.day: day.name for day in days if day.kind == "holiday"},
        make_up_days={day.day: day.name for day in days if day.kind == "workday"},
        provisional_years=frozenset(year for year, provisional in years_of(version_id).items() if provisional),
    )
