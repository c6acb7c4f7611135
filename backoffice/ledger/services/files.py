"""Importing a CSV file of the platform's entries: streamed, in batches, each batch one transaction of the caller."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import BufferedReader, TextIOWrapper
from itertools import islice
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
csv.field_size_limit(64 * 1024)


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


def read_lines(file: Iterable[str], *, currency: str, zone: ZoneInfo) -> Iterator[Line | BadLine]:
    """Stream the lines of a CSV file; a bad one is yielded as such and the next are still read.

    Raises Invalid (field `file`) when the head lacks a column or the file is no UTF-8 text.
    """
    try:
        reader = csv.DictReader(file, restkey="_extra")
        missing = missing_columns([name.strip() for name in reader.fieldnames or []])
        if missing:
            raise Invalid({"file": [Message(N_("The file lacks the columns %(names)s."), names=", ".join(missing))]})
        reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
        yield from _rows(reader, currency, zone)
    except UnicodeDecodeError:
        raise Invalid({"file": [Message(N_("The file is not UTF-8 text."))]}) from None


def _rows(reader: csv.DictReader[str], currency: str, zone: ZoneInfo) -> Iterator[Line | BadLine]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(reader.line_num, Message(N_("not readable as CSV: %(fault)s"), fault=error))
            continue
        number = reader.line_num
        if row.get("_extra") is not None:
            yield BadLine(number, Message(N_("more values than columns")), str(row.get("external_id") or "")[:120])
            continue
        try:
            yield parse_line(number, row, currency=currency, zone=zone)
        except LineError as error:
            yield BadLine(number, error.message, str(row.get("external_id") or "")[:120])


def as_text(raw: BufferedReader) -> TextIOWrapper:
    """The text of a CSV file's bytes for `read_lines`; a byte order mark is skipped."""
    return TextIOWrapper(raw, encoding="utf-8-sig", newline="")


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
