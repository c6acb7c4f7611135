"""What stands below each other on the pages: rows of charts, tables, and tables beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from backoffice.issuing.pdf import typeset
from backoffice.issuing.pdf.canvas import PAGE_HEIGHT, PAGE_WIDTH, Page
from backoffice.issuing.pdf.typeset import Style
from backoffice.sla.report.figure import INK, SOFT, Figure
from backoffice.sla.report.grid import Grid
from backoffice.sla.report.signs import readable

LEFT, TOP, BOTTOM = 40.0, 44.0, PAGE_HEIGHT - 48
WIDTH = PAGE_WIDTH - 2 * LEFT
GAP = 18.0
_HEADING, _NOTE = Style(11, True, INK), Style(7.5, False, SOFT)
_TITLE_LINE, _NOTE_LINE = 16.0, 11.0
# So many rows of a table stand together, with its title above them and where it ends.
_TOGETHER = 2


class Block(Protocol):
    """A part of the report with its own height, in points."""

    @property
    def height(self) -> float:
        """What it takes in all."""

    def begins(self, room: float) -> bool:
        """Whether so much room is enough for it to begin."""

    def draw(self, page: Page, y: float, room: float) -> Block | None:
        """Draw it from `y` on; gives what is left for the next page."""


class Figures:
    """Charts beside each other, their plots on one line."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures
        self._head = max(figure.head for figure in figures)
        self.height = self._head + max(figure.height - figure.head for figure in figures)

    def begins(self, room: float) -> bool:
        """Only whole."""
        return self.height <= room

    def draw(self, page: Page, y: float, room: float) -> None:
        """Draw all; what is higher than a page has a page for itself."""
        for at, figure in enumerate(self._figures):
            figure.draw(page, LEFT + at * (figure.width + GAP), y, self._head)


class Sheet:
    """A table with its title and note, or what is left of it from row `first` on."""

    def __init__(self, grid: Grid, first: int = 0, left: float = LEFT) -> None:
        self._grid, self._first, self._left = grid, first, left
        self._title = typeset.wrap(readable(grid.table.title), _HEADING, grid.width)
        self._note = typeset.wrap(readable(grid.table.note), _NOTE, grid.width) if grid.table.note else []
        self._rows = grid.rows[first:]
        self._head = _TITLE_LINE * len(self._title) + grid.head
        self._end = 4 + _NOTE_LINE * len(self._note)
        rows = sum(row.height for row in self._rows) if grid.rows else grid.first
        self.height = self._head + rows + self._end

    def at(self, left: float) -> Sheet:
        """The same at another place of the line."""
        return Sheet(self._grid, self._first, left)

    def begins(self, room: float) -> bool:
        """Whether it fits whole, or with its title and so many rows that neither part of it is lonely."""
        return self.height <= room or self._fitting(room) > 0

    def draw(self, page: Page, y: float, room: float) -> Sheet | None:
        """Draw the title, the labels and the rows that fit; the next page repeats title and labels."""
        count = len(self._rows) if self.height <= room else self._fitting(room) or max(1, self._whole(room))
        for line in self._title:
            y += _TITLE_LINE
            page.text(self._left, y - 5, line, _HEADING)
        y = self._grid.draw_head(page, self._left, y)
        for row in self._rows[:count]:
            y = row.draw(page, self._left, y)
        if count < len(self._rows):
            return Sheet(self._grid, self._first + count, self._left)
        y += 4
        for line in self._note:
            y += _NOTE_LINE
            page.text(self._left, y - _NOTE_LINE * 0.25, line, _NOTE)
        return None

    def _whole(self, room: float) -> int:
        """How many rows there is room for."""
        used = accumulate((row.height for row in self._rows), initial=self._head)
        return sum(height <= room for height in used) - 1

    def _fitting(self, room: float) -> int:
        """How many rows go on a page that it does not fit on; 0 where it must not begin there."""
        count = min(self._whole(room), len(self._rows) - _TOGETHER)
        return count if count >= _TOGETHER else 0


class Pair:
    """Tables beside each other, on one page."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = sheets
        self.height = max(sheet.height for sheet in sheets)

    def begins(self, room: float) -> bool:
        """Only whole."""
        return self.height <= room

    def draw(self, page: Page, y: float, room: float) -> None:
        """Draw all."""
        for at, sheet in enumerate(self._sheets):
            sheet.at(LEFT + at * (WIDTH + GAP) / len(self._sheets)).draw(page, y, room)
