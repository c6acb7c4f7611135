"""Imports at the command line, and the words in which they are reported."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.errors import N_, BackofficeError, Invalid, Message
from backoffice.leases import LeaseLost
from backoffice.ledger.jobs.course import Course
from backoffice.ledger.jobs.work import WORK_SECONDS, go_on
from backoffice.ledger.models import FileState, FileVia, LedgerFile
from backoffice.ledger.services import encodings, files, reading, sources
from backoffice.ledger.services.deciding import Outcome, Sum
from backoffice.ledger.services.report import Report
from backoffice.permissions import Actor

_log = structlog.get_logger(__name__)
_SUMS = {str(name): str(name) for name in Sum} | {
    Sum.PENDING: "recharges pending (change)",
    Sum.FAILED: "recharges that failed",
    Sum.WAITING: "refunds waiting for their recharge (change)",
}
# Between two looks whether the file that goes first has ended.
_PATIENCE = 0.5


def import_file(
    path: Path,
    actor: Actor,
    *,
    source: str,
    currency: str,
    zone: ZoneInfo,
    dry_run: bool = False,
    strict: bool = False,
    doubted: Callable[[sources.Doubts], None] = lambda _doubts: None,
) -> Report:
    """Import a CSV file with a progress bar and return what became of its lines.

    Each batch is kept as it is booked, so an interrupted import is simply started again. With `strict` nothing is
    booked unless every line is good, and then all are, whatever happens on the way; with `dry_run` nothing is.
    What speaks against the source is given to `doubted` before anything is booked; it may raise to end the import.
    Raises Invalid when the file as a whole is unusable, or when somebody cancelled the import.
    """
    order = files.Order(path.name, sources.named(source), FileVia.COMMAND, strict, dry_run)
    with path.open("rb") as file:
        facts = encodings.examine(file)
        shape = reading.shape(file, facts.encoding)
        reader = reading.Reader(file, shape, currency=currency, zone=zone)
        report = Report(encoding=shape.encoding, delimiter=shape.delimiter, ignored=shape.ignored)
        report.samples, report.unended = facts.samples, facts.unended
        report.imported_before = files.imported_before(facts.sha256, order.source)
        told = sources.doubts(order.source, facts.sha256)
        session.rollback()
        if told:
            doubted(told)
        course = Course(file, reader, order, actor, report, _let_pass)
        if order.whole:
            storage.put_file(file, facts.sha256)  # whoever finds it half booked can go on with it
        if not dry_run:
            course.file_id, course.lease = _enter(course, facts, shape, told, doubted)
        with _progress(path.name, facts.size) as course.show, _told_when_interrupted(course):
            course.run()
        return course.report


def _enter(
    course: Course,
    facts: encodings.Facts,
    shape: reading.Shape,
    told: sources.Doubts,
    doubted: Callable[[sources.Doubts], None],
) -> tuple[int, str]:
    """Write the import down, its id and lease; what came to speak against its source meanwhile is told as well."""
    while True:
        try:
            with transaction():
                files.bury_dead_commands(clock.now())
                record = files.enter(course.actor, course.order, facts, shape, now=clock.now(), told=told)
                return record.id, record.lease or ""
        except files.Untold as untold:
            told = untold.doubts
            doubted(told)


def _let_pass(course: Course) -> None:
    """Let the file whose turn it is go first; one that was left half booked is booked to its end here."""
    with transaction():
        now = clock.now()
        files.hold(course.file_id, course.lease, until=now + files.LEASE)
        files.bury_dead_commands(now)
        left = files.take_left(now)
        if left is not None:
            session.expunge(left)
    if left is None:
        time.sleep(_PATIENCE)
        return
    try:
        go_on(left, WORK_SECONDS)
    except Exception:  # its fault is not ours; it is tried again
        _log.exception("ledger.import_left", file=left.id)


@contextmanager
def _told_when_interrupted(course: Course) -> Iterator[None]:
    """Ctrl-C and faults leave a row that says so. (After a kill the lease runs out, and the next one says it.)"""
    try:
        yield
    except LeaseLost:
        raise Invalid({"file": [Message(N_("This import was cancelled."))]}) from None
    except BaseException as error:
        session.rollback()
        if course.lease:
            _tell_interrupted(course, error)
        raise


def _tell_interrupted(course: Course, error: BaseException) -> None:
    with transaction():
        now = clock.now()
        # Asked of the database: Ctrl-C can fall between the commit of a batch and our own knowledge of it.
        record = session.get_one(LedgerFile, course.file_id, populate_existing=True)
        if record.state != FileState.RUNNING:
            return
        if record.is_whole and record.is_begun and not isinstance(error, BackofficeError):
            files.hold(course.file_id, course.lease, until=now)
            sys.stderr.write("all lines are good; the worker, or the next import, books the rest\n")
            return
        reason = Message(N_("interrupted on the way"))
        if isinstance(error, BackofficeError):
            reason = error.message
        elif isinstance(error, Exception):
            reason = Message(N_("it stopped at a fault: %(fault)s"), fault=type(error).__name__)
        files.end(course.file_id, course.lease, FileState.INTERRUPTED, now=now, reason=reason)


@contextmanager
def _progress(name: str, size: int) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda done, _lines: progress.update(task, completed=done)


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
    if report.ignored:
        yield f"columns that mean nothing here, not read: {', '.join(report.ignored)}"
    if report.assumed_zone:
        yield f"{report.assumed_zone} line(s) had a time without an offset; the installation's zone was assumed"
    if report.assumed_midnight:
        yield f"{report.assumed_midnight} of them told a date alone; midnight in the installation's zone was assumed"
    counts = ", ".join(f"{report.counts[outcome]} {outcome}" for outcome in Outcome)
    yield f"{report.lines} lines: {counts}"
    for name, total in sorted(report.sums.items()):
        if total:
            yield f"{_SUMS[name]}: {total:,.2f}"
    if any(report.sums.values()):
        yield f"new money: {report.new_money:,.2f}"
    if report.undone:
        yield "nothing was changed"
