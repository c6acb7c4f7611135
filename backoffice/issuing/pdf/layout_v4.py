"""Template v4 of the invoice's face: v3 with columns that fit what stands in them, whatever the amounts and tax kinds.

Before, the column of rates was as wide as its text of most characters, which is not always the widest one; and large
amounts beside long kinds of tax left the description no room, so that its row was higher than a page.
"""

from __future__ import annotations

from backoffice.issuing.face import COLUMNS, DESCRIPTION_COLUMN, EXTERNAL_ID_COLUMN, RATE_COLUMN, Face, Sum
from backoffice.issuing.pdf import layout_v3, typeset
from backoffice.issuing.pdf.canvas import Canvas, Page
from backoffice.issuing.pdf.table import CELL, GAP, LEADING, STRONG
from backoffice.issuing.rules import Snapshot

# In a description of this width the longest text takes less than a page, whatever its characters.
DESCRIPTION_LEAST = 100.0
# How much room the description gets, from the first of these that gives it enough: the size of all cells, whether rates
# take a line for each word, and how wide ids may be.
_WAYS = ((CELL.size, False, 92.0), (CELL.size, True, 92.0), (CELL.size, True, 60.0), (6.4, True, 60.0))


def draw(snapshot: Snapshot) -> Canvas:
    """All pages of the invoice or, without a number, of its draft."""
    return Layout(snapshot).draw()


class FittingTable(layout_v3.CloseTable):
    """Where the description had no room, rates and ids take several lines, and at last all cells are set smaller."""

    def __init__(self, face: Face, left: float, right: float) -> None:
        self._rates = {row[RATE_COLUMN] for row in face.rows}
        self._by_words = False
        super().__init__(face, left, right)

    def _wanted(self, texts: list[tuple[str, ...]], total: Sum) -> list[float]:
        for size, self._by_words, most in _WAYS:
            self.cell, self.strong = CELL._replace(size=size), STRONG._replace(size=size)
            widths = super()._wanted(texts, total)
            widths[EXTERNAL_ID_COLUMN] = min(widths[EXTERNAL_ID_COLUMN], most)
            widths[RATE_COLUMN] = max(self._rate_width(), self._head_width(COLUMNS[RATE_COLUMN].label))
            if self._left_over(widths) >= min(DESCRIPTION_LEAST, widths[DESCRIPTION_COLUMN]):
                break
        self.wrapped = (EXTERNAL_ID_COLUMN, DESCRIPTION_COLUMN, *([RATE_COLUMN] if self._by_words else []))
        return widths

    def _left_over(self, widths: list[float]) -> float:
        # The order in which v4 has always added, which is not that of the templates before it.
        others = sum(widths) - widths[DESCRIPTION_COLUMN]
        return self._right - self._left - others - GAP * (len(widths) - 1)

    def _rate_width(self) -> float:
        parts = [word for rate in self._rates for word in rate.split()] if self._by_words else self._rates
        return max(typeset.width(part, self.cell) for part in parts)

    def height_of(self, sum_: Sum) -> float:
        """Height of one line of sums with all lines of its rate."""
        return self.sum_height + (len(self.rate_lines(sum_.rate)) - 1) * LEADING

    def draw_sum(self, page: Page, y: float, sum_: Sum) -> float:
        super().draw_sum(page, y, sum_)
        return y + self.height_of(sum_)

    def _draw_sum_label(self, page: Page, baseline: float, sum_: Sum) -> None:
        super()._draw_sum_label(page, baseline, sum_._replace(rate=""))
        column, style = self.columns[RATE_COLUMN], self.style_of(sum_)
        for line in self.rate_lines(sum_.rate):
            page.text(column.x, baseline, line, style, column.align)
            baseline += LEADING

    def rate_lines(self, rate: str) -> list[str]:
        """A rate as the table shows it: a line for each of its words where room is scarce."""
        return typeset.wrap(rate, self.cell, self.columns[RATE_COLUMN].width) if self._by_words else [rate]


class Layout(layout_v3.Layout):
    """As v3, with another table."""

    table = FittingTable
    _table: FittingTable

    def _closing_height(self) -> float:
        return sum(map(self._table.height_of, self._face.sums)) + 6 + self._panel_height()
