"""Imports are killed (SIGKILL) and interrupted: run again, the books are those of one import without a fault."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.ledger import jobs
from backoffice.ledger.models import FileVia, LedgerEntry, LedgerFile
from backoffice.ledger.rules import REQUIRED_COLUMNS
from backoffice.ledger.services import encodings, files, reading
from tests.concurrency.launcher import Launcher
from tests.concurrency.steps import IMPORT_STEPS
from tests.concurrency.tasks import make_batches_of
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

KILLED = -9
LINES = 2500  # three batches
# Three batches as well, for whoever dies at a step: which one it is, not how long it took.
FEW, BATCH = 260, 100
# Some minutes, as the guide says: longer than the lease of a dead worker.
LATER = timedelta(minutes=3)


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    """A file that takes its time."""
    return written(tmp_path / "platform.csv", LINES)


@pytest.fixture
def short_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short one, of which this process books few lines at a time; others are told to with `batch`."""
    make_batches_of(BATCH, monkeypatch.setattr)
    return written(tmp_path / "platform.csv", FEW)


def written(path: Path, lines: int) -> Path:
    """Recharges of two accounts, of every ten lines one that takes a part of an earlier one back."""
    rows = [",".join(REQUIRED_COLUMNS)]
    for number in range(lines):
        account = ("lumen", "yunqi")[number // 10 % 2]
        if number % 10 == 9:
            rows.append(f"refund,K-{number},{account},completed,0.50,CNY,2026-03-02T09:30:00+08:00,K-{number - 5}")
        else:
            rows.append(f"recharge,K-{number},{account},completed,2.00,CNY,2026-03-02T09:30:00+08:00,")
    path.write_text("\n".join(rows) + "\n")
    return path


def assert_imported_once(office: Office, lines: int = FEW) -> None:
    """Each line is in the books once, and they add up."""
    session.rollback()
    assert len(session.scalars(select(LedgerEntry.id)).all()) == lines
    each = lines // 2 // 10 * (9 * 2 - 0.5)
    assert (office.invoiceable(), office.invoiceable(office.cast.yunqi)) == (f"{each:.2f}", f"{each:.2f}")
    assert contradictions() == []


def states() -> list[str]:
    """The history, oldest first."""
    session.rollback()
    return list(session.scalars(select(LedgerFile.state).order_by(LedgerFile.id)))


def wait_for_the_child_to_die(child: object) -> None:
    assert child.wait() == KILLED  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", IMPORT_STEPS)
def test_a_command_killed_at_each_step_is_run_again(
    office: Office, launcher: Launcher, settings: Settings, short_file: Path, step: str
) -> None:
    command = ["ledger", "import", str(short_file)]
    wait_for_the_child_to_die(launcher.start("command", settings, batch=BATCH, arguments=command, die_at=step))
    assert contradictions() == []
    assert states() == ["running"]
    with clock.shifted(LATER):
        launcher.start("command", settings, batch=BATCH, arguments=command, clock_offset=LATER.total_seconds()).finish()
    assert_imported_once(office)
    assert states() == ["interrupted", "done"]


@pytest.mark.parametrize("step", IMPORT_STEPS)
def test_a_dead_workers_file_goes_on_where_it_stopped(
    office: Office, context: Flask, launcher: Launcher, settings: Settings, short_file: Path, step: str
) -> None:
    file_id = hand_in(office, short_file)
    wait_for_the_child_to_die(launcher.start("command", settings, batch=BATCH, arguments=["worker"], die_at=step))
    with clock.shifted(LATER):
        jobs.import_due()
        assert jobs.import_due() == 0
    record = session.get_one(LedgerFile, file_id)
    # The report is that of one import: nothing is counted twice, nothing is called known that was new.
    assert (record.state, record.lines, record.added, record.unchanged) == ("done", FEW, FEW, 0)
    assert_imported_once(office)


@pytest.mark.parametrize("step", IMPORT_STEPS)
def test_all_or_none_killed_while_it_is_booked_is_finished_by_the_worker(
    office: Office, context: Flask, launcher: Launcher, settings: Settings, short_file: Path, step: str
) -> None:
    command = ["ledger", "import", str(short_file), "--strict"]
    wait_for_the_child_to_die(launcher.start("command", settings, batch=BATCH, arguments=command, die_at=step))
    assert contradictions() == []
    assert jobs.import_due() == 0, "it is lent out"
    short_file.unlink()
    with clock.shifted(LATER):
        jobs.import_due()
    assert_imported_once(office)
    record = session.scalars(select(LedgerFile)).one()
    assert (record.state, record.added, record.unchanged) == ("done", FEW, 0)


def test_a_command_that_must_wait_finishes_what_was_left_half_booked(
    office: Office, launcher: Launcher, settings: Settings, short_file: Path, tmp_path: Path
) -> None:
    command = ["ledger", "import", str(short_file), "--strict"]
    child = launcher.start("command", settings, batch=BATCH, arguments=command, die_at="batch committed")
    wait_for_the_child_to_die(child)
    other = tmp_path / "other.csv"
    row = "grant,K-other,lumen,completed,2.00,CNY,2026-03-02T09:30:00+08:00,"
    other.write_text(f"{','.join(REQUIRED_COLUMNS)}\n{row}\n")
    command = ["ledger", "import", str(other)]
    launcher.start("command", settings, batch=BATCH, arguments=command, clock_offset=LATER.total_seconds()).finish()
    assert states() == ["done", "done"]
    assert len(session.scalars(select(LedgerEntry.id)).all()) == FEW + 1
    assert contradictions() == []


@pytest.mark.parametrize("via", ["command", "worker"])
def test_all_or_none_killed_while_it_is_tried_leaves_nothing_and_is_run_again(
    office: Office, context: Flask, launcher: Launcher, settings: Settings, short_file: Path, via: str
) -> None:
    command = ["ledger", "import", str(short_file), "--strict"] if via == "command" else ["worker"]
    file_id = hand_in(office, short_file, strict=True) if via == "worker" else None
    wait_for_the_child_to_die(launcher.start("command", settings, batch=BATCH, arguments=command, die_at="batch tried"))
    session.rollback()
    assert session.scalars(select(LedgerEntry.id)).all() == []
    assert jobs.import_due() == 0, "it is lent out"
    with clock.shifted(LATER):
        if file_id is None:
            launcher.start(
                "command", settings, batch=BATCH, arguments=command, clock_offset=LATER.total_seconds()
            ).finish()
        else:
            assert jobs.import_due() == FEW
    assert_imported_once(office)
    assert states() == (["interrupted", "done"] if file_id is None else ["done"])


def test_ctrl_c_while_all_lines_are_booked_leaves_the_rest_to_others(
    office: Office, context: Flask, launcher: Launcher, settings: Settings, short_file: Path
) -> None:
    command = ["ledger", "import", str(short_file), "--strict"]
    child = launcher.start("command", settings, batch=BATCH, arguments=command, batch_takes=0.5)
    wait_until_running()
    os.kill(child.pid, signal.SIGINT)
    assert child.wait() != 0
    assert states() == ["running"]
    assert jobs.import_due() > 0
    assert states() == ["done"]
    assert_imported_once(office)


def test_ctrl_c_leaves_a_row_that_says_so(
    office: Office, launcher: Launcher, settings: Settings, short_file: Path
) -> None:
    child = launcher.start(
        "command", settings, batch=BATCH, arguments=["ledger", "import", str(short_file)], batch_takes=0.5
    )
    wait_until_running()
    os.kill(child.pid, signal.SIGINT)
    assert child.wait() != 0
    assert states() == ["interrupted"]
    assert contradictions() == []
    launcher.start("command", settings, batch=BATCH, arguments=["ledger", "import", str(short_file)]).finish()
    assert_imported_once(office)


def test_random_kills_lose_and_repeat_nothing(
    office: Office, launcher: Launcher, settings: Settings, ledger_file: Path
) -> None:
    for _ in range(5):
        child = launcher.start("command", settings, arguments=["ledger", "import", str(ledger_file)])
        time.sleep(random.uniform(0.1, 0.6))
        child.kill()
        assert contradictions() == []
    launcher.start("command", settings, arguments=["ledger", "import", str(ledger_file)]).finish()
    assert_imported_once(office, LINES)


def test_two_imports_of_the_same_file_at_once_book_it_once(
    office: Office, launcher: Launcher, settings: Settings, ledger_file: Path
) -> None:
    command = ["ledger", "import", str(ledger_file)]
    pair = [launcher.start("command", settings, arguments=command) for _ in range(2)]
    for child in pair:
        child.finish()
    assert_imported_once(office, LINES)
    session.rollback()
    added = session.scalars(select(LedgerFile.added)).all()
    assert (len(added), sum(added)) == (2, LINES)


@pytest.mark.parametrize("_round", range(3))
def test_all_or_none_beside_another_import_of_the_same_ids(
    office: Office, launcher: Launcher, settings: Settings, ledger_file: Path, tmp_path: Path, _round: int
) -> None:
    other = tmp_path / "other.csv"
    other.write_text(ledger_file.read_text().replace(",completed,2.00,", ",completed,3.00,"))
    pair = [
        launcher.start("command", settings, arguments=["ledger", "import", str(path), *options])
        for path, options in ((ledger_file, ["--strict"]), (other, []))
    ]
    codes = [child.wait() for child in pair]
    session.rollback()
    state = session.scalars(select(LedgerFile.state).where(LedgerFile.strict)).one()
    twos = session.scalars(select(LedgerEntry.id).where(LedgerEntry.amount == 2)).all()
    assert (state, len(twos)) in (("done", LINES * 9 // 10), ("undone", 0))
    assert codes == ([0, 1] if state == "done" else [1, 0])
    assert contradictions() == []


def hand_in(office: Office, path: Path, *, strict: bool = False) -> int:
    """Keep a file for the worker, as the page does; returns its id."""
    with path.open("rb") as file:
        facts = encodings.examine(file)
        shape = reading.shape(file, facts.encoding)
        storage.put_file(file, facts.sha256)
    with transaction():
        order = files.Order(path.name, "platform", FileVia.PAGE, strict=strict)
        return files.enter(office.cast.ana.actor, order, facts, shape, now=clock.now()).id


def wait_until_running() -> None:
    """Return when a first batch is kept."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        session.rollback()
        if session.scalar(select(LedgerFile.lines)):
            return
        time.sleep(0.01)
    raise TimeoutError("the import does not begin")
