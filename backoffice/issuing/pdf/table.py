"""The table of lines: columns as wide as their figures need, rows as high as their texts need, pages planned first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backoffice.issuing.face import (
    COLUMNS,
    DESCRIPTION_COLUMN,
    EXTERNAL_ID_COLUMN,
    NET_COLUMN,
    TAX_COLUMN,
    Face,
    Label,
    Sum,
)
from backoffice.issuing.pdf import typeset
from backoffice.issuing.pdf.canvas import Align, Page
from backoffice.issuing.pdf.typeset import Style

INK, MUTED, ACCENT = "0.13 g", "0.42 g", "0.09 0.23 0.42 rg"
HAIRLINE, TINT = "0.85 g", "0.955 0.965 0.98 rg"

CELL = Style(7.8, color=INK)
STRONG = Style(7.8, bold=True, color=INK)
HEAD = Style(7.2, bold=True, color=ACCENT)
HEAD_EN = Style(6.4, color=MUTED)
LEADING, PADDING, GAP = 10.6, 4.6, 9.0


class Column(NamedTuple):
    """A column and where it stands; `x` is the edge or middle its text aligns to."""

    label: Label
    align: Align
    x: float
    width: float


class Row(NamedTuple):
    """The lines of text of each cell, and the height in points with the space above and below."""

    cells: tuple[list[str], ...]
    height: float


class Table:
    """Columns and rows of one invoice between `left` and `right`. Later templates change parts of it."""

    # How cells look, and that of what stands out among the sums; the columns whose text may take several lines.
    cell, strong = CELL, STRONG
    wrapped: tuple[int, ...] = (EXTERNAL_ID_COLUMN, DESCRIPTION_COLUMN)

    def __init__(self, face: Face, left: float, right: float) -> None:
        self._language = face.language
        self._left, self._right = left, right
        texts = face.rows
        self.columns = self._place(texts, face.sums[-1])
        self.rows = [self._row(text) for text in texts]
        self.head_height = 2 * PADDING + (18.0 if face.language == "both" else 10.0)

    def _place(self, texts: list[tuple[str, ...]], total: Sum) -> list[Column]:
        """Columns of figures fit their widest figure; the description has what is left."""
        widths = self._wanted(texts, total)
        widths[DESCRIPTION_COLUMN] = self._left_over(widths)
        columns, x = [], self._left
        for (label, is_figure), width in zip(COLUMNS, widths, strict=True):
            columns.append(Column(label, "right" if is_figure else "left", x + width if is_figure else x, width))
            x += width + GAP
        return columns

    def _wanted(self, texts: list[tuple[str, ...]], total: Sum) -> list[float]:
        """How wide each column would like to be; ids get up to 92 points."""
        longest = [max(column, key=len) for column in zip(*texts, strict=True)]
        widths = [typeset.width(text, self.cell) for text in longest]
        for index, sum_ in ((NET_COLUMN, total.net), (TAX_COLUMN, total.tax)):
            widths[index] = max(widths[index], typeset.width(sum_, self.strong))
        widths = [max(width, self._head_width(one.label)) for width, one in zip(widths, COLUMNS, strict=True)]
        widths[EXTERNAL_ID_COLUMN] = min(widths[EXTERNAL_ID_COLUMN], 92.0)
        return widths

    def _left_over(self, widths: list[float]) -> float:
        """What the other columns leave to the description."""
        # In this order for good: another sum of the same figures is another hundredth of a point on some invoices.
        return self._right - self._left - sum(widths) + widths[DESCRIPTION_COLUMN] - GAP * (len(widths) - 1)

    def _head_width(self, label: Label) -> float:
        styles = {"zh": [HEAD], "en": [HEAD], "both": [HEAD, HEAD_EN]}[self._language]
        return max(map(typeset.width, label.lines(self._language), styles))

    def _row(self, texts: tuple[str, ...]) -> Row:
        cells = [[text] for text in texts]
        for index in self.wrapped:
            cells[index] = typeset.wrap(texts[index], self.cell, self.columns[index].width)
        return Row(tuple(cells), max(len(cells[index]) for index in self.wrapped) * LEADING + 2 * PADDING)

    def plan(self, first_room: float, next_room: float, closing: float) -> list[tuple[int, int]]:
        """Rows [start, stop) of each page, given the room below the head on the first and on the later pages.

        The closing part (sums and words) needs `closing` points and stays in one piece, with a row above it on its page
        wherever there is more than one.
        """
        pages: list[tuple[int, int]] = []
        start, used, room = 0, 0.0, first_room
        for index, row in enumerate(self.rows):
            if used + row.height > room and index > start:
                pages.append((start, index))
                start, used, room = index, 0.0, next_room
            used += row.height
        if used + closing > room:
            # A single row that leaves no room below keeps its page, and the sums go on alone.
            last = len(self.rows) - 1 if len(self.rows) - start > 1 else len(self.rows)
            pages.append((start, last))
            start = last
        return [*pages, (start, len(self.rows))]

    def draw(self, page: Page, y: float, start: int, stop: int) -> float:
        """Draw the head and the rows [start, stop) from `y` down; the new y is returned."""
        self._draw_head(page, y)
        y += self.head_height
        for index in range(start, stop):
            row = self.rows[index]
            if index > start:
                page.rule(self._left, self._right, y, 0.4, HAIRLINE)
            self._draw_row(page, y, row.cells, self.cell)
            y += row.height
        if stop > start:
            page.rule(self._left, self._right, y, 0.8, ACCENT)
        return y

    def _draw_head(self, page: Page, y: float) -> None:
        page.rule(self._left, self._right, y, 0.8, ACCENT)
        bottom = y + self.head_height
        for column in self.columns:
            lines = column.label.lines(self._language)
            page.text(column.x, y + PADDING + 7.4, lines[0], HEAD, column.align)
            if len(lines) > 1:
                page.text(column.x, y + PADDING + 16.2, lines[1], HEAD_EN, column.align)
        page.rule(self._left, self._right, bottom, 0.8, ACCENT)

    def _draw_row(self, page: Page, y: float, texts: Sequence[list[str]], style: Style) -> None:
        for column, lines in zip(self.columns, texts, strict=True):
            baseline = y + PADDING + 7.9
            for line in lines:
                page.text(column.x, baseline, line, style, column.align)
                baseline += LEADING

    @property
    def sum_height(self) -> float:
        """Height of one line of sums."""
        return LEADING + 2 * PADDING

    def draw_sum(self, page: Page, y: float, sum_: Sum) -> float:
        """Draw a line of sums under the rows, its figures in their columns; the new y is returned."""
        baseline, style = y + PADDING + 7.9, self.style_of(sum_)
        self._draw_sum_label(page, baseline, sum_)
        for column, text in ((self.columns[NET_COLUMN], sum_.net), (self.columns[TAX_COLUMN], sum_.tax)):
            page.text(column.x, baseline, text, style, column.align)
        return y + self.sum_height

    def _draw_sum_label(self, page: Page, baseline: float, sum_: Sum) -> None:
        label = sum_.label.inline(self._language)
        said = f"{label}  {sum_.rate}" if sum_.rate else label
        page.text(self.columns[DESCRIPTION_COLUMN].x, baseline, said, self.style_of(sum_))

    def style_of(self, sum_: Sum) -> Style:
        """How a line of sums looks: that of everything stands out."""
        return self.cell if sum_.rate else self.strong
