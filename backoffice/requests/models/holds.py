"""Questions to the customer: while one is open the request waits, and from the mail's arrival on its clock stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, Word
from backoffice.requests.models.invoice_request import InvoiceRequest


class Hold(Base):
    """One question to the customer and how it ended. At most one is open per request."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("question <> ''", name="asks_something"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_is_whole"),
        CheckConstraint("outcome IN ('answered', 'no_answer', 'resumed', 'decided', 'withdrawn')", name="outcome"),
        CheckConstraint("(outcome = 'answered') = (answer IS NOT NULL)", name="answered_says_what"),
        CheckConstraint("paused_seconds >= 0", name="paused_forward"),
        Index(
            "uq_hold_open",
            "request_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_hold_request_id", "request_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    asked_by_label: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    # When the mail server took the question: from here on the clock stands still, and the days to answer are counted.
    clock_stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Word(12))
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_label: Mapped[str | None] = mapped_column(String(120))
    # Business seconds between the clock's stop and the end.
    paused_seconds: Mapped[int] = mapped_column(default=0)
