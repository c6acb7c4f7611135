"""What happened to a request, and what was said of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant, JsonDict, Word
from backoffice.requests.models.invoice_request import InvoiceRequest


class RequestEvent(Base):
    """One line of a request's timeline, in the words customers may see."""

    __tablename__ = "request_event"
    __table_args__ = (Index("ix_request_event_request_id", "request_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Word(20))
    actor_label: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str | None] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(JsonDict, default=dict)

    def day(self, name: str) -> date:
        """One of its facts that is a day."""
        return date.fromisoformat(self.data[name])


class RequestNote(Base):
    """A note among the people of the back office. Customers never see it."""

    __tablename__ = "request_note"
    __table_args__ = (
        CheckConstraint("text <> ''", name="not_empty"),
        Index("ix_request_note_request_id", "request_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(InvoiceRequest.id))
    at: Mapped[datetime] = mapped_column(Instant)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    author_label: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
