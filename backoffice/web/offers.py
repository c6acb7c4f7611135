"""What somebody did last and can take back for a while: a toast for it, on every page until its time is over.

`z` takes back what was done last, and nothing older: where that cannot be taken back it says why. Once it is taken
back, the deed before it is the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, session
from flask_babel import gettext

from backoffice import clock

_EXTENSION = "backoffice.offers"
_KEPT = "offers"
# Whoever goes further back than this looks at the list; it has to fit into a cookie.
_MOST = 5
# Seconds: so long it is still said why the last deed cannot be taken back. Later nobody remembers which one it was.
_TOLD = 600


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done in words, the address that takes it back when something is posted there, and until when.

    Without an address it cannot be taken back: `why` says so in a whole sentence.
    """

    text: str = ""
    action: str = ""
    until: float = 0
    why: str = ""

    @property
    def stands(self) -> bool:
        """Whether it can be taken back at this moment."""
        return bool(self.action) and self.until > clock.now().timestamp()


@dataclass(frozen=True, slots=True)
class Offer:
    """A deed in words, where it is taken back, the seconds left, and whether it was the last one: then z does.

    `mark` tells it from the same deed done once more, so that each is announced, once.
    """

    text: str
    action: str
    seconds: int
    is_last: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page offers to take back, and what z says where there is nothing (any more)."""

    offer: Offer | None
    why: str


def offer(text: str, action: str, until: datetime) -> None:
    """Offer to take back what was just done, until then. When it is taken back, the deed before it is offered again."""
    _add([text, action, until.timestamp(), ""], until.timestamp())


def done(why: str) -> None:
    """Something was done last that cannot be taken back; `why` says so in a sentence."""
    _add(["", "", 0, why])


def offer_by(kind: str, key: str, until: datetime) -> None:
    """Something was begun last of which only its own capability knows whether it can be taken back: see `register`.

    After `until` nobody asks any more.
    """
    _add([kind, key, -1, ""], until.timestamp())


def register(app: Flask, kind: str, resolve: Callable[[str], Deed]) -> None:
    """Say how a deed of that kind is looked up by its key whenever a page is drawn."""
    app.extensions[_EXTENSION][kind] = resolve


def withdraw_offer(action: str) -> None:
    """What that address (or key) takes back is taken back, or holds no more: the deed before it is the last one."""
    session[_KEPT] = [row for row in _rows() if row[1] != action]


def miss_offer(action: str) -> None:
    """It could not be taken back any more; it was the last deed nevertheless."""
    session[_KEPT] = [[*row[:2], 0, *row[3:]] if row[1] == action else row for row in _rows()]


def standing_offer() -> Standing:
    """What can be taken back of the last deeds, the latest first, and why z does not where it does not."""
    rows = _rows()
    if not rows:
        return Standing(None, gettext("There is nothing to undo."))
    # What has to be looked up is looked up where it was the last deed; every page has to be cheap.
    deeds = [Deed(*row[:4]) for row in rows[:-1]] + [_deed(rows[-1])]
    why = deeds[-1].why or gettext("The time to undo what you did last is over.")
    found = next((deed for deed in reversed(deeds) if deed.stands), None)
    if found is None:
        return Standing(None, why)
    seconds = int(found.until - clock.now().timestamp()) + 1
    return Standing(Offer(found.text, found.action, seconds, found is deeds[-1], f"{found.action} {found.until}"), why)


def _add(row: list[Any], until: float = 0) -> None:
    others = [one for one in _rows() if one[1] != row[1] or not row[1]]
    # What came later hides nothing that can still be taken back.
    kept = max(clock.now().timestamp() + _TOLD, until, *(one[4] for one in others))
    session[_KEPT] = [*others, [*row, kept]][-_MOST:]


def _rows() -> list[list[Any]]:
    """Text, action, until, why, and how long it is remembered. An older one stays as long as the last one is."""
    rows = [row for row in session.get(_KEPT) or [] if len(row) == 5]
    return rows if rows and rows[-1][4] > clock.now().timestamp() else []


def _deed(row: list[Any]) -> Deed:
    text, action, until, why, _ = row
    if until >= 0:
        return Deed(text, action, until, why)
    resolve: Callable[[str], Deed] = current_app.extensions[_EXTENSION][text]
    return resolve(action)


def init_offers(app: Flask) -> None:
    """Give the layouts of `app` the offer that stands."""
    app.extensions[_EXTENSION] = {}
    app.jinja_env.globals["standing_offer"] = standing_offer
