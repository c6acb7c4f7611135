"""flask-login on our own session table: the cookie carries a secret, the row behind it decides.

flask-login alone would let a copied cookie work after signing out, and its "remember me" outlives a change of the
secret key; neither is used. The password is checked between two transactions, because hashing takes its time and
nobody else's write should wait for it.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, current_app, request
from flask import session as cookie
from flask_login import AnonymousUserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError

from backoffice import clock
from backoffice.accounts import passwords, queries, services
from backoffice.accounts.rules import TOUCH_AFTER
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.errors import N_, Invalid, Message
from backoffice.extensions import login_manager
from backoffice.permissions import Permission
from backoffice.web.guards import is_passive, needs_nobody

log = structlog.get_logger(__name__)


class Nobody(AnonymousUserMixin):  # type: ignore[misc]
    """Whoever has not signed in: may do nothing that needs a permission."""

    def can(self, permission: Permission) -> bool:
        """Never."""
        return False


def init_login(app: Flask) -> None:
    """Bind the sign-in to `app`."""
    # The protection of flask-login compares addresses that a proxy header may forge; the session row is ours instead.
    login_manager.session_protection = None
    login_manager.anonymous_user = Nobody
    login_manager.user_loader(_load)
    login_manager.init_app(app)
    # Not a browser's to choose: no code path sets it, and a forged one must not be looked at.
    app.config["REMEMBER_COOKIE_NAME"] = "unused-remember-cookie"
    app.before_request(_touch)


def limits() -> queries.Limits:
    """The limits of sessions from the settings."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return queries.Limits(
        idle=timedelta(minutes=settings.session_idle_minutes), absolute=timedelta(hours=settings.session_absolute_hours)
    )


def prove(email: str, password: str) -> services.Attempt:
    """Check a password against throttling and time: the first transaction of a sign-in, then the hash.

    Raises TooManyAttempts, and Invalid with one sentence for all other reasons.
    """
    with transaction():
        attempt = services.begin_attempt(email, address=client_address(), now=clock.now())
    if not passwords.matches(attempt.password_hash, password) or attempt.user_id is None:
        raise Invalid({}, Message(N_("The email or the password is wrong.")), code="sign-in-refused")
    return attempt


def sign_in(email: str, password: str) -> queries.SignedIn:
    """Sign the browser in and return who it is. Raises TooManyAttempts and Invalid."""
    attempt = prove(email, password)
    new_hash = passwords.hashed(password) if passwords.is_outdated(attempt.password_hash) else None
    with transaction():
        sid = services.complete_sign_in(
            attempt,
            address=client_address(),
            user_agent=request.user_agent.string,
            now=clock.now(),
            new_hash=new_hash,
        )
    user = _load(sid)
    if user is None:
        raise RuntimeError("a session that was just opened is not found")
    # Nothing planted in the cookie before signing in (CSRF token included) is carried into the session.
    cookie.clear()
    login_user(user)
    return user


def sign_out() -> None:
    """End the browser's session, row and cookie."""
    with transaction():
        services.sign_out(current_user.actor(address=client_address()), current_user.sid, now=clock.now())
    logout_user()
    cookie.clear()


def client_address() -> str:
    """The address the request came from; behind proxies only as far as they are trusted by the settings."""
    return (request.remote_addr or "")[:45]


def _load(sid: str) -> queries.SignedIn | None:
    return queries.signed_in(sid, now=clock.now(), limits=limits())


def _touch() -> None:
    """Note the use of a session, before the page reads anything.

    Page reads cannot write, so this is a transaction of its own; after the page it would expire what was read.
    """
    if request.endpoint is None or needs_nobody(current_app, request.endpoint) or not current_user.is_authenticated:
        return
    if is_passive(current_app, request.endpoint):
        return  # a page left open must not keep somebody signed in for ever
    now = clock.now()
    if now - current_user.last_seen_at < TOUCH_AFTER:
        return
    try:
        with transaction():
            services.touch(current_user.session_id, now=now)
    except OperationalError:
        # A busy database must not turn a page that only reads into an error; the next request tries again.
        log.warning("session not touched", exc_info=True)
