"""What the books hold under the ids that a batch of lines names, and the entries that the batch adds to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerEntry
from backoffice.ledger.rules import Line
from backoffice.money import ZERO


@dataclass(slots=True)
class NewEntry:
    """An entry that is not in the books (yet), under the names of its row; `place` counts those that are added.

    `row_id`: in a rehearsal, of the row whose copy it is, as the lines so far would leave it.
    """

    place: int
    external_id: str
    kind: str
    account_id: int
    status: str
    amount: Decimal
    occurred_at: datetime
    occurred_on: date
    refund_of: str | None
    channel: str
    payer_name: str
    bank_reference: str
    description: str
    applied: bool = False
    refunded: Decimal = ZERO
    row_id: int | None = None


Known = LedgerEntry | NewEntry


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """A completed refund that is not taken off its recharge. In order of their rows, as they will be taken off."""

    is_new: bool
    place: int
    external_id: str
    account_id: int
    amount: Decimal

    @classmethod
    def of(cls, refund: Known) -> Waiting:
        """The refund as one that waits."""
        row_id, place = (refund.row_id, refund.place) if isinstance(refund, NewEntry) else (refund.id, 0)
        is_new = row_id is None
        return cls(is_new, place if row_id is None else row_id, refund.external_id, refund.account_id, refund.amount)


def named(lines: Iterable[Line]) -> set[str]:
    """The ids that lines are about, and those of the recharges that they refund."""
    return {name for line in lines for name in (line.external_id, line.refund_of) if name}


def ids(source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """The ids of these entries' rows."""
    if not external_ids:
        return {}
    rows = session.execute(
        select(LedgerEntry.external_id, LedgerEntry.id).where(
            LedgerEntry.source == source, LedgerEntry.external_id.in_(external_ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def entries(source: str, external_ids: Iterable[str]) -> list[LedgerEntry]:
    """The rows of those of these entries that there are."""
    wanted = list(external_ids)
    if not wanted:
        return []
    return list(
        session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.source == source, LedgerEntry.external_id.in_(wanted))
            .order_by(LedgerEntry.id)
            .execution_options(populate_existing=True)
        )
    )


def accounts(codes: Iterable[str]) -> dict[str, int]:
    """The ids of those of the accounts with these codes that there are."""
    rows = session.execute(select(Account.code, Account.id).where(Account.code.in_(list(codes))))
    return {row.code: row.id for row in rows}


# In the order of the fields; the place of a copy says nothing.
_COPY = [
    *(getattr(LedgerEntry, each.name) for each in fields(NewEntry) if each.name not in ("place", "row_id")),
    LedgerEntry.id,
]


def copies(source: str, external_ids: Iterable[str]) -> list[NewEntry]:
    """Copies of the rows of those of these entries that there are; nothing done to them reaches the books."""
    wanted = list(external_ids)
    if not wanted:
        return []
    rows = session.execute(select(*_COPY).where(LedgerEntry.source == source, LedgerEntry.external_id.in_(wanted)))
    return [NewEntry(0, *row) for row in rows]


def waiting_for(source: str, recharges: Iterable[str]) -> dict[str, list[Waiting]]:
    """By recharge, the refunds that wait for these recharges already; any other recharge has none."""
    waiting: dict[str, list[Waiting]] = defaultdict(list)
    wanted = list(recharges)
    if wanted:
        for row in session.execute(
            select(
                LedgerEntry.id,
                LedgerEntry.refund_of,
                LedgerEntry.external_id,
                LedgerEntry.account_id,
                LedgerEntry.amount,
            )
            .where(
                LedgerEntry.source == source,
                LedgerEntry.refund_of.in_(wanted),
                LedgerEntry.kind == EntryKind.REFUND,
                LedgerEntry.status == EntryStatus.COMPLETED,
                LedgerEntry.applied.is_(False),
            )
            .order_by(LedgerEntry.id)
        ):
            waiting[row.refund_of].append(Waiting(False, row.id, row.external_id, row.account_id, row.amount))
    return waiting
