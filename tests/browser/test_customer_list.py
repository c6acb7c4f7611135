"""The customer's list: searched and filtered, as CSV, XLSX and zip, each read back when it has arrived."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Route, expect

from backoffice.headers import services as headers
from tests.browser.typist import Typist
from tests.journeys.stage import LUMEN_HEADER, Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

SECOND = {**LUMEN_HEADER, "name": "流明备件有限公司"}


def test_the_list_is_searched_and_taken_along(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    mine = stage.headers[stage.cast.lumen]
    issued = [stage.approve(stage.apply(stage.cast.ada, amount)) for amount in ("100.00", "1409.50")]
    second = stage.do(headers.create, stage.cast.ada.actor, SECOND, known_look_alikes=[mine]).id
    stage.headers[stage.cast.lumen] = second
    pending = stage.apply(stage.cast.ada, "7.00")
    stage.work()
    ada = typist(stage.cast.ada)
    ada.open("/invoices")
    shows(ada, pending, *reversed(issued))
    it_is_found_by_number_header_and_amount(ada, issued, pending)
    ada.toggle(ada.control("checkbox", "Issued"))
    ada.press("button", "Filter")
    ada.page.wait_for_url(re.compile("status=issued"))
    shows(ada, *reversed(issued))
    the_filtered_list_arrives_as_files(ada, stage, issued)
    chosen_invoices_arrive_as_a_zip(ada, stage, issued)
    a_download_is_stopped(ada)
    ada.press("link", "Remove filter %(name)s: %(value)s", name=ada.word("Status"), value=ada.word("Issued"))
    ada.page.wait_for_url(re.compile(r"/invoices$"))
    shows(ada, pending, *reversed(issued))


def shows(ada: Typist, *numbers: str) -> None:
    """Exactly these requests stand in the list, in this order."""
    expect(ada.page.locator("tbody th a")).to_have_text(list(numbers))
    ada.fits()


def it_is_found_by_number_header_and_amount(ada: Typist, issued: list[str], pending: str) -> None:
    """A part of the number, of the invoice number or of the header is enough; an amount is found when it is exact."""
    for typed, found in (
        (issued[0][-6:], [issued[0]]),
        ("INV-", list(reversed(issued))),
        ("备件", [pending]),
        ("1,409.50", [issued[1]]),
    ):
        ada.fill("Number, header or amount", typed)
        ada.keys.press("Enter")
        ada.page.wait_for_url(re.compile("q="))
        shows(ada, *found)
    ada.fill("Number, header or amount", "1409.51")
    ada.keys.press("Enter")
    ada.reads("No request matches these filters")
    ada.press("link", "Show all requests")
    ada.page.wait_for_url(re.compile(r"/invoices$"))
    shows(ada, pending, *reversed(issued))


def the_filtered_list_arrives_as_files(ada: Typist, stage: Stage, issued: list[str]) -> None:
    """What stands on the page stands in the files, under headings in the reader's language."""
    headings = [ada.word(name) for name in ("Request", "Invoice number", "Invoice Header", "Amount", "Status")]
    wanted = [
        (number, str(stage.request(number).invoice_number), LUMEN_HEADER["name"], amount, ada.word("Issued"))
        for number, amount in zip(reversed(issued), (1409.5, 100.0), strict=True)
    ]
    name, content = ada.download(ada.named("link", f"{ada.word('This list as')} CSV"))
    assert re.fullmatch(rf"{ada.word('Invoices')} \d{{4}}-\d\d-\d\d\.csv", name)
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    found = [tuple(row[heading] for heading in headings) for row in rows]
    assert [(*row[:3], float(row[3]), row[4]) for row in found] == wanted
    expect(ada.page.locator("[data-download-text]")).to_have_text(ada.word("The file is complete."))
    name, content = ada.download(ada.named("link", f"{ada.word('This list as')} XLSX"))
    assert name.endswith(".xlsx")
    head, *lines = load_workbook(io.BytesIO(content)).active.values
    places = [head.index(heading) for heading in headings]
    assert [tuple(line[place] for place in places) for line in lines] == wanted


def chosen_invoices_arrive_as_a_zip(ada: Typist, stage: Stage, issued: list[str]) -> None:
    """One chosen with Space: its number, its very bytes, and a manifest that agrees; then all of the page."""
    request = stage.request(issued[1])
    button = ada.page.locator("[data-picked]")
    expect(button).to_be_disabled()
    ada.toggle(ada.named("checkbox", f"{ada.word('Select')} {request.invoice_number}"))
    chosen = ada.control("button", "Download %(count)s selected", count=1)
    name, content = ada.download(chosen)
    assert re.fullmatch(rf"{ada.word('Invoices')} \d{{4}}-\d\d-\d\d\.zip", name)
    stored = stage.document(issued[1])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        manifest, document, xml = archive.namelist()
        assert (manifest, document) == ("manifest.csv", f"{request.invoice_number} {LUMEN_HEADER['name']}.pdf")
        assert archive.read(document) == stored
        assert xml == document.replace(".pdf", ".xml")
        (row,) = csv.DictReader(io.StringIO(archive.read(manifest).decode("utf-8-sig"), newline=""))
    assert row[ada.word("Invoice number")] == request.invoice_number
    assert row["SHA-256"] == hashlib.sha256(stored).hexdigest()
    its_progress_was_shown(ada, len(content))
    ada.toggle(ada.control("checkbox", "All on this page"))
    expect(ada.control("button", "Download %(count)s selected", count=2)).to_be_enabled()
    _, content = ada.download(ada.control("button", "Download %(count)s selected", count=2))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = [archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".pdf")]
    assert kept == [stage.document(number) for number in issued]


def its_progress_was_shown(ada: Typist, size: int) -> None:
    """How much has arrived of how much: the server tells the size before the first byte."""
    bar = ada.page.locator("[data-download-bar] progress")
    assert bar.evaluate("bar => [bar.max, bar.value]") == [size, size]
    megabytes = f"{size / 1024 / 1024:.1f}"
    expect(ada.page.locator("[data-download-size]")).to_have_text(f"{megabytes} / {megabytes} MB")
    expect(ada.page.locator("[data-download-text]")).to_have_text(ada.word("The file is complete."))
    expect(ada.page.locator("#announcer")).to_have_text(ada.word("The file is complete."))


def a_download_is_stopped(ada: Typist) -> None:
    """While it is on its way the bar stands there with a button that stops it."""
    held: list[Route] = []
    ada.page.route("**/archive.zip*", lambda route: held.append(route))
    ada.press("link", "Invoices on this page")
    expect(ada.page.get_by_role("progressbar")).to_be_visible()
    ada.reads("The file is being made …")
    ada.fits()
    ada.press("button", "Stop")
    ada.reads("The download was stopped.")
    ada.page.unroute("**/archive.zip*")
