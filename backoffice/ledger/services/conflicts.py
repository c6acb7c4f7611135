"""Lines in conflict with the books: open until the platform and the books say the same, or somebody says why not."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Message, NotFound
from backoffice.ledger.models import LedgerEntry, LedgerLineProblem
from backoffice.ledger.rules import Line
from backoffice.ledger.services.deciding import LineResult, Outcome
from backoffice.ledger.services.reading import BadLine
from backoffice.permissions import Actor

REASON_LIMIT = 500
AGREED = Message(N_("a later line agrees with the books"))
REPEATED = Message(N_("a later line says the same id again"))
UNDONE = Message(N_("nothing of this file was kept"))
# The last is what was written before a conflict could also be repeated within its file.
SETTLED_BY_BOOKS = (AGREED, REPEATED, UNDONE, Message(N_("a later file says the same id again")))


def is_open() -> ColumnElement[bool]:
    """Worded as the partial index of open conflicts."""
    return and_(LedgerLineProblem.kind == "conflict", LedgerLineProblem.settled_at.is_(None))


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


def settle_by(results: Iterable[LineResult | BadLine], source: str, *, now: datetime) -> dict[int, Message]:
    """Settle what lines have settled, each in its turn: those about the id that it agrees about, or contradicts again.

    So there is at most one work item for an id, wherever a batch ends. Returns why, by their numbers, conflicts among
    these lines themselves were settled by a later one.
    """
    earlier: dict[str, Message] = {}
    still_open: dict[str, int] = {}
    settled: dict[int, Message] = {}
    for result in results:
        external_id, number, why = _said(result)
        if why is None:
            continue
        earlier.setdefault(external_id, why)
        if external_id in still_open:
            settled[still_open.pop(external_id)] = why
        if why is REPEATED:
            still_open[external_id] = number
    if earlier and _any_open(source):
        for why in (AGREED, REPEATED):
            _close(source, [external_id for external_id, first in earlier.items() if first is why], why, now)
    return settled


def _said(result: LineResult | BadLine) -> tuple[str, int, Message | None]:
    """Which id a line is about, its number, and why it settles the conflicts there are about it, if it does."""
    if isinstance(result, BadLine):
        return result.external_id, result.number, REPEATED if result.contradicts else None
    why = REPEATED if result.outcome is Outcome.CONFLICT else AGREED if result.agrees else None
    return result.line.external_id, result.line.number, why


def settle(actor: Actor, problem_id: int, reason: str, *, now: datetime) -> None:
    """Settle a conflict by hand. Raises Invalid without a reason, NotFound, Conflict when it is settled already."""
    wanted = Message(N_("Say why this conflict is settled."))
    reason = text.of_field("reason", reason, max_length=REASON_LIMIT, multiline=True, empty=wanted)
    settled = rows_changed(
        session.execute(
            update(LedgerLineProblem)
            .where(LedgerLineProblem.id == problem_id, is_open())
            .values(settled_at=now, settled_by=actor.label, settled_why=reason)
        )
    )
    if not settled:
        if session.get(LedgerLineProblem, problem_id) is None:
            raise NotFound
        raise Conflict(Message(N_("This conflict is settled already.")))
    audit.record(actor, "ledger.conflict_settled", "ledger_line_problem", problem_id, at=now, reason=reason)


def _any_open(source: str) -> bool:
    statement = select(LedgerLineProblem.id).where(is_open(), LedgerLineProblem.source == source)
    return session.scalar(statement.limit(1)) is not None


def _close(source: str, external_ids: list[str], why: Message, now: datetime) -> None:
    if not external_ids:
        return
    session.execute(
        update(LedgerLineProblem)
        .where(is_open(), LedgerLineProblem.source == source, LedgerLineProblem.external_id.in_(external_ids))
        .values(settled_at=now, settled_why=why.packed())
        .execution_options(synchronize_session=False)
    )
