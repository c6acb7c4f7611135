"""Administrators hand in files on a page; the worker imports them; the page tells what became of each line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from backoffice import clock, storage
from backoffice.database import transaction
from backoffice.ledger.models import LedgerEntry, LedgerFile, LedgerLineProblem
from backoffice.ledger.services import files
from backoffice.ledger.views import imports
from tests.ledger.handed_in import BAD, GOOD, OTHER, Books, hand_in
from tests.support.visitor import Visitor


def test_a_file_waits_is_imported_and_reported(ana: Visitor, books: Books) -> None:
    page = hand_in(ana, GOOD, BAD)
    waiting = books.record()
    assert (waiting.state, waiting.imported_by, waiting.imported_by_id) == ("waiting", "Ana Sousa", books.cast.ana.id)
    assert storage.exists(waiting.sha256)
    assert "Waiting for its turn" in ana.get(page).text
    assert "No worker is running" in ana.page.text
    books.work()
    text = ana.get(page).text
    assert (books.record().state, books.record().added, books.record().refused) == ("done", 1, 1)
    assert "An amount has at most two decimals" in text
    assert "data-finished" in ana.get(f"{page}/progress").text
    assert "march.csv" in ana.get("/admin/imports").text
    assert books.invoiceable() == "10.00"


def test_the_same_file_again_says_when_it_was_imported(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD)
    books.work()
    page = hand_in(ana, GOOD)
    assert "The same file was imported before" in ana.get(page).text
    books.work()
    assert (books.record().added, books.record().unchanged) == (0, 1)


@pytest.mark.parametrize("how", ["strict", "dry_run"])
def test_nothing_is_kept_of_a_trial_or_a_strict_file_with_a_bad_line(ana: Visitor, books: Books, how: str) -> None:
    page = hand_in(ana, GOOD, OTHER, BAD, **{how: "y"})
    books.work()
    assert (books.record().state, books.record().lines, books.record().refused, books.record().conflicts) == (
        "undone",
        3,
        1,
        1,
    )
    assert "Nothing was changed" in ana.get(page).text
    assert "at most two decimals" in ana.page.text
    assert (books.count(LedgerEntry), books.invoiceable(), books.open_conflicts()) == (0, "0.00", [])


def test_what_is_no_ledger_file_is_refused_beside_the_field(ana: Visitor, books: Books) -> None:
    ana.get("/admin/imports")
    ana.submit({"file": FileStorage(io.BytesIO(b"PK\x03\x04"), "books.xlsx"), "source": "erp"}, button="Import")
    assert ana.page.status_code == 400
    assert "This is an Excel workbook" in ana.page.text
    assert 'value="erp"' in ana.page.text
    ana.submit({"source": ""}, button="Import")
    assert "Choose a file" in ana.page.text
    assert books.count(LedgerFile) == 0


def test_a_file_above_the_limit_is_refused_with_the_limit(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_UPLOAD_BYTES", 1000)
    ana.get("/admin/imports")
    ana.submit({"file": FileStorage(io.BytesIO(b"x" * 5000), "large.csv")}, button="Import")
    assert ana.page.status_code == 413
    assert "larger than 200 MB" in ana.page.text


def test_a_waiting_import_can_be_stopped(ana: Visitor, books: Books) -> None:
    page = hand_in(ana, GOOD)
    ana.get(page)
    ana.submit(button="Stop the import")
    books.work()
    assert (books.record().state, books.record().lines) == ("interrupted", 0)
    assert "cancelled by" in ana.get(page).text


def test_a_running_import_that_is_stopped_books_nothing_more(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = hand_in(ana, *(GOOD.replace("W-1", f"B-{n}") for n in range(2500)))
    real = files.batches

    def stopped_after_the_first(lines: Any, size: int = files.BATCH) -> Iterator[Any]:
        first, *rest = real(lines, size)
        yield first
        with transaction():
            files.cancel(books.cast.ana.actor, int(page.rpartition("/")[2]), now=clock.now())
        yield from rest

    monkeypatch.setattr(files, "batches", stopped_after_the_first)
    assert books.work() == 0
    assert (books.record().state, books.record().lines) == ("interrupted", 1000)
    assert books.invoiceable() == "10000.00"


def test_conflicts_are_shown_beside_the_books_and_settled_with_a_reason(ana: Visitor, books: Books) -> None:
    hand_in(ana, GOOD)
    books.work()
    hand_in(ana, OTHER)
    books.work()
    (conflict,) = books.open_conflicts()
    assert conflict.told["amount"] == "11.00"
    text = ana.get(f"/admin/imports/conflicts/{conflict.id}").text
    assert "11.00" in text
    assert "10.00" in text
    ana.submit({"reason": " "}, button="Settle the conflict")
    assert (ana.page.status_code, "Say why" in ana.page.text) == (400, True)
    ana.submit({"reason": "The platform was wrong."}, button="Settle the conflict")
    assert ana.page.status_code == 303
    assert books.open_conflicts() == []
    assert "The platform was wrong." in ana.get(f"/admin/imports/conflicts/{conflict.id}").text


def test_a_reason_for_what_a_later_file_has_settled_is_not_lost(ana: Visitor, books: Books) -> None:
    for lines in ([GOOD], [OTHER]):
        hand_in(ana, *lines)
        books.work()
    (conflict,) = books.open_conflicts()
    ana.get(f"/admin/imports/conflicts/{conflict.id}")
    form = ana.page
    hand_in(ana, GOOD)
    books.work()
    ana.page = form
    ana.submit({"reason": "The platform was wrong."}, button="Settle the conflict")
    assert ana.page.status_code == 409
    assert "settled already" in ana.page.text
    assert '<blockquote class="typed">The platform was wrong.</blockquote>' in ana.page.text
    assert "a later line agrees with the books" in ana.page.text


def test_a_conflict_closes_when_a_later_line_agrees(ana: Visitor, books: Books) -> None:
    for lines in ([GOOD], [OTHER], [OTHER]):
        hand_in(ana, *lines)
        books.work()
    assert len(books.open_conflicts()) == 1, "the second file replaces the work item of the first"
    hand_in(ana, GOOD)
    books.work()
    assert books.open_conflicts() == []


def test_the_problems_come_as_a_file_that_no_spreadsheet_runs(ana: Visitor, books: Books) -> None:
    page = hand_in(ana, BAD.replace("W-2", "=cmd()"), BAD)
    books.work()
    answer = ana.get(f"{page}/problems.csv")
    assert answer.mimetype == "text/csv"
    rows = answer.text.splitlines()
    assert rows[0].startswith("\ufeffLine,")
    assert rows[1].startswith("2,Refused,'=cmd(),")
    assert len(rows) == 3


def test_a_dead_workers_lease_runs_out_and_a_damaged_file_fails(ana: Visitor, books: Books, app: Flask) -> None:
    page = hand_in(ana, GOOD)
    with app.app_context(), transaction():
        assert files.take(clock.now()) is not None
    assert books.work() == 0
    storage._configured().path(books.record().sha256).write_bytes(b"something else")
    with clock.shifted(timedelta(hours=1)):
        books.work()
    assert books.record().state == "failed"
    assert "The import failed" in ana.get(page).text
    assert books.count(LedgerLineProblem) == 0


def test_the_conflicts_page_shows_the_column_that_differs(ana: Visitor, books: Books) -> None:
    for payer in ("Lumen Robotics", "Lumen Robots"):
        hand_in(ana, f"{GOOD},{payer}")
        books.work()
    (conflict,) = books.open_conflicts()
    rows = re.findall(
        r'<tr><th scope="row"><code>(\w+)</code>(.*?)</tr>',
        ana.get(f"/admin/imports/conflicts/{conflict.id}").text,
        re.S,
    )
    assert [name for name, row in rows if "differs" in row] == ["payer_name"]
    assert re.findall(r"Lumen \w+", dict(rows)["payer_name"]) == ["Lumen Robots", "Lumen Robotics"]


def test_a_guessed_encoding_is_warned_of_with_values_to_look_at(ana: Visitor, books: Books) -> None:
    page = hand_in(ana, f"{GOOD},上海流明机器人有限公司", codec="gb18030")
    books.work()
    assert "The encoding is a guess" in ana.get(page).text
    assert "上海流明机器人有限公司" in ana.page.text
    assert "The encoding is a guess" not in ana.get(hand_in(ana, f"{GOOD},上海流明")).text


def test_a_file_that_may_have_been_cut_off_is_warned_of(ana: Visitor, books: Books) -> None:
    warning = "The file may have been cut off"
    assert warning in ana.get(hand_in(ana, GOOD, end="")).text
    assert warning not in ana.get(hand_in(ana, GOOD)).text
