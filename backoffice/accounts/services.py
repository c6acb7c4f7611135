"""What changes people and their sessions. Each consequence leaves an audit event; nothing here commits."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from backoffice.accounts import passwords, queries
from backoffice.accounts.models import Account, LoginSession, SignInAttempt, User
from backoffice.accounts.rules import (
    ATTEMPT_WINDOW,
    DEACTIVATED,
    FAILURES_PER_ADDRESS,
    FAILURES_PER_EMAIL,
    REACTIVATED,
    TOUCH_AFTER,
    locked_until,
    password_faults,
)
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.delivery import services as delivery
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission, Role
from backoffice.text import TextError, clean, clean_email

LOCALES = ("en", "zh")
THEMES = ("auto", "light", "dark")
SINGLE_KEYS = {"on": True, "off": False}
AFTER_VERDICT = ("next", "stay", "list")

# How long traces of sign-ins are of use: the retention of design, section "Audit and retention".
_KEEP_SESSIONS = timedelta(days=90)
_KEEP_ATTEMPTS = timedelta(days=1)

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LONGEST_NAME = 120


class TooManyAttempts(Invalid):
    """Signing in is closed for this email or address until `retry_at`."""

    code = "too-many-attempts"

    def __init__(self, retry_at: datetime, now: datetime) -> None:
        self.retry_at = retry_at
        self.retry_seconds = max(1, int((retry_at - now).total_seconds()))
        minutes = -(-self.retry_seconds // 60)
        super().__init__({}, Message(N_("Too many attempts. Try again in %(minutes)d min."), minutes=minutes))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to prove who one is, already counted as a failure. The password is checked outside any lock."""

    id: int
    user_id: int | None
    password_hash: str


def create_account(actor: Actor, *, code: str, name: str, now: datetime) -> Account:
    """Open a customer account; imports name it by `code`. Raises Invalid (code, name) and Forbidden."""
    _administers(actor)
    faults: dict[str, list[Message | str]] = {}
    code, name = code.strip().lower(), _checked_name(name, faults)
    if not _CODE.fullmatch(code):
        faults["code"] = [N_("Use up to 32 small letters, digits, hyphens and underscores.")]
    elif queries.find_account(code):
        faults["code"] = [N_("There is already an account with this code.")]
    if faults:
        raise Invalid(faults)
    account = Account(code=code, name=name, created_at=now)
    session.add(account)
    session.flush()
    audit.record(actor, "account.created", "account", account.id, at=now, after={"code": code, "name": name})
    return account


def create_user(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    account_id: int | None = None,
    locale: str = "en",
) -> User:
    """Let somebody in. Customers need an account, the others have none.

    Raises Invalid (email, name, role, account_id, password, locale) and Forbidden.
    """
    _administers(actor)
    faults: dict[str, list[Message | str]] = {}
    email, name = _checked_email(email, faults), _checked_name(name, faults)
    if (role is Role.CUSTOMER) != (account_id is not None):
        faults["account_id"] = [
            N_("A customer needs an account.") if account_id is None else N_("Only customers belong to an account.")
        ]
    if locale not in LOCALES:
        faults["locale"] = [N_("Choose from the list.")]
    if weak := password_faults(password, email=email, name=name):
        faults["password"] = [*weak]
    if faults:
        raise Invalid(faults)
    if account_id is not None:
        queries.account(account_id)
    user = User(
        email=email,
        name=name,
        role=role.value,
        account_id=account_id,
        password_hash=passwords.hashed(password),
        password_changed_at=now,
        locale=locale,
        created_at=now,
    )
    session.add(user)
    session.flush()
    facts = {"email": email, "name": name, "role": role.value, "account_id": account_id}
    audit.record(actor, "user.created", "user", user.id, at=now, after=facts)
    return user


def deactivate_user(actor: Actor, user_id: int, *, now: datetime) -> None:
    """Shut somebody out and end all their sessions. What they did stays theirs. Raises Conflict for oneself."""
    _administers(actor)
    if actor.id == user_id:
        raise Conflict(Message(N_("You cannot deactivate yourself.")), code="own-account")
    user = queries.user(user_id)
    if not user.is_active:
        return
    user.is_active = False
    _end_sessions(user_id)
    audit.record(actor, DEACTIVATED, "user", user_id, at=now, before={"is_active": True})


def reactivate_user(actor: Actor, user_id: int, *, now: datetime) -> None:
    """Let a deactivated person sign in again, with the password they had."""
    _administers(actor)
    user = queries.user(user_id)
    if user.is_active:
        return
    user.is_active = True
    audit.record(actor, REACTIVATED, "user", user_id, at=now, after={"is_active": True})


def reset_password(actor: Actor, user_id: int, new: str, *, now: datetime) -> None:
    """Set another person's password and end their sessions. Raises Invalid (new), Forbidden, NotFound."""
    _administers(actor)
    _set_password(queries.user(user_id), new, now)
    _end_sessions(user_id)
    audit.record(actor, "user.password-reset", "user", user_id, at=now)


def set_preferences(
    user_id: int,
    *,
    locale: str | None = None,
    theme: str | None = None,
    single_keys: str | None = None,
    after_verdict: str | None = None,
) -> None:
    """Remember the person's language, theme or way of working; values we do not offer change nothing."""
    user = queries.user(user_id)
    if locale in LOCALES:
        user.locale = locale
    if theme in THEMES:
        user.theme = theme
    if single_keys in SINGLE_KEYS:
        user.single_keys = SINGLE_KEYS[single_keys]
    if after_verdict in AFTER_VERDICT:
        user.after_verdict = after_verdict


def choose_mails(actor: Actor, *, weekly_report: bool, now: datetime) -> None:
    """Let the weekly report come to whoever asks, or not. Raises Forbidden for those whose role does not get it."""
    if actor.id is None or not actor.can(Permission.GET_WEEKLY_REPORT):
        raise Forbidden
    user = queries.user(actor.id)
    if user.weekly_report != weekly_report:
        user.weekly_report = weekly_report
        audit.record(actor, "user.mails-chosen", "user", user.id, at=now, after={"weekly_report": weekly_report})


def begin_attempt(email: str, *, address: str, now: datetime) -> Attempt:
    """Count one attempt and say which hash the password must match.

    It is counted as failed before the password is looked at, so parallel guesses are counted too. Unknown and
    deactivated people get a hash that nothing matches. Raises TooManyAttempts.
    """
    email = email.strip().lower()
    # The row lock makes simultaneous guesses at one person queue up on PostgreSQL, as they do on SQLite anyway.
    user = session.scalar(select(User).where(User.email == email, User.is_active.is_(True)).with_for_update(of=User))
    email_sha256 = hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()
    _refuse_guessing(email_sha256, address, now)
    attempt = SignInAttempt(email_sha256=email_sha256, address=address, at=now)
    session.add(attempt)
    session.flush()
    nobody = passwords.dummy()
    return Attempt(attempt.id, user.id if user else None, user.password_hash if user else nobody)


def complete_sign_in(
    attempt: Attempt, *, address: str, user_agent: str, now: datetime, new_hash: str | None = None
) -> str:
    """Open a session for the person whose password matched, and return its secret (256 random bits).

    `new_hash` replaces a hash made with outdated parameters. Raises Invalid when the person was deactivated or the
    password changed since the attempt began.
    """
    user = _proven(attempt)
    if new_hash is not None:
        user.password_hash = new_hash
    sid = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            sid_sha256=queries.sid_hash(sid),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            address=address,
            user_agent=user_agent[:200],
        )
    )
    session.execute(
        delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.created_at < now - _KEEP_SESSIONS)
    )
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - _KEEP_ATTEMPTS))
    audit.record(user.actor(address=address), "user.signed-in", "user", user.id, at=now)
    return sid


def change_password(actor: Actor, attempt: Attempt, new: str, *, keep_sid: str, now: datetime) -> None:
    """Change the own password, the old one proven by `attempt`, and end all sessions but `keep_sid`.

    Raises Invalid (new).
    """
    user = _proven(attempt)
    if passwords.matches(user.password_hash, new):
        raise Invalid({"new": [N_("This is the password you have already.")]})
    _set_password(user, new, now)
    _end_sessions(user.id, except_sid=keep_sid)
    _give_notice(user, now)
    audit.record(actor, "user.password-changed", "user", user.id, at=now)


def sign_out(actor: Actor, sid: str, *, now: datetime) -> None:
    """End one session for good: a copied cookie is worth nothing from here on."""
    ended = session.execute(delete(LoginSession).where(LoginSession.sid_sha256 == queries.sid_hash(sid)))
    if rows_changed(ended):
        audit.record(actor, "user.signed-out", "user", actor.id or 0, at=now)


def sign_out_everywhere(actor: Actor, user_id: int, *, except_sid: str | None = None, now: datetime) -> int:
    """End all sessions of the person but `except_sid`; returns how many there were."""
    if actor.id != user_id:
        _administers(actor)
    ended = _end_sessions(user_id, except_sid=except_sid)
    audit.record(actor, "user.signed-out-everywhere", "user", user_id, at=now, after={"sessions": ended})
    return ended


def touch(session_id: int, *, now: datetime) -> None:
    """Note that a session is in use; at most once a minute, however many requests run at once."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.last_seen_at <= now - TOUCH_AFTER)
        .values(last_seen_at=now)
    )


def _administers(actor: Actor) -> None:
    """Refuse people without the right; whoever sits at the machine's command line (no role) has it."""
    if actor.role is not None and not actor.can(Permission.ADMINISTER):
        raise Forbidden


def _checked_email(email: str, faults: dict[str, list[Message | str]]) -> str:
    try:
        normal = clean_email(email).lower()
    except TextError as error:
        faults["email"] = [error.message]
        return ""
    if queries.find_person(normal):
        faults["email"] = [N_("Somebody signs in with this email already.")]
    return normal


def _checked_name(name: str, faults: dict[str, list[Message | str]]) -> str:
    try:
        text = clean(name, max_length=_LONGEST_NAME)
    except TextError as error:
        faults["name"] = [error.message]
        return ""
    if not text:
        faults["name"] = [N_("Enter a name.")]
    return text


def _refuse_guessing(email_sha256: str, address: str, now: datetime) -> None:
    since = now - ATTEMPT_WINDOW
    recent = select(SignInAttempt.at).where(SignInAttempt.at > since, SignInAttempt.succeeded.is_(False))
    last_success = session.scalar(
        select(func.max(SignInAttempt.id)).where(
            SignInAttempt.email_sha256 == email_sha256, SignInAttempt.at > since, SignInAttempt.succeeded.is_(True)
        )
    )
    of_email = recent.where(SignInAttempt.email_sha256 == email_sha256)
    if last_success is not None:
        of_email = of_email.where(SignInAttempt.id > last_success)
    of_address = recent.where(SignInAttempt.address == address)
    ends = [
        locked_until(session.scalars(of_email).all(), FAILURES_PER_EMAIL),
        locked_until(session.scalars(of_address).all(), FAILURES_PER_ADDRESS),
    ]
    if locks := [end for end in ends if end is not None]:
        raise TooManyAttempts(max(locks), now)


def _proven(attempt: Attempt) -> User:
    """The person behind a successful attempt, locked, and still with the password that was proven."""
    user = session.scalar(
        select(User)
        .where(User.id == attempt.user_id, User.password_hash == attempt.password_hash, User.is_active.is_(True))
        .with_for_update(of=User)
    )
    if user is None:
        raise Invalid({}, Message(N_("The email or the password is wrong.")), code="sign-in-refused")
    session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt.id).values(succeeded=True))
    return user


def _set_password(user: User, new: str, now: datetime) -> None:
    if weak := password_faults(new, email=user.email, name=user.name):
        raise Invalid({"new": weak})
    user.password_hash = passwords.hashed(new)
    user.password_changed_at = now


def _give_notice(user: User, now: datetime) -> None:
    """Mail the person that the password changed: whoever did not do it learns of it at once."""
    delivery.queue("security_notice", user.email, user.locale, {"person": user.name}, at=now, about=("user", user.id))


def _end_sessions(user_id: int, except_sid: str | None = None) -> int:
    statement = delete(LoginSession).where(LoginSession.user_id == user_id)
    if except_sid is not None:
        statement = statement.where(LoginSession.sid_sha256 != queries.sid_hash(except_sid))
    return rows_changed(session.execute(statement))
