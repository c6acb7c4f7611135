"""Since when money has been missing, by the journal.

A request is short from the moment it was whole last. A debt is made good piece by piece, the oldest piece first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.ledger.models import EntryKind, LedgerEntry, LedgerMovement, MovementKind
from backoffice.money import ZERO


def short_since(request_ids: Collection[int]) -> dict[int | None, datetime]:
    """When a refund began to take money from these requests."""
    movement = LedgerMovement
    moved = session.execute(
        select(movement.request_id, movement.at, movement.short)
        .where(movement.request_id.in_(request_ids), movement.short != ZERO)
        .order_by(movement.id)
    )
    missing: dict[int | None, Decimal] = {}
    since: dict[int | None, datetime] = {}
    for request_id, at, short in moved:
        if not missing.get(request_id):
            since[request_id] = at
        missing[request_id] = missing.get(request_id, ZERO) + short
    return since


def in_debt_since(recharge_ids: Collection[int]) -> dict[int, datetime]:
    """Since when these recharges' invoice debt, as it stands, is open: when a refund took the oldest of the invoiced
    money that no credit note has made good. What was taken first is made good first."""
    if not recharge_ids:
        return {}
    open_: dict[int, deque[tuple[datetime, Decimal]]] = defaultdict(deque)
    for _, at, recharge_id, change in sorted([*_taken(recharge_ids), *_made_good(recharge_ids)]):
        taken = open_[recharge_id]
        if change > ZERO:
            taken.append((at, change))
        while change < ZERO and taken:
            began, amount = taken.popleft()
            change += amount
            if change > ZERO:
                taken.appendleft((began, change))
    return {recharge_id: taken[0][0] for recharge_id, taken in open_.items() if taken}


Move = tuple[int, datetime, int, Decimal]


def _taken(recharge_ids: Collection[int]) -> Iterator[Move]:
    """What each refund made of debt; of what was reserved it took none, so its lines count together."""
    refund = aliased(LedgerEntry)
    lines = session.execute(
        select(LedgerMovement.id, LedgerMovement.at, LedgerEntry.id, refund.id, LedgerMovement.debt)
        .join_from(LedgerEntry, refund, (refund.source == LedgerEntry.source)
                   & (refund.refund_of == LedgerEntry.external_id))
        .join(LedgerMovement, LedgerMovement.entry_id == refund.id)
        .where(LedgerEntry.id.in_(recharge_ids), refund.kind == EntryKind.REFUND, LedgerMovement.debt != ZERO)
        .order_by(LedgerMovement.id)
    )  # fmt: skip
    refunds: dict[int, Move] = {}
    for line_id, at, recharge_id, refund_id, debt in lines:
        first = refunds.get(refund_id, (line_id, at, recharge_id, ZERO))
        refunds[refund_id] = (*first[:3], first[3] + debt)
    yield from refunds.values()


def _made_good(recharge_ids: Collection[int]) -> Iterator[Move]:
    """What each credit note made good of these recharges' debt."""
    rows: Any = session.execute(
        select(LedgerMovement.id, LedgerMovement.at, LedgerMovement.entry_id, LedgerMovement.debt).where(
            LedgerMovement.entry_id.in_(recharge_ids),
            LedgerMovement.kind == MovementKind.CREDIT,
            LedgerMovement.debt != ZERO,
        )
    )
    return (tuple(row) for row in rows)
