"""What somebody did and can take back for a while: a toast for the last of it, on every page until its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, session

from backoffice import clock

_KEPT = "offers"
# Whoever goes further back than this looks at the list; it has to fit into a cookie.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A deed in words, the address that takes it back when something is posted there, and the seconds that are left."""

    text: str
    action: str
    seconds: int


def offer(text: str, action: str, until: datetime) -> None:
    """Offer to take something back until then. When it is gone, the one before it is offered again."""
    others = [one for one in _open() if one[1] != action]
    session[_KEPT] = [*others, [text, action, until.timestamp()]][-_MOST:]


def open_offer() -> Offer | None:
    """The last offer whose time is not over; None when there is none."""
    standing = _open()
    if not standing:
        return None
    text, action, until = standing[-1]
    return Offer(text, action, int(until - clock.now().timestamp()) + 1)


def withdraw_offer(action: str) -> None:
    """Offer what that address takes back no more."""
    session[_KEPT] = [one for one in _open() if one[1] != action]


def _open() -> list[list[Any]]:
    now = clock.now().timestamp()
    return [one for one in session.get(_KEPT) or [] if one[2] > now]


def init_offers(app: Flask) -> None:
    """Give the layouts of `app` the offer that stands."""
    app.jinja_env.globals["open_offer"] = open_offer
