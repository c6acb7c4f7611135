"""What the books hold under the ids that a batch of lines names, and the entries that the batch adds to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from backoffice.database import session
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerEntry
from backoffice.money import ZERO


@dataclass(slots=True)
class NewEntry:
    """An entry that a batch adds, under the names of its row; `place` counts those of the batch."""

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
        is_new = isinstance(refund, NewEntry)
        place = refund.place if isinstance(refund, NewEntry) else refund.id
        return cls(is_new, place, refund.external_id, refund.account_id, refund.amount)


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
