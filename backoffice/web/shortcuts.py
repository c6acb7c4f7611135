"""The keyboard of the pages, in one list: tooltips, the help sheet, the palette and the guides' table come from it.

A page gives a control its key (`key='a'` of components/actions.html, else `key_attrs`). The script presses what the
page shows, so a key without its control does nothing; rows of a list are moved through and selected by the script
alone. Where two controls have the same key, the first one that can be pressed is: what is selected comes before the
request beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask import Flask, g, request
from flask_babel import lazy_gettext

from backoffice.permissions import Permission
from backoffice.web.addresses import url_for
from backoffice.web.formatting import page_locale
from backoffice.web.navigation import NavigationUser

# Between the strokes of a key that is typed one after the other: "g q".
THEN = " "


class Group(StrEnum):
    """Under which heading the help sheet shows a key."""

    MOVE = "move"
    SELECT = "select"
    DECIDE = "decide"
    GO = "go"
    HELP = "help"


GROUPS = {
    Group.MOVE: lazy_gettext("Move"),
    Group.SELECT: lazy_gettext("Select"),
    Group.DECIDE: lazy_gettext("Decide"),
    Group.GO: lazy_gettext("Go to"),
    Group.HELP: lazy_gettext("Find and help"),
}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One key: what it does, for whom, and where it leads when it leads to a place.

    `key` is spelled as browsers name keys; strokes in a row have a space between them. With `last` it is the first of
    several digits, which mean one choice each. Without permissions it is for
    everybody. `is_verdict`: it decides at once, so the script presses it only for what has been on the screen a moment.
    """

    key: str
    label: Any  # a lazy string, resolved in the reader's language
    group: Group
    permissions: tuple[Permission, ...] = ()
    endpoint: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    is_verdict: bool = False
    last: str = ""

    def is_for(self, user: NavigationUser) -> bool:
        """Whether the person has any use for it."""
        return not self.permissions or any(user.can(permission) for permission in self.permissions)

    @property
    def strokes(self) -> list[str]:
        """What stands on the keys, one stroke after the other: `G`, `Q`; `Shift+X`."""
        if self.last:
            return [f"{self.key}–{self.last}"]
        return strokes_of(self.key)

    @property
    def keys(self) -> list[str]:
        """Every key it stands for."""
        return [str(digit) for digit in range(int(self.key), int(self.last) + 1)] if self.last else [self.key]

    @property
    def is_single(self) -> bool:
        """Whether it can be switched off (WCAG 2.1.4): typed without Ctrl or Cmd. Nobody dictates Escape."""
        return not self.key.startswith("Control+") and self.key != "Escape"


_DESK = (Permission.SEE_QUEUE,)
_DECIDE = (Permission.DECIDE,)
SHORTCUTS = (
    Shortcut("j", lazy_gettext("Next row, or next request"), Group.MOVE, _DESK),
    Shortcut("k", lazy_gettext("Row before, or request before"), Group.MOVE, _DESK),
    Shortcut("Enter", lazy_gettext("Open the current row"), Group.MOVE, _DESK),
    Shortcut("Space", lazy_gettext("On in the request beside the list"), Group.MOVE, _DESK),
    Shortcut("Shift+Space", lazy_gettext("Back in the request beside the list"), Group.MOVE, _DESK),
    Shortcut("b", lazy_gettext("Into the request beside the list, or out of it"), Group.MOVE, _DESK),
    Shortcut("Escape", lazy_gettext("Out of the request beside the list, to its row"), Group.MOVE, _DESK),
    Shortcut(
        "n",
        lazy_gettext("Take the most urgent request; on a request's page, the next one behind it"),
        Group.MOVE,
        _DECIDE,
    ),
    Shortcut("x", lazy_gettext("Select the current row, or not"), Group.SELECT, _DECIDE),
    Shortcut("Shift+x", lazy_gettext("Select all rows since the last one"), Group.SELECT, _DECIDE),
    Shortcut("a", lazy_gettext("Approve"), Group.DECIDE, _DECIDE, is_verdict=True),
    Shortcut("r", lazy_gettext("Reject"), Group.DECIDE, _DECIDE),
    Shortcut("1", lazy_gettext("Choose a reason of a rejection, or not"), Group.DECIDE, _DECIDE, last="7"),
    Shortcut("Control+Enter", lazy_gettext("Send what you type, or the rejection"), Group.DECIDE, _DECIDE),
    Shortcut("h", lazy_gettext("Ask the customer"), Group.DECIDE, _DECIDE),
    Shortcut("m", lazy_gettext("Claim, or release"), Group.DECIDE, _DECIDE),
    Shortcut("o", lazy_gettext("Open the PDF"), Group.DECIDE, _DESK),
    Shortcut("g q", lazy_gettext("Review queue"), Group.GO, _DESK, "review.queue"),
    Shortcut("g i", lazy_gettext("Invoices"), Group.GO, (Permission.SEE_OWN_INVOICES,), "portal.invoices"),
    Shortcut("g i", lazy_gettext("Issued invoices"), Group.GO, _DESK, "review.queue", {"view": "issued"}),
    Shortcut("g s", lazy_gettext("Service level"), Group.GO, (Permission.SEE_SERVICE_LEVEL,), "sla.dashboard"),
    Shortcut("/", lazy_gettext("Search"), Group.HELP, (Permission.SEE_OWN_INVOICES, Permission.SEE_QUEUE)),
    Shortcut("z", lazy_gettext("Undo what you did last"), Group.HELP, (Permission.APPLY, Permission.DECIDE)),
    Shortcut("Control+k", lazy_gettext("Find a page or an action"), Group.HELP),
    Shortcut("?", lazy_gettext("Keyboard shortcuts"), Group.HELP),
)
_PLACES = [one for one in SHORTCUTS if one.endpoint is not None]
_BY_KEY: dict[str, list[Shortcut]] = {}
for _one in SHORTCUTS:
    for _key in _one.keys:
        _BY_KEY.setdefault(_key, []).append(_one)


def strokes_of(key: str) -> list[str]:
    """What stands on the keys, one stroke after the other."""
    return [stroke_name(stroke) for stroke in key.split(THEN)]


def stroke_name(stroke: str) -> str:
    """What stands on the keys of one stroke."""
    return stroke_for_aria(stroke).replace("Control", "Ctrl")


def sheet_for(user: NavigationUser) -> list[tuple[str, list[Shortcut]]]:
    """The keys of `user`, under their headings."""
    own = [shortcut for shortcut in SHORTCUTS if shortcut.is_for(user)]
    listed = [(str(label), [one for one in own if one.group is group]) for group, label in GROUPS.items()]
    return [(label, shortcuts) for label, shortcuts in listed if shortcuts]


def places_for(user: NavigationUser) -> tuple[tuple[str, str, str], ...]:
    """The places that `user` reaches with a key: the key, what it is called, its address."""
    own = tuple(index for index, place in enumerate(_PLACES) if place.is_for(user))
    return _told(own, page_locale(), request.script_root)


# Per role, language and root: a word costs more to translate than to look up with all the others.
@lru_cache(maxsize=64)
def _told(own: tuple[int, ...], _language: str, _root: str) -> tuple[tuple[str, str, str], ...]:
    places = [_PLACES[index] for index in own]
    return tuple((place.key, str(place.label), url_for(place.endpoint or "", **place.args)) for place in places)


def palette_search(user: NavigationUser) -> str | None:
    """The address that finds what is typed at its end: among all requests, or the customer's own; None for others."""
    if user.can(Permission.SEE_QUEUE):
        return url_for("review.queue", view="all", q="")
    return url_for("portal.invoices", q="") if user.can(Permission.SEE_OWN_INVOICES) else None


def keys_are_on() -> bool:
    """Whether single keys do something for whoever looks: a setting of each person."""
    # Only looked at where a guard has loaded the person already: an error page must not ask the database.
    return bool(getattr(g.get("_login_user"), "single_keys", True))


def key_attrs(key: str | None) -> dict[str, str]:
    """The attributes of a control that `key` presses; none without a key. Raises KeyError for a key not in the list.

    Where the person has switched single keys off only the mark stays, from which the palette takes the page's actions.
    """
    if key is None:
        return {}
    shortcut = _meant(key)
    attrs = {"data-key": key}
    if shortcut.is_verdict:
        attrs["data-verdict"] = ""
    if keys_are_on() or not shortcut.is_single:
        # A sequence has no spelling there: a space means "or".
        if THEN not in key:
            attrs["aria-keyshortcuts"] = stroke_for_aria(key)
        attrs["title"] = f"{shortcut.label} ({THEN.join(strokes_of(key))})"
    return attrs


def _meant(key: str) -> Shortcut:
    """What a key means to whoever looks: two roles may have a word each for the place it leads to."""
    meanings = _BY_KEY[key]
    # As above: nobody is asked for who was not loaded already.
    user = g.get("_login_user")
    return next((one for one in meanings if user is not None and one.is_for(user)), meanings[0])


def stroke_for_aria(key: str) -> str:
    """The key as aria-keyshortcuts spells it: letters are capital there, whatever is typed."""
    return "+".join(part.upper() if len(part) == 1 else part for part in key.split("+"))


def key_caps(key: str | None) -> list[str]:
    """What to show beside a control as its key; nothing where keys are switched off."""
    if key is None or not (keys_are_on() or not _meant(key).is_single):
        return []
    return strokes_of(key)


def init_shortcuts(app: Flask) -> None:
    """Give the templates of `app` the keyboard."""
    for function in (key_attrs, key_caps, keys_are_on, palette_search, places_for):
        app.jinja_env.globals[function.__name__] = function
