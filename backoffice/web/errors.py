"""Where errors become pages: the only place that knows which HTTP status belongs to which class of the error tree."""

from __future__ import annotations

import time
from datetime import date, datetime
from decimal import Decimal
from math import ceil

import structlog
from flask import Flask, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_limiter import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from backoffice import database
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid, Message, NotFound, Unavailable
from backoffice.extensions import limiter
from backoffice.web import asides, formatting, guards
from backoffice.web.security import request_id

_STATUS: dict[type[BackofficeError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 400,
    Conflict: 409,
    Unavailable: 503,
}
_PAGES = frozenset({400, 403, 404, 405, 409, 413, 429, 500, 503})
_RETRY_AFTER_SECONDS = 10

# PostgreSQL: class 08 connection, 53 resources, 57 operator intervention (also statement timeout), 40 rollback to be
# repeated, 55P03 lock not available. SQLite has no such codes; its texts have been stable for decades.
_BUSY_STATES = ("08", "53", "57", "40", "55P03")
_BUSY_TEXTS = ("database is locked", "database table is locked", "unable to open database file", "disk i/o error")

log = structlog.get_logger(__name__)


def translate(message: Message | str) -> str:
    """The sentence in the reader's language; amounts, dates and sentences among its values are written for people."""
    if isinstance(message, str):
        return str(gettext(message))
    return str(gettext(message.msgid, **{name: _readable(value) for name, value in message.params.items()}))


def _readable(value: object) -> object:
    if isinstance(value, Message):
        return translate(value)
    if isinstance(value, Decimal):
        return formatting.amount(value)
    if isinstance(value, datetime):
        return formatting.instant(value).striptags()
    if isinstance(value, date):
        return formatting.day(value).striptags()
    return value


def init_errors(app: Flask) -> None:
    """Answer every error of `app` with a page that says what happened and what to do."""
    app.register_error_handler(BackofficeError, _on_ours)
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(SecurityError, _on_foreign_host)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(OperationalError, _on_database)
    app.register_error_handler(PoolTimeout, _on_database)
    app.register_error_handler(Exception, _on_unknown)


def status_of(error: BackofficeError) -> int:
    """The HTTP status of an error of the tree."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def _on_ours(error: BackofficeError) -> ResponseReturnValue:
    status = status_of(error)
    if status >= 500:
        log.warning("unavailable", code=error.code, exc_info=error)
    said = None if error.message.msgid == type(error).default else translate(error.message)
    return _page(status, said)


def _on_csrf(error: CSRFError) -> ResponseReturnValue:
    # The page's own words say that it was open for too long; flask-wtf's reason would only help an attacker.
    log.info("csrf refused", reason=error.description)
    return guards.rescued() or _back_to_its_page() or _page(400)


def _back_to_its_page() -> ResponseReturnValue | None:
    """For a button of a page that was opened in an earlier session: that page anew, where one more press does it."""
    page = guards.same_site_path(request.referrer, request.host_url)
    if page is None or not current_user.is_authenticated:
        return None
    asides.say_nothing_was_done()
    return redirect(page, 303)


def _on_foreign_host(_error: SecurityError) -> ResponseReturnValue:
    # Without a host we answer to, no link of ours can be built: plain words, in no particular language.
    return _plain(400, "This address is not served here.")


def _on_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    if status < 400:
        return error.get_response()
    wait = _seconds_to_wait() if isinstance(error, RateLimitExceeded) else None
    page = _page(status, wait=wait)
    if wait is not None:
        page.headers["Retry-After"] = str(wait)
    # What the protocol wants said besides the page: Allow of 405.
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            page.headers[name] = value
    return page


def _on_database(error: OperationalError | PoolTimeout) -> ResponseReturnValue:
    if isinstance(error, OperationalError) and not is_busy(error):
        return _on_unknown(error)
    log.warning("database busy", exc_info=error)
    database.session.rollback()
    return _page(503)


def is_busy(error: OperationalError) -> bool:
    """Whether the database could not answer now (locked, gone, out of time), as against a fault of ours."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_BUSY_STATES)
    # psycopg gives no state when there is no server to give one.
    text = str(error.orig).lower()
    return error.connection_invalidated or "connection" in text or any(known in text for known in _BUSY_TEXTS)


def _on_unknown(error: Exception) -> ResponseReturnValue:
    log.error("unhandled", exc_info=error)
    try:
        database.session.rollback()
    except Exception:
        log.exception("rollback failed")
    return _page(500)


def _seconds_to_wait() -> int:
    """How long until every limit that was reached lets the next request through."""
    ends = max((each.reset_at for each in limiter.current_limits if each.breached), default=0)
    return max(1, ceil(ends - time.time()))


def _page(status: int, message: str | None = None, wait: int | None = None) -> Response:
    """The page of `status`, or of its family where it has none of its own; `wait`: in how many seconds to try again."""
    name = status if status in _PAGES else (400 if status < 500 else 500)
    try:
        response = make_response(
            render_template(f"errors/{name}.html", message=message, wait=wait, request_id=request_id()), status
        )
    except Exception:
        # Whatever broke the page must not break the page about it.
        log.exception("error page failed")
        return _plain(status, message or f"Error {status}. Reference: {request_id()}")
    if status == 503:
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _plain(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
