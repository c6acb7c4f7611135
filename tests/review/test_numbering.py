"""The proof of invoice numbers: what somebody did to the database behind our back is shown, number by number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine.default import DefaultDialect

from backoffice.audit import jobs
from backoffice.audit.queries import seals
from backoffice.database import db, session, transaction
from backoffice.review.queries import numbering
from tests.support import sql
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

BEGAN = datetime(2026, 3, 10, tzinfo=UTC)
# The unique rule cannot be dropped there: a copy of the table has no rule at all.
COPIED = (
    "CREATE TABLE invoice_copy AS SELECT * FROM invoice",
    "DROP TABLE invoice",
    "ALTER TABLE invoice_copy RENAME TO invoice",
)
UNGUARDED = (
    "ALTER TABLE invoice DISABLE TRIGGER USER",
    "ALTER TABLE invoice_line DISABLE TRIGGER USER",
    "ALTER TABLE invoice DROP CONSTRAINT uq_invoice_sequence",
    "UPDATE invoice_request SET invoice_id = NULL",
    "DELETE FROM invoice_line",
)


@pytest.fixture
def six(app: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> Cast:
    """Six invoices, one a day."""
    freeze(BEGAN)
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        for day in range(6):
            freeze(BEGAN + timedelta(days=day))
            office.issued("3.00")
    return cast


def by_force(app: Flask, database: str, *deeds: str) -> None:
    """Do to the register what neither the application nor its database would let anybody do."""
    with app.app_context():
        if database == "postgresql":
            with transaction():
                for statement in (*UNGUARDED, *deeds):
                    session.execute(text(statement))
            return
        # Through a connection that, unlike ours, looks after no foreign key.
        name, dialect = db.engine.url.database, db.engine.dialect
        assert name is not None
        assert isinstance(dialect, DefaultDialect)
        with closing(dialect.loaded_dbapi.connect(name, isolation_level=None)) as connection:
            for statement in (*COPIED, *deeds):
                connection.execute(statement)


def figures(page: str) -> dict[str, str]:
    """The figures of the page, by their names."""
    rows = re.findall(r'<tr><th scope="row">(?:<a [^>]+>)?([^<]+)(?:</a>)?</th><td class="num"[^>]*>([^<]*)<', page)
    return dict(rows)


def test_whole_numbers_are_said_to_be_whole(six: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(six.max)
    page = max_.get("/review/books/numbers").text
    assert "No gap, no repeat, and in order" in page
    assert figures(page) == {
        "Last number given out": "INV-2026-000006",
        "First number found": "INV-2026-000001",
        "Last number found": "INV-2026-000006",
        "Invoices": "6",
        "Missing numbers": "0",
        "Repeated numbers": "0",
        "Out of order": "0",
        "Never given out": "0",
    }
    assert "/review/books/numbers" in max_.get("/review/books?month=2026-03").text
    assert "/review/books/numbers" in max_.get("/review/books/register?month=2026-03").text


@pytest.mark.parametrize("page", ["numbers", "register?month=2026-03", "credits?month=2026-03"])
def test_the_register_says_how_far_it_is_sealed(
    six: Cast, app: Flask, visit: Callable[..., Visitor], freeze: Callable[[datetime], None], page: str
) -> None:
    otto, max_, address = visit(six.otto), visit(six.max), f"/review/books/{page}"
    assert "Nothing is sealed in the chain of the audit log yet." in otto.get(address).text
    freeze(BEGAN + timedelta(days=5, minutes=1))
    with app.app_context():
        jobs.seal()
        head = seals.head()
    assert head is not None
    told = re.sub(r"<[^>]+>", "", max_.get(address).text)
    assert f"audit log until 15 Mar 2026, 08:01:00, up to event {head.event}: whoever changes" in told
    assert "Nothing is sealed" not in told
    assert ['id="chain">Sealed' in otto.get(address).text, 'href="/audit"' in otto.page.text] == [True, True]
    assert 'href="/audit"' not in max_.page.text


FAULTS = {
    "a gap inside": (
        ("DELETE FROM invoice WHERE sequence IN (3, 4)",),
        {"missing": "2"},
        "INV-2026-000003 – INV-2026-000004",
    ),
    "the first": (("DELETE FROM invoice WHERE sequence = 1",), {"missing": "1"}, "<li>INV-2026-000001</li>"),
    "the last": (("DELETE FROM invoice WHERE sequence = 6",), {"missing": "1"}, "<li>INV-2026-000006</li>"),
    "all": (("DELETE FROM invoice",), {"missing": "6"}, "INV-2026-000001 – INV-2026-000006"),
    "a repeat": (
        ("UPDATE invoice SET sequence = 2 WHERE sequence = 3",),
        {"missing": "1", "repeated": "1"},
        "INV-2026-000003 of 12 Mar 2026 (INV-2026-000002)",
    ),
    "exchanged": (
        (
            "UPDATE invoice SET sequence = 20 WHERE sequence = 2",
            "UPDATE invoice SET sequence = 2 WHERE sequence = 3",
            "UPDATE invoice SET sequence = 3 WHERE sequence = 20",
        ),
        {"disordered": "1"},
        "INV-2026-000002 of 11 Mar 2026, behind an invoice of 12 Mar 2026",
    ),
    "of another year": (
        ("UPDATE invoice SET issued_on = '2025-12-31' WHERE sequence = 1",),
        {"disordered": "1"},
        "INV-2026-000001 of 31 Dec 2025",
    ),
    "made up": (
        ("UPDATE invoice SET sequence = 900 WHERE sequence = 6",),
        {"missing": "1", "beyond": "1"},
        "INV-2026-000006 of 15 Mar 2026",
    ),
    "the counter turned back": (
        ("UPDATE invoice_series SET last_number = 4",),
        {"beyond": "2"},
        "INV-2026-000005 of 14 Mar 2026",
    ),
}
NAMES = {
    "missing": "Missing numbers",
    "repeated": "Repeated numbers",
    "disordered": "Out of order",
    "beyond": "Never given out",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_done_by_force_is_shown(
    six: Cast, app: Flask, database: str, visit: Callable[..., Visitor], fault: str
) -> None:
    deeds, wrong, listed = FAULTS[fault]
    otto = visit(six.otto)
    by_force(app, database, *deeds)
    page = otto.get("/review/books/numbers").text
    assert "The numbers are not whole" in page
    assert "No gap, no repeat" not in page
    told = figures(page)
    assert {kind: told[name] for kind, name in NAMES.items()} == {**dict.fromkeys(NAMES, "0"), **wrong}
    assert listed in re.sub("</?time[^>]*>", "", page)
    for kind in NAMES:
        assert (f'id="{kind}"' in page) == (kind in wrong)
    (line,) = rows_of(otto, "/review/books/numbers.csv?part=proof")
    assert {kind: line[name] for kind, name in NAMES.items()} == {kind: told[name] for kind, name in NAMES.items()}


def test_volumes_join_without_a_seam(
    six: Cast, app: Flask, database: str, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "VOLUME", 2)
    max_ = visit(six.max)
    assert "Volume 3 of 3" in max_.get("/review/books/numbers").text
    lines = rows_of(max_, "/review/books/numbers.csv?part=proof")
    assert [(line["Numbers from"], line["Numbers to"], line["Invoices"]) for line in lines] == [
        ("1", "2", "2"), ("3", "4", "2"), ("5", "6", "2"),
    ]  # fmt: skip
    by_force(app, database, "UPDATE invoice SET issued_on = '2026-03-01' WHERE sequence = 3")
    assert [line["Out of order"] for line in rows_of(max_, "/review/books/numbers.csv?part=proof")] == ["0", "1", "0"]
    assert "No gap, no repeat" in max_.get("/review/books/numbers?volume=1").text
    page = re.sub("</?time[^>]*>", "", max_.get("/review/books/numbers?volume=2").text)
    assert "INV-2026-000003 of 1 Mar 2026, behind" in page
    for volume in ("0", "4", "x", "9" * 30, "²"):
        assert max_.get(f"/review/books/numbers?volume={volume}").status_code == 404


def test_the_files_hold_every_invoice_and_the_proof(six: Cast, visit: Callable[..., Visitor]) -> None:
    otto = visit(six.otto)
    rows = rows_of(otto, "/review/books/numbers.csv?of=INV-2026")
    assert [row["Number"] for row in rows] == [f"INV-2026-{number:06d}" for number in range(1, 7)]
    assert {row["Gross"] for row in rows} == {"3.00"}
    assert all(re.fullmatch("[0-9a-f]{64}", row["SHA-256 of the PDF"]) for row in rows)
    book = openpyxl.load_workbook(io.BytesIO(otto.client.get("/review/books/numbers.xlsx").data))
    register, proof = book.worksheets
    assert [line[0] for line in register.iter_rows(values_only=True)][1:] == [row["Number"] for row in rows]
    assert list(proof.iter_rows(values_only=True))[1:] == [(1, 6, 1, 6, 6, 0, 0, 0, 0)]
    for address in ("numbers.csv?of=CN-2026", "numbers.csv?part=x", "numbers.csv?off=INV-2026", "numbers?of=X"):
        assert otto.get(f"/review/books/{address}").status_code == 404


def test_before_the_first_invoice_nothing_is_wrong(cast: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(cast.max)
    assert "No invoice number was given out yet" in max_.get("/review/books/numbers").text
    assert max_.get("/review/books/numbers.csv").status_code == 404


def test_a_proof_is_one_statement_that_reads_one_stretch(
    six: Cast, app: Flask, database: str, visit: Callable[..., Visitor]
) -> None:
    max_ = visit(six.max)
    with sql.statements(app) as sent:
        max_.get("/review/books/numbers")
    assert len([statement for statement in sent if "lag(" in statement]) == 1
    with app.app_context():
        (of,) = numbering.periods()
        sql.gather_figures(database)
        way = sql.plan(numbering.proving(of, 1, 10_000), database)
    reads = [line for line in way.splitlines() if re.search(r"invoice\b(?!_)|uq_invoice_sequence", line)]
    if database == "sqlite":
        assert "SCAN invoice" not in way
        assert "series=? AND period=? AND sequence>? AND sequence<?" in way
    else:
        assert "Seq Scan on invoice " not in way
        assert re.search(r"Index Cond: .*sequence >= 1\) AND \(.*sequence <= 10000", way)
    assert len(reads) >= 3


def rows_of(who: Visitor, address: str) -> list[dict[str, str]]:
    """The lines of a file."""
    return list(csv.DictReader(io.StringIO(who.client.get(address).get_data().decode("utf-8-sig"))))
