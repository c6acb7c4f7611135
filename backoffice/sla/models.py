"""Flags and escalations: one per request and promised date, so that a promise that breaks is told of once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant
from backoffice.requests.models import InvoiceRequest


class Escalation(Base):
    """That a request was told of before its day, once for each step and promised date."""

    __tablename__ = "sla_escalation"
    __table_args__ = (
        CheckConstraint("step IN ('reviewers', 'managers')", name="step"),
        UniqueConstraint("request_id", "due_at", "step", name="uq_sla_escalation_request_due_step"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    due_at: Mapped[datetime] = mapped_column(Instant)
    step: Mapped[str] = mapped_column(String(10))
    told_at: Mapped[datetime] = mapped_column(Instant)


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
