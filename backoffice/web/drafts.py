"""What somebody typed into a long form waits in their own browser: while they are elsewhere, or until they are back.

A cookie of its own, signed, bound to the person, small, and short of life. Whoever else signs in at that browser does
not get to see it. Nothing of it reaches the database. (An application is kept there instead; see `portal.models`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.web import asides, signing
from backoffice.web.guards import LOGIN_ENDPOINT, keeps_typed, safe_target

LIFE = timedelta(hours=2)
# What short forms keep, and the form of a header.
SHORT_COOKIE, HEADER_COOKIE = COOKIES = ("typed", "header")
_CANCEL = "cancel"
# Browsers keep 4,096 bytes of a cookie with its name and attributes.
LARGEST = 3900
# Longer than a draft waits: a page that was left open over a week is kept too.
OWNER_LIFE = timedelta(days=8)


def owner_of(user_id: int) -> str:
    """Says in a form whose it is, so that it can be kept when it comes back after the session ended.

    Without it another site could let a browser send a form that then stands here as somebody's own words.
    """
    return signing.sign([user_id, _now()], "owner")


def word_of(user_id: int) -> str:
    """The same for a person on every page, and tells nothing about them: pages say it beside what scripts keep."""
    return _word(user_id, current_app.config["SECRET_KEY"])


@lru_cache(maxsize=1024)
def _word(user_id: int, _key: str) -> str:
    return sha256(signing.sign(user_id, "person").encode()).hexdigest()[:16]


def owner_in(signed: str | None) -> int | None:
    """The person a form was shown to; None when nobody says so, or too long ago."""
    value = signing.read(signed, "owner")
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(part, int) for part in value):
        return None
    user_id, at = value
    return user_id if _now() - at < OWNER_LIFE.total_seconds() else None


def way_back(owner: int, page: str) -> Response:
    """From a form of a session that is over to the page that has what was typed, for the person it was shown to.

    That leads through the sign-in page unless they are signed in already. Whoever else is signed in is told.
    """
    if not current_user.is_authenticated:
        return redirect(url_for(LOGIN_ENDPOINT, next=page))
    if current_user.id == owner:
        if asides.is_asked():
            asides.say_nothing_was_done()
        return redirect(page, 303)
    told = gettext(
        "Somebody else was signed in when this form was opened. What was typed is kept for them; it was not sent."
    )
    flash(told, "warning")
    return redirect("/", 303)


def keep(response: Response, user_id: int, typed: Mapping[str, str], *, cookie: str, path: str) -> bool:
    """Let the browser keep what was typed; False when it is too much for a cookie."""
    value = signing.sign([user_id, _now(), {name: text for name, text in typed.items() if text}], _purpose(cookie))
    if len(value) > LARGEST:
        return False
    response.set_cookie(
        cookie,
        value,
        max_age=int(LIFE.total_seconds()),
        path=path,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return True


def kept(user_id: int, *, cookie: str) -> dict[str, Any]:
    """What the person typed before; empty when nothing is kept, when it is old, or when it is somebody else's."""
    value = signing.read(request.cookies.get(cookie), _purpose(cookie))
    if not isinstance(value, list) or len(value) != 3:
        return {}
    owner, at, typed = value
    return typed if owner == user_id and _now() - at < LIFE.total_seconds() else {}


def cancel_to(address: str) -> str:
    """What Cancel of the present page's form leads to.

    While something waits for that form, the way goes by its own page, which alone the browser tells about it.
    """
    person = getattr(g.get("_login_user"), "id", None)
    waits = person is not None and any(kept(person, cookie=one).get("for") == request.path for one in COOKIES)
    return f"{request.path}?{urlencode({_CANCEL: address})}" if waits else address


def _give_up() -> ResponseReturnValue | None:
    """Drop what waits for the form of this page, whose writer has pressed Cancel, and go where that leads."""
    to = safe_target(request.args.get(_CANCEL))
    if to is None or request.method != "GET" or not keeps_typed(current_app, request.endpoint or ""):
        return None
    answer = redirect(to, 303)
    for one in COOKIES:
        forget(answer, cookie=one, path=request.path)
    return answer


def init_drafts(app: Flask) -> None:
    """Let Cancel of the forms of `app` drop what waits for them; after the guards."""
    app.before_request(_give_up)
    app.jinja_env.globals["cancel_to"] = cancel_to


def forget(response: Response, *, cookie: str, path: str) -> None:
    """Let the browser drop what it keeps, if it keeps something."""
    if cookie in request.cookies:
        response.delete_cookie(cookie, path=path)


def _purpose(cookie: str) -> str:
    # What one form kept is never read as another's.
    return f"draft.{cookie}"


def _now() -> int:
    return int(clock.now().timestamp())
