"""What comes out of the printer: totals once and at the end, what is left out said, whose page it is and of when."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice import clock
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.web.paging import DEFAULT_SIZE
from tests.browser.conftest import Screen
from tests.browser.typist import Typist
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser
MANY = 55  # recharges of a month: more than a bill or a page of a list shows, more lines than a sheet has
# Sheets of several heights: where a table is cut is not left to chance.
HEIGHTS = range(170, 300, 13)  # millimetres
Printer = Callable[..., list[str]]


@pytest.fixture
def sheets(tmp_path: Path) -> Printer:
    """`sheets(page)` prints the page and reads each sheet of paper; with a height on paper of that many millimetres."""

    def read(page: Page, height: int | None = None) -> list[str]:
        file = tmp_path / "paper.pdf"
        page.pdf(path=file, **({"width": "210mm", "height": f"{height}mm"} if height else {"format": "A4"}))
        done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True)
        return done.stdout.split("\f")[:-1]

    return read


@pytest.fixture
def month(stage: Stage) -> str:
    """A month with recharges on all its days, which ended long ago: what its bill says does not hang on today."""
    first = (clock.now() - timedelta(days=150)).replace(day=1, hour=3)
    lines = [
        Line(
            number=1, kind="recharge", external_id=f"R-{turn:02}", account="lumen", status="completed",
            amount=Decimal("100.00"), occurred_at=first + timedelta(hours=turn * 11), refund_of=None,
        )
        for turn in range(MANY)
    ]  # fmt: skip
    stage.do(book, lines, source="platform")
    return f"{first:%Y-%m}"


def one_line(pages: list[str]) -> str:
    """All the text without its layout."""
    return " ".join(" ".join(pages).split())


def written(page: str) -> list[str]:
    """The lines of a sheet that something stands on."""
    return [line for line in page.splitlines() if line.strip()]


def test_a_total_stands_once_below_its_last_rows(
    stage: Stage, month: str, window: Callable[..., Screen], sheets: Printer
) -> None:
    page = window(stage.cast.ada).open(f"/bills?month={month}")
    row, total = re.compile(r"^\s*\d+ \w+ \d{4} .*¥[1-3]00\.00"), re.compile(r"^\s*Total .*¥5,500\.00")
    for height in HEIGHTS:
        found = [lines for lines in map(written, sheets(page, height)) if any(map(total.match, lines))]
        assert len(found) == 1, height
        place = next(at for at, line in enumerate(found[0]) if total.match(line))
        assert [bool(row.match(line)) for line in found[0][place - 2 : place]] == [True, True], height


def test_the_preview_of_many_lines_has_its_totals_at_the_end(
    stage: Stage, month: str, window: Callable[..., Screen], sheets: Printer
) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("17000.00")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    for height in HEIGHTS[::3]:
        found = [text for text in sheets(page, height) if re.search(r"^\s*合计 Total\s", text, re.MULTILINE)]
        assert len(found) == 1, height
        # Its last line and the one before stand above it on the same sheet.
        assert all(re.search(rf"^\s*{line} +20", found[0], re.MULTILINE) for line in (MANY + 2, MANY + 3)), height


def test_paper_says_what_it_leaves_out(
    stage: Stage, month: str, typist: Callable[[Person], Typist], sheets: Printer
) -> None:
    ada = typist(stage.cast.ada)
    in_file = squeezed(ada.word("The whole list is in the XLSX file."))
    ada.open("/bills/entries")
    first = {"en": f"Here are the first {DEFAULT_SIZE} lines of a longer list.",
             "zh": f"此处为列表的前 {DEFAULT_SIZE} 条，其后还有。"}[ada.manner.language]  # fmt: skip
    expect(ada.page.get_by_text(first)).to_be_hidden()
    assert squeezed(first) + in_file in squeezed(*sheets(ada.page))
    ada.open("/bills/entries?last=1")
    last = {"en": "Here are the last", "zh": "此处为列表的最后"}[ada.manner.language]
    assert squeezed(last) in squeezed(*sheets(ada.page))
    # A list that is whole says nothing.
    ada.open("/invoices")
    assert in_file not in squeezed(*sheets(ada.page))
    ada.open(f"/bills?month={month}")
    told = ada.word(
        "Here are the last %(shown)s recharges of this month. All of them are under Entries, also as an XLSX file.",
        shown=20,
    )  # fmt: skip
    assert squeezed(told) in squeezed(*sheets(ada.page))


def test_the_list_of_requests_says_which_part_of_it_is_printed(
    stage: Stage, window: Callable[..., Screen], sheets: Printer
) -> None:
    for _ in range(DEFAULT_SIZE + 1):
        stage.apply(stage.cast.ada, "1.00")
    page = window(stage.cast.ada).open("/invoices?status=pending&status=approved")
    text = one_line(sheets(page))
    assert f"the first {DEFAULT_SIZE} lines of a longer list. The whole list is in the XLSX file." in text
    assert "Status Pending" in text
    assert "Clear all" not in text


def squeezed(*texts: str) -> str:
    """Without spaces: a printed line breaks anywhere in Chinese."""
    return "".join("".join(texts).split())


def test_paper_names_the_account_and_the_day(stage: Stage, typist: Callable[[Person], Typist], sheets: Printer) -> None:
    ada = typist(stage.cast.ada)
    today = clock.today()
    day = {"en": f"{today.day} {today:%b} {today.year}", "zh": f"{today.year}年{today.month}月{today.day}日"}
    for path in ("/invoices", "/bills", "/invoices/balance", "/invoices/statement", "/bills/entries"):
        ada.page.goto(ada.site + path)
        line = ada.page.locator(".print-line")
        expect(line).to_be_hidden()
        text = squeezed(sheets(ada.page)[0])
        assert squeezed(ada.word("Customer account: %(name)s", name="Lumen Robotics")) in text, path
        assert squeezed(day[ada.manner.language]) in squeezed(line.text_content() or ""), path
        assert squeezed(line.text_content() or "") in text, path
    number = stage.apply(stage.cast.ada, "1.00")
    ada.page.goto(f"{ada.site}/invoices/{number}?print=1")
    assert squeezed(ada.word("Customer account: %(name)s", name="Lumen Robotics")) in squeezed(sheets(ada.page)[0])


def test_nothing_empty_is_printed_and_no_head_stands_alone(
    stage: Stage, month: str, window: Callable[..., Screen], sheets: Printer
) -> None:
    page = window(stage.cast.ada).open("/invoices/balance")
    # Every millimetre about where the head comes to stand at the foot of a sheet: its own edge is one of the places.
    for height in (*HEIGHTS, *range(240, 256)):
        pages = sheets(page, height)
        assert "Balance of a past day" not in one_line(pages)
        (head,) = [text for text in pages if re.search(r"^\s*Statement\s*$", text, re.MULTILINE)]
        assert re.search(r"^\s*Statement\s*$\s+When .*\n+.*Recharged", head, re.MULTILINE), height
        assert one_line(pages).endswith(f"first {DEFAULT_SIZE} lines of a longer list."), (
            "below all rows, not upon them"
        )
    page.goto(page.url + f"?on={clock.today()}")
    for height in HEIGHTS:
        (past,) = [text for text in sheets(page, height) if "Balance of a past day" in text]
        assert "as the books had it" in " ".join(past.split()), height
