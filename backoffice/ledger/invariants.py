"""What must hold in the ledger at any moment, each checked by one statement over the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Subquery, and_, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from backoffice.accounts.models import Account
from backoffice.database import missing_triggers, session
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    FileState,
    LedgerDay,
    LedgerEntry,
    LedgerFile,
    LedgerMovement,
    LedgerTurn,
    MovementKind,
    Reservation,
    ReservationState,
    in_debt,
    wants_all,
)
from backoffice.ledger.rules import FIGURES


def check() -> Iterator[str]:
    """Yield a sentence for each account, recharge or reservation whose figures do not add up."""
    yield from _accounts()
    yield from _debts()
    yield from _journal()
    yield from _days()
    yield from _recharges()
    yield from _reservations()
    yield from _credits()
    yield from _turn()


def _accounts() -> Iterator[str]:
    paid = (
        select(
            LedgerEntry.account_id,
            func.sum(LedgerEntry.amount - LedgerEntry.refunded).label("recharged"),
            func.sum(LedgerEntry.refunded).label("refunded"),
        )
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == EntryStatus.COMPLETED)
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    is_open, is_settled = (Reservation.state == state for state in (ReservationState.OPEN, ReservationState.SETTLED))
    held = (
        select(
            Reservation.account_id,
            func.sum(case((is_open, Reservation.amount), else_=0)).label("reserved"),
            func.sum(case((is_settled, Reservation.amount), else_=0)).label("invoiced"),
            func.sum(Reservation.short).label("short"),
        )
        .group_by(Reservation.account_id)
        .subquery()
    )
    taken_back = (
        select(Reservation.account_id, func.sum(Allocation.credited).label("credited"))
        .join(Allocation, Allocation.request_id == Reservation.request_id)
        .where(Allocation.credited != 0)
        .group_by(Reservation.account_id)
        .subquery()
    )
    parts = {"recharged": paid, "refunded": paid, "reserved": held, "short": held}
    differs = [getattr(Account, name) != func.coalesce(source.c[name], 0) for name, source in parts.items()]
    invoiced = func.coalesce(held.c.invoiced, 0) - func.coalesce(taken_back.c.credited, 0)
    for code, *_ in session.execute(
        select(Account.code)
        .outerjoin(paid, paid.c.account_id == Account.id)
        .outerjoin(held, held.c.account_id == Account.id)
        .outerjoin(taken_back, taken_back.c.account_id == Account.id)
        .where(or_(*differs, Account.invoiced != invoiced))
    ):
        yield f"account {code}: its counters differ from its entries and reservations"
    # Free money goes to short requests by itself, so nobody has both.
    free = Account.recharged - Account.reserved - Account.invoiced + Account.debt + Account.short
    for code in session.scalars(select(Account.code).where(Account.short > 0, free > 0)):
        yield f"account {code}: a request is short although money is free"


def _debts() -> Iterator[str]:
    over = (
        select(
            LedgerEntry.account_id,
            func.sum(LedgerEntry.refunded + LedgerEntry.invoiced - LedgerEntry.amount).label("debt"),
        )
        .where(in_debt())
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    for code, *_ in session.execute(
        select(Account.code)
        .outerjoin(over, over.c.account_id == Account.id)
        .where(Account.debt != func.coalesce(over.c.debt, 0))
    ):
        yield f"account {code}: its invoice debt differs from that of its recharges"


def _journal() -> Iterator[str]:
    guards = ("ledger_movement_no_delete", "ledger_movement_no_update"), ("ledger_movement_frozen",)
    for name in missing_triggers("ledger_movement", *guards):
        yield f"journal: the trigger {name} is missing, movements of money could be edited"
    sums = (
        select(
            LedgerMovement.account_id,
            *(func.sum(getattr(LedgerMovement, name)).label(name) for name in FIGURES),
            func.max(LedgerMovement.id).label("last"),
        )
        .group_by(LedgerMovement.account_id)
        .subquery()
    )
    last = aliased(LedgerMovement)
    counters = {
        "recharged": Account.recharged + Account.refunded,
        "refunded": Account.refunded,
        "reserved": Account.reserved,
        "invoiced": Account.invoiced,
        "debt": Account.debt,
        "short": Account.short,
    }
    differs = [counter != func.coalesce(sums.c[name], 0) for name, counter in counters.items()]
    for code, *_ in session.execute(
        select(Account.code).outerjoin(sums, sums.c.account_id == Account.id).where(or_(*differs))
    ):
        yield f"account {code}: its counters differ from its journal"
    afters = [getattr(last, f"{name}_after") != sums.c[name] for name in FIGURES]
    for code, *_ in session.execute(
        select(Account.code)
        .join(sums, sums.c.account_id == Account.id)
        .join(last, last.id == sums.c.last)
        .where(or_(*afters, Account.moved_at != last.at))
    ):
        yield f"account {code}: the last line of its journal differs from the sum of all"
    yield from _free_money(sums)


def _free_money(sums: Subquery) -> Iterator[str]:
    free_part = LedgerEntry.free
    free = (
        select(LedgerEntry.account_id, func.sum(case((free_part > 0, free_part), else_=0)).label("free"))
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == EntryStatus.COMPLETED)
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    for code, *_ in session.execute(
        select(Account.code)
        .join(sums, sums.c.account_id == Account.id)
        .outerjoin(free, free.c.account_id == Account.id)
        .where(sums.c.free != func.coalesce(free.c.free, 0))
    ):
        yield f"account {code}: the free money of its journal differs from that of its recharges"


def _days() -> Iterator[str]:
    counted = (
        select(
            LedgerEntry.account_id,
            LedgerEntry.occurred_on,
            LedgerEntry.kind,
            func.count().label("entries"),
            func.sum(LedgerEntry.amount).label("amount"),
        )
        .where(LedgerEntry.status == EntryStatus.COMPLETED)
        .group_by(LedgerEntry.account_id, LedgerEntry.occurred_on, LedgerEntry.kind)
        .subquery()
    )
    same = and_(
        LedgerDay.account_id == counted.c.account_id,
        LedgerDay.day == counted.c.occurred_on,
        LedgerDay.kind == counted.c.kind,
    )
    wrong = or_(LedgerDay.day.is_(None), LedgerDay.entries != counted.c.entries, LedgerDay.amount != counted.c.amount)
    for account_id, day in session.execute(
        select(counted.c.account_id, counted.c.occurred_on).outerjoin(LedgerDay, same).where(wrong)
    ):
        yield f"account id {account_id}: the sums of {day} differ from its entries"
    for account_id, day in session.execute(
        select(LedgerDay.account_id, LedgerDay.day).outerjoin(counted, same).where(counted.c.kind.is_(None))
    ):
        yield f"account id {account_id}: {day} has sums without entries"


def _recharges() -> Iterator[str]:
    parts = (
        select(
            Allocation.recharge_id,
            func.sum(case((Allocation.state == ReservationState.OPEN, Allocation.amount), else_=0)).label("reserved"),
            func.sum(
                case((Allocation.state == ReservationState.SETTLED, Allocation.amount - Allocation.credited), else_=0)
            ).label("invoiced"),
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
    over = LedgerEntry.free < 0
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


def _credits() -> Iterator[str]:
    beyond = or_(
        Allocation.credited < 0,
        Allocation.credited > Allocation.amount,
        and_(Allocation.credited != 0, Allocation.state != ReservationState.SETTLED),
    )
    for request_id in session.scalars(select(Allocation.request_id).where(beyond).distinct()):
        yield f"reservation of request {request_id}: more is credited than was invoiced"
    # Of each part what it says is credited, and less what the journal says: nothing is left.
    told = union_all(
        select(Allocation.request_id, Allocation.recharge_id, Allocation.credited).where(Allocation.credited != 0),
        select(LedgerMovement.request_id, LedgerMovement.entry_id, LedgerMovement.invoiced).where(
            LedgerMovement.kind == MovementKind.CREDIT
        ),
    ).subquery()
    differing = (
        select(told.c.request_id)
        .group_by(told.c.request_id, told.c.recharge_id)
        .having(func.sum(told.c.credited) != 0)
        .order_by(told.c.request_id)
    )
    for request_id in dict.fromkeys(session.scalars(differing)):
        yield f"reservation of request {request_id}: what is credited of it differs from the journal"


def _turn() -> Iterator[str]:
    """Whoever books alone must be on its way, or nobody could ever book again."""
    is_on_its_way = and_(LedgerFile.state == FileState.RUNNING, wants_all())
    rows = session.execute(
        select(LedgerTurn.file_id, is_on_its_way.label("on_its_way")).outerjoin(
            LedgerFile, LedgerFile.id == LedgerTurn.file_id
        )
    ).all()
    if not rows:
        yield "nobody can import: the row that says whose turn it is is gone"
    for row in rows:
        if row.file_id is not None and not row.on_its_way:
            yield f"import {row.file_id} has the turn and is not on its way"
