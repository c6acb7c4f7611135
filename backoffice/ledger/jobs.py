"""Importing a whole file from outside: progress, one transaction a batch, or one for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from backoffice import clock, text
from backoffice.database import session, transaction
from backoffice.errors import Invalid
from backoffice.ledger.rules import Line
from backoffice.ledger.services import files
from backoffice.ledger.services.entries import Outcome
from backoffice.permissions import Actor

SHOWN_PROBLEMS = 50
SOURCE_LIMIT = 60


class _Undo(Exception):
    """Ends a transaction whose effect is not wanted."""


def import_file(
    path: Path, actor: Actor, *, source: str, currency: str, zone: ZoneInfo, dry_run: bool = False, strict: bool = False
) -> files.Report:
    """Import a CSV file with a progress bar and return what became of its lines.

    Normally each batch is kept as it is booked, so an interrupted import is simply started again. With `strict` one
    bad line undoes everything; with `dry_run` everything is undone.
    Raises Invalid when the file as a whole is unusable.
    """
    try:
        source = text.clean(source, max_length=SOURCE_LIMIT)
    except text.TextError as error:
        raise Invalid({"source": [error.message]}) from None
    with path.open("rb") as raw:
        sha256 = files.sha256_of(raw)
    report = files.Report()
    whole = dry_run or strict
    now = clock.now()
    try:
        with transaction() if whole else nullcontext():
            with nullcontext() if whole else transaction():
                file_id = files.begin(actor, name=path.name, sha256=sha256, source=source, now=now)
            for batch in _progress(path, currency, zone):
                with nullcontext() if whole else transaction():
                    files.take_batch(batch, report, source=source, file_id=file_id, now=now)
                    session.flush()
                    session.expunge_all()  # memory stays that of one batch
            if dry_run or (strict and not report.clean):
                raise _Undo
            with nullcontext() if whole else transaction():
                files.finish(actor, file_id, report, now=clock.now())
    except _Undo:
        report.undone = True
    return report


def _progress(path: Path, currency: str, zone: ZoneInfo) -> Iterator[list[Line | files.BadLine]]:
    size = path.stat().st_size
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with (
        path.open("rb") as raw,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task(path.name, total=size)
        for batch in files.batches(files.read_lines(raw, currency=currency, zone=zone)):
            yield batch
            progress.update(task, completed=raw.tell())
        progress.update(task, completed=size)


def describe(report: files.Report) -> Iterator[str]:
    """The report in lines for a terminal: problems by line number, then the counts and sums."""
    for number, outcome, external_id, reason in report.problems[:SHOWN_PROBLEMS]:
        yield f"line {number}: {outcome}{f' ({external_id})' if external_id else ''}: {reason}"
    if len(report.problems) > SHOWN_PROBLEMS:
        yield f"... and {len(report.problems) - SHOWN_PROBLEMS} more"
    if report.assumed_zone:
        yield f"{report.assumed_zone} line(s) had a time without an offset; the installation's zone was assumed"
    counts = ", ".join(f"{report.counts[outcome]} {outcome}" for outcome in Outcome)
    yield f"{report.lines} lines: {counts}"
    for kind, total in sorted(report.sums.items()):
        yield f"{kind}: {total:,.2f}"
    if report.undone:
        yield "nothing was changed"
