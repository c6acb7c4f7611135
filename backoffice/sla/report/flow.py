"""Head, cards, charts and tables down the pages.

What does not fit where a page ends waits for the next one; the first of what follows that does fit goes before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from backoffice.issuing.pdf import typeset
from backoffice.issuing.pdf.canvas import Canvas, Page
from backoffice.issuing.pdf.typeset import Style
from backoffice.sla.report import pen
from backoffice.sla.report.blocks import BOTTOM, GAP, LEFT, TOP, WIDTH, Block, Figures, Pair, Sheet
from backoffice.sla.report.contents import Card, Report
from backoffice.sla.report.figure import INK, SOFT, Figure
from backoffice.sla.report.grid import Grid
from backoffice.sla.report.pen import colour
from backoffice.sla.report.signs import readable

_CARDS, _CARD_GAP = 4, 10.0
_TITLE, _ISSUER = Style(18, True, INK), Style(9, False, SOFT)
_PERIOD, _FILTERS = Style(10.5, False, INK), Style(8.5, False, SOFT)
_LABEL, _FIGURE, _NOTE = Style(8, False, SOFT), Style(15, True, INK), Style(7.5, False, SOFT)
_FOOT = Style(7.5, False, SOFT)
_EDGE, _LINE = colour("e2e5eb", "RG"), colour("e2e5eb")


class Flow:
    """The pages of a report in the making."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.canvas = Canvas()
        self._page = self.canvas.add_page()
        self._y = TOP

    def draw(self) -> Canvas:
        """Draw everything, then the feet: only then the number of pages is known."""
        self._head()
        self._cards()
        waiting = [*self._charts(), *self._tables()]
        while waiting:
            self._place(waiting)
        for number, page in enumerate(self.canvas.pages, 1):
            self._foot(page, number)
        return self.canvas

    def _place(self, waiting: list[Block]) -> None:
        """Draw the first block that fits, whole; else as much as fits of the first one, or what begins a new page."""
        room = BOTTOM - self._y
        fitting = next((block for block in waiting if block.height <= room), None)
        if fitting is None or (fitting is not waiting[0] and waiting[0].begins(room)):
            fitting = waiting[0]
            if not fitting.begins(room) and self._y > TOP:
                self._new_page()
        waiting.remove(fitting)
        rest = fitting.draw(self._page, self._y, BOTTOM - self._y)
        self._y += fitting.height + GAP
        while rest is not None:
            self._new_page()
            drawn, rest = rest, rest.draw(self._page, self._y, BOTTOM - self._y)
            self._y += drawn.height + GAP

    def _new_page(self) -> None:
        self._page = self.canvas.add_page()
        self._y = TOP

    def _room(self, height: float) -> None:
        """Go on where `height` fits; what is higher than a page has a page for itself."""
        if self._y + height > BOTTOM and self._y > TOP:
            self._new_page()

    def _head(self) -> None:
        report = self._report
        self._lines(report.issuer, _ISSUER, 12)
        self._lines(report.title, _TITLE, 24)
        self._lines(report.period, _PERIOD, 15)
        self._lines(" · ".join(report.filters), _FILTERS, 12)
        self._y += 8
        self._page.rule(LEFT, LEFT + WIDTH, self._y, 0.8, _LINE)
        self._y += 14

    def _lines(self, words: str, style: Style, height: float) -> None:
        for line in typeset.wrap(readable(words), style, WIDTH) if words else ():
            self._y += height
            self._page.text(LEFT, self._y - height * 0.25, line, style)

    def _cards(self) -> None:
        cards = self._report.cards
        wide = (WIDTH - (_CARDS - 1) * _CARD_GAP) / _CARDS
        for first in range(0, len(cards), _CARDS):
            row = [_Card(card, wide) for card in cards[first : first + _CARDS]]
            height = max(card.height for card in row)
            self._room(height)
            for at, card in enumerate(row):
                card.draw(self._page, LEFT + at * (wide + _CARD_GAP), self._y, height)
            self._y += height + _CARD_GAP
        self._y += 8 if cards else 0

    def _charts(self) -> Iterator[Block]:
        half = (WIDTH - GAP) / 2
        waiting: list[Figure] = []
        for chart in self._report.charts:
            figure = Figure(chart, half, self._report.words.nothing)
            if figure.is_dense:  # many columns: it has the whole width
                yield from _beside(waiting)
                waiting = []
                yield Figures([Figure(chart, WIDTH, self._report.words.nothing)])
                continue
            waiting.append(figure)
            if len(waiting) == 2:
                yield Figures(waiting)
                waiting = []
        yield from _beside(waiting)

    def _tables(self) -> Iterator[Block]:
        """Each table, two of charts beside each other where both have room on a page."""
        nothing, half = self._report.words.nothing, (WIDTH - GAP) / 2
        tables = list(self._report.tables)
        while tables:
            if len(tables) > 1 and tables[0].chart and tables[1].chart:
                pair = Pair([Sheet(Grid(table, half, nothing)) for table in tables[:2]])
                if pair.height <= BOTTOM - TOP:
                    yield pair
                    del tables[:2]
                    continue
            yield Sheet(Grid(tables.pop(0), WIDTH, nothing))

    def _foot(self, page: Page, number: int) -> None:
        report = self._report
        page.rule(LEFT, LEFT + WIDTH, BOTTOM + 14, 0.5, _LINE)
        counted = report.words.page.format(page=number, pages=len(self.canvas.pages))
        page.text(LEFT + WIDTH, BOTTOM + 25, counted, _FOOT, "right")
        room = WIDTH - typeset.width(counted, _FOOT) - 20
        words = readable(f"{report.title} · {report.period} · {report.words.made}")
        page.text(LEFT, BOTTOM + 25, typeset.wrap(words, _FOOT, room)[0], _FOOT)


def _beside(figures: list[Figure]) -> Iterator[Block]:
    if figures:
        yield Figures(figures)


class _Card:
    def __init__(self, card: Card, width: float) -> None:
        self._card, self._width = card, width
        inner = width - 18
        self._label = typeset.wrap(readable(card.label), _LABEL, inner)
        self._style = _FIGURE
        shown = readable(card.figure)
        while typeset.width(shown, self._style) > inner and self._style.size > 8:
            self._style = self._style._replace(size=self._style.size - 0.5)
        self._figure = typeset.wrap(shown, self._style, inner)
        self._note = typeset.wrap(readable(card.note), _NOTE, inner) if card.note else []
        self.height = 17 + 10.0 * len(self._label) + 19.0 * len(self._figure) + 10.0 * len(self._note)

    def draw(self, page: Page, x: float, y: float, height: float) -> None:
        page.frame(x, y, self._width, height, 0.7, _EDGE)
        if self._card.ink is not None:
            page.box(x, y, 2.5, height, pen.ink(self._card.ink))
        y += 6
        for line in self._label:
            y += 10
            page.text(x + 10, y - 1.5, line, _LABEL)
        for line in self._figure:
            y += 19
            page.text(x + 10, y - 3, line, self._style)
        for line in self._note:
            y += 10
            page.text(x + 10, y - 1, line, _NOTE)
