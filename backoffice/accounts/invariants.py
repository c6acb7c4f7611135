"""What must hold for people and their sessions, whatever wrote to the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, or_, select

from backoffice.accounts.heads import TEMPLATE
from backoffice.accounts.models import Account, LoginSession, User
from backoffice.audit.models import AuditHeadMail
from backoffice.contradictions import Contradiction, found
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.permissions import Role


def check() -> Iterator[str]:
    """Yield one sentence per fault found; nothing when all is well."""
    yield from found(_people, _accounts, _sessions)
    yield from _heads()


def _heads() -> Iterator[str]:
    """The days on which auditors were told the head of the audit log, and the mails of those days."""
    mails = select(Message.created_at, func.count()).where(Message.template == TEMPLATE, Message.about_type == TEMPLATE)
    first = mails.where(Message.follows_id.is_(None)).group_by(Message.created_at)
    sent: dict[datetime, int] = {row[0]: row[1] for row in session.execute(first)}
    for day in session.scalars(select(AuditHeadMail).order_by(AuditHeadMail.day)):
        if (queued := sent.pop(day.told_at, 0)) != day.told:
            yield f"head of the audit log on {day.day}: {day.told} were told, {queued} mails were queued"
    for at in sorted(sent):
        yield f"head of the audit log queued at {at}: nobody was told of it then"


def _people() -> Iterator[Contradiction]:
    misplaced = or_(
        (User.role == Role.CUSTOMER) & User.account_id.is_(None),
        (User.role != Role.CUSTOMER) & User.account_id.is_not(None),
    )
    yield Contradiction(
        "user {}: only customers belong to an account, and every customer to one", select(User.id).where(misplaced)
    )
    yield Contradiction("user {}: the role is unknown", select(User.id).where(User.role.not_in(list(Role))))
    yield Contradiction(
        "user {}: the email is not in lower case, so nobody can sign in with it",
        select(User.id, User.email),
        lambda user: user.email != user.email.strip().lower(),
    )
    yield Contradiction(
        "user {}: the password is not kept as an argon2id hash",
        select(User.id).where(User.password_hash.not_like("$argon2id$%")),
    )


def _accounts() -> Iterator[Contradiction]:
    yield Contradiction(
        "account {}: reserved or invoiced is negative",
        select(Account.id).where(or_(Account.reserved < 0, Account.invoiced < 0)),
    )


def _sessions() -> Iterator[Contradiction]:
    of_inactive = select(LoginSession.id).join(User, User.id == LoginSession.user_id).where(User.is_active.is_(False))
    yield Contradiction("session {}: it outlived the deactivation of its person", of_inactive)
    yield Contradiction(
        "session {}: it was last seen before it began",
        select(LoginSession.id).where(LoginSession.last_seen_at < LoginSession.created_at),
    )
