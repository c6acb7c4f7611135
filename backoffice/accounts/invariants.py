"""What must hold for people and their sessions, whatever wrote to the tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice.accounts.models import Account, LoginSession, User
from backoffice.database import session
from backoffice.permissions import Role


def check() -> Iterator[str]:
    """Yield one sentence per fault found; nothing when all is well."""
    yield from _people()
    yield from _accounts()
    yield from _sessions()


def _people() -> Iterator[str]:
    misplaced = or_(
        (User.role == Role.CUSTOMER) & User.account_id.is_(None),
        (User.role != Role.CUSTOMER) & User.account_id.is_not(None),
    )
    for user_id in session.scalars(select(User.id).where(misplaced)):
        yield f"user {user_id}: only customers belong to an account, and every customer to one"
    for user_id in session.scalars(select(User.id).where(User.role.not_in(list(Role)))):
        yield f"user {user_id}: the role is unknown"
    for user_id, email in session.execute(select(User.id, User.email)):
        if email != email.strip().lower():
            yield f"user {user_id}: the email is not in lower case, so nobody can sign in with it"
    for user_id in session.scalars(select(User.id).where(User.password_hash.not_like("$argon2id$%"))):
        yield f"user {user_id}: the password is not kept as an argon2id hash"


def _accounts() -> Iterator[str]:
    for account_id in session.scalars(select(Account.id).where(or_(Account.reserved < 0, Account.invoiced < 0))):
        yield f"account {account_id}: reserved or invoiced is negative"


def _sessions() -> Iterator[str]:
    of_inactive = select(LoginSession.id).join(User, User.id == LoginSession.user_id).where(User.is_active.is_(False))
    for session_id in session.scalars(of_inactive):
        yield f"session {session_id}: it outlived the deactivation of its person"
    for session_id in session.scalars(
        select(LoginSession.id).where(LoginSession.last_seen_at < LoginSession.created_at)
    ):
        yield f"session {session_id}: it was last seen before it began"
