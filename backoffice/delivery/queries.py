"""Reads of outgoing messages. The bytes of a mail are not read with its row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.delivery.models import Message, always_holds, still_holds
from backoffice.delivery.rules import MESSAGE_ID_FORM, OWN_MESSAGE_ID, PERIODIC, TEST, MessageState
from backoffice.errors import NotFound

# Made once: an alias that is made anew costs the statement around it as much as running it.
_SUCCESSOR, _NEWS = aliased(Message), aliased(Message)


def about(object_type: str, object_id: int, *, template: str | None = None) -> Sequence[Message]:
    """The messages about one object, oldest first; only those of one mail when `template` is given."""
    statement = select(Message).where(Message.about_type == object_type, Message.about_id == object_id)
    if template is not None:
        statement = statement.where(Message.template == template)
    return session.scalars(statement.order_by(Message.id)).all()


def current(object_type: str, object_id: int, template: str) -> list[Message]:
    """The messages of one mail about one object that nobody has sent anew: one for each recipient, oldest first."""
    messages = about(object_type, object_id, template=template)
    repeated = {message.follows_id for message in messages}
    return [message for message in messages if message.id not in repeated]


def latest(object_type: str, object_id: int, template: str) -> Message | None:
    """The newest message of one mail about one object: whether the customer has it, waits for it, or cannot get it."""
    messages = about(object_type, object_id, template=template)
    return messages[-1] if messages else None


def one(message_id: int) -> Message:
    """One message. Raises NotFound."""
    found = session.get(Message, message_id, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def holds(message: Message) -> bool:
    """Whether what the message says is still so; of most mails it always is, and nothing is asked."""
    if always_holds(message.template):
        return True
    return session.scalar(select(Message.id).where(Message.id == message.id, still_holds())) is not None


def was_followed(message_id: int) -> bool:
    """Whether somebody has sent the message anew."""
    return session.scalars(select(Message.id).where(Message.follows_id == message_id)).first() is not None


def by_link(unique: object) -> Message | None:
    """The message whose link carries this signed part of its Message-ID."""
    message_id = MESSAGE_ID_FORM.format(unique=unique)
    if OWN_MESSAGE_ID.fullmatch(message_id) is None:
        return None
    return session.scalars(select(Message).where(Message.message_id == message_id)).one_or_none()


def unsettled() -> Select[Message]:
    """Failed messages that somebody still misses: nobody has sent them anew, and the matter is not at its end.

    A notice is settled by a document about the same object that was accepted later: the invoice says more than every
    notice before it. A document is settled only by sending itself, a periodic one also by the next one. Nobody misses a
    test, nor words that are not so any more.
    """
    arrived = select(_NEWS.id).where(
        _NEWS.about_type == Message.about_type,
        _NEWS.about_id == Message.about_id,
        _NEWS.id > Message.id,
        _NEWS.state == MessageState.ACCEPTED,
        _NEWS.attachment_sha256.is_not(None),
    )
    return select(Message).where(
        Message.state == MessageState.FAILED,
        Message.about_type != TEST,
        still_holds(),
        ~select(_SUCCESSOR.id).where(_SUCCESSOR.follows_id == Message.id).exists(),
        or_(Message.attachment_sha256.is_not(None) & Message.template.not_in(PERIODIC), ~arrived.exists()),
    )


def problems(limit: int = 100) -> Sequence[Message]:
    """What `unsettled` finds: work items that close themselves, oldest first."""
    return session.scalars(unsettled().order_by(Message.id).limit(limit)).all()
