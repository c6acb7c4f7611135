"""Where a version of the calendar comes from, in the reader's language.

A version keeps what was known when it was made as one line of facts, see `calendars.official` and `calendars.services`.
What that line has in a form known here is told; the rest, and what a person wrote, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from flask_babel import gettext

from backoffice.web import formatting

_LIBRARY = re.compile(r"holidays (?P<version>\S+): (?P<years>\d{4}(?:, \d{4})*)")
_PROVISIONAL = re.compile(r"provisional: (?P<years>\d{4}(?:, \d{4})*)")
_DISPUTED = re.compile(r"chinesecalendar (?P<version>\S+) disagrees on (?P<days>\d{4}-\d\d-\d\d(?:, \d{4}-\d\d-\d\d)*)")
_KEPT = re.compile(r"kept as people changed them: (?P<days>.+)")
_KEPT_DAY = re.compile(r"(\d{4}-\d\d-\d\d) \(here (.+?), library (.+?)\)(?:, |$)")


def told(note: str) -> str:
    """The line of a version that the holiday library made; a part of unknown form as it is kept."""
    parts = re.split(r"; (?=provisional: |chinesecalendar |kept as )", note)
    return "; ".join(map(_part, parts))


def _part(part: str) -> str:
    for form, say in _SAID.items():
        if found := form.fullmatch(part):
            return say(found)
    return part


def _library(found: re.Match[str]) -> str:
    return str(gettext("library holidays %(version)s: %(years)s", version=found["version"], years=found["years"]))


def _provisional(found: re.Match[str]) -> str:
    return str(gettext("provisional: %(years)s", years=found["years"]))


def _disputed(found: re.Match[str]) -> str:
    days = ", ".join(map(_day, found["days"].split(", ")))
    return str(gettext("chinesecalendar %(version)s disagrees on %(days)s", version=found["version"], days=days))


def _kept(found: re.Match[str]) -> str:
    days = _KEPT_DAY.findall(found["days"])
    if not days or _KEPT_DAY.sub("", found["days"]):
        return found[0]  # cut off at its end
    said = [
        gettext("%(day)s (here %(here)s, library %(library)s)", day=_day(day), here=_word(here), library=_word(library))
        for day, here, library in days
    ]
    return str(gettext("kept as people changed them: %(days)s", days=", ".join(said)))


def _day(iso: str) -> str:
    return str(formatting.day(date.fromisoformat(iso)).striptags())


def _word(what: str) -> str:
    kind, _, name = what.partition(" ")
    words = {"holiday": gettext("holiday"), "workday": gettext("working weekend day")}
    if what == "as its weekday":
        return str(gettext("as its weekday"))
    if kind not in words:
        return what
    return f"{words[kind]} {formatting.festival(name)}".rstrip()


_SAID: Mapping[re.Pattern[str], Callable[[re.Match[str]], str]] = {
    _LIBRARY: _library,
    _PROVISIONAL: _provisional,
    _DISPUTED: _disputed,
    _KEPT: _kept,
}
