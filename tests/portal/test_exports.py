"""Lists as files and many invoices as one zip."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook

from backoffice import storage
from backoffice.database import session
from backoffice.issuing import jobs
from backoffice.issuing.models import Invoice
from backoffice.issuing.pdf import enclosed
from backoffice.portal.views import archive
from tests.portal.conftest import Customer, World, text
from tests.portal.crowd import many_entries, many_requests
from tests.portal.march import line, tell
from tests.support import pdfs
from tests.support.office import Office
from tests.support.sql import statements

pytestmark = pytest.mark.both_databases


def rows_of(browser: Customer, address: str) -> list[dict[str, str]]:
    """What a CSV export holds, by heading."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def sheet_of(browser: Customer, address: str) -> list[tuple[Any, ...]]:
    """What a spreadsheet export holds."""
    return list(load_workbook(io.BytesIO(browser.get(address).get_data())).active.values)


def zip_of(browser: Customer, address: str) -> zipfile.ZipFile:
    """The archive behind an address, whole and sound."""
    answer = browser.get(address)
    assert answer.status_code == 200, text(answer)
    assert answer.mimetype == "application/zip"
    content = answer.get_data()
    assert len(content) == int(answer.headers["Content-Length"])
    archived = zipfile.ZipFile(io.BytesIO(content))
    assert archived.testzip() is None
    return archived


def credit(world: World, number: str, amount: str) -> None:
    """A credit note on an invoice over the first recharge, with its document."""
    with world.app.app_context():
        office = Office.__new__(Office)
        office.cast = world.cast
        office.credit(number, {"R1": amount})
        assert jobs.issue_due() == 1


def test_the_filtered_list_as_files(ada: Customer, world: World) -> None:
    ada.apply(amount="7", remarks="=1+1")
    number = ada.apply(amount="1409.50")
    world.issue(number)
    rows = rows_of(ada, "/invoices/export.csv?q=机器")
    assert [(row["Request"], row["Amount"], row["Status"]) for row in rows] == [
        (number, "1409.50", "Issued"), (rows[1]["Request"], "7.00", "Pending"),
    ]  # fmt: skip
    assert rows[0]["Invoice number"] == "INV-2026-000001"
    assert rows[0]["Tax ID"] == "91310000MA1FL0A277"
    assert rows[1]["Remarks"] == "'=1+1"
    assert [row["Credited"] for row in rows] == ["0.00", ""]
    credit(world, number, "9.50")
    (row,) = rows_of(ada, "/invoices/export.csv?status=issued")
    assert (row["Credited"], row["Credit notes"]) == ("9.50", "CN-2026-000001")
    assert "/invoices/export.csv?status=issued&part=notes" in text(ada.get("/invoices?status=issued"))
    (noted,) = rows_of(ada, "/invoices/export.csv?status=issued&part=notes")
    told = [noted[name] for name in ("Credit note", "Invoice number", "Request", "Net", "Tax", "Amount")]
    assert told == ["CN-2026-000001", "INV-2026-000001", number, "-8.96", "-0.54", "-9.50"]
    assert rows_of(ada, "/invoices/export.csv?status=pending&part=notes") == []
    for other in ("export.csv?part=else", "export.xlsx?part=notes"):
        assert ada.get(f"/invoices/{other}").status_code == 404
    book = load_workbook(io.BytesIO(ada.get("/invoices/export.xlsx").get_data()))
    assert list(book["Credit notes"].values)[1][0] == "CN-2026-000001"
    assert [row["Request"] for row in rows_of(ada, "/invoices/export.csv?status=issued")] == [number]
    head, first = sheet_of(ada, "/invoices/export.xlsx?status=issued&status=rejected")
    found = dict(zip(head, first, strict=True))
    assert (found["Amount"], str(found["Application date"])) == (1409.5, "2026-03-06 00:00:00")


def test_files_speak_the_readers_language(ada: Customer) -> None:
    ada.apply(amount="7")
    ada.client.set_cookie("locale", "zh")
    assert rows_of(ada, "/invoices/export.csv")[0]["状态"] == "待审核"
    said = ada.page.headers["Content-Disposition"]
    assert 'filename="invoices-2026-03-06.csv"' in said
    assert "发票 2026-03-06.csv" in unquote(said)


def test_a_long_export_is_read_in_batches_by_key(world: World, ada: Customer) -> None:
    with world.app.app_context():
        many_requests(world.cast.ada, world.header_id, 1200)
        many_entries(world.cast.lumen, 1300)
    with statements(world.app) as sent:
        assert len(rows_of(ada, "/invoices/export.csv")) == 1200
    lists = [statement for statement in sent if "FROM invoice_request" in statement]
    assert len(lists) == 3
    assert not any("OFFSET ?" in statement and "LIMIT" not in statement for statement in lists)
    with statements(world.app) as sent:
        assert len(sheet_of(ada, "/bills/entries/export.xlsx")) == 1 + 1300 + 2
    assert sum("FROM ledger_entry" in statement for statement in sent) == 3
    entries = rows_of(ada, "/bills/entries/export.csv?kind=refund")
    assert {row["Type"] for row in entries} == {"Refund"}
    assert len({row["ID"] for row in entries}) == len(entries) == 217


def test_only_money_that_came_has_parts_in_the_file_of_entries(ada: Customer, world: World) -> None:
    tell(world, line("recharge", "P1", "70", 5, status="pending"), line("recharge", "X1", "71", 5, status="failed"))
    rows = {row["ID"]: row for row in rows_of(ada, "/bills/entries/export.csv?kind=recharge")}
    columns = ("Refunded", "Reserved", "Invoiced", "Spoken for")
    parts = {name: [row[key] for key in columns] for name, row in rows.items()}
    assert parts == {"R1": ["0.00"] * 4, "R2": ["0.00"] * 4, "P1": [""] * 4, "X1": [""] * 4}
    assert {name: row["Free"] for name, row in rows.items()} == {"R1": "6000.00", "R2": "4000.00", "P1": "", "X1": ""}


def test_the_file_of_what_is_left_adds_up_to_the_page(ada: Customer, world: World) -> None:
    world.issue(ada.apply(amount="5000"))
    ada.apply(amount="1300.50")
    tell(world, line("refund", "F1", "2000", 5, refund_of="R1"), line("recharge", "R9", "70.25", 5))
    for who, path in ((ada, "/bills/entries"), (world.customer("max"), "/review/accounts/lumen/entries")):
        rows = rows_of(who, f"{path}/export.csv?free=1")
        free = sum(Decimal(row["Free"]) for row in rows)
        spoken_for = [Decimal(row["Spoken for"]) for row in rows]
        assert spoken_for == [Decimal(row["Reserved"]) + Decimal(row["Invoiced"]) for row in rows]
        assert any(spoken_for)
        assert free == Decimal("2769.75")
        head, *lines = sheet_of(who, f"{path}/export.xlsx?free=1")
        assert sum(line[head.index("Free")] for line in lines) == pytest.approx(float(free))
    assert "Total of this list</dt><dd>¥2,769.75<" in ada.get("/bills/entries?free=1").text
    rows = {row["ID"]: row["Free"] for row in rows_of(ada, "/bills/entries/export.csv?kind=recharge")}
    assert rows["R1"] == "0.00", "more is invoiced than paid: nothing is left, and nothing less than that"


def test_every_recharge_adds_up_also_where_more_is_invoiced_than_was_paid(ada: Customer, world: World) -> None:
    world.issue(ada.apply(amount="5000"))
    tell(world, line("refund", "F1", "2000", 5, refund_of="R1"), line("refund", "F2", "10", 5, refund_of="R2"))
    said = '<span>¥0.00<span class="fact-note">¥1,000.00 invoiced and refunded later</span></span>'
    for who, path in ((ada, "/bills/entries"), (world.customer("max"), "/review/accounts/lumen/entries")):
        for row in rows_of(who, f"{path}/export.csv?kind=recharge"):
            amount, refunded, spoken_for, free, debt = (
                Decimal(row[name]) for name in ("Amount", "Refunded", "Spoken for", "Free", "Invoice debt")
            )
            assert amount - refunded == spoken_for + free - debt, row
            assert (debt > 0) is (row["ID"] == "R1")
        assert said in who.get(f"{path}?debt=1").text, "the list's sum can be added up from its rows"
    assert said in ada.get("/bills?month=2026-03").text


def test_chosen_invoices_come_as_one_zip(ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [ada.apply(amount=amount) for amount in ("10", "20", "30")]
    for number in numbers[:2]:
        world.issue(number)
    query = "&".join(f"number={number}" for number in (*numbers, "IR-20260306-000000", "nonsense"))
    archived = zip_of(ada, f"/invoices/archive.zip?{query}")
    names = [f"INV-2026-00000{turn} 上海流明机器人有限公司.{kind}" for turn in (2, 1) for kind in ("pdf", "xml")]
    assert archived.namelist() == ["manifest.csv", *names]
    manifest = list(csv.DictReader(io.StringIO(archived.read("manifest.csv").decode("utf-8-sig"), newline="")))
    told = ("Invoice number", "Request", "Amount", "File", "XML file")
    assert [tuple(row[name] for name in told) for row in manifest] == [
        ("INV-2026-000002", numbers[1], "20.00", *names[:2]), ("INV-2026-000001", numbers[0], "10.00", *names[2:]),
    ]  # fmt: skip
    for row in manifest:
        content = archived.read(row["File"])
        assert hashlib.sha256(content).hexdigest() == row["SHA-256"]
        assert pdfs.read(content).files == {"factur-x.xml": archived.read(row["XML file"])}
    credit(world, numbers[0], "4.00")
    archived = zip_of(ada, f"/invoices/archive.zip?number={numbers[0]}")
    noted = "CN-2026-000001 上海流明机器人有限公司.pdf"
    assert archived.namelist() == ["manifest.csv", *names[2:], noted, noted.replace(".pdf", ".xml")]
    manifest = list(csv.DictReader(io.StringIO(archived.read("manifest.csv").decode("utf-8-sig"), newline="")))
    assert [(row["Invoice number"], row["Credit note"], row["Amount"]) for row in manifest] == [
        ("INV-2026-000001", "", "10.00"), ("INV-2026-000001", "CN-2026-000001", "-4.00"),
    ]  # fmt: skip
    assert hashlib.sha256(archived.read(noted)).hexdigest() == manifest[1]["SHA-256"]
    with monkeypatch.context() as patched:
        patched.setattr(enclosed, "_HEAD", re.compile(rb"of an earlier template"))
        archived = zip_of(ada, "/invoices/archive.zip?min=15")
    assert archived.namelist() == ["manifest.csv", names[0]], "what brings no XML is there without"
    assert len(zip_of(ada, "/invoices/archive.zip").namelist()) == 7


def test_chosen_invoices_are_packed_within_the_filters_of_the_address(ada: Customer, world: World) -> None:
    numbers = [ada.apply(amount=amount) for amount in ("10", "20", "30")]
    for number in numbers:
        world.issue(number)
    chosen = "chosen=1&" + "&".join(f"number={number}" for number in numbers[:2])
    for filters, amounts in (
        ("", ["20.00", "10.00"]), ("min=15", ["20.00"]), ("max=15", ["10.00"]), ("status=issued", ["20.00", "10.00"]),
        ("status=issued&status=rejected&from=2026-03-06&min=1", ["20.00", "10.00"]), (f"q={numbers[0]}", ["10.00"]),
    ):  # fmt: skip
        archived = zip_of(ada, f"/invoices/archive.zip?{chosen}&{filters}")
        rows = csv.DictReader(io.StringIO(archived.read("manifest.csv").decode("utf-8-sig"), newline=""))
        assert [row["Amount"] for row in rows] == amounts, filters
    for filters in ("min=25", "status=rejected", f"q={numbers[2]}"):
        refused = ada.get(f"/invoices/archive.zip?{chosen}&{filters}")
        assert refused.status_code == 404
        assert "None of the chosen invoices fits the filters." in text(refused)
    for unreadable in ("min=abc", "form=2026-01-01", "status=none"):
        refused = ada.get(f"/invoices/archive.zip?{chosen}&{unreadable}")
        assert (refused.status_code, "cannot be read" in text(refused)) == (404, True), unreadable


def test_what_cannot_be_packed_says_so(
    ada: Customer, bo: Customer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [ada.apply(amount=amount) for amount in ("10", "20", "30")]
    assert ada.get("/invoices/archive.zip").status_code == 404
    for number in numbers:
        world.issue(number)
    assert bo.get(f"/invoices/archive.zip?number={numbers[0]}").status_code == 404
    assert bo.get("/invoices/archive.zip").status_code == 404
    nothing = ada.get("/invoices/archive.zip?chosen=1")
    assert (nothing.status_code, "No invoice is chosen" in text(nothing)) == (404, True)
    monkeypatch.setattr(archive, "MOST", 2)
    many = ada.get("/invoices/archive.zip")
    assert many.status_code == 409
    assert "Narrow the list" in text(many)
    assert ada.get("/invoices/archive.zip?min=15").status_code == 200


@pytest.mark.parametrize("harm", ["altered", "gone"])
def test_a_damaged_document_is_named_instead_of_left_out(ada: Customer, world: World, harm: str) -> None:
    for amount in ("10", "20"):
        world.issue(ada.apply(amount=amount))
    with world.app.app_context():
        sha256 = session.query(Invoice.pdf_sha256).filter(Invoice.number == "INV-2026-000001").scalar()
        path = storage._configured().path(sha256)
    path.write_bytes(b"%PDF-other") if harm == "altered" else path.unlink()
    answer = ada.get("/invoices/archive.zip")
    assert answer.status_code == 503
    assert "INV-2026-000001" in text(answer)
    assert ada.get("/invoices/archive.zip?min=15").status_code == 200


UNREADABLE = [
    "/invoices/export.csv?min=abc", "/invoices/archive.zip?from=2026-02-30", "/invoices/export.xlsx?status=none",
    "/bills/entries/export.csv?from=2026-02-30", "/bills/entries/export.csv?kind=x",
    "/invoices/export.csv?stauts=issued",
    "/bills/entries/export.xlsx?kind=refund&kind=recharge", "/bills/export.csv?mnth=2026-03",
    "/bills/export.xlsx?part=days", "/invoices/archive.zip?form=2026-01-01",
]  # fmt: skip


def test_a_filter_that_cannot_be_read_makes_no_longer_file(ada: Customer, subtests: pytest.Subtests) -> None:
    for address in UNREADABLE:
        with subtests.test(address):
            answer = ada.get(address)
            assert answer.status_code == 404
            assert "cannot be read" in text(answer)
            assert "Go back to the list and mend it." in text(answer)


def test_exports_are_limited_by_person(ada: Customer, bo: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [ada.get("/bills/export.csv", buffered=True).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
    refused = ada.get("/bills/entries/export.csv", buffered=True)
    assert refused.status_code == 429
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 61
    assert "Too many requests in a short time" in text(refused)
    assert f"Try again in {wait} second" in text(refused)
    assert "password" not in text(refused)
    assert bo.get("/bills/export.csv", buffered=True).status_code == 200


def test_the_list_offers_what_can_be_had(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10")
    assert "archive.zip" not in text(ada.get("/invoices")).partition('<form class="stack"')[2].replace(
        'action="/invoices/archive.zip"', ""
    )
    world.issue(number)
    page = text(ada.get("/invoices"))
    assert f'href="/invoices/archive.zip?number={number}"' in page
    assert 'href="/invoices/export.xlsx"' in page
    ada.submit({"number": number}, button="Download selected", buffered=True)
    assert ada.page.mimetype == "application/zip"
