"""Imports by the worker: files from the page, and whole files that a command has left half booked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from flask import current_app

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import N_, BackofficeError, Invalid, Message
from backoffice.leases import LeaseLost
from backoffice.ledger.jobs.course import Course
from backoffice.ledger.models import FileState, FileVia, LedgerFile
from backoffice.ledger.services import encodings, files, progress, reading, turns
from backoffice.ledger.services.report import Report
from backoffice.permissions import Actor

# The worker lets other jobs and a stop signal through this often; the file goes on at its next turn.
WORK_SECONDS = 10.0

# After a fault.
_BREATH = timedelta(seconds=20)

_log = structlog.get_logger(__name__)


def import_due() -> int:
    """Go on with the oldest file that is due for some seconds; returns how many lines were read. Safe in several
    processes: a file belongs to whoever holds its lease, and a dead worker's file is taken up where it stopped."""
    with transaction():
        files.bury_dead_commands(clock.now())
        record = files.take(clock.now())
        if record is None:
            return 0
        session.expunge(record)
    return go_on(record, WORK_SECONDS)


def go_on(record: LedgerFile, seconds: float | None) -> int:
    """Go on with a file that was lent to us for so many seconds; returns how many lines were read."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    before = record.lines
    try:
        with storage.open_file(record.sha256) as file:
            return _run(record, file, settings, seconds) - before
    except LeaseLost:
        _log.info("ledger.import_lost", file=record.id)
        return 0
    except turns.AnotherTurn:
        _let_go(record)
        return 0
    except BackofficeError as error:
        # Not by trying again will a damaged or missing file become whole.
        _fail(record, error.reason)
        return 0
    except Exception as error:
        if not _left_for_later(record):
            _fail(record, Message(N_("it stopped at a fault: %(fault)s"), fault=type(error).__name__))
        raise


def _left_for_later(record: LedgerFile) -> bool:
    """After a fault amid a file of which all lines are wanted: try again soon, as long as it takes."""
    session.rollback()
    with transaction():
        begun = session.get_one(LedgerFile, record.id, populate_existing=True)
        is_left = begun.is_whole and begun.is_begun and begun.lease == record.lease
        if is_left:
            files.hold(record.id, record.lease or "", until=clock.now() + _BREATH)
        return is_left


def _run(record: LedgerFile, file: BinaryIO, settings: Settings, seconds: float | None) -> int:
    order = files.Order(record.name, record.source, FileVia(record.via), record.strict, record.dry_run)
    if not record.is_begun and encodings.examine(file).sha256 != record.sha256:
        raise Invalid({"file": [Message(N_("The stored document is damaged."))]})
    shape = reading.shape(file, record.encoding)
    reader = reading.Reader(file, shape, currency=settings.currency, zone=settings.zone, after=record.line_done)
    actor = Actor(record.imported_by_id, record.imported_by, None, via="worker")
    course = Course(
        file, reader, order, actor, Report.of(record), _give_up, record.id, record.lease or "", record.is_begun
    )
    with _noted(course, progress.folder_in(settings.instance_path)):
        if not course.run(seconds):
            _let_go(record)
    return course.report.lines


def _give_up(_course: Course) -> None:
    raise turns.AnotherTurn


def _let_go(record: LedgerFile) -> None:
    """The next turn, here or in another worker, may begin at once."""
    with transaction():
        files.hold(record.id, record.lease or "", until=clock.now())


@contextmanager
def _noted(course: Course, folder: Path) -> Iterator[None]:
    """Tell of a rehearsal what the database cannot tell."""
    course.show = lambda done, lines: (
        None if course.books else progress.note(folder, course.file_id, progress.Progress(done, lines))
    )
    try:
        yield
    finally:
        progress.forget(folder, course.file_id)


def _fail(record: LedgerFile, reason: Message) -> None:
    session.rollback()
    with transaction():
        files.end(record.id, record.lease or "", FileState.FAILED, now=clock.now(), reason=reason)
