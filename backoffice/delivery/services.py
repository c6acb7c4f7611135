"""Verbs that change outgoing messages. Nothing here speaks to a mail server: see `jobs` and `connection`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.delivery import queries, rules
from backoffice.delivery.bounces import Report, Verdict
from backoffice.delivery.models import Message, is_open
from backoffice.delivery.rules import WAITING_STATES, Effect, MessageState, Outcome
from backoffice.errors import N_, Conflict, Invalid, NotFound
from backoffice.errors import Message as Sentence
from backoffice.permissions import Actor


def queue(
    template: str,
    recipient: str,
    locale: str,
    context: Mapping[str, Any],
    *,
    at: datetime,
    about: tuple[str, int],
    attachment_sha256: str | None = None,
    attachment_name: str | None = None,
) -> Message:
    """Queue one mail to one person in the caller's transaction: it is sent if, and only if, the change is kept.

    `context` holds JSON values (see `rules.CONTEXT` for what each mail needs); an amount is in figures without its
    currency, a date in ISO form. `about` names the object the mail speaks of. `attachment_sha256` is a document of the
    store. Raises ValueError for an unknown mail or a missing value, which is a fault of the caller.
    """
    missing = rules.missing_context(template, context)
    if missing:
        raise ValueError(f"the mail {template!r} needs {', '.join(missing)}")
    message = Message(
        template=template,
        locale=rules.known_locale(locale),
        recipient=recipient,
        context=dict(context),
        attachment_sha256=attachment_sha256,
        attachment_name=rules.attachment_name(attachment_name) if attachment_sha256 else None,
        about_type=about[0],
        about_id=about[1],
        message_id=rules.MESSAGE_ID_FORM.format(unique=secrets.token_hex(16)),
        state=MessageState.QUEUED,
        next_attempt_at=at,
        created_at=at,
    )
    session.add(message)
    return message


def cancel(actor: Actor, message_id: int, *, reason: str, now: datetime) -> None:
    """Stop a message that waits. Raises NotFound, or Conflict when it is being sent or has come to its end."""
    before = _message(message_id).state
    changed = rows_changed(
        session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state.in_(WAITING_STATES))
            .values(state=MessageState.CANCELLED)
        )
    )
    if not changed:
        raise Conflict(Sentence(N_("This message cannot be stopped any more.")), code="message-not-waiting")
    _tell_audit(actor, "message.cancel", message_id, now, {"state": before}, {"state": "cancelled"}, reason)


def correct_and_resend(actor: Actor, message_id: int, address: str, *, now: datetime) -> Message:
    """Send a failed or waiting message to another address, as a new message; a waiting one is cancelled.

    Raises Invalid (field `recipient`) for an unusable address, NotFound, or Conflict when the message is being sent,
    was accepted, was sent anew already, or says what is not so any more.
    """
    address = address.strip()
    try:
        rules.envelope_address(address)
    except rules.AddressError as error:
        raise Invalid({"recipient": [error.message]}) from None
    old = _message(message_id)
    _refuse_untrue(old)
    if old.state in WAITING_STATES:
        cancel(actor, message_id, reason="sent to a corrected address", now=now)
    elif old.state != MessageState.FAILED:
        raise Conflict(Sentence(N_("This message has not failed.")), code="message-not-failed")
    new = _follow(old, address, now)
    _tell_audit(
        actor, "message.correct", old.id, now, {"recipient": old.recipient}, {"recipient": address, "message": new.id}
    )
    return new


def send_again(actor: Actor, message_id: int, *, now: datetime) -> Message:
    """Send a finished message once more to the same address, as a new message with a Message-ID of its own.

    Raises NotFound, or Conflict while it is still on its way, when it was sent anew already, or says what is not so any
    more.
    """
    old = _message(message_id)
    _refuse_untrue(old)
    if old.is_open:
        raise Conflict(Sentence(N_("This message is still on its way.")), code="message-on-its-way")
    new = _follow(old, old.recipient, now)
    _tell_audit(actor, "message.send_again", old.id, now, None, {"message": new.id})
    return new


def take(now: datetime, lease_seconds: float) -> Message | None:
    """Lease the message that is due first, so that for `lease_seconds` nobody else sends it; None when none is due.

    A message whose sender died comes back when its lease ends; one that outlived `MAX_ATTEMPTS` senders fails, because
    it may be what kills them. One whose words are not so any more is cancelled: its matter went on while it waited.
    PostgreSQL skips rows in other hands; on SQLite the writing transaction is alone.
    """
    while (message := _first_due(now)) is not None:
        if not queries.holds(message):
            _close(message, MessageState.CANCELLED, "not sent: what it says is not so any more", now)
        elif message.attempts >= rules.MAX_ATTEMPTS:
            _close(message, MessageState.FAILED, "the sender stopped during every attempt", now)
        else:
            break
    if message is None:
        return None
    message.state = MessageState.SENDING
    message.attempts += 1
    message.next_attempt_at = now + timedelta(seconds=lease_seconds)
    message.lend(message.next_attempt_at)
    session.flush()
    return message


def end_link(actor: Actor, message_id: int, *, now: datetime) -> None:
    """Let the link in a mail give the document to nobody any more; document and invoice stay as they are.

    Raises NotFound, or Conflict when it has no link that still works.
    """
    message = _message(message_id)
    if not message.has_open_link(now):
        raise Conflict(Sentence(N_("The link in this mail does not work any more.")), code="link-ended")
    message.link_until = now
    session.flush()
    _tell_audit(actor, "message.end_link", message_id, now, {"link": True}, {"link": False})


def keep_mime(message_id: int, lease: str, mime: bytes, link_until: datetime | None = None) -> bool:
    """Keep the rendered bytes for this and every later attempt, and how long the link in them works; False when the
    lease is in other hands by now."""
    return bool(
        rows_changed(
            session.execute(
                update(Message)
                .where(Message.lent(message_id, lease), Message.mime.is_(None))
                .values(mime=mime, link_until=link_until)
            )
        )
    )


def record_outcome(message_id: int, lease: str, outcome: Outcome, *, now: datetime) -> bool:
    """Write what came of the attempt made under `lease`, and when to try again.

    False when the lease ended and somebody else took the message: then their outcome counts.
    """
    message = session.scalars(
        select(Message)
        .where(Message.lent(message_id, lease))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if message is None:
        return False
    state, again_at = rules.next_attempt(outcome, message.attempts, now)
    _close(message, state, outcome.answer, again_at)
    message.accepted_at = now if state is MessageState.ACCEPTED else None
    if state is MessageState.ACCEPTED:
        message.taken_at, message.taken_answer = now, message.server_answer
    session.flush()
    return True


def record_report(report: Report, *, now: datetime) -> Effect:
    """Believe what came back by mail: a refusal ends the message it names as one at our own server does, a delay is
    written down once and the message stays accepted. When and in which words our server took it stays written.

    A message ends once: the same report again, or another one after it, changes nothing. A refusal after a delay takes
    its place, time and words: what matters is what became of the message.
    """
    message = _reported(report)
    if message is None or not report.findings:
        return Effect.UNKNOWN
    finding = report.about(message.recipient)
    if finding is None or finding.verdict is Verdict.ARRIVED:
        return Effect.NOTHING
    if message.state == MessageState.SENDING:
        return Effect.LATER
    accepted = message.state == MessageState.ACCEPTED
    if finding.verdict is Verdict.FAILED and (accepted or message.state == MessageState.DEFERRED):
        _close(message, MessageState.FAILED, finding.words, now)
        message.accepted_at = None
        effect = Effect.FAILED
    elif finding.verdict is Verdict.DELAYED and accepted and message.reported_at is None:
        _close(message, MessageState.ACCEPTED, finding.words, now)
        effect = Effect.DELAYED
    else:
        return Effect.NOTHING
    message.reported_at = now
    session.flush()
    return effect


def _reported(report: Report) -> Message | None:
    for message_id in report.message_ids:
        found = select(Message).where(Message.message_id == message_id).with_for_update()
        message = session.scalars(found.execution_options(populate_existing=True)).one_or_none()
        if message is not None:
            return message
    return None


def _first_due(now: datetime) -> Message | None:
    return session.scalars(
        select(Message)
        .where(is_open(), Message.next_attempt_at <= now)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(1)
        .options(undefer(Message.mime))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _close(message: Message, state: MessageState, answer: str, at: datetime) -> None:
    message.state = state
    message.lease = message.leased_until = None
    message.next_attempt_at = at
    message.server_answer = rules.one_line(answer, rules.ANSWER_LIMIT) or "no answer"


def _message(message_id: int) -> Message:
    message = session.scalars(
        select(Message).where(Message.id == message_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if message is None:
        raise NotFound
    return message


def _refuse_untrue(message: Message) -> None:
    if not queries.holds(message):
        told = N_("What this message says is not so any more. It is not sent again.")
        raise Conflict(Sentence(told), code="message-untrue")


def _follow(old: Message, recipient: str, now: datetime) -> Message:
    if session.scalars(select(Message.id).where(Message.follows_id == old.id)).first() is not None:
        raise Conflict(Sentence(N_("This message was sent again already.")), code="message-followed")
    new = queue(
        old.template,
        recipient,
        old.locale,
        old.context,
        at=now,
        about=(old.about_type, old.about_id),
        attachment_sha256=old.attachment_sha256,
        attachment_name=old.attachment_name,
    )
    new.follows_id = old.id
    session.flush()
    return new


def _tell_audit(
    actor: Actor,
    action: str,
    message_id: int,
    now: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    audit.record(actor, action, "message", message_id, at=now, before=before, after=after, reason=reason)
