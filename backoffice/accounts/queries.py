"""Reads about people: who a session belongs to, whose sessions there are, lists for the administrator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, String, bindparam, select

from backoffice.accounts.models import Account, LoginSession, User
from backoffice.database import Instant, session
from backoffice.errors import N_, Message, NotFound
from backoffice.permissions import Actor, Permission, Role, allowed
from backoffice.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives without a request, and in any case."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class AccountName:
    """What pages say about a customer's account."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request, as plain values.

    `transaction()` ends the read in which the session was looked up and expires every row with it; this object stays
    usable before, inside and after.
    """

    id: int
    email: str
    name: str
    role: Role
    account: AccountName | None
    locale: str
    theme: str
    single_keys: bool
    after_verdict: str
    sid: str
    session_id: int
    last_seen_at: datetime

    # What flask-login asks a user for.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The secret the cookie carries: it names this session, not the person, so it can be revoked."""
        return self.sid

    @property
    def account_id(self) -> int | None:
        """The customer account, None for people of the back office."""
        return self.account.id if self.account else None

    def can(self, permission: Permission) -> bool:
        """Whether the person's role holds `permission`."""
        return allowed(self.role, permission)

    def actor(self, via: str = "web", address: str | None = None) -> Actor:
        """The person as services and the audit log know them."""
        return Actor(self.id, self.name, self.role, self.account_id, via, address)


def sid_hash(sid: str) -> str:
    """What the database keeps of a session's secret."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).hexdigest()


# Every page asks this first: built once, and plain columns instead of three objects.
_SIGNED_IN = Prepared(
    select(
        User.id,
        User.email,
        User.name,
        User.role,
        User.account_id,
        Account.code,
        Account.name,
        User.locale,
        User.theme,
        User.single_keys,
        User.after_verdict,
        LoginSession.id,
        LoginSession.last_seen_at,
    )
    .select_from(LoginSession)
    .join(User, User.id == LoginSession.user_id)
    .outerjoin(Account, Account.id == User.account_id)
    .where(
        LoginSession.sid_sha256 == bindparam("sid_sha256", type_=String()),
        LoginSession.last_seen_at > bindparam("seen_since", type_=Instant()),
        LoginSession.created_at > bindparam("created_since", type_=Instant()),
        User.is_active.is_(True),
    )
)


def signed_in(sid: str, *, now: datetime, limits: Limits) -> SignedIn | None:
    """Whom the session secret `sid` speaks for now; None when it was ended, ran out, or the person was deactivated."""
    values = {"sid_sha256": sid_hash(sid), "seen_since": now - limits.idle, "created_since": now - limits.absolute}
    found = _SIGNED_IN.rows(session.connection(), values)
    if not found:
        return None
    id_, email, name, role, account_id, code, account, *ways, session_id, last_seen_at = found[0]
    locale, theme, single_keys, after_verdict = ways
    return SignedIn(
        id=id_,
        email=email,
        name=name,
        role=Role(role),
        account=None if account_id is None else AccountName(account_id, code, account),
        locale=locale,
        theme=theme,
        single_keys=single_keys,
        after_verdict=after_verdict,
        sid=sid,
        session_id=session_id,
        last_seen_at=last_seen_at,
    )


def sessions_of(user_id: int, *, now: datetime, limits: Limits) -> list[LoginSession]:
    """The person's living sessions, the most recently used first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == user_id,
                LoginSession.last_seen_at > now - limits.idle,
                LoginSession.created_at > now - limits.absolute,
            )
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
        )
    )


def user(user_id: int) -> User:
    """The person with this id. Raises NotFound."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound
    return found


def find_person(email: str) -> User | None:
    """The person who signs in with `email`, in any case of letters; None when there is none."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def person(email: str) -> User:
    """The person who signs in with `email`. Raises NotFound."""
    found = find_person(email)
    if found is None:
        raise NotFound(Message(N_("Nobody signs in with %(email)s."), email=email))
    return found


def account(account_id: int) -> Account:
    """The customer account with this id. Raises NotFound."""
    found = session.get(Account, account_id)
    if found is None:
        raise NotFound
    return found


def find_account(code: str) -> Account | None:
    """The customer account that imports and commands call `code`; None when there is none."""
    return session.scalar(select(Account).where(Account.code == code.strip().lower()))


def active_people(role: Role) -> list[User]:
    """Everybody of `role` who can sign in, in the order of their addresses: for instance whom to notify."""
    return list(session.scalars(select(User).where(User.role == role, User.is_active.is_(True)).order_by(User.email)))


def readers_of_the_weekly_report() -> list[User]:
    """The managers who can sign in and have not switched the report off."""
    return [person for person in active_people(Role.MANAGER) if person.weekly_report]


def people_of(account_id: int) -> list[User]:
    """The active people of a customer account, in the order of their names."""
    statement = select(User).where(User.account_id == account_id, User.is_active.is_(True))
    return list(session.scalars(statement.order_by(User.name, User.id)))


def all_users() -> Select[tuple[User]]:
    """Everybody, for a paged list."""
    return select(User)


def all_accounts() -> Select[tuple[Account]]:
    """Every customer account, for a paged list."""
    return select(Account)


def account_names() -> list[AccountName]:
    """Every customer account by its code, for a choice."""
    rows = session.execute(select(Account.id, Account.code, Account.name).order_by(Account.code))
    return [AccountName(row.id, row.code, row.name) for row in rows]
