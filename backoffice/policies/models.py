"""Policies are dated rows: what held on a day can always be said, and a change names its reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant, JsonDict


class Policy(Base):
    """One value of one policy from a start date on, until a later row replaces it."""

    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_given"),
        Index("ix_policy_key_starts_on", "key", "starts_on", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(JsonDict)
    starts_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    set_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
