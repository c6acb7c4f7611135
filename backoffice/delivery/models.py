"""Outgoing messages: one row per message and recipient."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    or_,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant, JsonDict, Word
from backoffice.delivery.rules import OPEN_STATES, TEST, MessageState
from backoffice.leases import Leased, lease_is_whole

_OPEN = text("state IN ('queued', 'sending', 'deferred')")
_ISSUED = text("template = 'issued' AND accepted_at IS NOT NULL")


class Message(Leased, Base):
    """A mail to one person. What it says is frozen as template and context when it is queued, and as bytes when it is
    first taken for sending; from then on every attempt sends these bytes."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'accepted', 'deferred', 'failed', 'cancelled')", name="state"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
        CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name="accepted_says_when"),
        lease_is_whole(busy="sending"),
        CheckConstraint("(attachment_sha256 IS NULL) = (attachment_name IS NULL)", name="attachment_is_whole"),
        # Open ones in the order they are due; while one is being sent, `next_attempt_at` is the end of its lease.
        Index("ix_message_open", "next_attempt_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_message_about", "about_type", "about_id", "id"),
        Index("ix_message_state", "state", "id"),
        Index("ix_message_follows_id", "follows_id"),
        Index("uq_message_message_id", "message_id", unique=True),
        # Invoices that arrived since some moment.
        Index("ix_message_issued", "accepted_at", "about_id", sqlite_where=_ISSUED, postgresql_where=_ISSUED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    template: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(5))
    recipient: Mapped[str] = mapped_column(String(254))
    context: Mapped[dict[str, Any]] = mapped_column(JsonDict)
    attachment_sha256: Mapped[str | None] = mapped_column(String(64))
    attachment_name: Mapped[str | None] = mapped_column(String(120))
    about_type: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[int] = mapped_column(Id)
    # The message this one repeats, to the same or a corrected address.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))

    message_id: Mapped[str] = mapped_column(String(120))
    mime: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    state: Mapped[str] = mapped_column(Word(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    server_answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    # When our own server took it, and in which words: whatever comes back later, this stays.
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_answer: Mapped[str | None] = mapped_column(Text)
    # When a server further on was heard of: that it is late (accepted), once; that it has come back (failed) takes the
    # place of that, with its words. Also of one that ours still tried to hand on.
    reported_at: Mapped[datetime | None] = mapped_column(Instant)

    # Until when the link in it gives the document to whoever holds the mail; brought forward, the link ends.
    link_until: Mapped[datetime | None] = mapped_column(Instant)

    def has_open_link(self, now: datetime) -> bool:
        """Whether the link in the mail still gives the document: not for one that never reached its recipient."""
        ended = self.state in (MessageState.FAILED, MessageState.CANCELLED)
        return self.link_until is not None and now < self.link_until and not ended

    @property
    def is_open(self) -> bool:
        """Whether the message is still on its way."""
        return self.state in OPEN_STATES


# Of mails that say how something stands: while it stands so.
_SO_WHILE: dict[str, ColumnElement[bool]] = {}


def holds_while(template: str, standing: ColumnElement[bool]) -> None:
    """Mails of this kind say what is so only while `standing`, an SQL predicate of `Message`, is true.

    Delivery knows nothing of what mails are about: the capability that queues them says it, where it has its tables.
    """
    _SO_WHILE[template] = standing


def always_holds(template: str) -> bool:
    """Whether mails of this kind say what stays so: nobody has to ask for theirs."""
    return template not in _SO_WHILE


def still_holds() -> ColumnElement[bool]:
    """SQL predicate of messages whose words are still so; of most mails they always are, and of a test."""
    return and_(
        true(),
        *(
            or_(Message.template != template, Message.about_type == TEST, standing)
            for template, standing in _SO_WHILE.items()
        ),
    )


def is_open() -> ColumnElement[bool]:
    """SQL predicate of messages on their way, worded as the partial index that serves it."""
    return Message.state.in_([state.value for state in OPEN_STATES])
