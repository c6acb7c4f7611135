"""How wide words may become in a typeface nobody knows yet: estimates that are too wide rather than too narrow.

The page is set in whatever sans serif the reader's machine has. The widths are those of the widest of the common ones
(DejaVu Sans and Verdana), in parts of the letter's size.
"""

from __future__ import annotations

import unicodedata

SIZE = 12.0
LINE = 15.0  # from one line of a wrapped name to the next
ASCENT, DESCENT = 11.0, 3.0
ELLIPSIS = "…"

_NARROW = frozenset("iljtfr.,:;'!` ·-")
_BROAD = frozenset("mwMWQO@&—…")
_SIGNS = frozenset("+<>=~#^")
_PARTS = {"1": 0.66, "%": 1.15, "‰": 1.5, "¥": 0.8}
_BOLD = 1.12
_NOT_FIRST = frozenset(",.;:!?)]，。、；：！？）】》」』”’…")  # in a line, after a break between wide signs


def width(text: str, *, bold: bool = False) -> float:
    """The width of one line at the size of labels, at most."""
    units = sum(map(_part, text)) * SIZE
    return units * _BOLD if bold else units


def _part(sign: str) -> float:
    if sign in _PARTS:
        return _PARTS[sign]
    if sign in _NARROW:
        return 0.47
    if sign in _BROAD:
        return 1.06
    if sign in _SIGNS:
        return 0.88
    if sign.isascii():
        return 0.8 if sign.isupper() else 0.68
    if unicodedata.combining(sign):
        return 0.0
    return 1.04 if _is_wide(sign) else 1.12


def one_line(text: str) -> str:
    """The text without breaks of its own."""
    return " ".join(text.split())


def whole(text: str, limit: float, *, bold: bool = False) -> str:
    """A figure, or nothing where it does not fit: a part of it would be another figure."""
    return text if width(text, bold=bold) <= limit else ""


def cut(text: str, limit: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits before an ellipsis; nothing where not even a sign fits."""
    if width(text, bold=bold) <= limit:
        return text
    for end in range(len(text) - 1, 0, -1):
        shortened = text[:end].rstrip() + ELLIPSIS
        if width(shortened, bold=bold) <= limit:
            return shortened
    return ""


def wrapped(text: str, limit: float, lines: int) -> list[str]:
    """The text in at most `lines` lines no wider than `limit`; long words and what is left over end in "…"."""
    found: list[str] = []
    rest = text
    while rest and len(found) < lines - 1 and width(rest) > limit:
        end = _break(rest, limit)
        if end:
            found.append(rest[:end].rstrip())
        else:  # half a word on the next line reads like another word
            end = len(rest.split(" ", 1)[0])
            found.append(cut(rest[:end], limit))
        rest = rest[end:].lstrip()
    return [line for line in (*found, cut(rest, limit)) if line]


def _break(text: str, limit: float) -> int:
    """How many signs go on this line, up to a space or between wide signs; 0 where none fits."""
    fitting = 0
    for end in range(1, len(text) + 1):
        if width(text[:end].rstrip()) > limit:
            break
        fitting = end
    for end in range(fitting, 0, -1):
        following = text[end : end + 1]
        between = _is_wide(text[end - 1]) and following not in _NOT_FIRST
        if text[end - 1] == " " or following == " " or between:
            return end
    return 0


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"
