"""Pages that collect text, rules and boxes until the characters of the whole document are known.

Everything is in points; x grows to the right and y downwards from the top left corner of an A4 page; a text's y is
its baseline. Text is kept as text: only when the last page is done are the faces cut and the text turned into the
glyph numbers of those cuts, so that a document embeds no table from one numbering to the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import cos, radians, sin
from typing import Literal

from backoffice.fonts import FaceName
from backoffice.issuing.pdf import faces, typeset
from backoffice.issuing.pdf.faces import Cut
from backoffice.issuing.pdf.picture import Picture
from backoffice.issuing.pdf.typeset import Run, Style

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
FONT_NUMBERS: dict[FaceName, int] = {"sc": 1, "sc-bold": 2, "latin": 3, "latin-bold": 4}

Align = Literal["left", "right", "center"]


# A text operator whose string is not encoded yet: the face whose next text it shows, the operators before and after. A
# plain tuple: a long invoice has thousands, and one with names takes longer to make.
Show = tuple[FaceName, str, str]


class Page:
    """The operators of one page, and its texts by face. Colour and font are written only where they change."""

    def __init__(self) -> None:
        self.operators: list[str | Show] = []
        self.texts: defaultdict[FaceName, list[str]] = defaultdict(list)
        self.pictures: dict[int, Picture] = {}
        self._fill = self._stroke = self._font = self._height = ""
        self._y: float | None = None

    def text(self, x: float, y: float, text: str, style: Style, align: Align = "left") -> None:
        """Write one line; `x` is its left edge, its right edge or its middle."""
        if not text:
            return
        size, bold, color = style
        runs, width = typeset.measure(text, bold)
        if align == "right":
            x -= width * size / 1000
        elif align == "center":
            x -= width * size / 2000
        if y != self._y:  # most texts stand beside the one before
            self._y, self._height = y, f"{PAGE_HEIGHT - y:.2f} Td"
        before = f"BT {x:.2f} {self._height}"
        if len(runs) > 1 or color != self._fill:
            self._show(before, runs, style)
            return
        # Nearly all texts of a long invoice, which has thousands: one face, the colour as it is.
        ((face, shown),) = runs
        font = _font(face, size)
        if font != self._font:
            before += font
            self._font = font
        self.texts[face].append(shown)
        self.operators.append((face, before, "ET"))

    def slanted(self, x: float, y: float, text: str, style: Style, degrees: float) -> None:
        """Write one line around its middle, turned counter-clockwise (the mark across a draft)."""
        runs, width = typeset.measure(text, style.bold)
        half = width * style.size / 2000
        c, s = cos(radians(degrees)), sin(radians(degrees))
        left, base = x - half * c, PAGE_HEIGHT - y - half * s
        self._show(f"BT {c:.4f} {s:.4f} {-s:.4f} {c:.4f} {left:.2f} {base:.2f} Tm", runs, style)

    def _show(self, before: str, runs: Sequence[Run], style: Style) -> None:
        if style.color != self._fill:
            before = f"{style.color}\n{before}"
            self._fill = style.color
        last = len(runs) - 1
        for number, (face, text) in enumerate(runs):
            font = _font(face, style.size)
            if font != self._font:
                before += font
                self._font = font
            self.texts[face].append(text)
            self.operators.append((face, before, "ET" if number == last else ""))
            before = ""

    def rule(self, x1: float, x2: float, y: float, thickness: float, color: str) -> None:
        """Draw a horizontal line, as a filled box: it stays crisp at every zoom."""
        self.box(x1, y - thickness / 2, x2 - x1, thickness, color)

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle whose top left corner is (x, y)."""
        self._set_fill(color)
        self.operators.append(f"{x:.2f} {PAGE_HEIGHT - y - height:.2f} {width:.2f} {height:.2f} re f")

    def grid(self, x: float, y: float, side: float, runs: Iterable[tuple[int, int, int]], color: str) -> None:
        """Fill squares of a grid from (x, y), given as (column, row, length); one path, so that no seam shows."""
        self._set_fill(color)
        self.operators.append(f"q {side:.4f} 0 0 {-side:.4f} {x:.2f} {PAGE_HEIGHT - y:.2f} cm")
        self.operators.append("\n".join([f"{column} {row} {length} 1 re" for column, row, length in runs]))
        self.operators.append("f Q")

    def frame(self, x: float, y: float, width: float, height: float, thickness: float, color: str) -> None:
        """Outline a rectangle; `color` is a stroke colour."""
        if color != self._stroke:
            self.operators.append(color)
            self._stroke = color
        self.operators.append(f"{thickness:g} w {x:.2f} {PAGE_HEIGHT - y - height:.2f} {width:.2f} {height:.2f} re S")

    def picture(self, x: float, y: float, width: float, height: float, picture: Picture) -> None:
        """Show a picture in the rectangle whose top left corner is (x, y)."""
        number = len(self.pictures) + 1
        self.pictures[number] = picture
        placed = f"{width:.2f} 0 0 {height:.2f} {x:.2f} {PAGE_HEIGHT - y - height:.2f} cm"
        self.operators.append(f"q {placed} /I{number} Do Q")

    def _set_fill(self, color: str) -> None:
        if color != self._fill:
            self.operators.append(color)
            self._fill = color


class Canvas:
    """The pages of a document in the making."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def add_page(self) -> Page:
        """A new empty page after the others."""
        page = Page()
        self.pages.append(page)
        return page

    def finish(self) -> tuple[list[bytes], dict[int, tuple[faces.Face, Cut]]]:
        """Content streams of the pages, and by font number the faces they use with their cuts."""
        texts: defaultdict[FaceName, set[str]] = defaultdict(set)
        for page in self.pages:
            for name, shown in page.texts.items():
                texts[name].update(*shown)
        cuts = {name: faces.face(name).cut(texts[name]) for name in FONT_NUMBERS if name in texts}
        codes = {name: cut.codes for name, cut in cuts.items()}
        contents = [_encode(page, codes) for page in self.pages]
        return contents, {FONT_NUMBERS[name]: (faces.face(name), cut) for name, cut in cuts.items()}


@cache
def _font(face: FaceName, size: float) -> str:
    return f" /F{FONT_NUMBERS[face]} {size:g} Tf"


def _encode(page: Page, codes: dict[FaceName, dict[int, int]]) -> bytes:
    # All texts of a face are encoded at once: a page has two hundred of them, mostly of a few characters.
    encoded = {
        face: "".join(texts).translate(codes[face]).encode("utf-16-be").hex() for face, texts in page.texts.items()
    }
    shown = {face: _in_turn(encoded[face], texts) for face, texts in page.texts.items()}
    lines = [
        operator if isinstance(operator, str) else f"{operator[1]} <{next(shown[operator[0]])}> Tj {operator[2]}"
        for operator in page.operators
    ]
    return "\n".join(lines).encode("ascii")


def _in_turn(encoded: str, texts: Iterable[str]) -> Iterator[str]:
    """The part of each text in what all of them are together, one after the other."""
    start = 0
    for text in texts:
        end = start + 4 * len(text)  # a glyph number has four digits, whatever its character
        yield encoded[start:end]
        start = end
