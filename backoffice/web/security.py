"""Headers, cookies, limits and trust in proxies: what every response carries and every request must obey.

Sources: OWASP ASVS 5.0 V3 (web frontend security), V14.2 (caching of sensitive data); OWASP HTTP Headers Cheat Sheet.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from backoffice.config import Settings
from backoffice.web.guards import STATIC_ENDPOINT

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": over HTTPS the CSRF check compares the Referer of our own pages.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Frame-Options": "DENY",
}
_ONE_YEAR = 365 * 24 * 3600
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")


class DatabaseId(IntegerConverter):
    """`<int:...>` in a route: no longer than an id the database can hold, so that a longer one is simply not found."""

    regex = r"\d{1,18}"


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions. What signs and reads them is made once for the same keys, not twice a request."""

    def __init__(self) -> None:
        self._kept: tuple[Any, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The one for the keys of `app`."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if self._kept[0] != keys:
            self._kept = (keys, super().get_signing_serializer(app))
        return self._kept[1]


def init_security(app: Flask) -> None:
    """Configure cookies, limits and hosts of `app` from its settings, and add the headers to each response.

    To be called before routes are added.
    """
    app.url_map.converters["int"] = DatabaseId
    app.session_interface = Sessions()
    settings: Settings = app.config["BACKOFFICE_SETTINGS"]
    secure = settings.secure_cookies
    app.config.update(
        # The prefix makes browsers refuse the cookie without HTTPS, from a subdomain, or for a part of the site.
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_DOMAIN=None,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        # Text that fits the body is read, so that ten megabytes of remarks get their error beside the field.
        MAX_FORM_MEMORY_SIZE=settings.max_upload_bytes,
        TRUSTED_HOSTS=settings.trusted_hosts or None,
        PREFERRED_URL_SCHEME="https" if secure else "http",
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=0, x_prefix=0
        )
    app.before_request(_name_request)
    app.after_request(_add_headers)
    app.teardown_request(_forget_request)


def request_id() -> str:
    """The number under which the log knows this request, in every response and on every error page.

    One that a trusted proxy gave is kept, so that its log and ours can be read side by side.
    """
    if "request_id" not in g:
        settings: Settings = _settings()
        given = request.headers.get("X-Request-ID", "") if settings.proxy_hops else ""
        g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    name: str = g.request_id
    return name


def _settings() -> Settings:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return settings


def _name_request() -> None:
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _forget_request(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id")


def _add_headers(response: Response) -> Response:
    """Headers a view set itself stand: a page that shows a document in a frame says so there."""
    own = {name.lower() for name, _ in response.headers}
    response.headers.extend([each for each in _HEADERS.items() if each[0].lower() not in own])
    if _settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
    if request.endpoint != STATIC_ENDPOINT:
        # Pages hold money and names: nothing of them stays in a shared computer's cache or history.
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Request-ID"] = request_id()
    return response
