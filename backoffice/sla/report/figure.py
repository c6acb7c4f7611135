"""A chart on paper: the drawing the page shows, at the size of print."""

from __future__ import annotations

from backoffice.issuing.pdf import typeset
from backoffice.issuing.pdf.canvas import Align, Page
from backoffice.issuing.pdf.typeset import Style
from backoffice.sla.charts.chart import Chart, Ink, Kind, Stroke
from backoffice.sla.charts.drawing import Dot, Drawing
from backoffice.sla.charts.plot import draw
from backoffice.sla.report import pen
from backoffice.sla.report.pen import colour
from backoffice.sla.report.signs import readable

SCALE = 0.66  # letters of 12 become 7.9 points
HEIGHT = 126.0  # of a drawing, in points
INK, SOFT = colour("141821"), colour("535c6c")
_GRID, _ZERO = colour("e2e5eb", "RG"), colour("868e9c", "RG")
_BLACK = colour("141821", "RG")
_PAPER = colour("ffffff")
_TITLE = Style(9.5, True, INK)
_WORDS = Style(8, False, SOFT)
_TICK, _VALUE = Style(12 * SCALE, False, SOFT), Style(12 * SCALE, True, INK)
_LINE = 11.0
_ALIGN: dict[str, Align] = {"start": "left", "middle": "center", "end": "right"}


class Figure:
    """A chart with its title, summary and legend, as wide as its place."""

    def __init__(self, chart: Chart, width: float, nothing: str) -> None:
        self.chart, self.width, self._nothing = chart, width, nothing
        self.drawing = draw(chart, width / SCALE, HEIGHT / SCALE, grows=False)
        self._title = typeset.wrap(readable(chart.title), _TITLE, width)
        self._summary = typeset.wrap(readable(chart.summary), _WORDS, width) if chart.summary else []
        self._legend = _legend_rows(chart, width)
        lines = len(self._summary) + len(self._legend)
        self.head = 12.0 * len(self._title) + _LINE * lines + 4
        self.height = self.head + HEIGHT

    @property
    def is_dense(self) -> bool:
        """Whether its columns would be too thin at this width."""
        return draw(self.chart, self.width / SCALE, HEIGHT / SCALE).width > self.drawing.width

    def draw(self, page: Page, x: float, y: float, head: float) -> None:
        """Draw it with its upper left corner at (x, y), its plot `head` below."""
        plot = y + head
        for line in self._title:
            y += 12
            page.text(x, y - 2.5, line, _TITLE)
        for line in self._summary:
            y += _LINE
            page.text(x, y - 2.5, line, _WORDS)
        for row in self._legend:
            y += _LINE
            for at, mark, word in row:
                self._key(page, x + at, y - 8.5, mark)
                page.text(x + at + 18, y - 2.5, word, _WORDS)
        y = plot
        if self.chart.is_empty:
            page.text(x + self.width / 2, y + HEIGHT / 2, self._nothing, _WORDS, "center")
            page.frame(x, y, self.width, HEIGHT, 0.5, _GRID)
        else:
            _Sheet(page, self.drawing, x, y).draw()

    def _key(self, page: Page, x: float, y: float, mark: tuple[Ink, Stroke] | None) -> None:
        if mark is None:
            pen.line(page, ((x, y + 3.5), (x + 14, y + 3.5)), _BLACK, 1, Stroke.DOTTED)
        elif self.chart.kind == Kind.LINES:
            pen.line(page, ((x, y + 3.5), (x + 14, y + 3.5)), pen.ink(mark[0], "RG"), 1.3, mark[1])
            _dot(page, x + 7, y + 3.5, mark[1], mark[0])
        else:
            pen.filled(page, pen.rectangle(x, y, 14, 7.5), mark[0])


class _Sheet:
    """A drawing put on a page."""

    def __init__(self, page: Page, drawing: Drawing, x: float, y: float) -> None:
        self._page, self._drawing, self._x, self._y = page, drawing, x, y

    def draw(self) -> None:
        shown, page = self._drawing, self._page
        left, right = shown.plot.x, shown.plot.right
        for rule in shown.rules:
            if rule.kind != "target":
                drawn = _ZERO if rule.kind == "zero" else _GRID
                pen.line(page, (self._at(left, rule.y), self._at(right, rule.y)), drawn, 0.5)
        for area in shown.areas:
            pen.filled(page, [self._at(*point) for point in area.points], area.ink)
        for mark in shown.marks:
            if mark.column is not None and mark.column.height:
                column = mark.column
                corner = self._at(column.x, column.y)
                path = pen.rectangle(*corner, column.width * SCALE, column.height * SCALE)
                pen.filled(page, path, mark.ink)
        for rule in shown.rules:
            if rule.kind == "target":
                pen.line(page, (self._at(left, rule.y), self._at(right, rule.y)), _BLACK, 1, Stroke.DOTTED)
        for curve in shown.curves:
            pen.line(page, [self._at(*point) for point in curve.points], pen.ink(curve.ink, "RG"), 1.3, curve.stroke)
        self._dots_and_labels()

    def _dots_and_labels(self) -> None:
        for mark in self._drawing.marks:
            if mark.dot is not None:
                dot: Dot = mark.dot
                _dot(self._page, *self._at(dot.x, dot.y), dot.stroke, mark.ink)
        for label in self._drawing.labels:
            style = _VALUE if label.part == "value" else _TICK
            self._page.text(*self._at(label.x, label.y), readable(label.text), style, _ALIGN[label.anchor])

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self._x + x * SCALE, self._y + y * SCALE


def _dot(page: Page, x: float, y: float, stroke: Stroke, name: Ink) -> None:
    """The shape of a line's points: eight corners pass for a circle at this size."""
    if stroke == Stroke.DASHED:
        path: pen.Path = pen.rectangle(x - 1.9, y - 1.9, 3.8, 3.8)
    elif stroke == Stroke.DOTTED:
        path = ((x, y - 2.6), (x + 2.6, y), (x, y + 2.6), (x - 2.6, y))
    else:
        a, b = 1.9, 0.79
        path = ((x - b, y - a), (x + b, y - a), (x + a, y - b), (x + a, y + b),
                (x + b, y + a), (x - b, y + a), (x - a, y + b), (x - a, y - b))  # fmt: skip
    fill = pen.ink(name) if stroke == Stroke.SOLID else _PAPER
    pen.plain(page, path, fill, pen.ink(name, "RG"), 0.9)


def _legend_rows(chart: Chart, width: float) -> list[list[tuple[float, tuple[Ink, Stroke] | None, str]]]:
    """The legend in rows: where each entry begins, its mark (None: the target) and its word."""
    if chart.is_empty:
        return []
    entries: list[tuple[tuple[Ink, Stroke] | None, str]] = [((name, how), word) for name, how, word in chart.entries]
    if chart.target is not None:
        entries.append((None, chart.target.text))
    rows: list[list[tuple[float, tuple[Ink, Stroke] | None, str]]] = []
    used = width
    for mark, entry in entries:
        word = _cut(readable(entry), width - 18)
        wide = 18 + typeset.width(word, _WORDS)
        if not rows or used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append((used, mark, word))
        used += wide + 12
    return rows


def _cut(word: str, limit: float) -> str:
    lines = typeset.wrap(word, _WORDS, limit - 8)
    return lines[0] if len(lines) == 1 else f"{lines[0]}…"
