"""The files of the platform's entries: who brought which, who works on it, what became of its lines.

Whoever imports a file holds its lease. Each batch is one transaction of the caller that renews the lease, books the
lines, keeps the problems and moves the file's counts, so a kill anywhere leaves a file that goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, select, update

from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Invalid, Message
from backoffice.leases import GIVEN_BACK, LeaseLost
from backoffice.ledger.models import FileState, FileVia, LedgerFile, LedgerLineProblem, has_begun, wants_all
from backoffice.ledger.rules import Line
from backoffice.ledger.services import bulk, conflicts, sources, turns
from backoffice.ledger.services.deciding import Outcome
from backoffice.ledger.services.encodings import Facts
from backoffice.ledger.services.entries import book
from backoffice.ledger.services.reading import BadLine, Shape
from backoffice.ledger.services.report import NO_SUMS, Problem, Report
from backoffice.permissions import Actor

BATCH = 1000
NAME_LIMIT = 256
# A batch takes a tenth of a second; waiting for locks and a slow disk may take it a minute.
LEASE = timedelta(minutes=2)


def clean_name(typed: str) -> str:
    """A file's name, fit to be shown; what cannot be shown is left out."""
    shown = "".join(sign for sign in typed.replace("\\", "/").rpartition("/")[2] if sign.isprintable())
    return shown.strip()[-NAME_LIMIT:] or "-"


def batches(lines: Iterator[Line | BadLine], size: int = BATCH) -> Iterator[list[Line | BadLine]]:
    """Cut a stream of lines into batches; memory stays constant whatever the file's size."""
    while batch := list(islice(lines, size)):
        yield batch


@dataclass(frozen=True, slots=True)
class Order:
    """An import that was asked for: which file, from which system, kept how."""

    name: str
    source: str
    via: FileVia
    strict: bool = False
    dry_run: bool = False

    @property
    def whole(self) -> bool:
        """Whether all lines are wanted or none. Of a trial nothing is kept anyway."""
        return self.strict and not self.dry_run


class Untold(Exception):
    """Something speaks against the source of a command's file that its caller was not told of: `doubts`."""

    def __init__(self, doubts: sources.Doubts) -> None:
        super().__init__()
        self.doubts = doubts


def enter(
    actor: Actor, order: Order, facts: Facts, shape: Shape, *, now: datetime, told: sources.Doubts | None = None
) -> LedgerFile:
    """Write down that an import was asked for: a file from the page waits for the worker, a command begins at once.

    A file from the page whose source is doubtful waits until somebody has confirmed it. Raises Untold for a command
    whose source is doubtful by now for other reasons than those it has `told`.
    """
    turns.stand_still()
    doubts = sources.doubts(order.source, facts.sha256)
    if order.via == FileVia.COMMAND and doubts and doubts != told:
        raise Untold(doubts)
    asks = order.via == FileVia.PAGE and not order.dry_run and bool(doubts)
    record = LedgerFile(
        name=clean_name(order.name),
        sha256=facts.sha256,
        size=facts.size,
        source=order.source,
        via=order.via,
        strict=order.strict,
        dry_run=order.dry_run,
        asks=asks,
        imported_by=actor.label,
        imported_by_id=actor.id,
        started_at=now,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        ignored_columns=list(shape.ignored),
        samples=list(facts.samples),
        unended=facts.unended,
        line_done=1,
        sums={name: str(total) for name, total in NO_SUMS.items()},
        state=FileState.WAITING,
    )
    if order.via == FileVia.COMMAND:
        _lend(record, now)
    session.add(record)
    session.flush()
    return record


def _lend(record: LedgerFile, now: datetime) -> None:
    record.state = FileState.RUNNING
    record.lend(now + LEASE)


def take(now: datetime) -> LedgerFile | None:
    """Lend out the oldest file that waits for the worker, or whose lease is over; None when there is nothing to do.

    While one file books alone, it and trials are all there is to do.
    """
    turn = turns.whose()
    mine = LedgerFile.via == FileVia.PAGE
    if turn is not None:
        mine = _left(turn) | (mine & LedgerFile.dry_run)
    waits = (LedgerFile.state == FileState.WAITING) & ~LedgerFile.asks
    return _take(mine & (waits | _lease_is_over(now)), now)


def take_left(now: datetime) -> LedgerFile | None:
    """Lend out the file whose turn it is when it was left half booked. One that was left before loses its turn."""
    turn = turns.whose()
    if turn is None:
        return None
    left = _take((LedgerFile.id == turn) & has_begun() & _lease_is_over(now), now)
    unbegun = (LedgerFile.id == turn) & ~has_begun() & _lease_is_over(now)
    if left is None and session.scalar(select(LedgerFile.id).where(unbegun)) is not None:
        turns.give_back(turn)
    return left


def _left(turn: int) -> ColumnElement[bool]:
    """A command's file that is not booked yet ends with its process; once it is, others finish it."""
    return (LedgerFile.id == turn) & ((LedgerFile.via == FileVia.PAGE) | has_begun())


def _lease_is_over(now: datetime) -> ColumnElement[bool]:
    return (LedgerFile.state == FileState.RUNNING) & (LedgerFile.leased_until <= now)


def _take(which: ColumnElement[bool], now: datetime) -> LedgerFile | None:
    statement = select(LedgerFile).where(which).order_by(LedgerFile.id).limit(1).with_for_update(skip_locked=True)
    record = session.scalars(statement).one_or_none()
    if record is not None:
        _lend(record, now)
        session.flush()
    return record


def hold(file_id: int, lease: str, *, until: datetime) -> None:
    """Renew the lease in the transaction of a batch. Raises LeaseLost when it is another's, or was cancelled."""
    LedgerFile.renew(file_id, lease, until=until)


def take_batch(
    batch: list[Line | BadLine], report: Report, *, source: str, file_id: int, now: datetime
) -> list[Problem]:
    """Book one batch in the caller's transaction, add it to `report` and keep its problems with the file."""
    lines = [line for line in batch if isinstance(line, Line)]
    known = conflicts.known(source, batch)
    booked = book(lines, source=source, now=now, file_id=file_id)
    results = list(conflicts.in_turn(batch, booked, known))
    problems = report.add(results)
    settled = conflicts.settle_by(results, source, file_id=file_id, now=now)
    keep_problems(file_id, source, problems, settled, now=now)
    return problems


def keep_problems(
    file_id: int, source: str, problems: list[Problem], settled: Mapping[int, Message], *, now: datetime
) -> None:
    """Keep lines that were not taken; of those that are `settled` already, by their numbers, it says why."""
    if not problems:
        return
    bulk.add(
        LedgerLineProblem,
        ("file_id", "source", "line", "kind", "external_id", "reason", "told", "settled_at", "settled_by",
         "settled_why"),
        [
            (file_id, source, number, "conflict" if outcome is Outcome.CONFLICT else "refused", external_id,
             reason.packed(), told, now if number in settled else None, "",
             settled[number].packed() if number in settled else "")
            for number, outcome, external_id, reason, told in problems
        ],
    )  # fmt: skip


def note(file_id: int, report: Report, *, line_done: int, bytes_done: int) -> None:
    """Keep how far the import has come."""
    session.execute(
        update(LedgerFile)
        .where(LedgerFile.id == file_id)
        .values(
            lines=report.lines,
            added=report.counts[Outcome.ADDED],
            updated=report.counts[Outcome.UPDATED],
            unchanged=report.counts[Outcome.UNCHANGED],
            conflicts=report.counts[Outcome.CONFLICT],
            refused=report.counts[Outcome.REFUSED],
            sums={kind: str(total) for kind, total in report.sums.items()},
            assumed_zone=report.assumed_zone,
            assumed_midnight=report.assumed_midnight,
            line_done=line_done,
            bytes_done=bytes_done,
        )
    )


def finish(actor: Actor, file_id: int, lease: str, state: FileState, report: Report, *, now: datetime) -> None:
    """Write down that the whole file was read. Raises LeaseLost."""
    end(file_id, lease, state, now=now)
    counts = {str(outcome): count for outcome, count in report.counts.items()}
    after = {"state": state, "lines": report.lines, **counts}
    audit.record(actor, "ledger.import", "ledger_file", file_id, at=now, after=after)


def end(file_id: int, lease: str, state: FileState, *, now: datetime, reason: Message | None = None) -> None:
    """Give the lease back for good, and the turn. Raises LeaseLost."""
    turns.give_back(file_id)
    ended = rows_changed(
        session.execute(
            update(LedgerFile)
            .where(LedgerFile.lent(file_id, lease))
            .values(
                **GIVEN_BACK, state=state, finished_at=now, reason="" if reason is None else reason.packed()
            )
        )
    )  # fmt: skip
    if not ended:
        raise LeaseLost


def confirm(actor: Actor, file_id: int, source: str, *, seen: str = "", now: datetime) -> None:
    """Let a file wait for the worker no more than any other, under its own source or another one that is known.

    `seen` is the word of the import of the same bytes under another source that the page told of. Raises Invalid for
    any other source, for its own where that is known by another spelling meanwhile, and where there is such an import
    that was not told; Conflict when the file does not ask (any more).
    """
    turns.stand_still()
    record = session.get_one(LedgerFile, file_id, with_for_update=True)
    if record.state != FileState.WAITING or not record.asks:
        raise Conflict(Message(N_("This import asks nothing any more.")))
    if source not in sources.offered(record.source):
        wanted = Message(N_("Choose the system that the ids belong to."))
        if source == record.source:
            (name, *_) = sources.spellings_of(source)
            wanted = Message(N_("This source is known as %(name)s by now. Choose that one."), name=name)
        raise Invalid({"source": [wanted]})
    there = sources.elsewhere(record.sha256, source)
    if there is not None and there.word != seen:
        raise Invalid({"source": list(sources.Doubts(source, there=there).sentences())})
    record.source, record.asks = source, False
    session.flush()
    audit.record(actor, "ledger.import_confirmed", "ledger_file", file_id, at=now, after={"source": source})


def may_stop(record: LedgerFile) -> bool:
    """Whether an import can be stopped: there is nothing between all and nothing, once the first lines are booked."""
    if record.state == FileState.RUNNING and record.is_whole:
        return not record.is_begun
    return record.state in (FileState.WAITING, FileState.RUNNING)


def cancel(actor: Actor, file_id: int, *, now: datetime) -> None:
    """Stop an import that waits or runs; what was booked stays. Raises Conflict when that cannot be done (any more)."""
    turns.give_back(file_id)
    record = session.get_one(LedgerFile, file_id, with_for_update=True)
    if record.state == FileState.RUNNING and not may_stop(record):
        raise Conflict(Message(N_("All lines are good and are being booked. That cannot be stopped any more.")))
    reason = Message(N_("cancelled by %(name)s"), name=actor.label)
    cancelled = rows_changed(
        session.execute(
            update(LedgerFile)
            .where(LedgerFile.id == file_id, LedgerFile.state.in_([FileState.WAITING, FileState.RUNNING]))
            .values(**GIVEN_BACK, state=FileState.INTERRUPTED, finished_at=now, reason=reason.packed())
        )
    )
    if not cancelled:
        raise Conflict(Message(N_("This import has ended already.")))
    audit.record(actor, "ledger.import_cancelled", "ledger_file", file_id, at=now)


def bury_dead_commands(now: datetime) -> int:
    """Say of imports from the command line whose process is gone that they were interrupted; returns how many.

    One of all lines or none that has begun to book is not dead: somebody finishes it.
    """
    reason = Message(N_("its process ended on the way"))
    is_dead = _lease_is_over(now) & (LedgerFile.via == FileVia.COMMAND) & ~(wants_all() & has_begun())
    dead = session.scalars(select(LedgerFile.id).where(is_dead)).all()
    if not dead:
        return 0
    for file_id in dead:
        turns.give_back(file_id)
    return rows_changed(
        session.execute(
            update(LedgerFile)
            .where(LedgerFile.id.in_(dead), is_dead)
            .values(**GIVEN_BACK, state=FileState.INTERRUPTED, finished_at=now, reason=reason.packed())
        )
    )


def imported_before(sha256: str, source: str, before_id: int | None = None) -> datetime | None:
    """When the same bytes were last imported to their end from the same source."""
    statement = select(LedgerFile.finished_at).where(
        LedgerFile.sha256 == sha256, LedgerFile.source == source, LedgerFile.state == FileState.DONE
    )
    if before_id is not None:
        statement = statement.where(LedgerFile.id < before_id)
    return session.scalar(statement.order_by(LedgerFile.id.desc()).limit(1))
