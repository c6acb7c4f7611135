"""Templates v1 and v2 of the invoice's face: A4, letterhead, the two parties, lines, sums, words, remarks.

A template that has drawn an issued invoice is never changed in what it draws; a new look is a new template.
"""

from __future__ import annotations

from typing import NamedTuple

from backoffice.issuing import face as labels
from backoffice.issuing.face import Face, Fact, Label, Party
from backoffice.issuing.pdf import qr, typeset
from backoffice.issuing.pdf.canvas import PAGE_HEIGHT, PAGE_WIDTH, Canvas, Page
from backoffice.issuing.pdf.table import ACCENT, HAIRLINE, MUTED, TINT, Table
from backoffice.issuing.pdf.typeset import Style
from backoffice.issuing.rules import Snapshot

LEFT, RIGHT = 45.0, PAGE_WIDTH - 45.0
WIDTH = RIGHT - LEFT
NEXT_TOP, BOTTOM = 72.0, PAGE_HEIGHT - 56.0
QR_SIZE = 60.0
INSET = 14.0  # around the text of the panel with the words
PARTY_GAP, PARTY_LABEL = 28.0, 50.0

TITLE = Style(23, bold=True, color=ACCENT)
TITLE_EN = Style(13, color=ACCENT)
RUNNING_TITLE = Style(10, bold=True, color=ACCENT)
LETTERHEAD = Style(9.6, bold=True)
SMALL = Style(7.2, color=MUTED)
TINY = Style(6.4, color=MUTED)
VALUE = Style(8.2)
FACT = Style(9.4, bold=True)
PARTY = Style(10, bold=True)
SECTION = Style(7.6, bold=True, color=ACCENT)
GROSS = Style(16, bold=True, color=ACCENT)
CAPITALS = Style(9.6, bold=True)
WATERMARK = Style(100, bold=True, color="0.945 g")
ALERT = Style(9, bold=True, color="0.72 0.11 0.11 rg")
ALERT_FRAME = "0.72 0.11 0.11 RG"


class Spoken(NamedTuple):
    """An amount in words, wrapped for the panel."""

    label: Label
    lines: list[str]
    style: Style
    leading: float

    @property
    def height(self) -> float:
        """Label and lines, in points."""
        return 11.5 + len(self.lines) * self.leading


def draw(snapshot: Snapshot) -> Canvas:
    """All pages of the invoice or, without a number, of its draft."""
    return Layout(snapshot).draw()


class Layout:
    """The pages of one snapshot. Later templates change parts of it."""

    table = Table
    wrap = staticmethod(typeset.wrap)

    def __init__(self, snapshot: Snapshot) -> None:
        self._s = snapshot
        self._face = Face(snapshot)
        self._language = snapshot["language"]
        self._canvas = Canvas()
        self._table = self.table(self._face, LEFT, RIGHT)
        self._spoken = self._speak()

    def draw(self) -> Canvas:
        """Draw everything; the page plan is made first, so that each page knows of how many it is one."""
        page = self._open_page()
        y = self._draw_head(page)
        head = self._table.head_height
        plan = self._table.plan(BOTTOM - y - head, BOTTOM - NEXT_TOP - head, self._closing_height())
        for index, (start, stop) in enumerate(plan):
            if index:
                page, y = self._open_page(), NEXT_TOP
            y = self._table.draw(page, y, start, stop)
        y = self._draw_closing(page, y)
        for said in (self._face.reasons, self._face.remarks):
            if said is not None:
                page, y = self._draw_words(page, y, said)
        for number, each in enumerate(self._canvas.pages, 1):
            self._draw_foot(each, number)
        return self._canvas

    # Every page

    def _open_page(self) -> Page:
        page = self._canvas.add_page()
        if self._face.is_draft:
            mark = labels.DRAFT.inline(self._language, "  ")
            page.slanted(PAGE_WIDTH / 2, PAGE_HEIGHT / 2 + 60, mark, WATERMARK, 38)
        page.box(0, 0, PAGE_WIDTH, 5, ACCENT)
        if len(self._canvas.pages) > 1:
            self._draw_running_head(page)
        return page

    def _draw_running_head(self, page: Page) -> None:
        page.text(LEFT, 40, self._face.title.inline(self._language, "  "), RUNNING_TITLE)
        page.text(LEFT, 53, self._notice(), TINY)
        own = self._s["number"] or labels.DRAFT.inline(self._language)
        page.text(RIGHT, 40, own, ALERT if self._face.is_draft else FACT, "right")
        page.text(RIGHT, 53, self._s["issued_on"], SMALL, "right")

    def _draw_foot(self, page: Page, number: int) -> None:
        y = PAGE_HEIGHT - 40
        page.rule(LEFT, RIGHT, y, 0.4, HAIRLINE)
        own = self._s["number"] or labels.DRAFT.inline(self._language)
        page.text(LEFT, y + 14, own, SMALL)
        page.text(RIGHT, y + 14, labels.page_of(number, len(self._canvas.pages), self._language), SMALL, "right")

    def _notice(self) -> str:
        return "  ·  ".join(text for _, text in self._face.notice)

    # Head of the first page

    def _draw_head(self, page: Page) -> float:
        room = WIDTH - QR_SIZE - 20 if self._s["verify_url"] else WIDTH
        y = self._draw_letterhead(page, room)
        self._draw_title(page, y + 24)
        page.text(LEFT, y + 39, self._notice(), SMALL)
        self._draw_qr(page)
        y = self._draw_facts(page, max(y + 52, 118))
        return self._draw_parties(page, y + 22) + 8

    def _draw_letterhead(self, page: Page, room: float) -> float:
        first, second = self._face.letterhead
        y = self._draw_lines(page, LEFT, 40, typeset.wrap(first, LETTERHEAD, room), LETTERHEAD, 13)
        return self._draw_lines(page, LEFT, y, typeset.wrap(second, SMALL, room) if second else [], SMALL, 10)

    def _draw_title(self, page: Page, y: float) -> None:
        first, *rest = self._face.title.lines(self._language)
        page.text(LEFT, y, first, TITLE)
        x = LEFT + typeset.width(first, TITLE) + 11
        for text in rest:
            page.text(x, y, text, TITLE_EN)
            x += typeset.width(text, TITLE_EN) + 14
        if self._face.mark:
            note = f"{self._face.mark.label.inline(self._language)} · {self._face.mark.value}"
            page.frame(x, y - 13.5, typeset.width(note, ALERT) + 14, 18, 0.9, ALERT_FRAME)
            page.text(x + 7, y - 1.2, note, ALERT)

    def _draw_qr(self, page: Page) -> None:
        if not self._s["verify_url"]:
            return
        count, dark = qr.modules(self._s["verify_url"])
        top = 26.0
        page.grid(RIGHT - QR_SIZE, top, QR_SIZE / count, dark, "0 g")
        page.text(RIGHT, top + QR_SIZE + 10, labels.VERIFY.inline(self._language), TINY, "right")

    def _draw_facts(self, page: Page, y: float) -> float:
        page.rule(LEFT, RIGHT, y, 0.8, ACCENT)
        y = self._draw_row_of_facts(page, y, self._face.facts)
        return self._draw_row_of_facts(page, y, self._face.original) if self._face.original else y

    def _draw_row_of_facts(self, page: Page, y: float, facts: tuple[Fact, ...]) -> float:
        for x, fact in zip((0.0, 0.30, 0.53, 0.70), facts, strict=False):
            page.text(LEFT + x * WIDTH, y + 15, fact.label.inline(self._language), SMALL)
            page.text(LEFT + x * WIDTH, y + 29, fact.value, FACT)
        page.rule(LEFT, RIGHT, y + 39, 0.4, HAIRLINE)
        return y + 39

    def _draw_parties(self, page: Page, y: float) -> float:
        right = LEFT + (WIDTH + PARTY_GAP) / 2
        return max(self._draw_party(page, x, y, one) for x, one in zip((LEFT, right), self._face.parties, strict=True))

    def _draw_party(self, page: Page, x: float, y: float, party: Party) -> float:
        room = (WIDTH - PARTY_GAP) / 2
        page.text(x, y, party.title.inline(self._language), SECTION)
        y = self._draw_lines(page, x, y + 16, self.wrap(party.name, PARTY, room), PARTY, 14) + 1.5
        for fact in party.facts:
            page.text(x, y, fact.label.inline(self._language), SMALL)
            lines = self.wrap(fact.value, VALUE, room - PARTY_LABEL)
            y = self._draw_lines(page, x + PARTY_LABEL, y, lines, VALUE, 11.2) + 1.6
        return y

    @staticmethod
    def _draw_lines(page: Page, x: float, y: float, lines: list[str], style: Style, leading: float) -> float:
        """Draw lines of text from baseline `y` down; the baseline after them is returned."""
        for line in lines:
            page.text(x, y, line, style)
            y += leading
        return y

    # Sums, words, remarks

    def _speak(self) -> list[Spoken]:
        """Both wordings of the gross; the reader's language first."""
        gross = self._face.gross
        figure = max(typeset.width(gross.value, GROSS), typeset.width(gross.label.inline(self._language), SMALL))
        room = WIDTH - figure - 3 * INSET
        looks = {labels.CAPITALS: (CAPITALS, 13), labels.WORDS: (VALUE, 11)}
        return [
            Spoken(one.label, typeset.wrap(one.value, looks[one.label][0], room), *looks[one.label])
            for one in self._face.wordings
        ]

    def _closing_height(self) -> float:
        return len(self._face.sums) * self._table.sum_height + 6 + self._panel_height()

    def _panel_height(self) -> float:
        return 2 * INSET - 9 + sum(spoken.height for spoken in self._spoken) + 5

    def _draw_closing(self, page: Page, y: float) -> float:
        for sum_ in self._face.sums:
            y = self._table.draw_sum(page, y, sum_)
        y += 6
        height = self._panel_height()
        page.box(LEFT, y, WIDTH, height, TINT)
        page.box(LEFT, y, 2.4, height, ACCENT)
        baseline = y + INSET + 5
        for spoken in self._spoken:
            page.text(LEFT + INSET, baseline, spoken.label.inline(self._language), SMALL)
            lines = self._draw_lines(page, LEFT + INSET, baseline + 12.5, spoken.lines, spoken.style, spoken.leading)
            baseline = lines + 4
        gross = self._face.gross
        page.text(RIGHT - INSET, y + INSET + 5, gross.label.inline(self._language), SMALL, "right")
        page.text(RIGHT - INSET, y + INSET + 25, gross.value, GROSS, "right")
        return y + height

    def _draw_words(self, page: Page, y: float, said: Fact) -> tuple[Page, float]:
        """Words under everything else, such as remarks; they may run on to further pages. Returns where they end."""
        y += 22
        if y + 26 > BOTTOM:
            page, y = self._open_page(), NEXT_TOP + 10
        page.text(LEFT, y, said.label.inline(self._language), SECTION)
        y += 14
        for line in typeset.wrap(said.value, VALUE, WIDTH):
            if y > BOTTOM:
                page, y = self._open_page(), NEXT_TOP + 10
            page.text(LEFT, y, line, VALUE)
            y += 11.6
        return page, y
