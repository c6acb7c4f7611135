"""What must hold for outgoing mail at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, or_, select

from backoffice import clock, storage
from backoffice.contradictions import Contradiction, found
from backoffice.database import session
from backoffice.delivery.models import Message, is_open
from backoffice.delivery.rules import MessageState

_SHOWN = 100
_FORGOTTEN = timedelta(days=1)


def check() -> Iterator[str]:
    """Yield a sentence for each message that is not where its state says."""
    yield from found(_ends, _leases, _repeated, _lost_attachments)
    yield from _forgotten()


def _ends() -> Iterator[Contradiction]:
    tried = Message.state.in_([MessageState.ACCEPTED, MessageState.FAILED, MessageState.DEFERRED])
    accepted = Message.state == MessageState.ACCEPTED
    reported = Message.reported_at.is_not(None) & Message.state.not_in([MessageState.ACCEPTED, MessageState.FAILED])
    faults = (
        (accepted & Message.accepted_at.is_(None), "it was accepted, but nobody knows when"),
        (~accepted & Message.accepted_at.is_not(None), "it has a time of acceptance, but was not accepted"),
        (
            accepted & (Message.taken_at.is_distinct_from(Message.accepted_at)),
            "it does not say when its server took it",
        ),
        (tried & or_(Message.server_answer.is_(None), Message.server_answer == ""), "its last attempt has no answer"),
        (tried & (Message.attempts == 0), "it has an outcome without an attempt"),
        (reported, "a server further on reported on it, but it neither was accepted nor came back"),
    )
    for fault, sentence in faults:
        yield Contradiction(
            f"message {{}}: {sentence}", select(Message.id).where(fault).order_by(Message.id).limit(_SHOWN)
        )


def _leases() -> Iterator[Contradiction]:
    sending = Message.state == MessageState.SENDING
    half = sending & or_(Message.lease.is_(None), Message.leased_until.is_(None)) | ~sending & Message.lease.is_not(
        None
    )
    yield Contradiction(
        "message {}: its lease does not fit its state",
        select(Message.id).where(half).order_by(Message.id).limit(_SHOWN),
    )


def _forgotten() -> Iterator[str]:
    old = (Message.state == MessageState.SENDING) & (Message.leased_until < clock.now() - _FORGOTTEN)
    for id_ in session.scalars(select(Message.id).where(old).order_by(Message.id).limit(_SHOWN)):
        yield f"message {id_}: its lease ended more than a day ago and nobody took it"


def _repeated() -> Iterator[Contradiction]:
    repeated = select(Message.message_id).group_by(Message.message_id).having(func.count() > 1).limit(_SHOWN)
    yield Contradiction("Message-ID {}: more than one message carries it", repeated)
    followed = select(Message.follows_id).where(Message.follows_id.is_not(None)).group_by(Message.follows_id)
    yield Contradiction("message {}: it was sent anew more than once", followed.having(func.count() > 1).limit(_SHOWN))


def _lost_attachments() -> Iterator[Contradiction]:
    waiting = select(Message.id, Message.attachment_sha256).where(is_open(), Message.attachment_sha256.is_not(None))
    yield Contradiction(
        "message {}: the document it has to bring is not in the store",
        waiting.order_by(Message.id),
        lambda message: not storage.exists(message.attachment_sha256),
    )
