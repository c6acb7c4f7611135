"""Importing a whole file from outside: at the command line with a progress bar, or by the worker from the page.

A batch is a transaction. An import that keeps all or nothing is one for the whole file, which must be short. A trial is
undone piece by piece, so that nobody waits for a long one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO
from zoneinfo import ZoneInfo

import structlog
from flask import current_app
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import IntegrityError, OperationalError

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import N_, BackofficeError, Invalid, Message
from backoffice.ledger.models import FileState, FileVia, LedgerFile
from backoffice.ledger.rules import Line
from backoffice.ledger.services import conflicts, encodings, files, progress, reading
from backoffice.ledger.services.entries import Outcome
from backoffice.ledger.services.report import Problem, Report
from backoffice.permissions import Actor

# The worker lets other jobs and a stop signal through this often; the file goes on at its next turn.
WORK_SECONDS = 10.0
_TRIES = 6
# Longer than the longest pause after which SQLite looks again whether it may write.
_OTHERS_TURN = 0.25
_SPOOLED = 1024 * 1024

_log = structlog.get_logger(__name__)


class _Undo(Exception):
    """Ends a transaction whose effect is not wanted."""


@dataclass(slots=True)
class _Import:
    """One go at one file: what is read, whose lease it is, how far it has come."""

    file: BinaryIO
    reader: reading.Reader
    order: files.Order
    actor: Actor
    report: Report
    file_id: int = 0
    lease: str = ""
    show: Callable[[int], None] = lambda _done: None

    def in_batches(self, seconds: float | None = None) -> bool:
        """Book batch after batch until the file ends (True) or the time is over (False). Raises LeaseLost."""
        began = time.monotonic()
        for batch in files.batches(iter(self.reader)):
            self._keep(batch)
            self.show(self.file.tell())
            if seconds is not None and time.monotonic() - began > seconds:
                return False
        with transaction():
            now = clock.now()
            files.finish(self.actor, self.file_id, self.lease, FileState.DONE, self.report, now=now)
        return True

    def _keep(self, batch: list[Line | reading.BadLine]) -> None:
        for turn in range(_TRIES):
            report = self.report.copy()
            try:
                with transaction():
                    now = clock.now()
                    files.hold(self.file_id, self.lease, until=now + files.LEASE)
                    files.take_batch(batch, report, source=self.order.source, file_id=self.file_id, now=now)
                    files.note(self.file_id, report, line_done=self.reader.line, bytes_done=self.file.tell())
            except (IntegrityError, OperationalError):
                # Another import booked the same ids, or held the same accounts for too long: look again.
                if turn == _TRIES - 1:
                    raise
                time.sleep(0.05 * 2**turn)
            else:
                self.report = report
                break
            finally:
                session.expunge_all()  # memory stays that of one batch

    def as_one(self) -> None:
        """Book the whole file in one transaction, or nothing of it. Raises LeaseLost."""
        with SpooledTemporaryFile(_SPOOLED, mode="w+", encoding="utf-8") as problems:
            try:
                with transaction():
                    self._book(files.batches(iter(self.reader)), problems)
                    if not self.report.clean:
                        raise _Undo
                    files.note(self.file_id, self.report, line_done=self.reader.line, bytes_done=self.file.tell())
                    files.finish(self.actor, self.file_id, self.lease, FileState.DONE, self.report, now=clock.now())
            except _Undo:
                self._write_down_the_undone(problems)

    def as_trial(self) -> None:
        """Book the file and undo it, piece by piece, and let others write in between. Raises LeaseLost."""
        batches = files.batches(iter(self.reader))
        with SpooledTemporaryFile(_SPOOLED, mode="w+", encoding="utf-8") as problems:
            while first := next(batches, None):
                if self.report.lines:
                    self._others_turn()
                with suppress(_Undo), transaction():
                    self._book(chain([first], islice(batches, files.WHOLE_LINES // files.BATCH - 1)), problems)
                    raise _Undo
            self._write_down_the_undone(problems)

    def _others_turn(self) -> None:
        if self.lease:
            with transaction():
                files.hold(self.file_id, self.lease, until=clock.now() + files.LEASE)
        time.sleep(_OTHERS_TURN)

    def _book(self, batches: Iterable[list[Line | reading.BadLine]], problems: IO[str]) -> None:
        now, file_id = clock.now(), self.file_id
        if not file_id:  # a trial at the command line leaves nothing behind, not even its own row
            facts = encodings.Facts("", 0, self.report.encoding)
            shape = reading.Shape(self.report.encoding, self.report.delimiter, (), self.report.ignored)
            file_id = files.enter(self.actor, self.order, facts, shape, now=now).id
        for batch in batches:
            found = files.take_batch(batch, self.report, source=self.order.source, file_id=file_id, now=now)
            problems.writelines(_spooled(problem) for problem in found)
            session.flush()
            session.expunge_all()
            self.show(self.file.tell())

    def _write_down_the_undone(self, problems: IO[str]) -> None:
        """Keep what was found, though nothing of it is in the books; its conflicts are nobody's work."""
        self.report.undone = True
        if not self.lease:
            return
        problems.seek(0)
        with transaction():
            now = clock.now()
            files.finish(self.actor, self.file_id, self.lease, FileState.UNDONE, self.report, now=now)
            files.note(self.file_id, self.report, line_done=self.reader.line, bytes_done=self.file.tell())
            unspooled = (_unspooled(row) for row in problems)
            for found in iter(lambda: list(islice(unspooled, files.BATCH)), []):
                settled = {problem.number: conflicts.UNDONE for problem in found}
                files.keep_problems(self.file_id, self.order.source, found, settled, now=now)


def _spooled(problem: Problem) -> str:
    number, outcome, external_id, reason, told = problem
    return json.dumps([number, outcome, external_id, reason.packed(), told]) + "\n"


def _unspooled(row: str) -> Problem:
    number, outcome, external_id, reason, told = json.loads(row)
    return Problem(number, Outcome(outcome), external_id, Message.unpacked(reason), told)


def import_file(
    path: Path, actor: Actor, *, source: str, currency: str, zone: ZoneInfo, dry_run: bool = False, strict: bool = False
) -> Report:
    """Import a CSV file with a progress bar and return what became of its lines.

    Normally each batch is kept as it is booked, so an interrupted import is simply started again. With `strict` one
    bad line undoes everything; with `dry_run` everything is undone.
    Raises Invalid when the file as a whole is unusable.
    """
    order = files.Order(path.name, files.clean_source(source), FileVia.COMMAND, strict, dry_run)
    with path.open("rb") as file:
        facts = encodings.examine(file)
        files.check_length(order, facts)
        shape = reading.shape(file, facts.encoding)
        reader = reading.Reader(file, shape, currency=currency, zone=zone)
        report = Report(encoding=shape.encoding, delimiter=shape.delimiter, ignored=shape.ignored)
        report.samples, report.unended = facts.samples, facts.unended
        report.imported_before = files.imported_before(facts.sha256, order.source)
        going = _Import(file, reader, order, actor, report)
        if not dry_run:
            with transaction():
                files.bury_dead_commands(clock.now())
                record = files.enter(actor, order, facts, shape, now=clock.now())
                going.file_id, going.lease = record.id, record.lease or ""
        with _progress(path.name, facts.size) as going.show, _told_when_interrupted(going):
            if order.dry_run:
                going.as_trial()
            elif order.whole:
                going.as_one()
            else:
                going.in_batches()
        return going.report


@contextmanager
def _told_when_interrupted(going: _Import) -> Iterator[None]:
    """Ctrl-C and faults leave a row that says so. (After a kill the lease runs out, and the next one says it.)"""
    try:
        yield
    except files.LeaseLost:
        raise Invalid({"file": [Message(N_("This import was cancelled."))]}) from None
    except BaseException as error:
        session.rollback()
        if going.lease:
            reason = Message(N_("interrupted on the way"))
            if isinstance(error, Exception):
                reason = Message(N_("it stopped at a fault: %(fault)s"), fault=type(error).__name__)
            with transaction():
                files.end(going.file_id, going.lease, FileState.INTERRUPTED, now=clock.now(), reason=reason)
        raise


@contextmanager
def _progress(name: str, size: int) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda done: progress.update(task, completed=done)


def import_due() -> int:
    """Go on with the oldest file from the page for some seconds; returns how many lines were read. Safe in several
    processes: a file belongs to whoever holds its lease, and a dead worker's file is taken up where it stopped."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    with transaction():
        files.bury_dead_commands(clock.now())
        record = files.take(clock.now())
        if record is None:
            return 0
        session.expunge(record)
    before = record.lines
    try:
        with storage.open_file(record.sha256) as file:
            return _go_on(record, file, settings) - before
    except files.LeaseLost:
        _log.info("ledger.import_lost", file=record.id)
        return 0
    except BackofficeError as error:
        # Not by trying again will a damaged or missing file become whole.
        _fail(record, next((one for each in getattr(error, "fields", {}).values() for one in each), error.message))
        return 0
    except Exception as error:
        _fail(record, Message(N_("it stopped at a fault: %(fault)s"), fault=type(error).__name__))
        raise


def _go_on(record: LedgerFile, file: BinaryIO, settings: Settings) -> int:
    order = files.Order(record.name, record.source, FileVia.PAGE, record.strict, record.dry_run)
    if record.line_done <= 1:
        facts = encodings.examine(file)
        if facts.sha256 != record.sha256:
            raise Invalid({"file": [Message(N_("The stored document is damaged."))]})
        files.check_length(order, facts)
    shape = reading.shape(file, record.encoding)
    reader = reading.Reader(file, shape, currency=settings.currency, zone=settings.zone, after=record.line_done)
    actor = Actor(record.imported_by_id, record.imported_by, None, via="worker")
    going = _Import(file, reader, order, actor, Report.of(record), record.id, record.lease or "")
    if order.whole or order.dry_run:
        with _noted(going, progress.folder_in(settings.instance_path)):
            going.as_trial() if order.dry_run else going.as_one()
    elif not going.in_batches(WORK_SECONDS):
        with transaction():  # the next turn, here or in another worker, may begin at once
            files.hold(record.id, going.lease, until=clock.now())
    return going.report.lines


@contextmanager
def _noted(going: _Import, folder: Path) -> Iterator[None]:
    going.show = lambda done: progress.note(folder, going.file_id, progress.Progress(done, going.report.lines))
    try:
        yield
    finally:
        progress.forget(folder, going.file_id)


def _fail(record: LedgerFile, reason: Message) -> None:
    session.rollback()
    with transaction():
        files.end(record.id, record.lease or "", FileState.FAILED, now=clock.now(), reason=reason)


def describe(report: Report) -> Iterator[str]:
    """The report in lines for a terminal: problems by line number, how the file was read, then counts and sums."""
    for number, outcome, external_id, reason, _ in report.problems:
        yield f"line {number}: {outcome}{f' ({external_id})' if external_id else ''}: {reason}"
    if report.troubled > len(report.problems):
        yield f"... and {report.troubled - len(report.problems)} more"
    if report.imported_before is not None:
        yield f"this file was imported before, on {report.imported_before.astimezone(clock.zone()):%Y-%m-%d %H:%M}"
    if report.encoding:
        yield f"read as {encodings.ENCODINGS[report.encoding]}, separated by {reading.DELIMITERS[report.delimiter]}"
    if report.samples:
        yield (
            f"warning: the file is not UTF-8; it was read as {encodings.ENCODINGS[report.encoding]}, a guess: look at"
            f" {', '.join(report.samples)}; if that is wrong, save the file as CSV UTF-8"
        )
    if report.unended:
        yield "warning: the last line has no line break at its end; the file may have been cut off"
    if report.undone and report.lines > files.WHOLE_LINES:
        yield (
            f"tried in pieces of {files.WHOLE_LINES:,} lines: what stands in two of them, an id that comes twice or a"
            " refund apart from its recharge, only the import judges"
        )
    if report.ignored:
        yield f"columns that mean nothing here, not read: {', '.join(report.ignored)}"
    if report.assumed_zone:
        yield f"{report.assumed_zone} line(s) had a time without an offset; the installation's zone was assumed"
    counts = ", ".join(f"{report.counts[outcome]} {outcome}" for outcome in Outcome)
    yield f"{report.lines} lines: {counts}"
    for kind, total in sorted(report.sums.items()):
        yield f"{kind}: {total:,.2f}"
    if report.undone:
        yield "nothing was changed"
