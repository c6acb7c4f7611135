"""What a chart says, before anybody thinks of where it stands on the paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Kind(StrEnum):
    """How the series are drawn."""

    COLUMNS = "columns"  # side by side where there are several series
    STACKED = "stacked"
    LINES = "lines"
    AREAS = "areas"  # stacked, too


class Ink(StrEnum):
    """Colour and pattern of a series, or of one point; each has a pattern of its own, so that grey paper tells them."""

    ACCENT = "accent"
    GOOD = "good"
    QUIET = "quiet"
    WARN = "warn"
    BAD = "bad"


class Stroke(StrEnum):
    """How a line is drawn; its points have a shape of their own, too."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"


@dataclass(frozen=True, slots=True)
class Point:
    """One value. `value` None is a gap: nothing is known, or too little to say.

    `label` names the place on the axis, `text` is the value as it is written, `said` the whole sentence for those who
    hear the chart, `href` the list behind it (empty: none). `ink` sets a single column apart.
    """

    label: str
    value: float | None
    text: str
    href: str = ""
    said: str = ""
    ink: Ink | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of the axis, under the word of the legend."""

    name: str
    points: tuple[Point, ...]
    ink: Ink = Ink.ACCENT
    stroke: Stroke = Stroke.SOLID


@dataclass(frozen=True, slots=True)
class Target:
    """A level to be kept, and the words of the legend for it."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """How a place is named below the plot where that is a time: shortly, and the year where it begins or changes."""

    name: str
    year: str


def grouped(value: float) -> str:
    """A figure of the scale: 12,500, or 2.5."""
    return f"{value:,.10g}" if abs(value) < 1e10 else f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. All series name the same places in the same order; ValueError otherwise.

    `key` is unique on its page and fit for an id; `heading` stands over the names in the table; `summary` says in a
    sentence what the chart shows. `tick` writes a figure of the scale; `whole` keeps the scale at whole numbers,
    `ceiling` is never exceeded by it (1 for shares), `from_zero` False lets lines begin near their lowest value.
    `categories` are names that must all be read (wrapped before they are thinned); otherwise places are moments, and
    `moments` name them below the plot, one for each, where their labels are long; ValueError for more or fewer.
    `legend` says what the inks of single points mean.
    """

    key: str
    title: str
    kind: Kind
    series: tuple[Series, ...]
    heading: str
    summary: str = ""
    target: Target | None = None
    tick: Callable[[float], str] = grouped
    whole: bool = True
    ceiling: float | None = None
    from_zero: bool = True
    categories: bool = False
    legend: tuple[tuple[Ink, str], ...] = ()
    moments: tuple[Moment, ...] = ()

    def __post_init__(self) -> None:
        if len({tuple(point.label for point in each.points) for each in self.series}) > 1:
            raise ValueError("the series of a chart name the same places")
        if self.moments and len(self.moments) != len(self.labels):
            raise ValueError("each place of a chart has its moment, or none has")
        values = self.values
        if not all(map(isfinite, values)):
            raise ValueError("a chart shows finite figures")
        if self.is_stacked and min(values, default=0.0) < 0:
            raise ValueError("what is stacked is never negative")

    @property
    def is_stacked(self) -> bool:
        """Whether the series add up."""
        return self.kind in (Kind.STACKED, Kind.AREAS)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the places."""
        return tuple(point.label for point in self.series[0].points) if self.series else ()

    @property
    def values(self) -> list[float]:
        """All known values."""
        return [point.value for each in self.series for point in each.points if point.value is not None]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.values

    @property
    def totals(self) -> list[float]:
        """The sum at each place."""
        return [
            sum(point.value or 0.0 for point in at) for at in zip(*(each.points for each in self.series), strict=True)
        ]

    @property
    def rows(self) -> list[tuple[str, tuple[Point, ...]]]:
        """The table view: each place with its points, one of each series."""
        return list(zip(self.labels, zip(*(each.points for each in self.series), strict=True), strict=True))

    @property
    def entries(self) -> list[tuple[Ink, Stroke, str]]:
        """The legend: the series where there are several, and what single inks mean."""
        several = [(each.ink, each.stroke, each.name) for each in self.series] if len(self.series) > 1 else []
        return [*several, *((ink, Stroke.SOLID, word) for ink, word in self.legend)]

    @property
    def inks(self) -> list[Ink]:
        """The inks it is drawn with, each once."""
        used = [point.ink or each.ink for each in self.series for point in each.points]
        return list(dict.fromkeys([*(each.ink for each in self.series), *used]))


def sentence(series: Series, point: Point) -> str:
    """What a point is called by who cannot see where it stands."""
    return point.said or f"{series.name}, {point.label}: {point.text}"
