"""From text to lines: how wide a text is, which face draws which part, and where a line may break.

Chinese breaks between any two characters except before closing and after opening punctuation; Latin breaks at spaces,
and inside a word only when the word alone is wider than the line. Nothing is ever cut off.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
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


# Text that one face draws. A plain tuple: a long invoice has a thousand texts of its own.
Run = tuple[FaceName, str]


@cache
def _pair(bold: bool) -> tuple[faces.Face, faces.Face]:
    """Main face and companion of a weight."""
    return (faces.face("sc-bold"), faces.face("latin-bold")) if bold else (faces.face("sc"), faces.face("latin"))


@lru_cache(maxsize=2048)  # labels, dates, rates and quantities come again and again
def measure(text: str, bold: bool) -> tuple[tuple[Run, ...], int]:
    """The runs of one line of `text` by face, and its width in thousandths of its size."""
    main, _ = _pair(bold)
    advances = list(map(main.widths.__getitem__, text))
    if all(advances):
        return ((main.name, text),), sum(advances)
    runs = tuple(_runs(text, bold))
    return runs, sum(faces.face(name).widths[character] for name, shown in runs for character in shown)


def _runs(text: str, bold: bool) -> list[Run]:
    """Split `text` by face. A word with a letter the main face lacks is drawn by the companion as far as that has its
    characters, so that two designs hardly ever meet inside a word."""
    main, companion = _pair(bold)
    runs: list[Run] = []
    for token in _TOKENS.findall(text):
        whole = all(map(main.widths.__getitem__, token))
        for character in token:
            face = main if whole or not companion.widths[character] else companion
            if runs and runs[-1][0] == face.name:
                runs[-1] = face.name, runs[-1][1] + character
            else:
                runs.append((face.name, character))
    return runs


def width(text: str, style: Style) -> float:
    """Width of one line of `text` in points."""
    return measure(text, style.bold)[1] * style.size / 1000


def wrap(text: str, style: Style, limit: float) -> list[str]:
    """Lines of `text` no wider than `limit` points; breaks that are in the text stay."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend([paragraph] if width(paragraph, style) <= limit else _fill(paragraph, style, limit))
    return lines


def wrap_even(text: str, style: Style, limit: float) -> list[str]:
    """As `wrap`, a little narrower where that keeps a single character from standing alone on the last line."""
    lines = wrap(text, style, limit)
    for less in (1, 2, 3) if len(lines) > 1 and len(lines[-1]) == 1 else ():
        narrower = wrap(text, style, limit - less * style.size)
        if len(narrower) == len(lines) and len(narrower[-1]) > 1:
            return narrower
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
