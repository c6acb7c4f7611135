"""Template v3 of the invoice's face: v1 with the seller's logo, rates of subtotals in their column, remarks that say on
every page what they are, and names without a single character on their last line."""

from __future__ import annotations

from backoffice.issuing.face import DESCRIPTION_COLUMN, RATE_COLUMN, Fact, Sum
from backoffice.issuing.pdf import layout_v1, typeset
from backoffice.issuing.pdf.canvas import Canvas, Page
from backoffice.issuing.pdf.layout_v1 import BOTTOM, LEFT, LETTERHEAD, NEXT_TOP, SECTION, SMALL, VALUE, WIDTH
from backoffice.issuing.pdf.picture import logo
from backoffice.issuing.pdf.table import Table
from backoffice.issuing.rules import Snapshot

LOGO_TOP, LOGO_GAP = 26.0, 14.0
# From the top of the names to their first baseline, and from line to line.
ASCENT, NAME_LEADING, OTHER_LEADING = 10.0, 13.0, 10.0
WORDS_LEADING, WORDS_GAP = 11.6, 16.0
SUM_HEIGHT = 15.6
# Of words that run on to another page, so many lines stay together.
TOGETHER = 2


def draw(snapshot: Snapshot) -> Canvas:
    """All pages of the invoice or, without a number, of its draft."""
    return Layout(snapshot).draw()


class CloseTable(Table):
    """Lines of sums stand closer than rows; a first row without room under a tall head begins on the next page."""

    @property
    def sum_height(self) -> float:
        return SUM_HEIGHT

    def plan(self, first_room: float, next_room: float, closing: float) -> list[tuple[int, int]]:
        if self.rows[0].height <= first_room:
            return super().plan(first_room, next_room, closing)
        return [(0, 0), *super().plan(next_room, next_room, closing)]

    def draw(self, page: Page, y: float, start: int, stop: int) -> float:
        return y if stop == 0 else super().draw(page, y, start, stop)

    def _draw_sum_label(self, page: Page, baseline: float, sum_: Sum) -> None:
        style, column = self.style_of(sum_), self.columns[RATE_COLUMN]
        page.text(self.columns[DESCRIPTION_COLUMN].x, baseline, sum_.label.inline(self._language), style)
        page.text(column.x, baseline, sum_.rate, style, column.align)


class Layout(layout_v1.Layout):
    """As v1, but for what this module's own words name."""

    table: type[Table] = CloseTable
    wrap = staticmethod(typeset.wrap_even)

    def _draw_letterhead(self, page: Page, room: float) -> float:
        """The logo with the names beside it, in the middle of its height; the higher one says where the title is."""
        if self._face.logo is None:
            return super()._draw_letterhead(page, room)
        picture = logo(self._face.logo)
        width, height = picture.size
        page.picture(LEFT, LOGO_TOP, width, height, picture)
        x, room = LEFT + width + LOGO_GAP, room - width - LOGO_GAP
        name, other = self._face.letterhead
        names = self.wrap(name, LETTERHEAD, room)
        others = self.wrap(other, SMALL, room) if other else []
        taken = len(names) * NAME_LEADING + len(others) * OTHER_LEADING
        y = LOGO_TOP + max(0.0, (height - taken) / 2) + ASCENT
        y = self._draw_lines(page, x, y, names, LETTERHEAD, NAME_LEADING)
        y = self._draw_lines(page, x, y, others, SMALL, OTHER_LEADING)
        return max(y, LOGO_TOP + height + LOGO_GAP / 2)

    def _draw_words(self, page: Page, y: float, said: Fact) -> tuple[Page, float]:
        """As v1, but what runs on says again what it is, and no single line stands alone on a page."""
        lines = typeset.wrap(said.value, VALUE, WIDTH)
        y += WORDS_GAP + 6
        while lines:
            fits = int((BOTTOM - y - 14) // WORDS_LEADING) + 1 if y + 14 <= BOTTOM else 0
            if 0 < len(lines) - fits < TOGETHER:
                fits = len(lines) - TOGETHER
            if fits < min(TOGETHER, len(lines)):
                page, y = self._open_page(), NEXT_TOP + 10
                continue
            page.text(LEFT, y, said.label.inline(self._language), SECTION)
            y = self._draw_lines(page, LEFT, y + 14, lines[:fits], VALUE, WORDS_LEADING)
            lines = lines[fits:]
            if lines:
                page, y = self._open_page(), NEXT_TOP + 10
        return page, y - WORDS_LEADING
