"""Columns: alone, side by side, or stacked."""

from __future__ import annotations

from collections.abc import Sequence

from backoffice.sla.charts import labels, text
from backoffice.sla.charts.chart import Chart, Kind, Point, Series, sentence
from backoffice.sla.charts.drawing import Box, Drawing, Label, Mark
from backoffice.sla.charts.frame import Frame, framed

_SHARE, _WIDEST = 0.68, 56.0
_SEEN = 1.5  # a figure that is not nothing can be seen


def drawn(chart: Chart, width: float, height: float, *, grows: bool) -> Drawing:
    """The drawing of a chart of columns that is not empty."""
    frame = framed(chart, width, height, grows=grows)
    if chart.kind == Kind.STACKED:
        marks = [mark for at, (_, points) in enumerate(chart.rows) for mark in _pile(frame, chart.series, at, points)]
        figures = _totals(frame, chart)
    else:
        marks = [mark for at, (_, points) in enumerate(chart.rows) for mark in _row(frame, chart.series, at, points)]
        figures = [
            _above(frame, mark.column, point.text)
            for mark, point in zip(marks, _known(chart), strict=True)
            if mark.column is not None
        ]
    shown = _figures(figures, frame, _weights(chart), [mark.column for mark in marks if mark.column is not None])
    return Drawing(frame.width, frame.height, frame.plot, frame.rules, (*frame.labels, *shown), tuple(marks))


def _known(chart: Chart) -> list[Point]:
    return [point for _, points in chart.rows for point in points if point.value is not None]


def _weights(chart: Chart) -> list[float]:
    return chart.totals if chart.kind == Kind.STACKED else [point.value or 0.0 for point in _known(chart)]


def _row(frame: Frame, series: Sequence[Series], at: int, points: Sequence[Point]) -> list[Mark]:
    """The columns of one place, side by side."""
    part = frame.slot / len(series)
    if len(series) > 1:  # some room between the places
        part = frame.slot * 0.86 / len(series)
    begin = frame.middle(at) - part * len(series) / 2
    zero = frame.scale(0)
    marks = []
    for turn, (each, point) in enumerate(zip(series, points, strict=True)):
        if point.value is None:
            continue
        wide = min(part * (_SHARE if len(series) == 1 else 0.9), _WIDEST)
        middle = begin + (turn + 0.5) * part
        column = Box(middle - wide / 2, *_between(zero, frame.scale(point.value), bool(point.value), frame, wide))
        hit = Box(begin + turn * part, frame.plot.y, part, frame.plot.height)
        marks.append(Mark(hit, point.ink or each.ink, sentence(each, point), point.href, column))
    return marks


def _between(zero: float, end: float, seen: bool, frame: Frame, wide: float) -> tuple[float, float, float]:
    """Upper edge, width and height of a column from the line to its value."""
    height = abs(end - zero)
    if seen and height < _SEEN:
        height = _SEEN
        end = zero - height if zero - height >= frame.plot.y and end <= zero else zero + height
    return min(zero, end), wide, height


def _pile(frame: Frame, series: Sequence[Series], at: int, points: Sequence[Point]) -> list[Mark]:
    """The pieces of one place, one upon the other; a piece that is nothing has no mark, the table names it."""
    pieces = [(each, point, point.value) for each, point in zip(series, points, strict=True) if point.value]
    zero = frame.scale(0)
    heights = [max(_SEEN, zero - frame.scale(value)) for _, _, value in pieces]
    if heights and (excess := sum(heights) - frame.plot.height) > 0:
        heights[heights.index(max(heights))] -= excess
    wide = min(frame.slot * _SHARE, _WIDEST)
    left = frame.middle(at) - frame.slot / 2
    marks, bottom = [], zero
    for (each, point, _), height in zip(pieces, heights, strict=True):
        bottom -= height
        column = Box(frame.middle(at) - wide / 2, bottom, wide, height)
        hit = Box(left, bottom, frame.slot, height)
        marks.append(Mark(hit, point.ink or each.ink, sentence(each, point), point.href, column))
    return marks


def _totals(frame: Frame, chart: Chart) -> list[Label]:
    return [
        _above(frame, Box(frame.middle(at), frame.scale(total), 0, 0), chart.tick(total))
        for at, total in enumerate(chart.totals)
    ]


def _above(frame: Frame, column: Box, word: str) -> Label:
    """The figure of a column above its middle, as far as the edge of the drawing lets it."""
    shown = text.one_line(word)
    half = text.width(shown, bold=True) / 2
    middle = max(frame.plot.x + half, min(column.x + column.width / 2, frame.width - half))
    return Label(shown, middle, column.y - text.DESCENT - 2, "middle", "value")


def _figures(figures: list[Label], frame: Frame, weights: Sequence[float], columns: Sequence[Box]) -> list[Label]:
    """All figures where there is room for all; else the largest one and the last."""
    taken = [*(label.box for label in frame.labels), *columns]
    everything = labels.free(figures, taken, frame.view)
    if len(everything) == len(figures):
        return everything
    largest = max(range(len(figures)), key=weights.__getitem__)
    return labels.free([figures[largest], figures[-1]], taken, frame.view)
