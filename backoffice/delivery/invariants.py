"""What must hold for outgoing mail at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, or_, select

from backoffice import clock, storage
from backoffice.database import session
from backoffice.delivery.models import Message, is_open
from backoffice.delivery.rules import MessageState

_SHOWN = 100
_FORGOTTEN = timedelta(days=1)


def check() -> Iterator[str]:
    """Yield a sentence for each message that is not where its state says."""
    yield from _ends()
    yield from _leases()
    yield from _repeated()
    yield from _lost_attachments()


def _ends() -> Iterator[str]:
    tried = Message.state.in_([MessageState.ACCEPTED, MessageState.FAILED, MessageState.DEFERRED])
    accepted = Message.state == MessageState.ACCEPTED
    reported = Message.reported_at.is_not(None) & Message.state.not_in([MessageState.ACCEPTED, MessageState.FAILED])
    faults = (
        (accepted & Message.accepted_at.is_(None), "it was accepted, but nobody knows when"),
        (~accepted & Message.accepted_at.is_not(None), "it has a time of acceptance, but was not accepted"),
        (tried & or_(Message.server_answer.is_(None), Message.server_answer == ""), "its last attempt has no answer"),
        (tried & (Message.attempts == 0), "it has an outcome without an attempt"),
        (reported, "a server further on reported on it, but it neither was accepted nor came back"),
    )
    for fault, sentence in faults:
        for message_id in session.scalars(select(Message.id).where(fault).order_by(Message.id).limit(_SHOWN)):
            yield f"message {message_id}: {sentence}"


def _leases() -> Iterator[str]:
    sending = Message.state == MessageState.SENDING
    old = sending & (Message.leased_until < clock.now() - _FORGOTTEN)
    for message_id in session.scalars(select(Message.id).where(old).order_by(Message.id).limit(_SHOWN)):
        yield f"message {message_id}: its lease ended more than a day ago and nobody took it"
    half = sending & or_(Message.lease.is_(None), Message.leased_until.is_(None)) | ~sending & Message.lease.is_not(
        None
    )
    for message_id in session.scalars(select(Message.id).where(half).order_by(Message.id).limit(_SHOWN)):
        yield f"message {message_id}: its lease does not fit its state"


def _repeated() -> Iterator[str]:
    repeated = select(Message.message_id).group_by(Message.message_id).having(func.count() > 1).limit(_SHOWN)
    for message_id in session.scalars(repeated):
        yield f"Message-ID {message_id}: more than one message carries it"
    followed = select(Message.follows_id).where(Message.follows_id.is_not(None)).group_by(Message.follows_id)
    for follows_id in session.scalars(followed.having(func.count() > 1).limit(_SHOWN)):
        yield f"message {follows_id}: it was sent anew more than once"


def _lost_attachments() -> Iterator[str]:
    waiting = select(Message.id, Message.attachment_sha256).where(is_open(), Message.attachment_sha256.is_not(None))
    for message_id, sha256 in session.execute(waiting.order_by(Message.id)):
        if sha256 is not None and not storage.exists(sha256):
            yield f"message {message_id}: the document it has to bring is not in the store"
