"""Verdicts of reviewers: rows that stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, JsonDict, Word
from backoffice.requests.models.invoice_request import InvoiceRequest


class Decision(Base):
    """A verdict of one reviewer; a revoked one stays, with who and why.

    At most one verdict is in force per request, and beside it at most one first approval, which alone changes no state.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("verdict IN ('first_approve', 'approve', 'reject')", name="verdict"),
        CheckConstraint("verdict <> 'reject' OR (remarks <> '' AND reason IS NOT NULL)", name="rejection_says_why"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revocation_is_whole"),
        Index(
            "uq_decision_in_force",
            "request_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND verdict <> 'first_approve'"),
            postgresql_where=text("revoked_at IS NULL AND verdict <> 'first_approve'"),
        ),
        Index(
            "uq_decision_first_in_force",
            "request_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL AND verdict = 'first_approve'"),
            postgresql_where=text("revoked_at IS NULL AND verdict = 'first_approve'"),
        ),
        Index("ix_decision_request_id", "request_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    verdict: Mapped[str] = mapped_column(Word(20))
    decided_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    decided_by_label: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    # The first of the coded reasons, and the others; and the fields of the form that the reviewer pointed at.
    reason: Mapped[str | None] = mapped_column(String(20))
    further_reasons: Mapped[list[str]] = mapped_column(JsonDict, default=list)
    fields: Mapped[list[str]] = mapped_column(JsonDict, default=list)
    remarks: Mapped[str] = mapped_column(String(500), default="")
    # Why a tax ID is right although its check digit does not fit; for colleagues only.
    tax_id_reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # Which recharges paid for the request when a first approval was given: another allocation is another question.
    basis: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    revoked_why: Mapped[str | None] = mapped_column(String(500))

    @property
    def reasons(self) -> list[str]:
        """Every coded reason, the first one first."""
        return [self.reason, *self.further_reasons] if self.reason else []
