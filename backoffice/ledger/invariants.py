"""What must hold in the ledger at any moment, each checked by one statement over the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.ledger.models import Allocation, EntryKind, EntryStatus, LedgerEntry, Reservation, ReservationState


def check() -> Iterator[str]:
    """Yield a sentence for each account, recharge or reservation whose figures do not add up."""
    yield from _accounts()
    yield from _recharges()
    yield from _reservations()


def _accounts() -> Iterator[str]:
    paid = (
        select(LedgerEntry.account_id, func.sum(LedgerEntry.amount - LedgerEntry.refunded).label("recharged"))
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == EntryStatus.COMPLETED)
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    held = (
        select(
            Reservation.account_id,
            func.sum(case((Reservation.state == ReservationState.OPEN, Reservation.amount), else_=0)).label("reserved"),
            func.sum(case((Reservation.state == ReservationState.SETTLED, Reservation.amount), else_=0)).label(
                "invoiced"
            ),
        )
        .group_by(Reservation.account_id)
        .subquery()
    )
    recharged, reserved, invoiced = (
        func.coalesce(paid.c.recharged, 0),
        func.coalesce(held.c.reserved, 0),
        func.coalesce(held.c.invoiced, 0),
    )
    for code, *_ in session.execute(
        select(Account.code)
        .outerjoin(paid, paid.c.account_id == Account.id)
        .outerjoin(held, held.c.account_id == Account.id)
        .where((Account.recharged != recharged) | (Account.reserved != reserved) | (Account.invoiced != invoiced))
    ):
        yield f"account {code}: its counters differ from its entries and reservations"


def _recharges() -> Iterator[str]:
    parts = (
        select(
            Allocation.recharge_id,
            func.sum(case((Allocation.state == ReservationState.OPEN, Allocation.amount), else_=0)).label("reserved"),
            func.sum(case((Allocation.state == ReservationState.SETTLED, Allocation.amount), else_=0)).label(
                "invoiced"
            ),
        )
        .group_by(Allocation.recharge_id)
        .subquery()
    )
    for external_id, *_ in session.execute(
        select(LedgerEntry.external_id)
        .outerjoin(parts, parts.c.recharge_id == LedgerEntry.id)
        .where(
            (LedgerEntry.reserved != func.coalesce(parts.c.reserved, 0))
            | (LedgerEntry.invoiced != func.coalesce(parts.c.invoiced, 0))
        )
    ):
        yield f"recharge {external_id}: its parts differ from its allocations"
    over = LedgerEntry.amount - LedgerEntry.refunded - LedgerEntry.reserved - LedgerEntry.invoiced < 0
    for external_id, *_ in session.execute(
        select(LedgerEntry.external_id).where(over, LedgerEntry.reserved > 0, LedgerEntry.kind == EntryKind.RECHARGE)
    ):
        yield f"recharge {external_id}: more is reserved than a refund left"
    refund = aliased(LedgerEntry)
    taken = (
        select(refund.source, refund.refund_of, func.sum(refund.amount).label("total"))
        .where(refund.kind == EntryKind.REFUND, refund.applied.is_(True))
        .group_by(refund.source, refund.refund_of)
        .subquery()
    )
    for external_id, *_ in session.execute(
        select(LedgerEntry.external_id)
        .outerjoin(taken, (taken.c.source == LedgerEntry.source) & (taken.c.refund_of == LedgerEntry.external_id))
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.refunded != func.coalesce(taken.c.total, 0))
    ):
        yield f"recharge {external_id}: its refunded part differs from its refunds"


def _reservations() -> Iterator[str]:
    state = Reservation.state
    allocated = (
        select(Allocation.request_id, Allocation.state, func.sum(Allocation.amount).label("total"))
        .group_by(Allocation.request_id, Allocation.state)
        .subquery()
    )
    wanted = case((state == ReservationState.RELEASED, 0), else_=Reservation.amount - Reservation.short)
    for request_id, *_ in session.execute(
        select(Reservation.request_id)
        .outerjoin(allocated, (allocated.c.request_id == Reservation.request_id) & (allocated.c.state == state))
        .where(state != ReservationState.RELEASED, func.coalesce(allocated.c.total, 0) != wanted)
    ):
        yield f"reservation of request {request_id}: its allocations do not add up to its amount"
    for request_id, *_ in session.execute(
        select(Allocation.request_id)
        .join(Reservation, Reservation.request_id == Allocation.request_id)
        .where(Allocation.state != ReservationState.RELEASED, Allocation.state != state)
        .distinct()
    ):
        yield f"reservation of request {request_id}: an allocation has another state"
