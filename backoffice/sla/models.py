"""Flags: one per request and promised date, so that a broken promise is told once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant
from backoffice.requests.models import InvoiceRequest


class Flag(Base):
    """A request found still open at its due instant."""

    __tablename__ = "sla_flag"
    __table_args__ = (UniqueConstraint("request_id", "due_at", name="uq_sla_flag_request_due"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    due_at: Mapped[datetime] = mapped_column(Instant)
    flagged_at: Mapped[datetime] = mapped_column(Instant)
    # When a new calendar moved the promised day to a later one.
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
