"""Business calendars. A version is written once and never edited: a change is a new version.

Requests keep the version their promise was computed from, so an old promise can always be explained.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.database import Base, Id, Instant


class CalendarVersion(Base):
    """One state of the installation's calendar; the one with the highest id is in force."""

    __tablename__ = "calendar_version"
    __table_args__ = (
        CheckConstraint("source IN ('library', 'file', 'page')", name="source"),
        CheckConstraint("created_by <> ''", name="says_who"),
        CheckConstraint("weekend <> '1234567'", name="has_business_days"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    # ISO weekdays, Monday is 1: "67" where offices rest on Saturday and Sunday.
    weekend: Mapped[str] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(1000), default="")
    # Of all that decides about a day (rules.fingerprint): names the content in caches and betrays a later edit.
    fingerprint: Mapped[str] = mapped_column(String(64))

    days: Mapped[list[CalendarDay]] = relationship(order_by="CalendarDay.day")
    years: Mapped[list[CalendarYear]] = relationship(order_by="CalendarYear.year")


class CalendarDay(Base):
    """A day that is not what its weekday says: a holiday, or a weekend day that is worked."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("kind IN ('holiday', 'workday')", name="kind"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(CalendarVersion.id), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(7))
    # An English msgid where the catalogue has one (rules.HOLIDAY_NAMES), else as the file named it.
    name: Mapped[str] = mapped_column(String(120), default="")


class CalendarYear(Base):
    """A year the version speaks for. It is provisional until the official arrangement of its days is known."""

    __tablename__ = "calendar_year"
    __table_args__ = (CheckConstraint("year BETWEEN 1990 AND 2200", name="year_plausible"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(CalendarVersion.id), primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    provisional: Mapped[bool]
