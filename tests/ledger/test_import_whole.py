"""All lines or none, and trials: nobody waits long for them, and what they are doing is told while they do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Invalid
from backoffice.ledger import jobs
from backoffice.ledger.models import LedgerEntry, LedgerFile
from backoffice.ledger.services import files, progress
from tests.ledger.test_import_pages import BAD, BOOKS_HEAD, GOOD, Books, hand_in, send
from tests.support.people import Cast
from tests.support.visitor import Visitor

MANY = [GOOD.replace("W-1", f"B-{number}") for number in range(2500)]


@pytest.fixture
def books(app: Flask, cast: Cast) -> Books:
    """The installation behind the pages."""
    return Books(app, cast)


@pytest.fixture
def ana(books: Books, visit: Callable[..., Visitor]) -> Visitor:
    """The administrator's browser."""
    return visit(books.cast.ana)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of one batch."""
    monkeypatch.setattr(files, "WHOLE_LINES", files.BATCH)


@pytest.mark.usefixtures("short")
def test_the_page_refuses_a_long_file_for_all_or_none_before_anything_is_kept(ana: Visitor, books: Books) -> None:
    send(ana, *MANY, strict="y")
    assert ana.page.status_code == 400
    assert "at most 1,000 lines, because nobody else can write meanwhile; this file has 2,500" in ana.page.text
    assert "Cut it into several, or import it without" in ana.page.text
    assert (books.count(LedgerFile), books.count(LedgerEntry)) == (0, 0)


@pytest.mark.usefixtures("short")
def test_a_file_of_just_the_limit_is_taken_as_one(ana: Visitor, books: Books) -> None:
    hand_in(ana, *MANY[:1000], strict="y")
    books.work()
    assert (books.record().state, books.record().added) == ("done", 1000)


@pytest.mark.usefixtures("short")
def test_the_command_refuses_a_long_file_for_all_or_none(books: Books, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("\n".join([BOOKS_HEAD, *MANY, ""]))

    def load(**how: bool) -> Any:
        return books.ask(
            lambda: jobs.import_file(
                path, books.cast.ana.actor, source="platform", currency="CNY", zone=ZoneInfo("Asia/Shanghai"), **how
            )
        )

    with pytest.raises(Invalid, match="at most 1,000 lines"):
        load(strict=True)
    assert (books.count(LedgerFile), books.count(LedgerEntry)) == (0, 0)
    report = load(strict=True, dry_run=True)
    assert (report.lines, report.undone, report.clean) == (2500, True, True)
    assert any("tried in pieces of 1,000 lines" in line for line in jobs.describe(report))
    assert (books.count(LedgerFile), books.count(LedgerEntry)) == (0, 0)


def test_all_or_none_can_be_stopped_while_it_waits_and_not_while_it_is_booked(ana: Visitor, books: Books) -> None:
    stop = "Stop the import"
    page = hand_in(ana, GOOD, strict="y")
    assert stop in ana.get(page).text
    with books.app.app_context(), transaction():
        assert files.take(clock.now()) is not None
    ana.submit(button=stop)
    assert "takes some seconds and cannot be stopped" in ana.get(page).text
    assert "cannot be stopped meanwhile" in ana.page.text
    assert stop not in ana.page.text
    assert books.record().state == "running"
    with clock.shifted(files.LEASE):
        # Whoever booked it is dead: another worker takes it up, or somebody stops it.
        assert stop in ana.get(page).text
        ana.submit(button=stop)
    assert books.record().state == "interrupted"


def test_lines_read_are_told_while_nothing_is_kept(ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for how in ("strict", "dry_run"):
        page = hand_in(ana, *MANY, **{how: "y"})
        real = files.take_batch

        def looked_at(*arguments: Any, page: str = page, real: Any = real, **options: Any) -> Any:
            told.append(re.findall(r"[0-9]+ lines? read", ana.get(f"{page}/progress").text)[0])
            return real(*arguments, **options)

        with monkeypatch.context() as patched:
            patched.setattr(files, "take_batch", looked_at)
            books.work()
    assert told == ["0 lines read", "1000 lines read", "2000 lines read"] * 2
    assert list(progress.folder_in(books.app.config["BACKOFFICE_SETTINGS"].instance_path).iterdir()) == []


@pytest.mark.usefixtures("short")
def test_a_long_trial_lets_others_write_between_its_pieces(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def somebody_writes(_seconds: float) -> None:
        with transaction():
            written.append(1)

    monkeypatch.setattr(jobs.time, "sleep", somebody_writes)
    page = hand_in(ana, *MANY, BAD, dry_run="y")
    books.work()
    record = books.record()
    assert (record.state, record.lines, record.added, record.refused) == ("undone", 2501, 2500, 1)
    assert (len(written), books.count(LedgerEntry)) == (2, 0)
    assert "Tried in pieces of 1,000 lines" in ana.get(page).text


@pytest.mark.usefixtures("short")
def test_a_long_trial_is_stopped_between_its_pieces(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = hand_in(ana, *MANY, dry_run="y")
    number = int(page.rpartition("/")[2])

    def stopped(_seconds: float) -> None:
        with transaction():
            files.cancel(books.cast.ana.actor, number, now=clock.now())

    monkeypatch.setattr(jobs.time, "sleep", stopped)
    books.work()
    assert (books.record().state, books.record().lines, books.count(LedgerEntry)) == ("interrupted", 0, 0)


def test_what_was_taken_back_is_not_shown_as_added(ana: Visitor, books: Books) -> None:
    for how, told in (("strict", "1 were added and taken back"), ("dry_run", "1 would be added")):
        page = hand_in(ana, GOOD, BAD, **{how: "y"})
        books.work()
        figure = re.search(r"Added</p>(.*?)</div>", ana.get(page).text, re.S)
        assert figure is not None
        assert re.findall(r'<p class="figure-\w+">(.*?)</p>', figure[1]) == ["0", told]
