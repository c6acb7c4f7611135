"""Policies are dated rows: what held on a day can always be said, and a change names its reason.

A row is never deleted: one that was scheduled and taken back, or proposed and turned down, stays and holds on no day.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, JsonDict, Word
from backoffice.policies.rules import SECOND_PERSON, PolicyState

_PROPOSED = text("state = 'proposed'")
_WATCHED = ", ".join(f"'{key}'" for key in sorted(SECOND_PERSON))


class Policy(Base):
    """One value of one policy from a start date on, until a later row replaces it.

    `set_by_id` is empty where no person of the installation chose the value: its first values, and what was set before
    a second person was asked for.
    """

    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("state IN ('valid', 'proposed', 'declined', 'withdrawn')", name="state"),
        # The four-eyes threshold and the tax hold by the word of two people (design/domain.md 3).
        CheckConstraint(
            f"key NOT IN ({_WATCHED}) OR state <> 'valid' OR set_by_id IS NULL OR confirmed_by_id IS NOT NULL",
            name="second_person",
        ),
        CheckConstraint("confirmed_by_id <> set_by_id", name="confirmed_by_another"),
        CheckConstraint("(confirmed_by_id IS NULL) = (confirmed_at IS NULL)", name="confirmed_once"),
        CheckConstraint("state <> 'declined' OR ended_by_id <> set_by_id", name="declined_by_another"),
        CheckConstraint("(state IN ('declined', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended_once"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended_says_why"),
        Index("ix_policy_key_starts_on", "key", "starts_on", "id"),
        # At most one waits per policy; and the list of those that wait for a second person.
        Index("ix_policy_proposed", "key", unique=True, sqlite_where=_PROPOSED, postgresql_where=_PROPOSED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Word(40))
    value: Mapped[Any] = mapped_column(JsonDict)
    starts_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    set_by: Mapped[str] = mapped_column(String(120))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Word(10), default=PolicyState.VALID, server_default=PolicyState.VALID)
    # The filled-in form it came from: the same one again is known by it.
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    confirmed_by: Mapped[str | None] = mapped_column(String(120))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    # Who turned it down or took it back, when and why.
    ended_by: Mapped[str | None] = mapped_column(String(120))
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str | None] = mapped_column(String(500))

    @property
    def is_proposed(self) -> bool:
        """Whether it waits for a second person."""
        return self.state == PolicyState.PROPOSED

    def is_planned(self, today: date) -> bool:
        """Whether its day is still to come."""
        return self.state == PolicyState.VALID and self.starts_on > today
