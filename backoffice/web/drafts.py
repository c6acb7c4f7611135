"""What somebody typed into a long form waits in their own browser: while they are elsewhere, or until they are back.

A cookie of its own, signed, bound to the person, small, and short of life. Whoever else signs in at that browser does
not get to see it. Nothing of it reaches the database. (An application is kept there instead; see `portal.models`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.web import asides, signing
from backoffice.web.guards import LOGIN_ENDPOINT

LIFE = timedelta(hours=2)
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


def forget(response: Response, *, cookie: str, path: str) -> None:
    """Let the browser drop what it keeps, if it keeps something."""
    if cookie in request.cookies:
        response.delete_cookie(cookie, path=path)


def _purpose(cookie: str) -> str:
    # What one form kept is never read as another's.
    return f"draft.{cookie}"


def _now() -> int:
    return int(clock.now().timestamp())
