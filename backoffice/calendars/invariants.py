"""What must hold about calendars."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from backoffice import clock
from backoffice.calendars.models import CalendarDay, CalendarVersion
from backoffice.calendars.queries import years_of
from backoffice.calendars.rules import WEEKEND
from backoffice.database import session


def check() -> Iterator[str]:
    """Yield a sentence when the calendar in force lacks a year that promises reach into, or contradicts the week."""
    newest = session.scalar(select(func.max(CalendarVersion.id)))
    if newest is None:
        yield "there is no business calendar"
        return
    known = years_of(newest)
    for year in (clock.today().year, clock.today().year + 1):
        if year not in known:
            yield f"calendar version {newest}: it does not speak of {year}"
    for day in session.scalars(select(CalendarDay).where(CalendarDay.kind == "workday")):
        if day.day.weekday() not in WEEKEND:
            yield f"calendar version {day.version_id}: {day.day} is worked anyway"
