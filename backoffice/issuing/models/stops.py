"""Stops of issuing: while one is open, no number is taken. Rows stay; a stop is ended, never deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant

_OPEN = text("ended_at IS NULL")


class IssuingStop(Base):
    """Who stopped issuing and why, and who let it go on and why."""

    __tablename__ = "issuing_stop"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="says_why"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_label IS NULL)", name="ended_by_somebody"),
        CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended_with_reason"),
        CheckConstraint("ended_at IS NULL OR ended_at >= stopped_at", name="ends_after_it_begins"),
        # At most one is open.
        Index(
            "ix_issuing_stop_open", text("(ended_at IS NULL)"), unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stopped_at: Mapped[datetime] = mapped_column(Instant)
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    stopped_by_label: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    ended_by_label: Mapped[str | None] = mapped_column(String(120))
    ended_reason: Mapped[str | None] = mapped_column(Text)
