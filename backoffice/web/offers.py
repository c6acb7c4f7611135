"""What somebody did last and can take back for a while: a toast for it, on every page until its time is over.

`z` takes back what was done last, and nothing older: where that cannot be taken back it says why. Once it is taken
back, the deed before it is the last one. The session keeps sentences as messages: they are told in the language that
the page is drawn in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import Flask, current_app, session
from flask_babel import gettext

from backoffice import clock
from backoffice.errors import Message
from backoffice.web.errors import translate

_EXTENSION = "backoffice.offers"
_KEPT = "offers"
# Whoever goes further back than this looks at the list; it has to fit into a cookie.
_MOST = 5
# So much of a word in a sentence: somebody may have typed it, and a cookie is small.
_SAID = 300
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


class _Row(NamedTuple):
    """A deed as the session keeps it, with packed messages. With a `kind`, its own capability knows the rest by `key`;
    else `key` is the address that takes it back. It is remembered until `remembered`."""

    key: str
    text: list[str]
    until: float
    why: list[str]
    kind: str
    remembered: float

    @property
    def deed(self) -> Deed:
        return Deed(_written(self.text), self.key, self.until, _written(self.why))


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
    """What a page offers to take back, and what z says where there is nothing any more; empty: nothing was done."""

    offer: Offer | None
    why: str


def offer(action: str, until: datetime, *said: Message) -> None:
    """Offer to take back what was just done, until then. When it is taken back, the deed before it is offered again."""
    _add(action, text=said, until=until.timestamp())


def done(msgid: str, **params: object) -> None:
    """Something was done last that cannot be taken back; the sentence says so."""
    _add("", why=(Message(msgid, **params),))


def offer_by(kind: str, key: str, until: datetime) -> None:
    """Something was begun last of which only its own capability knows whether it can be taken back: see `register`.

    After `until` nobody asks any more.
    """
    _add(key, kind=kind, until=until.timestamp())


def register(app: Flask, kind: str, resolve: Callable[[str], Deed]) -> None:
    """Say how a deed of that kind is looked up by its key whenever a page is drawn."""
    app.extensions[_EXTENSION][kind] = resolve


def withdraw_offer(key: str) -> bool:
    """What that address (or key) takes back is taken back, or holds no more: the deed before it is the last one.

    Returns whether it was offered.
    """
    rows = _rows()
    others = [row for row in rows if row.key != key]
    _keep(others)
    return len(others) < len(rows)


def miss_offer(action: str, why: Message) -> None:
    """It could not be taken back any more, for a reason in a sentence; it was the last deed nevertheless."""
    said = Message(why.msgid, **{name: _shortened(value) for name, value in why.params.items()})
    _keep([row._replace(until=0, why=[said.packed()]) if row.key == action else row for row in _rows()])


def standing_offer() -> Standing:
    """What can be taken back of the last deeds, the latest first, and why z does not where it does not."""
    rows = _rows()
    if not rows:
        return Standing(None, "")
    # What has to be looked up is looked up where it was the last deed; every page has to be cheap.
    deeds = [row.deed for row in rows[:-1] if not row.kind] + [_looked_up(rows[-1])]
    why = deeds[-1].why or gettext("The time to undo what you did last is over.")
    found = next((deed for deed in reversed(deeds) if deed.stands), None)
    if found is None:
        return Standing(None, why)
    seconds = int(found.until - clock.now().timestamp()) + 1
    return Standing(Offer(found.text, found.action, seconds, found is deeds[-1], f"{found.action} {found.until}"), why)


def _written(messages: Sequence[str]) -> str:
    return " ".join(translate(Message.unpacked(one)) for one in messages)


def _shortened(value: object) -> object:
    return f"{value[:_SAID]}…" if isinstance(value, str) and len(value) > _SAID else value


def _add(
    key: str, *, text: Sequence[Message] = (), until: float = 0, why: Sequence[Message] = (), kind: str = ""
) -> None:
    others = [one for one in _rows() if one.key != key or not key]
    # What came later hides nothing that can still be taken back.
    remembered = max(clock.now().timestamp() + _TOLD, until, *(one.remembered for one in others))
    told, reason = ([one.packed() for one in messages] for messages in (text, why))
    _keep([*others, _Row(key, told, until, reason, kind, remembered)])


def _keep(rows: list[_Row]) -> None:
    session[_KEPT] = [list(row) for row in rows[-_MOST:]]


def _rows() -> list[_Row]:
    """The deeds, the last one last. An older one stays as long as the last one is remembered."""
    rows = [_Row(*row) for row in session.get(_KEPT) or [] if len(row) == len(_Row._fields)]
    # Sessions of an earlier release keep finished sentences.
    rows = [row for row in rows if isinstance(row.text, list) and isinstance(row.why, list)]
    return rows if rows and rows[-1].remembered > clock.now().timestamp() else []


def _looked_up(row: _Row) -> Deed:
    if not row.kind:
        return row.deed
    resolve: Callable[[str], Deed] = current_app.extensions[_EXTENSION][row.kind]
    return resolve(row.key)


def init_offers(app: Flask) -> None:
    """Give the layouts of `app` the offer that stands."""
    app.extensions[_EXTENSION] = {}
    app.jinja_env.globals["standing_offer"] = standing_offer
