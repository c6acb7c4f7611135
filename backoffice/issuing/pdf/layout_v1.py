"""Template v1 of the invoice's face: A4, letterhead, the two parties, lines, sums, words, remarks.

A template that has drawn an issued invoice is never changed in what it draws; a new look is a new template.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from backoffice.issuing.pdf import labels, qr, typeset
from backoffice.issuing.pdf.canvas import PAGE_HEIGHT, PAGE_WIDTH, Canvas, Page
from backoffice.issuing.pdf.labels import Label
from backoffice.issuing.pdf.table import (
    ACCENT,
    CELL,
    HAIRLINE,
    MUTED,
    STRONG,
    TINT,
    Table,
    amount,
    rate,
)
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
    return _Layout(snapshot).draw()


class _Layout:
    def __init__(self, snapshot: Snapshot) -> None:
        self._s = snapshot
        self._language = snapshot["language"]
        self._draft = snapshot["number"] is None
        self._canvas = Canvas()
        sums = (amount(snapshot["net"]), amount(snapshot["tax"]))
        self._table = Table(snapshot["lines"], sums, self._language, LEFT, RIGHT)
        self._gross = f"{snapshot['currency']} {amount(snapshot['gross'])}"
        self._spoken = self._speak()

    def draw(self) -> Canvas:
        page = self._open_page()
        y = self._draw_head(page)
        head = self._table.head_height
        plan = self._table.plan(BOTTOM - y - head, BOTTOM - NEXT_TOP - head, self._closing_height())
        for index, (start, stop) in enumerate(plan):
            if index:
                page, y = self._open_page(), NEXT_TOP
            y = self._table.draw(page, y, start, stop)
        y = self._draw_closing(page, y)
        self._draw_remarks(page, y)
        for number, each in enumerate(self._canvas.pages, 1):
            self._draw_foot(each, number)
        return self._canvas

    # Every page

    def _open_page(self) -> Page:
        page = self._canvas.add_page()
        if self._draft:
            mark = labels.DRAFT.inline(self._language, "  ")
            page.slanted(PAGE_WIDTH / 2, PAGE_HEIGHT / 2 + 60, mark, WATERMARK, 38)
        page.box(0, 0, PAGE_WIDTH, 5, ACCENT)
        if len(self._canvas.pages) > 1:
            self._draw_running_head(page)
        return page

    def _draw_running_head(self, page: Page) -> None:
        page.text(LEFT, 40, labels.TITLE.inline(self._language, "  "), RUNNING_TITLE)
        page.text(LEFT, 53, self._notice(), TINY)
        own, style = (labels.DRAFT.inline(self._language), ALERT) if self._draft else (self._s["number"] or "", FACT)
        page.text(RIGHT, 40, own, style, "right")
        page.text(RIGHT, 53, self._s["issued_on"], SMALL, "right")

    def _draw_foot(self, page: Page, number: int) -> None:
        y = PAGE_HEIGHT - 40
        page.rule(LEFT, RIGHT, y, 0.4, HAIRLINE)
        own = self._s["number"] or labels.DRAFT.inline(self._language)
        page.text(LEFT, y + 14, own, SMALL)
        page.text(RIGHT, y + 14, labels.page_of(number, len(self._canvas.pages), self._language), SMALL, "right")

    def _notice(self) -> str:
        zh, en = labels.NOTICE
        return f"{en}  ·  {zh}" if self._language == "en" else f"{zh}  ·  {en}"

    # Head of the first page

    def _draw_head(self, page: Page) -> float:
        room = WIDTH - QR_SIZE - 20 if self._s["verify_url"] else WIDTH
        first, second = self._seller_names()
        y = self._draw_lines(page, LEFT, 40, typeset.wrap(first, LETTERHEAD, room), LETTERHEAD, 13)
        y = self._draw_lines(page, LEFT, y, typeset.wrap(second, SMALL, room) if second else [], SMALL, 10)
        self._draw_title(page, y + 24)
        page.text(LEFT, y + 39, self._notice(), SMALL)
        self._draw_qr(page)
        y = self._draw_facts(page, max(y + 52, 118))
        return self._draw_parties(page, y + 22) + 8

    def _seller_names(self) -> tuple[str, str]:
        """The seller's name and its other form, the one in the reader's script first."""
        name, latin = self._s["seller"]["name"], self._s["seller"]["latin_name"]
        if not latin or latin == name:
            return name, ""
        return (latin, name) if self._language == "en" else (name, latin)

    def _draw_title(self, page: Page, y: float) -> None:
        first, *rest = labels.TITLE.lines(self._language)
        page.text(LEFT, y, first, TITLE)
        x = LEFT + typeset.width(first, TITLE) + 11
        for text in rest:
            page.text(x, y, text, TITLE_EN)
            x += typeset.width(text, TITLE_EN) + 14
        if self._draft:
            note = f"{labels.DRAFT.inline(self._language)} · {labels.DRAFT_NOTE.inline(self._language)}"
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
        facts = [
            (labels.NUMBER, self._s["number"] or "—"),
            (labels.ISSUED_ON, self._s["issued_on"]),
            (labels.CURRENCY, self._s["currency"]),
            (labels.REQUEST, self._s["request_number"] or "—"),
        ]
        page.rule(LEFT, RIGHT, y, 0.8, ACCENT)
        for x, (label, value) in zip((0.0, 0.30, 0.53, 0.70), facts, strict=True):
            page.text(LEFT + x * WIDTH, y + 15, label.inline(self._language), SMALL)
            page.text(LEFT + x * WIDTH, y + 29, value, FACT)
        page.rule(LEFT, RIGHT, y + 39, 0.4, HAIRLINE)
        return y + 39

    def _draw_parties(self, page: Page, y: float) -> float:
        x = LEFT + (WIDTH + PARTY_GAP) / 2
        return max(
            self._draw_party(page, LEFT, y, labels.BUYER, self._s["buyer"]),
            self._draw_party(page, x, y, labels.SELLER, self._s["seller"]),
        )

    def _draw_party(self, page: Page, x: float, y: float, title: Label, party: Mapping[str, object]) -> float:
        room = (WIDTH - PARTY_GAP) / 2
        page.text(x, y, title.inline(self._language), SECTION)
        y = self._draw_lines(page, x, y + 16, typeset.wrap(str(party["name"]), PARTY, room), PARTY, 14) + 1.5
        for field, label in labels.PARTY_FIELDS.items():
            value = str(party[field])
            if not value:
                continue
            page.text(x, y, label.inline(self._language), SMALL)
            lines = typeset.wrap(value, VALUE, room - PARTY_LABEL)
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
        figure = max(typeset.width(self._gross, GROSS), typeset.width(labels.GROSS.inline(self._language), SMALL))
        room = WIDTH - figure - 3 * INSET
        spoken = [
            Spoken(labels.CAPITALS, typeset.wrap(self._s["capitals"], CAPITALS, room), CAPITALS, 13),
            Spoken(labels.WORDS, typeset.wrap(self._s["words"], VALUE, room), VALUE, 11),
        ]
        return spoken[::-1] if self._language == "en" else spoken

    def _sum_lines(self) -> int:
        groups = len(self._s["tax_groups"])
        return groups + 1 if groups > 1 else 1

    def _closing_height(self) -> float:
        return self._sum_lines() * self._table.sum_height + 6 + self._panel_height()

    def _panel_height(self) -> float:
        return 2 * INSET - 9 + sum(spoken.height for spoken in self._spoken) + 5

    def _draw_closing(self, page: Page, y: float) -> float:
        groups = self._s["tax_groups"]
        for group in groups if len(groups) > 1 else []:
            label = f"{labels.SUBTOTAL.inline(self._language)}  {rate(group['kind'], group['rate'], self._language)}"
            y = self._table.draw_sum(page, y, label, amount(group["net"]), amount(group["tax"]), CELL)
        label = labels.TOTAL.inline(self._language)
        y = self._table.draw_sum(page, y, label, amount(self._s["net"]), amount(self._s["tax"]), STRONG) + 6
        height = self._panel_height()
        page.box(LEFT, y, WIDTH, height, TINT)
        page.box(LEFT, y, 2.4, height, ACCENT)
        baseline = y + INSET + 5
        for spoken in self._spoken:
            page.text(LEFT + INSET, baseline, spoken.label.inline(self._language), SMALL)
            lines = self._draw_lines(page, LEFT + INSET, baseline + 12.5, spoken.lines, spoken.style, spoken.leading)
            baseline = lines + 4
        page.text(RIGHT - INSET, y + INSET + 5, labels.GROSS.inline(self._language), SMALL, "right")
        page.text(RIGHT - INSET, y + INSET + 25, self._gross, GROSS, "right")
        return y + height

    def _draw_remarks(self, page: Page, y: float) -> None:
        """Remarks under everything else; they may run on to further pages."""
        if not self._s["remarks"]:
            return
        y += 22
        if y + 26 > BOTTOM:
            page, y = self._open_page(), NEXT_TOP + 10
        page.text(LEFT, y, labels.REMARKS.inline(self._language), SECTION)
        y += 14
        for line in typeset.wrap(self._s["remarks"], VALUE, WIDTH):
            if y > BOTTOM:
                page, y = self._open_page(), NEXT_TOP + 10
            page.text(LEFT, y, line, VALUE)
            y += 11.6
