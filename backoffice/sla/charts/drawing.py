"""What a chart becomes: shapes and words with their places, for a page and for paper alike.

Units are those in which a label's letters are 12 high; x grows to the right, y downwards; a label's y is its baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backoffice.sla.charts import text
from backoffice.sla.charts.chart import Ink, Stroke

Anchor = Literal["start", "middle", "end"]
Part = Literal["tick", "name", "value"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True, slots=True)
class Label:
    """Words and the room they need at most; `part` says what they are."""

    text: str
    x: float
    y: float
    anchor: Anchor
    part: Part

    @property
    def box(self) -> Box:
        """The room it takes."""
        wide = text.width(self.text, bold=self.part == "value")
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return Box(left, self.y - text.ASCENT, wide, text.ASCENT + text.DESCENT)


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line across the plot."""

    y: float
    kind: Literal["grid", "zero", "target"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    ink: Ink
    stroke: Stroke


@dataclass(frozen=True, slots=True)
class Area:
    """A filled shape: its upper edge from left to right, then its lower edge back."""

    points: tuple[tuple[float, float], ...]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Dot:
    """The mark of one point on a line; its shape follows the line's stroke."""

    x: float
    y: float
    stroke: Stroke


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the chart: where it can be hit, what is seen of it, and what it leads to."""

    hit: Box
    ink: Ink
    said: str
    href: str
    column: Box | None = None
    dot: Dot | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart in one size."""

    width: float
    height: float
    plot: Box
    rules: tuple[Rule, ...]
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...] = ()
    curves: tuple[Curve, ...] = ()
    areas: tuple[Area, ...] = ()
