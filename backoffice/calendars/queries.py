"""Reads of the calendar in force. A version never changes, so its calendar is built once per process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from threading import Lock

from sqlalchemy import func, select

from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.rules import BusinessCalendar, DayKind, SpecialDay
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.errors import N_, Message, Unavailable

# By content, not by id: an id that a rolled-back transaction gave away may come again with other days.
_built: dict[str, BusinessCalendar] = {}
_building = Lock()
_MOST = 16
# Asked with every application: built once.
_NEWEST = select(CalendarVersion).where(CalendarVersion.id == select(func.max(CalendarVersion.id)).scalar_subquery())

# The fingerprint of the newest one, for a statement that is sent anyway.
IN_FORCE = select(CalendarVersion.fingerprint).order_by(CalendarVersion.id.desc()).limit(1).scalar_subquery()


def current_version_id() -> int:
    """The version in force. Raises Unavailable before the first one was seeded."""
    return current_version().id


def current_version() -> CalendarVersion:
    """The newest version. Raises Unavailable before the first one was seeded."""
    version = newest_version()
    if version is None:
        raise Unavailable(Message(N_("There is no business calendar yet.")))
    return version


def version(version_id: int) -> CalendarVersion:
    """One version, in force or not."""
    return session.scalars(select(CalendarVersion).where(CalendarVersion.id == version_id)).one()


def newest_version() -> CalendarVersion | None:
    """The newest version, None in an installation that has none yet."""
    return session.scalars(_NEWEST, execution_options=PLANNED_ONCE).one_or_none()


def dated() -> Callable[[datetime], int]:
    """The ids of versions by instants: which one was in force, the first of all before it was made; read once."""
    made = session.execute(select(CalendarVersion.id, CalendarVersion.created_at).order_by(CalendarVersion.id)).all()
    return lambda instant: max((row.id for row in made if row.created_at <= instant), default=made[0].id)


def newest_versions(limit: int) -> list[CalendarVersion]:
    """The versions made last, the one in force first."""
    return list(session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(limit)))


def current_calendar() -> BusinessCalendar:
    """The calendar in force. Raises Unavailable before the first version was seeded."""
    return calendar_of(current_version())


def calendar_by(fingerprint: str | None) -> BusinessCalendar | None:
    """The calendar in force where its fingerprint was read already, see `IN_FORCE`; None where there is none yet."""
    if fingerprint is None:
        return None
    return _built.get(fingerprint) or current_calendar()


def calendar_of(version: CalendarVersion) -> BusinessCalendar:
    """The calendar of one version, read from the database at most once per process."""
    built = _built.get(version.fingerprint)
    if built is None:
        built = BusinessCalendar(map(int, version.weekend), special_days_of(version.id), years_of(version.id))
        with _building:
            while len(_built) >= _MOST:
                del _built[next(iter(_built))]
            _built[version.fingerprint] = built
    return built


def special_days_of(version_id: int) -> dict[date, SpecialDay]:
    """The days of a version that are not what their weekday says, in order."""
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.kind, CalendarDay.name)
        .where(CalendarDay.version_id == version_id)
        .order_by(CalendarDay.day)
    )
    return {row.day: SpecialDay(DayKind(row.kind), row.name) for row in rows}


def changed_by_people(country: str, weekend: str, years: Iterable[int]) -> set[date]:
    """The days of some years that somebody ever changed by page or file in the country's versions."""
    of = (CalendarVersion.country == country, CalendarVersion.weekend == weekend)
    versions = session.execute(
        select(CalendarVersion.id, CalendarVersion.source).where(*of).order_by(CalendarVersion.id)
    )
    wanted = set(years)
    changed: set[date] = set()
    before: dict[date, SpecialDay] = {}
    for number, version in enumerate(versions.all()):
        days = {day: what for day, what in special_days_of(version.id).items() if day.year in wanted}
        if number and version.source != "library":
            changed |= {day for day in days.keys() | before.keys() if days.get(day) != before.get(day)}
        before = days
    return changed


def years_of(version_id: int) -> dict[int, bool]:
    """The years a version speaks for; True for a provisional one."""
    rows = session.execute(
        select(CalendarYear.year, CalendarYear.provisional)
        .where(CalendarYear.version_id == version_id)
        .order_by(CalendarYear.year)
    )
    return {row.year: row.provisional for row in rows}
