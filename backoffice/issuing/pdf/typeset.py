"""From text to lines: how wide a text is, which face draws which part, and where a line may break.

Chinese breaks between any two characters except before closing and after opening punctuation; Latin breaks at spaces,
and inside a word only when the word alone is wider than the line. Nothing is ever cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from backoffice.fonts import FaceName
from backoffice.issuing.pdf import faces

# Never first in a line, never last in a line (the usual set of GB/T 15834).
_NOT_FIRST = frozenset(")]}>,.;:!?%、。，．：；！？％）］｝〉》」』】〕〗’”·…—～℃")
_NOT_LAST = frozenset("([{<（［｛〈《「『【〔〖‘“￥¥$€£#№")

# A word, or one character of a script that does not put spaces between words, or spaces.
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffee\U00020000-\U0003ffff"
_TOKENS = re.compile(f"[ \u3000]+|[{_WIDE}]|[^ {_WIDE}]+")


class Style(NamedTuple):
    """How a text looks: size in points, weight, and a fill colour as PDF operands."""

    size: float
    bold: bool = False
    color: str = "0.13 g"


@dataclass(frozen=True, slots=True)
class Run:
    """Text that one face draws."""

    face: FaceName
    text: str


@cache
def _pair(bold: bool) -> tuple[faces.Face, faces.Face]:
    """Main face and companion of a weight."""
    return (faces.face("sc-bold"), faces.face("latin-bold")) if bold else (faces.face("sc"), faces.face("latin"))


def runs(text: str, bold: bool) -> list[Run]:
    """Split `text` by face. A word with a letter the main face lacks is drawn whole by the companion, so that two
    designs never meet inside a word."""
    main, companion = _pair(bold)
    if all(map(main.widths.__getitem__, text)):
        return [Run(main.name, text)]
    result: list[Run] = []
    for token in _TOKENS.findall(text):
        face = main if all(map(main.widths.__getitem__, token)) else companion
        for part in [token] if all(map(face.widths.__getitem__, token)) else token:
            chosen = face if face.widths[part[0]] else main
            if result and result[-1].face == chosen.name:
                result[-1] = Run(chosen.name, result[-1].text + part)
            else:
                result.append(Run(chosen.name, part))
    return result


def width(text: str, style: Style) -> float:
    """Width of one line of `text` in points."""
    main, _ = _pair(style.bold)
    advances = list(map(main.widths.__getitem__, text))
    if all(advances):
        return sum(advances) * style.size / 1000
    return (
        sum(sum(map(faces.face(run.face).widths.__getitem__, run.text)) for run in runs(text, style.bold))
        * style.size
        / 1000
    )


def wrap(text: str, style: Style, limit: float) -> list[str]:
    """Lines of `text` no wider than `limit` points; breaks that are in the text stay."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend([paragraph] if width(paragraph, style) <= limit else _fill(paragraph, style, limit))
    return lines


def _fill(paragraph: str, style: Style, limit: float) -> list[str]:
    """First fit over the unbreakable pieces of one paragraph."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece in _pieces(paragraph, style, limit):
        advance = width(piece, style)
        if line and used + width(piece.rstrip(), style) > limit:
            lines.append(line.rstrip())
            piece = piece.lstrip()
            line, used = piece, width(piece, style)
        else:
            line, used = line + piece, used + advance
    lines.append(line.rstrip())
    return lines


def _pieces(paragraph: str, style: Style, limit: float) -> list[str]:
    """Parts between which a line may break, each no wider than a line."""
    pieces: list[str] = []
    for token in _TOKENS.findall(paragraph):
        sticks = pieces and (token[0] in _NOT_FIRST or token.isspace() or pieces[-1][-1] in _NOT_LAST)
        if sticks and width((pieces[-1] + token).rstrip(), style) <= limit:
            pieces[-1] += token
        elif width(token.rstrip(), style) <= limit:
            pieces.append(token)
        else:
            pieces.extend(_chop(token, style, limit))
    return pieces


def _chop(word: str, style: Style, limit: float) -> list[str]:
    """A word wider than a line, cut into parts that fit; one character is the least."""
    parts = [""]
    used = 0.0
    for character in word:
        advance = width(character, style)
        if parts[-1] and used + advance > limit:
            parts.append("")
            used = 0.0
        parts[-1] += character
        used += advance
    return parts
