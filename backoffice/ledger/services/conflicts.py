"""Lines in conflict with the books: open until the platform and the books say the same, or somebody says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Invalid, Message, NotFound
from backoffice.ledger.models import LedgerEntry, LedgerLineProblem
from backoffice.ledger.services.reading import BadLine
from backoffice.permissions import Actor

REASON_LIMIT = 500
AGREED = Message(N_("a later line agrees with the books"))
REPEATED = Message(N_("a later file says the same id again"))
UNDONE = Message(N_("nothing of this file was kept"))
SETTLED_BY_BOOKS = (AGREED, REPEATED, UNDONE)


def is_open() -> ColumnElement[bool]:
    """Worded as the partial index of open conflicts."""
    return and_(LedgerLineProblem.kind == "conflict", LedgerLineProblem.settled_at.is_(None))


def close_agreed(source: str, external_ids: Sequence[str], *, now: datetime) -> None:
    """Settle the open conflicts about ids of which a later line said what the books say."""
    if external_ids and _any_open(source):
        _close(source, external_ids, AGREED, now)


def close_repeated(source: str, external_ids: Sequence[str], file_id: int, *, now: datetime) -> None:
    """Settle the open conflicts of earlier files about ids that are in conflict again: one work item for an id."""
    if external_ids and _any_open(source):
        _close(source, external_ids, REPEATED, now, LedgerLineProblem.file_id != file_id)


def of_known(source: str, bad: list[BadLine]) -> list[BadLine]:
    """`bad`, where a line that contradicts its entry stays one only when the books know such an entry."""
    told = {line.external_id for line in bad if line.contradicts}
    if not told:
        return bad
    known = set(
        session.scalars(
            select(LedgerEntry.external_id).where(LedgerEntry.source == source, LedgerEntry.external_id.in_(told))
        )
    )
    return [replace(line, contradicts=line.contradicts and line.external_id in known) for line in bad]


def settle(actor: Actor, problem_id: int, reason: str, *, now: datetime) -> None:
    """Settle a conflict by hand. Raises Invalid without a reason, NotFound, Conflict when it is settled already."""
    try:
        reason = text.clean(reason, max_length=REASON_LIMIT, multiline=True)
    except text.TextError as error:
        raise Invalid({"reason": [error.message]}) from None
    if not reason:
        raise Invalid({"reason": [Message(N_("Say why this conflict is settled."))]})
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


def _close(
    source: str, external_ids: Sequence[str], why: Message, now: datetime, *further: ColumnElement[bool]
) -> None:
    session.execute(
        update(LedgerLineProblem)
        .where(
            is_open(),
            LedgerLineProblem.source == source,
            LedgerLineProblem.external_id.in_(list(external_ids)),
            *further,
        )
        .values(settled_at=now, settled_why=why.packed())
        .execution_options(synchronize_session=False)
    )
