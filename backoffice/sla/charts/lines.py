"""Lines, also with a target, and stacked areas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backoffice.sla.charts import labels, text
from backoffice.sla.charts.chart import Chart, Kind, Series, sentence
from backoffice.sla.charts.drawing import Area, Box, Curve, Dot, Drawing, Label, Mark
from backoffice.sla.charts.frame import Frame, ending, framed

_MOST_DOTS = 40  # more would be a string of beads: the line says it, and its last point
_REACH = 12.0  # of a mark around its point: 24 to be touched


def drawn(chart: Chart, width: float, height: float, *, grows: bool) -> Drawing:
    """The drawing of a chart of lines or areas that is not empty."""
    frame = framed(chart, width, height, grows=grows)
    if chart.kind == Kind.AREAS:
        areas, marks = _areas(frame, chart)
        return Drawing(frame.width, frame.height, frame.plot, frame.rules, frame.labels, marks, (), areas)
    curves = tuple(curve for each in chart.series for curve in _curves(frame, each))
    marks = tuple(mark for each in chart.series for mark in _points(frame, each, len(chart.series) == 1))
    figures = labels.free(_endings(frame, chart, width), [label.box for label in frame.labels], frame.view)
    shown = (*frame.labels, *figures)
    return Drawing(frame.width, frame.height, frame.plot, frame.rules, shown, marks, curves)


def _curves(frame: Frame, series: Series) -> Iterator[Curve]:
    """The line in as many pieces as gaps leave; a point between two gaps is no line."""
    piece: list[tuple[float, float]] = []
    for at, point in enumerate(series.points):
        if point.value is None:
            if len(piece) > 1:
                yield Curve(tuple(piece), series.ink, series.stroke)
            piece = []
        else:
            piece.append((frame.middle(at), frame.scale(point.value)))
    if len(piece) > 1:
        yield Curve(tuple(piece), series.ink, series.stroke)


def _points(frame: Frame, series: Series, alone: bool) -> Iterator[Mark]:
    """The points of a line. Where it is the only one, the whole height of its place leads to the point."""
    known = [point.value is not None for point in series.points]
    last = max((at for at, here in enumerate(known) if here), default=-1)
    for at, point in enumerate(series.points):
        if point.value is None:
            continue
        x, y = frame.middle(at), frame.scale(point.value)
        lonely = not any(known[max(0, at - 1) : at] + known[at + 1 : at + 2])
        dot = Dot(x, y, series.stroke) if sum(known) <= _MOST_DOTS or at == last or lonely else None
        yield Mark(_hit(frame, x, y, alone), point.ink or series.ink, sentence(series, point), point.href, dot=dot)


def _hit(frame: Frame, x: float, y: float, alone: bool) -> Box:
    half = frame.slot / 2 if alone else min(_REACH, frame.slot / 2)
    top, bottom = (frame.plot.y, frame.plot.bottom) if alone else (y - _REACH, y + _REACH)
    top, bottom = max(top, frame.plot.y), min(bottom, frame.plot.bottom)
    return Box(x - half, top, 2 * half, bottom - top)


def _endings(frame: Frame, chart: Chart, width: float) -> list[Label]:
    """The last figure of each line that reaches the right edge, beside it."""
    ends = [each.points[-1] for each in chart.series if each.points[-1].value is not None]
    wanted = [frame.scale(point.value or 0.0) + 4 for point in ends]
    lines = labels.spread(wanted, frame.plot.y + 4, frame.plot.bottom)
    return [
        Label(word, frame.plot.right + text.SIZE / 2, y, "start", "value")
        for point, y in zip(ends, lines, strict=True)
        if (word := ending(point.text, width))
    ]


def _areas(frame: Frame, chart: Chart) -> tuple[tuple[Area, ...], tuple[Mark, ...]]:
    base = [0.0] * len(chart.labels)
    areas: list[Area] = []
    marks: list[Mark] = []
    for each in chart.series:
        top = [below + (point.value or 0.0) for below, point in zip(base, each.points, strict=True)]
        areas.append(Area((*_edge(frame, top), *reversed(_edge(frame, base))), each.ink))
        marks += _bands(frame, each, base, top)
        base = top
    return tuple(areas), tuple(marks)


def _edge(frame: Frame, values: Sequence[float]) -> list[tuple[float, float]]:
    """One edge of an area; it reaches the ends of the plot, so that a single place is an area, too."""
    middle = [(frame.middle(at), frame.scale(value)) for at, value in enumerate(values)]
    return [(frame.plot.x, middle[0][1]), *middle, (frame.plot.right, middle[-1][1])]


def _bands(frame: Frame, series: Series, base: Sequence[float], top: Sequence[float]) -> Iterator[Mark]:
    for at, point in enumerate(series.points):
        upper, lower = frame.scale(top[at]), frame.scale(base[at])
        if point.value and lower > upper:
            hit = Box(frame.middle(at) - frame.slot / 2, upper, frame.slot, lower - upper)
            yield Mark(hit, point.ink or series.ink, sentence(series, point), point.href)
