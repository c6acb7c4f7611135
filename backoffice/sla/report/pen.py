"""Lines, areas and their patterns on a page whose y grows downwards, in points.

Each stroke leaves the page's colours as they were, so that the page goes on writing only what changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from backoffice.issuing.pdf.canvas import PAGE_HEIGHT, Page
from backoffice.sla.charts.chart import Ink, Stroke

Path = Sequence[tuple[float, float]]

# The light theme's tokens: full ink, and the wash its pattern is drawn on.
_COLOURS: dict[Ink, tuple[str, str]] = {
    Ink.ACCENT: ("2f49c6", "2f49c6"),
    Ink.GOOD: ("12673a", "e2f4ea"),
    Ink.QUIET: ("4b5362", "eceef2"),
    Ink.WARN: ("7a4b00", "fcf0d8"),
    Ink.BAD: ("a8201a", "fdebe9"),
}
_DASHES = {Stroke.SOLID: "", Stroke.DASHED: "[5 3] 0 d ", Stroke.DOTTED: "[0.4 3.2] 0 d "}
_STEP = 4.0  # of a pattern


def colour(digits: str, operator: str = "rg") -> str:
    """A colour of the style sheet as PDF operands; `rg` fills, `RG` draws."""
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return " ".join(f"{part:.3g}" for part in parts) + f" {operator}"


def ink(name: Ink, operator: str = "rg") -> str:
    """The full colour of an ink."""
    return colour(_COLOURS[name][0], operator)


def line(page: Page, path: Path, drawn: str, width: float, stroke: Stroke = Stroke.SOLID) -> None:
    """A line through points, in the stroke colour `drawn`."""
    page.operators.append(f"q {drawn} {width:g} w 1 J 1 j {_DASHES[stroke]}{_traced(path)} S Q")


def filled(page: Page, path: Path, name: Ink) -> None:
    """A closed shape in an ink's own pattern, with an edge."""
    traced = f"{_traced(path)} h"
    drawn, wash = (colour(digits) for digits in _COLOURS[name])
    page.operators.append(f"q {traced} W n {wash} {traced} f {_pattern(path, name)} Q")
    page.operators.append(f"q {drawn.replace('rg', 'RG')} 0.6 w 1 j {traced} S Q")


def plain(page: Page, path: Path, fill: str, drawn: str, width: float) -> None:
    """A closed shape in one colour, with an edge."""
    page.operators.append(f"q {fill} {drawn} {width:g} w {_traced(path)} h B Q")


def rectangle(x: float, y: float, width: float, height: float) -> Path:
    """The corners of a box by its upper left one."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _traced(path: Path) -> str:
    (x, y), *others = path
    return f"{x:.2f} {PAGE_HEIGHT - y:.2f} m " + " ".join(f"{x:.2f} {PAGE_HEIGHT - y:.2f} l" for x, y in others)


def _pattern(path: Path, name: Ink) -> str:
    """The lines of an ink's pattern over the box around a shape; they start at the page's corner, so that shapes that
    touch carry one pattern."""
    left, right = min(x for x, _ in path), max(x for x, _ in path)
    top, bottom = min(y for _, y in path), max(y for _, y in path)
    drawn = colour(_COLOURS[name][0], "RG")
    rows = [[(left, y), (right, y)] for y in _steps(top, bottom)]
    if name == Ink.ACCENT:
        return ""
    if name == Ink.QUIET:
        columns = _STEP * (left // _STEP)
        dots = " ".join(_traced([(columns, y), (right, y)]) for (_, y), _ in rows)
        return f"{drawn} 1.2 w 1 J [0 {_STEP:g}] 0 d {dots} S"
    if name == Ink.BAD:
        upright = [[(x, top), (x, bottom)] for x in _steps(left, right)]
        return f"{drawn} 1.4 w {' '.join(map(_traced, rows + upright))} S"
    height = bottom - top
    if name == Ink.GOOD:  # rising: x + y stays the same
        slanted = [[(c - bottom, bottom), (c - top, top)] for c in _steps(left + top, right + bottom)]
    else:  # falling: x - y stays the same
        slanted = [[(c + top, top), (c + top + height, bottom)] for c in _steps(left - bottom, right - top)]
    return f"{drawn} {1.1 if name == Ink.GOOD else 1.8:g} w {' '.join(map(_traced, slanted))} S" if slanted else ""


def _steps(first: float, last: float) -> list[float]:
    begin, end = int(first // _STEP), int(last // _STEP) + 1
    return [_STEP * at for at in range(begin, end + 1)]
