"""A table on paper: columns as wide as they need, words wrapped, nothing cut."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from backoffice.issuing.pdf import typeset
from backoffice.issuing.pdf.canvas import Page
from backoffice.issuing.pdf.typeset import Style
from backoffice.sla.report.contents import Table
from backoffice.sla.report.figure import INK, SOFT
from backoffice.sla.report.pen import colour
from backoffice.sla.report.signs import readable

_HEAD, _CELL = Style(8, True, SOFT), Style(8.5, False, INK)
_NOTHING = Style(8.5, False, SOFT)
_LINE_HEIGHT, _PAD, _GAP = 11.0, 7.0, 10.0
_STRONG, _WEAK = colour("868e9c"), colour("e2e5eb")
_LEAST = 34.0
# A table that shares the page with another one is narrower than this, and its columns stand closer.
_NARROW, _CLOSER = 300.0, 0.7


class Row:
    """The lines of one row, and where each column stands."""

    def __init__(self, grid: Grid, words: Sequence[str], style: Style, line: str) -> None:
        self._grid, self._style, self._line = grid, style, line
        self._cells = [typeset.wrap(readable(word), style, wide) for word, wide in zip(words, grid.widths, strict=True)]
        self.height = _PAD + _LINE_HEIGHT * max(map(len, self._cells), default=1)

    def draw(self, page: Page, x: float, y: float) -> float:
        """Draw it with its upper left corner at (x, y); gives the y below it."""
        for lines, wide, column in zip(self._cells, self._grid.widths, self._grid.table.columns, strict=True):
            for number, line in enumerate(lines, 1):
                baseline = y + _PAD / 2 + number * _LINE_HEIGHT - 2.5
                if column.is_figure:
                    page.text(x + wide, baseline, line, self._style, "right")
                else:
                    page.text(x, baseline, line, self._style)
            x += wide + self._grid.gap
        page.rule(x - self._grid.width - self._grid.gap, x - self._grid.gap, y + self.height, 0.5, self._line)
        return y + self.height


class Grid:
    """A table fitted to a width."""

    def __init__(self, table: Table, width: float, nothing: str) -> None:
        self.table, self.width, self._nothing = table, width, nothing
        closer = _CLOSER if width < _NARROW else 1.0
        self.gap = _GAP * closer
        self.widths = _widths(table, width, self.gap, _LEAST * closer)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows, fitted."""
        return [Row(self, [cell.text for cell in row], _CELL, _WEAK) for row in self.table.rows]

    @cached_property
    def _labels(self) -> Row:
        return Row(self, [column.label for column in self.table.columns], _HEAD, _STRONG)

    @property
    def head(self) -> float:
        """The height of the labels."""
        return self._labels.height

    @property
    def first(self) -> float:
        """The height of the first row, which stands with the labels."""
        return self.rows[0].height if self.rows else _PAD + _LINE_HEIGHT

    def draw_head(self, page: Page, x: float, y: float) -> float:
        """Draw the labels, and the word for a table without rows; gives the y below."""
        y = self._labels.draw(page, x, y)
        if not self.rows:
            y += _PAD + _LINE_HEIGHT
            page.text(x, y - _PAD, self._nothing, _NOTHING)
        return y


def _widths(table: Table, width: float, gap: float, least: float) -> list[float]:
    """What each column needs; where that is too much, wide texts give way in proportion; spare room is spread.

    Figures and codes are never broken, as long as they leave room for anything else.
    """
    count = len(table.columns)
    room = width - (count - 1) * gap
    wanted = [
        max(
            typeset.width(readable(column.label), _HEAD),
            *(typeset.width(readable(row[at].text), _CELL) for row in table.rows),
            least,
        )
        + 0.5
        for at, column in enumerate(table.columns)
    ]
    if sum(wanted) <= room:
        return [wide + (room - sum(wanted)) / count for wide in wanted]
    fair = room / count
    whole = [wide <= fair or column.kind != "text" for wide, column in zip(wanted, table.columns, strict=True)]
    if sum(wide for wide, stays in zip(wanted, whole, strict=True) if stays) > room * 0.75:
        whole = [wide <= fair for wide in wanted]
    fixed = sum(wide for wide, stays in zip(wanted, whole, strict=True) if stays)
    broad = sum(wanted) - fixed
    return [wide if stays else wide / broad * (room - fixed) for wide, stays in zip(wanted, whole, strict=True)]
