"""What customers ask for once their invoice is issued: to take it back, or to issue it to another header."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, Word
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.rules.credits import REMARKS_LIMIT, WishState
from backoffice.requests.models import InvoiceRequest

_OPEN = text("state = 'open'")


class CorrectionWish(Base):
    """One wish about an issued request, and what became of it; at most one is open."""

    __tablename__ = "correction_wish"
    __table_args__ = (
        CheckConstraint("kind IN ('return', 'reissue')", name="kind"),
        CheckConstraint("state IN ('open', 'withdrawn', 'declined', 'granted')", name="state"),
        CheckConstraint("words <> ''", name="says_why"),
        CheckConstraint("(kind = 'reissue') = (header_id IS NOT NULL)", name="reissue_names_header"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_once"),
        CheckConstraint("state <> 'declined' OR remarks <> ''", name="declined_with_remarks"),
        Index("ix_correction_wish_open", "request_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    kind: Mapped[str] = mapped_column(Word(10))
    header_id: Mapped[int | None] = mapped_column(ForeignKey(InvoiceHeader.id))
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Word(12), default=WishState.OPEN)
    asked_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    asked_by_label: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    remarks: Mapped[str] = mapped_column(String(REMARKS_LIMIT), default="")
