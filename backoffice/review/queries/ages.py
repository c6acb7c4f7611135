"""Since when money has been missing, by the journal: what was whole again in between counts from its last beginning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.ledger.models import Allocation, EntryKind, LedgerEntry, LedgerMovement, MovementKind
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
    """When a refund began to take invoiced money of these recharges that no credit note has made good."""
    if not recharge_ids:
        return {}
    moves = sorted([*_taken(recharge_ids), *_credited(recharge_ids)])
    debts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    since: dict[int, datetime] = {}
    for _, at, recharge_id, change in moves:
        before = debts[recharge_id]
        debts[recharge_id] = max(ZERO, before + change)
        if not before and debts[recharge_id]:
            since[recharge_id] = at
    return since


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


def _credited(recharge_ids: Collection[int]) -> Iterator[Move]:
    """What each credit note took back of these recharges.

    The journal has one line for a credit note, the parts say what was credited of each recharge in all. Where several
    credit notes took from several parts of one invoice, the older parts are filled first.
    """
    touched = select(Allocation.request_id).where(Allocation.recharge_id.in_(recharge_ids), Allocation.credited > ZERO)
    lines = session.execute(
        select(
            LedgerMovement.id, LedgerMovement.at, LedgerMovement.invoiced,
            Allocation.id, Allocation.recharge_id, Allocation.credited,
        )
        .join_from(LedgerMovement, Allocation, Allocation.request_id == LedgerMovement.request_id)
        .where(
            LedgerMovement.request_id.in_(touched),
            LedgerMovement.kind == MovementKind.CREDIT,
            Allocation.credited > ZERO,
        )
        .order_by(LedgerMovement.id, Allocation.id)
    )  # fmt: skip
    left_of_line: dict[int, Decimal] = {}
    left_of_part: dict[int, Decimal] = {}
    row: Any
    for row in lines:
        line_id, at, invoiced, part_id, recharge_id, credited = row
        part = min(left_of_line.setdefault(line_id, -invoiced), left_of_part.setdefault(part_id, credited))
        left_of_line[line_id] -= part
        left_of_part[part_id] -= part
        if part and recharge_id in recharge_ids:
            yield line_id, at, recharge_id, -part
