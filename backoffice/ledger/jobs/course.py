"""The course of an import. A batch is a transaction, so nobody waits long, whatever the length of the file.

A file of which all lines or none are wanted is rehearsed first. When every line is good it is booked like any other,
while no other import books: a fault or a kill on the way delays its last line, and takes nothing from the promise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from sqlalchemy.exc import IntegrityError, OperationalError

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import N_, Conflict, Message
from backoffice.ledger.models import FileState
from backoffice.ledger.rules import Line
from backoffice.ledger.services import conflicts, files, reading, rehearsal, turns
from backoffice.ledger.services.deciding import Outcome
from backoffice.ledger.services.report import Problem, Report
from backoffice.permissions import Actor

_TRIES = 6
_SPOOLED = 1024 * 1024
# How often a rehearsal renews its lease, and sees whether it was cancelled.
_STAY_SECONDS = 2.0


@dataclass(slots=True)
class Course:
    """One go at one file: what is read, whose lease it is, how far it has come.

    `wait` is done while another file books alone; it may raise AnotherTurn to give up for now.
    """

    file: BinaryIO
    reader: reading.Reader
    order: files.Order
    actor: Actor
    report: Report
    wait: Callable[[Course], None]
    file_id: int = 0
    lease: str = ""
    books: bool = False
    show: Callable[[int, int], None] = lambda _bytes, _lines: None

    def run(self, seconds: float | None = None) -> bool:
        """Go on to the end of the file (True), or until the time is over (False).

        Raises LeaseLost when somebody cancelled it or took it over, AnotherTurn as `wait` does.
        """
        if self.order.dry_run or (self.order.whole and not self.books):
            if self.order.whole:
                self._take_turn()
            if not self._rehearse() or self.order.dry_run:
                return True
            self.reader, self.report = self.reader.again(), self.report.emptied()
        self.books = True
        return self._book(seconds)

    def _take_turn(self) -> None:
        while True:
            try:
                with transaction():
                    turns.take(self.file_id)
            except turns.AnotherTurn:
                self.wait(self)
            else:
                return

    def _rehearse(self) -> bool:
        """Find out what becomes of each line; whether all are good. What is found is kept when nothing else will be."""
        stayed = time.monotonic()
        with SpooledTemporaryFile(_SPOOLED, mode="w+", encoding="utf-8") as problems, rehearsal.scratch() as scratch:
            stage = rehearsal.Rehearsal(self.order.source, scratch)
            for batch in files.batches(iter(self.reader)):
                if self.lease and time.monotonic() - stayed > _STAY_SECONDS:
                    self._stay()
                    stayed = time.monotonic()
                found = self.report.add(stage.take_batch(batch, now=clock.now()))
                session.rollback()
                problems.writelines(map(_spooled, found))
                self.show(self.file.tell(), self.report.lines)
            good = self.report.clean
            if self.order.dry_run or not good:
                self._write_down(problems)
        return good

    def _stay(self) -> None:
        """Renew the lease. Raises LeaseLost."""
        with transaction():
            files.hold(self.file_id, self.lease, until=clock.now() + files.LEASE)

    def _write_down(self, problems: IO[str]) -> None:
        """Keep what was found, though nothing of it is in the books; its conflicts are nobody's work."""
        self.report.undone = True
        if not self.lease:  # a trial at the command line leaves nothing behind
            return
        problems.seek(0)
        with transaction():
            now = clock.now()
            files.finish(self.actor, self.file_id, self.lease, FileState.UNDONE, self.report, now=now)
            files.note(self.file_id, self.report, line_done=self.reader.line, bytes_done=self.file.tell())
            unspooled = map(_unspooled, problems)
            for found in iter(lambda: list(islice(unspooled, files.BATCH)), []):
                settled = {problem.number: conflicts.UNDONE for problem in found}
                files.keep_problems(self.file_id, self.order.source, found, settled, now=now)

    def _book(self, seconds: float | None) -> bool:
        began = time.monotonic()
        for batch in files.batches(iter(self.reader)):
            self._keep(batch)
            self.show(self.file.tell(), self.report.lines)
            if seconds is not None and time.monotonic() - began > seconds:
                return False
        with transaction():
            now = clock.now()
            files.finish(self.actor, self.file_id, self.lease, FileState.DONE, self.report, now=now)
        return True

    def _keep(self, batch: list[Line | reading.BadLine]) -> None:
        faults = 0
        while True:
            report = self.report.copy()
            try:
                with transaction():
                    self._take_batch(batch, report)
            except turns.AnotherTurn:
                self.wait(self)
            except (IntegrityError, OperationalError):
                # Another import booked the same ids, or held the same accounts for too long: look again.
                faults += 1
                if faults == _TRIES:
                    raise
                time.sleep(0.025 * 2**faults)
            else:
                self.report = report
                return
            finally:
                session.expunge_all()  # memory stays that of one batch

    def _take_batch(self, batch: list[Line | reading.BadLine], report: Report) -> None:
        now = clock.now()
        turns.wait_for(self.file_id)
        files.hold(self.file_id, self.lease, until=now + files.LEASE)
        found = files.take_batch(batch, report, source=self.order.source, file_id=self.file_id, now=now)
        if found and self.order.whole:
            # Nobody else books, so only another version of this program can decide otherwise than at the rehearsal.
            number, *_, reason, _ = found[0]
            sentence = N_("Line %(number)s was good when the file was tried, and is not any more: %(reason)s")
            raise Conflict(Message(sentence, number=number, reason=reason))
        files.note(self.file_id, report, line_done=self.reader.line, bytes_done=self.file.tell())


def _spooled(problem: Problem) -> str:
    number, outcome, external_id, reason, told = problem
    return json.dumps([number, outcome, external_id, reason.packed(), told]) + "\n"


def _unspooled(row: str) -> Problem:
    number, outcome, external_id, reason, told = json.loads(row)
    return Problem(number, Outcome(outcome), external_id, Message.unpacked(reason), told)
