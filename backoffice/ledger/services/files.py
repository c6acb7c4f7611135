"""Importing a CSV file of the platform's entries: streamed, in batches, each batch one transaction of the caller."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import BufferedReader
from itertools import islice
from typing import BinaryIO
from zoneinfo import ZoneInfo

from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Invalid, Message
from backoffice.ledger.models import LedgerFile, LedgerLineProblem
from backoffice.ledger.rules import Line, LineError, missing_columns, parse_line
from backoffice.ledger.services.entries import LineResult, Outcome, book
from backoffice.money import ZERO
from backoffice.permissions import Actor

BATCH = 1000
LINE_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not even be read."""

    number: int
    reason: Message
    external_id: str = ""


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    sums: dict[str, Decimal] = field(default_factory=dict)
    problems: list[tuple[int, Outcome, str, Message]] = field(default_factory=list)
    lines: int = 0
    assumed_zone: int = 0
    undone: bool = False

    @property
    def clean(self) -> bool:
        """Whether every line was taken or known already."""
        return not self.counts[Outcome.REFUSED] and not self.counts[Outcome.CONFLICT]

    def add_bad(self, bad: BadLine) -> None:
        """Count a line that could not be read."""
        self.lines += 1
        self.counts[Outcome.REFUSED] += 1
        self.problems.append((bad.number, Outcome.REFUSED, bad.external_id, bad.reason))

    def add(self, result: LineResult) -> None:
        """Count a line that was offered to the books."""
        self.lines += 1
        self.counts[result.outcome] += 1
        self.assumed_zone += result.line.assumed_zone
        if result.reason is not None:
            self.problems.append((result.line.number, result.outcome, result.line.external_id, result.reason))
        elif result.outcome in (Outcome.ADDED, Outcome.UPDATED):
            self.sums[result.line.kind] = self.sums.get(result.line.kind, ZERO) + result.line.amount


def read_lines(file: BinaryIO, *, currency: str, zone: ZoneInfo) -> Iterator[Line | BadLine]:
    """Stream the lines of a CSV file (UTF-8, a byte order mark is skipped); a bad one is yielded as such.

    A record is one line of the file: a quote that is not closed, a byte that is no text or an endless line costs that
    line alone. Raises Invalid (field `file`) when the head cannot be read or lacks a column.
    """
    lines = _physical_lines(file)
    head = _head(next(lines, (1, b""))[1])
    for number, raw in lines:
        if len(raw) > LINE_LIMIT:
            yield BadLine(number, Message(N_("longer than %(limit)s bytes"), limit=LINE_LIMIT))
        elif raw.strip():
            yield _line(number, raw, head, currency, zone)


def _physical_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line; of one beyond the limit only its beginning is kept in memory."""
    number = 0
    while raw := file.readline(LINE_LIMIT + 1):
        number += 1
        rest = raw
        while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
            rest = file.readline(LINE_LIMIT + 1)
        yield number, raw


def _head(raw: bytes) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([raw.decode("utf-8-sig")]), [])]
    except (UnicodeDecodeError, csv.Error):
        raise Invalid({"file": [Message(N_("The file is not UTF-8 text."))]}) from None
    missing = missing_columns(names)
    if missing:
        raise Invalid({"file": [Message(N_("The file lacks the columns %(names)s."), names=", ".join(missing))]})
    return names


def _line(number: int, raw: bytes, head: list[str], currency: str, zone: ZoneInfo) -> Line | BadLine:
    try:
        values = next(csv.reader([raw.decode("utf-8").rstrip("\r\n")], strict=True))
    except UnicodeDecodeError:
        return BadLine(number, Message(N_("not UTF-8 text")))
    except csv.Error as error:
        return BadLine(number, Message(N_("not readable as CSV: %(fault)s"), fault=error))
    row = dict(zip(head, values, strict=False))
    external_id = row.get("external_id", "")[:120]
    if len(values) > len(head):
        return BadLine(number, Message(N_("more values than columns")), external_id)
    try:
        return parse_line(number, row, currency=currency, zone=zone)
    except LineError as error:
        return BadLine(number, error.message, external_id)


def sha256_of(file: BufferedReader) -> str:
    """Hash of a file's bytes, read in pieces."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def begin(actor: Actor, *, name: str, sha256: str, source: str, now: datetime) -> int:
    """Write down that an import has begun; returns its id."""
    record = LedgerFile(name=name[:256], sha256=sha256, source=source, imported_by=actor.label, started_at=now, sums={})
    session.add(record)
    session.flush()
    return record.id


def batches(lines: Iterator[Line | BadLine], size: int = BATCH) -> Iterator[list[Line | BadLine]]:
    """Cut a stream of lines into batches; memory stays constant whatever the file's size."""
    while batch := list(islice(lines, size)):
        yield batch


def take_batch(batch: list[Line | BadLine], report: Report, *, source: str, file_id: int, now: datetime) -> None:
    """Book one batch in the caller's transaction and add it to `report`; problems are kept with the file."""
    seen = len(report.problems)
    for bad in batch:
        if isinstance(bad, BadLine):
            report.add_bad(bad)
    lines = [line for line in batch if isinstance(line, Line)]
    for result in book(lines, source=source, now=now, file_id=file_id):
        report.add(result)
    report.problems[seen:] = sorted(report.problems[seen:], key=lambda problem: problem[0])
    for number, outcome, external_id, reason in report.problems[seen:]:
        kind = "conflict" if outcome is Outcome.CONFLICT else "refused"
        session.add(
            LedgerLineProblem(
                file_id=file_id, line=number, kind=kind, external_id=external_id, reason=str(reason)[:500]
            )
        )
    _note(file_id, report)


def finish(actor: Actor, file_id: int, report: Report, *, now: datetime) -> None:
    """Write down that the whole file was read."""
    _note(file_id, report)
    session.get_one(LedgerFile, file_id).finished_at = now
    counts = {str(outcome): count for outcome, count in report.counts.items()}
    audit.record(actor, "ledger.import", "ledger_file", file_id, at=now, after={"lines": report.lines, **counts})


def _note(file_id: int, report: Report) -> None:
    record = session.get_one(LedgerFile, file_id)
    record.lines = report.lines
    record.added = report.counts[Outcome.ADDED]
    record.updated = report.counts[Outcome.UPDATED]
    record.unchanged = report.counts[Outcome.UNCHANGED]
    record.conflicts = report.counts[Outcome.CONFLICT]
    record.refused = report.counts[Outcome.REFUSED]
    record.sums = {kind: str(total) for kind, total in report.sums.items()}
