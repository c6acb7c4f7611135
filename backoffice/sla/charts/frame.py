"""What stands around the plot: the scale on the left, names below, room for figures above and on the right."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.sla.charts import labels, text
from backoffice.sla.charts.chart import Chart, Kind
from backoffice.sla.charts.drawing import Anchor, Box, Label, Rule
from backoffice.sla.charts.scale import Scale, ticks

_GAP = 8.0
_TICK_ROOM = 44.0  # of height for each step of the scale
_MOST_BESIDE = 0.4  # of the width, for the figures of the scale
_LEAST_BESIDE = "100.0%"  # is shown beside the narrowest plot, too
_THINNEST = 6.0  # of a column with the gap beside it; a chart with more of them becomes wider
_EDGE = 4.0
_ROOM_BELOW = 0.06  # of the range: the lowest point of a line does not lie on the edge


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot, its scale and what is written around it."""

    width: float
    height: float
    plot: Box
    scale: Scale
    slot: float
    rules: tuple[Rule, ...]
    labels: tuple[Label, ...]

    def middle(self, at: int) -> float:
        """The middle of a place."""
        return self.plot.x + (at + 0.5) * self.slot

    @property
    def view(self) -> Box:
        """The whole drawing."""
        return Box(0, 0, self.width, self.height)


def framed(chart: Chart, width: float, height: float, *, grows: bool) -> Frame:
    """The frame of a chart that is not empty; wider where its columns would be too thin, if it `grows`."""
    lowest, highest = _range(chart)
    steps = max(2, int((height - 50) / _TICK_ROOM))
    figures = ticks(lowest, highest, steps, whole=chart.whole, ceiling=chart.ceiling)
    written = _written(chart, figures, width * _MOST_BESIDE)
    left = max(map(text.width, written)) + _GAP
    right = _beside(chart, width)
    places = len(chart.labels)
    if grows and (needed := 2 * left + places * _least_slot(chart)) > width:
        width, right = needed, left  # it will scroll: the scale stands at both ends
    slot = (width - left - right) / places
    middles = [left + (at + 0.5) * slot for at in range(places)]
    placed = (
        labels.moments(chart.moments, middles, width)
        if chart.moments
        else labels.names(chart.labels, middles, width, categories=chart.categories)
    )
    above = text.ASCENT + text.DESCENT + 6 if chart.kind in (Kind.COLUMNS, Kind.STACKED) else text.ASCENT
    plot = Box(left, above, width - left - right, height - above - labels.room(placed))
    scale = Scale(figures[0], figures[-1], plot.bottom, plot.y)
    sides: list[tuple[float, Anchor]] = [(left - _GAP, "end")]
    if right == left:
        sides.append((plot.right + _GAP, "start"))
    heights = [(word, scale(figure) + 4) for word, figure in zip(written, figures, strict=True) if word]
    beside = [Label(word, x, y, anchor, "tick") for x, anchor in sides for word, y in [heights[0], *heights[:0:-1]]]
    rules = [Rule(scale(figure), "zero" if figure == 0 else "grid") for figure in figures]
    if chart.target is not None:
        rules.append(Rule(scale(chart.target.value), "target"))
    shown = labels.free(beside, (), Box(0, 0, width, height))
    return Frame(width, height, plot, scale, slot, tuple(rules), (*shown, *labels.lowered(placed, plot.bottom)))


def _written(chart: Chart, figures: list[float], room: float) -> list[str]:
    """The figures of a scale that have room; where fewer than two have, which is no scale, all by powers of ten, exact
    enough to tell them apart."""
    words = [text.whole(chart.tick(figure), room) for figure in figures]
    for digits in range(3, 16) if sum(map(bool, words)) < 2 else ():
        words = [f"{figure:.{digits}g}".replace("e+", "E") for figure in figures]
        if len(set(words)) == len(words):
            break
    return words


def _range(chart: Chart) -> tuple[float, float]:
    values = chart.totals if chart.is_stacked else chart.values
    values = [*values, *([chart.target.value] if chart.target else [])]
    is_line = chart.kind == Kind.LINES and not chart.from_zero
    if not is_line:
        return min(0.0, *values), max(0.0, *values)
    lowest, highest = min(values), max(values)
    below = lowest - (highest - lowest) * _ROOM_BELOW
    return (max(0.0, below) if lowest >= 0 else below), highest


def _least_slot(chart: Chart) -> float:
    if chart.kind == Kind.COLUMNS:
        return _THINNEST * max(1, len(chart.series))
    return _THINNEST if chart.kind == Kind.STACKED else 0.0


def _beside(chart: Chart, width: float) -> float:
    """The room on the right: for the last figures of lines, else an edge."""
    if chart.kind != Kind.LINES:
        return _EDGE
    words = [ending(each.points[-1].text, width) for each in chart.series if each.points[-1].value is not None]
    return max((text.width(word, bold=True) for word in words), default=0.0) + _GAP + _EDGE


def ending(word: str, width: float) -> str:
    """The figure at the end of a line; none where it would take the room of the plot."""
    room = max(width * _MOST_BESIDE / 2, text.width(_LEAST_BESIDE, bold=True))
    return text.whole(text.one_line(word), room, bold=True)
