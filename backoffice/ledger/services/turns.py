"""Whose turn it is to book alone: a file of which all lines or none are wanted, from its trial to its last line.

Its trial says what its import will do, as long as no other import books in between. Each batch of any import holds the
row of the turn until it is committed, so nobody can be on the way when somebody takes the turn.
"""

from __future__ import annotations

from sqlalchemy import select, update

from backoffice.database import rows_changed, session
from backoffice.ledger.models import LedgerTurn


class AnotherTurn(Exception):
    """Another file books alone now: wait until it has ended."""


def wait_for(file_id: int) -> None:
    """Let this file book until the transaction ends. Raises AnotherTurn."""
    # Not shared with other batches: in a row of sharers without a gap nobody could ever take the turn.
    statement = select(LedgerTurn.file_id).with_for_update()
    if session.scalars(statement).one() not in (None, file_id):
        raise AnotherTurn


def stand_still() -> None:
    """Let nobody book, hand in or confirm a file until the transaction ends: what was handed in stays what it is."""
    session.execute(select(LedgerTurn.file_id).with_for_update())


def take(file_id: int) -> None:
    """Let this file alone book until its turn is given back. Raises AnotherTurn."""
    free = LedgerTurn.file_id.is_(None) | (LedgerTurn.file_id == file_id)
    if not rows_changed(session.execute(update(LedgerTurn).where(free).values(file_id=file_id))):
        raise AnotherTurn


def give_back(file_id: int) -> None:
    """End this file's turn, if it has it."""
    session.execute(update(LedgerTurn).where(LedgerTurn.file_id == file_id).values(file_id=None))


def whose() -> int | None:
    """The file that books alone now."""
    return session.scalars(select(LedgerTurn.file_id)).one()
