"""What must hold in the ledger at any moment, each checked by one statement over the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Subquery, and_, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from backoffice.accounts.models import Account
from backoffice.contradictions import Contradiction, found, one_each
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
    yield from _guards()
    yield from found(_accounts, _debts, _journal, _days, _recharges, _reservations, _credits)
    yield from _turn()


def _accounts() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "account {}: its counters differ from its entries and reservations",
        select(Account.code)
        .outerjoin(paid, paid.c.account_id == Account.id)
        .outerjoin(held, held.c.account_id == Account.id)
        .outerjoin(taken_back, taken_back.c.account_id == Account.id)
        .where(or_(*differs, Account.invoiced != invoiced)),
    )
    # Free money goes to short requests by itself, so nobody has both.
    free = Account.recharged - Account.reserved - Account.invoiced + Account.debt + Account.short
    yield Contradiction(
        "account {}: a request is short although money is free", select(Account.code).where(Account.short > 0, free > 0)
    )


def _debts() -> Iterator[Contradiction]:
    over = (
        select(
            LedgerEntry.account_id,
            func.sum(LedgerEntry.refunded + LedgerEntry.invoiced - LedgerEntry.amount).label("debt"),
        )
        .where(in_debt())
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    yield Contradiction(
        "account {}: its invoice debt differs from that of its recharges",
        select(Account.code)
        .outerjoin(over, over.c.account_id == Account.id)
        .where(Account.debt != func.coalesce(over.c.debt, 0)),
    )


def _guards() -> Iterator[str]:
    guards = ("ledger_movement_no_delete", "ledger_movement_no_update"), ("ledger_movement_frozen",)
    for name in missing_triggers("ledger_movement", *guards):
        yield f"journal: the trigger {name} is missing, movements of money could be edited"


def _journal() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "account {}: its counters differ from its journal",
        select(Account.code).outerjoin(sums, sums.c.account_id == Account.id).where(or_(*differs)),
    )
    afters = [getattr(last, f"{name}_after") != sums.c[name] for name in FIGURES]
    yield Contradiction(
        "account {}: the last line of its journal differs from the sum of all",
        select(Account.code)
        .join(sums, sums.c.account_id == Account.id)
        .join(last, last.id == sums.c.last)
        .where(or_(*afters, Account.moved_at != last.at)),
    )
    yield from _free_money(sums)


def _free_money(sums: Subquery) -> Iterator[Contradiction]:
    free_part = LedgerEntry.free
    free = (
        select(LedgerEntry.account_id, func.sum(case((free_part > 0, free_part), else_=0)).label("free"))
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == EntryStatus.COMPLETED)
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    yield Contradiction(
        "account {}: the free money of its journal differs from that of its recharges",
        select(Account.code)
        .join(sums, sums.c.account_id == Account.id)
        .outerjoin(free, free.c.account_id == Account.id)
        .where(sums.c.free != func.coalesce(free.c.free, 0)),
    )


def _days() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "account id {}: the sums of {} differ from its entries",
        select(counted.c.account_id, counted.c.occurred_on).outerjoin(LedgerDay, same).where(wrong),
    )
    yield Contradiction(
        "account id {}: {} has sums without entries",
        select(LedgerDay.account_id, LedgerDay.day).outerjoin(counted, same).where(counted.c.kind.is_(None)),
    )


def _recharges() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "recharge {}: its parts differ from its allocations",
        select(LedgerEntry.external_id)
        .outerjoin(parts, parts.c.recharge_id == LedgerEntry.id)
        .where(
            (LedgerEntry.reserved != func.coalesce(parts.c.reserved, 0))
            | (LedgerEntry.invoiced != func.coalesce(parts.c.invoiced, 0))
        ),
    )
    over = LedgerEntry.free < 0
    yield Contradiction(
        "recharge {}: more is reserved than a refund left",
        select(LedgerEntry.external_id).where(over, LedgerEntry.reserved > 0, LedgerEntry.kind == EntryKind.RECHARGE),
    )
    refund = aliased(LedgerEntry)
    taken = (
        select(refund.source, refund.refund_of, func.sum(refund.amount).label("total"))
        .where(refund.kind == EntryKind.REFUND, refund.applied.is_(True))
        .group_by(refund.source, refund.refund_of)
        .subquery()
    )
    yield Contradiction(
        "recharge {}: its refunded part differs from its refunds",
        select(LedgerEntry.external_id)
        .outerjoin(taken, (taken.c.source == LedgerEntry.source) & (taken.c.refund_of == LedgerEntry.external_id))
        .where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.refunded != func.coalesce(taken.c.total, 0)),
    )


def _reservations() -> Iterator[Contradiction]:
    state = Reservation.state
    allocated = (
        select(Allocation.request_id, Allocation.state, func.sum(Allocation.amount).label("total"))
        .group_by(Allocation.request_id, Allocation.state)
        .subquery()
    )
    wanted = case((state == ReservationState.RELEASED, 0), else_=Reservation.amount - Reservation.short)
    yield Contradiction(
        "reservation of request {}: its allocations do not add up to its amount",
        select(Reservation.request_id)
        .outerjoin(allocated, (allocated.c.request_id == Reservation.request_id) & (allocated.c.state == state))
        .where(state != ReservationState.RELEASED, func.coalesce(allocated.c.total, 0) != wanted),
    )
    yield Contradiction(
        "reservation of request {}: an allocation has another state",
        select(Allocation.request_id)
        .join(Reservation, Reservation.request_id == Allocation.request_id)
        .where(Allocation.state != ReservationState.RELEASED, Allocation.state != state)
        .distinct(),
    )


def _credits() -> Iterator[Contradiction]:
    beyond = or_(
        Allocation.credited < 0,
        Allocation.credited > Allocation.amount,
        and_(Allocation.credited != 0, Allocation.state != ReservationState.SETTLED),
    )
    yield Contradiction(
        "reservation of request {}: more is credited than was invoiced",
        select(Allocation.request_id).where(beyond).distinct(),
    )
    # Of each part what it says is credited, and less what the journal says: nothing is left.
    told = union_all(
        select(Allocation.request_id, Allocation.recharge_id, Allocation.credited).where(Allocation.credited != 0),
        select(LedgerMovement.request_id, LedgerMovement.entry_id, LedgerMovement.invoiced).where(
            LedgerMovement.kind == MovementKind.CREDIT
        ),
    ).subquery()
    differing = (
        select(told.c.request_id).group_by(told.c.request_id, told.c.recharge_id).having(func.sum(told.c.credited) != 0)
    )
    yield Contradiction(
        "reservation of request {}: what is credited of it differs from the journal", one_each(differing)
    )


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
