"""Calendars are kept in versions: a promise can always be explained by the version it was made with."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant


class CalendarVersion(Base):
    """One state of the business calendar; the newest is in force."""

    __tablename__ = "calendar_version"
    __table_args__ = (CheckConstraint("note <> ''", name="note_given"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500))


class CalendarYear(Base):
    """A year a version speaks of; provisional while the official make-up days are not known."""

    __tablename__ = "calendar_year"
    __table_args__ = (CheckConstraint("year BETWEEN 1990 AND 2140", name="year_in_range"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(CalendarVersion.id), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    provisional: Mapped[bool] = mapped_column(default=False)


class CalendarDay(Base):
    """A day that differs from the plain week: a holiday, or a weekend day that is worked."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("kind IN ('holiday', 'workday')", name="kind"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(CalendarVersion.id), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(120), default="")
