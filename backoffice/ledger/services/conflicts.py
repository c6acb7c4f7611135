"""Lines in conflict with the books: open until the platform and the books say the same, or somebody says why not."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Message, NotFound
from backoffice.ledger.models import LedgerEntry, LedgerLineProblem, is_open_conflict
from backoffice.ledger.rules import Line
from backoffice.ledger.services.deciding import OTHER_END, OTHER_TEXTS, TOO_MUCH, WRONG_RECHARGE, LineResult, Outcome
from backoffice.ledger.services.reading import BadLine
from backoffice.permissions import Actor

REASON_LIMIT = 500
_ENDS = (OTHER_END, TOO_MUCH, WRONG_RECHARGE)
AGREED = Message(N_("a later line agrees with the books"))
REPEATED = Message(N_("a later line says the same id again"))
BESIDE = Message(N_("another line of the file about the same id is open instead"))
UNDONE = Message(N_("nothing of this file was kept"))
# The last is what was written before a conflict could also be repeated within its file.
SETTLED_BY_BOOKS = (AGREED, REPEATED, BESIDE, UNDONE, Message(N_("a later file says the same id again")))


def in_turn(
    batch: Iterable[Line | BadLine], booked: Iterable[LineResult], known: Container[str]
) -> Iterator[LineResult | BadLine]:
    """What became of each line of a batch, in the order of the file; `known` are ids that the books had before it.

    A line that contradicts its entry stays one only when there was such an entry at its turn.
    """
    results, added = iter(booked), set()
    for line in batch:
        if isinstance(line, BadLine):
            there = line.external_id in known or line.external_id in added
            yield replace(line, contradicts=line.contradicts and there)
            continue
        result = next(results)
        if result.outcome is Outcome.ADDED:
            added.add(line.external_id)
        yield result


def contradicted(batch: Iterable[Line | BadLine]) -> set[str]:
    """The ids of the entries that lines of another currency are about."""
    return {line.external_id for line in batch if isinstance(line, BadLine) and line.contradicts}


def known(source: str, batch: Iterable[Line | BadLine]) -> set[str]:
    """Which of the entries that lines of another currency are about the books have."""
    told = contradicted(batch)
    if not told:
        return set()
    return set(
        session.scalars(
            select(LedgerEntry.external_id).where(LedgerEntry.source == source, LedgerEntry.external_id.in_(told))
        )
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """The line that is the work item of an id: its number, how grave it is, and its row if it is kept already."""

    number: int
    gravity: int
    row_id: int | None = None


def settle_by(
    results: Iterable[LineResult | BadLine], source: str, *, file_id: int, now: datetime
) -> dict[int, Message]:
    """Settle what the lines of a file have settled: conflicts of other files about ids that they tell (again).

    Beside each other in one file, no line closes a conflict: of those about one id the gravest, and of these the
    first, stays the work item. So there is one for an id, wherever a batch ends and in whatever order lines stand.
    Returns why, by their numbers, conflicts among these lines themselves are settled.
    """
    said = [each for each in map(_said, results) if each[2] is not None]
    if said and _any_open(source):
        contradicted_again = {external_id for external_id, _, why, _ in said if why is REPEATED}
        first: dict[str, Message | None] = {}
        for external_id, _, why, _ in said:
            first.setdefault(external_id, why)
        agreed = [external_id for external_id, why in first.items() if why is AGREED]
        # Of two imports at a time, the one that was asked for first knows less.
        _close_about(source, agreed, LedgerLineProblem.file_id < file_id, AGREED, now)
        _close_about(source, contradicted_again, LedgerLineProblem.file_id != file_id, REPEATED, now)
    return _beside(said, source, file_id, now)


_Said = tuple[str, int, Message | None, int]


def _beside(said: Iterable[_Said], source: str, file_id: int, now: datetime) -> dict[int, Message]:
    """Leave one work item of those of this file about one id."""
    contradictions = [each for each in said if each[2] is REPEATED]
    if not contradictions:
        return {}
    items = _open_of(file_id, source, {external_id for external_id, *_ in contradictions})
    settled: dict[int, Message] = {}
    rows: list[int] = []
    for external_id, number, _, gravity in contradictions:
        mine, other = _Open(number, gravity), items.get(external_id)
        if other is not None and other.gravity >= gravity:
            settled[number] = BESIDE
            continue
        items[external_id] = mine
        if other is not None and other.row_id is None:
            settled[other.number] = BESIDE
        elif other is not None and other.row_id is not None:
            rows.append(other.row_id)
    if rows:
        _close(LedgerLineProblem.id.in_(rows), BESIDE, now)
    return settled


def _open_of(file_id: int, source: str, external_ids: set[str]) -> dict[str, _Open]:
    """The work items that earlier batches of the file left, by id."""
    rows = session.execute(
        select(
            LedgerLineProblem.external_id, LedgerLineProblem.line, LedgerLineProblem.reason, LedgerLineProblem.id
        ).where(
            is_open_conflict(),
            LedgerLineProblem.source == source,
            LedgerLineProblem.external_id.in_(external_ids),
            LedgerLineProblem.file_id == file_id,
        )
    )
    return {row.external_id: _Open(row.line, _gravity(Message.unpacked(row.reason)), row.id) for row in rows}


def _gravity(reason: Message) -> int:
    """How much hangs on it: whose money and how much, what became of it, when it came, what else is told of it."""
    if reason.msgid == OTHER_TEXTS:
        return int("occurred_at" in str(reason.params["columns"]))
    return 2 if reason.msgid in _ENDS else 3


def _said(result: LineResult | BadLine) -> _Said:
    """Which id a line is about, its number, why it settles the conflicts of other files about it, and its gravity."""
    if isinstance(result, BadLine):
        why = REPEATED if result.contradicts else None
        return result.external_id, result.number, why, _gravity(result.reason)
    line = result.line
    if result.outcome is Outcome.CONFLICT and result.reason is not None:
        return line.external_id, line.number, REPEATED, _gravity(result.reason)
    return line.external_id, line.number, AGREED if result.agrees else None, 0


def settle(actor: Actor, problem_id: int, reason: str, *, now: datetime) -> None:
    """Settle a conflict by hand. Raises Invalid without a reason, NotFound, Conflict when it is settled already."""
    wanted = Message(N_("Say why this conflict is settled."))
    reason = text.of_field("reason", reason, max_length=REASON_LIMIT, multiline=True, empty=wanted)
    settled = rows_changed(
        session.execute(
            update(LedgerLineProblem)
            .where(LedgerLineProblem.id == problem_id, is_open_conflict())
            .values(settled_at=now, settled_by=actor.label, settled_why=reason)
        )
    )
    if not settled:
        if session.get(LedgerLineProblem, problem_id) is None:
            raise NotFound
        raise Conflict(Message(N_("This conflict is settled already.")))
    audit.record(actor, "ledger.conflict_settled", "ledger_line_problem", problem_id, at=now, reason=reason)


def _any_open(source: str) -> bool:
    statement = select(LedgerLineProblem.id).where(is_open_conflict(), LedgerLineProblem.source == source)
    return session.scalar(statement.limit(1)) is not None


def _close_about(
    source: str, external_ids: Collection[str], files: ColumnElement[bool], why: Message, now: datetime
) -> None:
    if external_ids:
        about = LedgerLineProblem.external_id.in_(external_ids)
        _close(and_(LedgerLineProblem.source == source, about, files), why, now)


def _close(which: ColumnElement[bool], why: Message, now: datetime) -> None:
    session.execute(
        update(LedgerLineProblem)
        .where(is_open_conflict(), which)
        .values(settled_at=now, settled_why=why.packed())
        .execution_options(synchronize_session=False)
    )
