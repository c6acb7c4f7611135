"""What must hold for people and their sessions, whatever wrote to the tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice.accounts.models import Account, LoginSession, User
from backoffice.contradictions import Contradiction, found
from backoffice.permissions import Role


def check() -> Iterator[str]:
    """Yield one sentence per fault found; nothing when all is well."""
    yield from found(_people, _accounts, _sessions)


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
