"""All lines or none, and trials, of any length: nobody waits for them, and what they are doing is told meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup
from sqlalchemy import select

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.errors import Conflict
from backoffice.ledger import jobs
from backoffice.ledger.jobs import course, work
from backoffice.ledger.models import LedgerEntry, LedgerFile
from backoffice.ledger.services import files, progress, turns
from backoffice.ledger.services.reading import Reader
from backoffice.ledger.services.rehearsal import Rehearsal
from backoffice.permissions import SYSTEM
from tests.ledger.handed_in import BAD, BOOKS_HEAD, GOOD, Books, hand_in
from tests.support.office import Office
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

MANY = [GOOD.replace("W-1", f"B-{number}") for number in range(2500)]


def watched(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> None:
    """Look before each batch of a rehearsal."""
    real = Rehearsal.take_batch

    def take_batch(*arguments: Any, **options: Any) -> Any:
        look()
        return real(*arguments, **options)

    monkeypatch.setattr(Rehearsal, "take_batch", take_batch)


@pytest.fixture
def half_booked(ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of a file of all or none whose first lines are booked."""
    page = hand_in(ana, *MANY, strict="y")
    with monkeypatch.context() as patched:
        patched.setattr(work, "WORK_SECONDS", 0.0)
        books.work()
    assert (books.record().state, books.record().lines) == ("running", 1000)
    return page


def test_all_or_none_takes_a_file_of_many_batches(ana: Visitor, books: Books) -> None:
    hand_in(ana, *MANY, strict="y")
    books.work()
    assert (books.record().state, books.record().added) == ("done", 2500)
    assert books.invoiceable() == "25000.00"
    assert books.ask(turns.whose) is None


def test_one_bad_line_at_the_end_of_many_leaves_nothing(ana: Visitor, books: Books) -> None:
    page = hand_in(ana, *MANY, BAD, strict="y")
    books.work()
    assert (books.record().state, books.record().refused, books.count(LedgerEntry)) == ("undone", 1, 0)
    assert "so none was booked" in ana.get(page).text
    assert books.ask(turns.whose) is None


@pytest.mark.parametrize("how", ["strict", "dry_run"])
def test_what_rests_on_lines_far_above_is_judged_exactly(ana: Visitor, books: Books, how: str) -> None:
    refund = "refund,{},lumen,completed,{},CNY,2026-03-02T09:30:00+08:00,B-0"
    early, late = refund.format("F-1", "6.00"), refund.format("F-2", "4.01")
    hand_in(ana, early, *MANY, late, **{how: "y"})
    books.work()
    assert (books.record().state, books.record().added, books.record().refused) == ("undone", 2501, 1)
    assert books.count(LedgerEntry) == 0
    hand_in(ana, early, *MANY, late.replace("4.01", "4.00"), strict="y")
    books.work()
    assert (books.record().state, books.record().added) == ("done", 2502)


def test_the_command_tries_a_file_of_any_length_and_leaves_nothing(books: Books, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("\n".join([BOOKS_HEAD, *MANY, GOOD, GOOD.replace("10.00", "11.00"), ""]))
    report = books.ask(
        lambda: jobs.import_file(
            path, books.cast.ana.actor, source="platform", currency="CNY", zone=ZoneInfo("Asia/Shanghai"), dry_run=True
        )
    )
    assert (report.lines, report.undone, report.clean) == (2502, True, False)
    assert report.counts == {"added": 2501, "updated": 0, "unchanged": 0, "conflict": 1, "refused": 0}
    assert (books.count(LedgerFile), books.count(LedgerEntry)) == (0, 0)


def test_it_can_be_stopped_until_its_first_line_is_booked(ana: Visitor, books: Books) -> None:
    stop = "Stop the import"
    page = hand_in(ana, GOOD, strict="y")
    assert stop in ana.get(page).text
    with books.app.app_context(), transaction():
        assert files.take(clock.now()) is not None
    assert "Nothing is booked yet" in ana.get(page).text
    ana.submit(button=stop)
    assert books.record().state == "interrupted"


def test_once_its_first_lines_are_booked_nothing_stops_it(ana: Visitor, books: Books, half_booked: str) -> None:
    assert "cannot be stopped any more" in ana.get(half_booked).text
    assert "Stop the import" not in ana.page.text
    number = int(half_booked.rpartition("/")[2])
    with books.app.app_context(), pytest.raises(Conflict, match="being booked"), transaction():
        files.cancel(books.cast.ana.actor, number, now=clock.now())
    books.work()
    assert (books.record().state, books.record().added, books.record().unchanged) == ("done", 2500, 0)


def test_other_files_wait_until_it_is_booked_and_trials_do_not(ana: Visitor, books: Books, half_booked: str) -> None:
    other = hand_in(ana, GOOD)
    assert "goes first: it keeps all lines or none" in ana.get(other).text
    hand_in(ana, GOOD, dry_run="y")
    assert "goes first" not in ana.page.text
    # It is lent to somebody: only the trial can be done.
    with books.app.app_context(), transaction():
        assert files.take(clock.now()) is not None
    books.work()
    assert books.record().state == "undone"
    assert books.work() == 0
    assert books.count(LedgerEntry) == 1000
    with clock.shifted(files.LEASE):
        assert books.work() == 1500, "its worker is dead"
        assert books.work() == 1
    assert books.ask(lambda: set(session.scalars(select(LedgerFile.state)))) == {"done", "undone"}


def test_a_batch_of_another_file_that_is_on_its_way_gives_up_and_goes_on_later(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(ana, *MANY)
    with monkeypatch.context() as patched:
        patched.setattr(work, "WORK_SECONDS", 0.0)
        books.work()
    ordinary = books.record().id
    page = hand_in(ana, GOOD, strict="y")
    with books.app.app_context(), transaction():
        turns.take(int(page.rpartition("/")[2]))
    with books.app.app_context():
        with transaction():
            record = session.get_one(LedgerFile, ordinary)
            files._lend(record, clock.now())
            session.flush()
            session.expunge(record)
        assert work.go_on(record, None) == 0
    assert books.count(LedgerEntry) == 1000
    books.work()
    assert (books.record().state, books.count(LedgerEntry)) == ("done", 1001)
    books.work()
    assert books.count(LedgerEntry) == 2501


def test_lines_read_are_told_while_nothing_is_kept(ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    for how in ("strict", "dry_run"):
        page = hand_in(ana, *MANY, BAD, **{how: "y"})

        def look(page: str = page) -> None:
            told.append(re.findall(r"[0-9,]+ lines? read", ana.get(f"{page}/progress").text)[0])

        with monkeypatch.context() as patched:
            watched(patched, look)
            books.work()
    assert told == ["0 lines read", "1,000 lines read", "2,000 lines read"] * 2
    assert list(progress.folder_in(books.app.config["BACKOFFICE_SETTINGS"].instance_path).iterdir()) == []


@pytest.mark.parametrize("how", ["strict", "dry_run"])
def test_others_write_while_lines_are_tried(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    hand_in(ana, *MANY, BAD, **{how: "y"})
    written: list[int] = []

    def somebody_writes() -> None:
        def write() -> None:
            with books.app.app_context(), transaction():
                accounts.create_account(SYSTEM, code=f"w{len(written)}", name="W", now=clock.now())

        with ThreadPoolExecutor(1) as pool:
            pool.submit(write).result(timeout=5)
        written.append(1)

    watched(monkeypatch, somebody_writes)
    books.work()
    assert (len(written), books.record().state) == (3, "undone")


def test_a_trial_that_is_cancelled_ends_before_its_next_lines(
    ana: Visitor, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "_STAY_SECONDS", 0.0)
    page = hand_in(ana, *MANY, strict="y")
    looks: list[int] = []

    def stopped() -> None:
        looks.append(1)
        if len(looks) == 1:
            ana.get(page)
            ana.submit(button="Stop the import")

    watched(monkeypatch, stopped)
    books.work()
    assert (len(looks), books.record().state, books.count(LedgerEntry)) == (1, "interrupted", 0)
    assert books.ask(turns.whose) is None


def test_a_fault_while_it_is_booked_delays_it_and_no_more(
    ana: Visitor, books: Books, half_booked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_options: Any) -> Any:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "book", full)
        with pytest.raises(OSError, match="no space"):
            books.work()
    assert (books.record().state, books.record().lines) == ("running", 1000)
    assert books.work() == 0, "it takes a breath"
    with clock.shifted(work._BREATH):
        assert books.work() == 1500
    assert (books.record().state, books.record().added, books.ask(turns.whose)) == ("done", 2500, None)


def book_all(books: Books, folder: Path) -> None:
    """Import the long file by the command, all lines or none."""
    path = folder / "long.csv"
    path.write_text("\n".join([BOOKS_HEAD, *MANY, ""]))
    books.ask(
        lambda: jobs.import_file(
            path, books.cast.ana.actor, source="platform", currency="CNY", zone=clock.zone(), strict=True
        )
    )


@pytest.mark.parametrize(("batch", "state", "lines"), [(1, "interrupted", 0), (2, "running", 1000)])
@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_a_command_that_stops_leaves_nothing_or_all_of_it_to_others(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    batch: int, state: str, lines: int, fault: type[BaseException],
) -> None:  # fmt: skip
    real, calls = files.book, count(1)

    def stopped(*arguments: Any, **options: Any) -> Any:
        if next(calls) == batch:
            raise fault
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(files, "book", stopped)
        with pytest.raises(fault):
            book_all(books, tmp_path)
    assert (books.record().state, books.count(LedgerEntry)) == (state, lines)
    books.work()
    assert books.count(LedgerEntry) == (2500 if lines else 0)
    assert books.ask(turns.whose) is None


@pytest.mark.parametrize(("commits", "state"), [("first", "running"), ("last", "done")])
def test_ctrl_c_right_after_a_commit_knows_what_was_committed(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: str, state: str
) -> None:
    @contextmanager
    def interrupted() -> Iterator[None]:
        with transaction():
            yield
        record = session.scalars(select(LedgerFile)).one()
        if record.state == "done" if commits == "last" else record.is_begun:
            raise KeyboardInterrupt
        session.rollback()

    with monkeypatch.context() as patched:
        patched.setattr(course, "transaction", interrupted)
        with pytest.raises(KeyboardInterrupt):
            book_all(books, tmp_path)
    assert books.record().state == state
    books.work()
    assert (books.record().state, books.count(LedgerEntry), books.ask(turns.whose)) == ("done", 2500, None)


def test_a_line_that_is_not_good_any_more_is_never_left_out_in_silence(
    ana: Visitor, books: Books, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = hand_in(ana, *MANY, strict="y")
    real = Reader.again

    def meddled_with(reader: Reader) -> Reader:
        office.book(office.line("recharge", "11.00", "B-2400", to="lumen"))  # no import, so no turn is waited for
        return real(reader)

    monkeypatch.setattr(Reader, "again", meddled_with)
    books.work()
    assert (books.record().state, books.record().lines) == ("failed", 2000)
    told = " ".join(Markup(ana.get(page).text).striptags().split())
    assert "Line 2402 was good when the file was tried, and is not any more: known with another account" in told
    assert books.ask(turns.whose) is None


def test_what_was_only_tried_is_not_shown_as_added(ana: Visitor, books: Books) -> None:
    for how in ("strict", "dry_run"):
        page = hand_in(ana, GOOD, BAD, **{how: "y"})
        books.work()
        figure = re.search(r"Added</p>(.*?)</div>", ana.get(page).text, re.S)
        assert figure is not None
        assert re.findall(r'<p class="figure-\w+">(.*?)</p>', figure[1]) == ["0", "1 would be added"]
