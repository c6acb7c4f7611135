"""Verbs on the customer's money. Each of them is called inside the transaction of the outside call.

The account row is the lock: whoever reserves, releases, settles or books an entry updates it first, so that everything
else about that account's money is done one at a time. Lock order: request -> account.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select, type_coerce, update

from backoffice.accounts.models import Account
from backoffice.database import Amount, rows_changed, session
from backoffice.errors import N_, Conflict, Message
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerEntry,
    Reservation,
    ReservationState,
    free_recharges,
)
from backoffice.money import ZERO, format_amount

OPEN, SETTLED, RELEASED = ReservationState.OPEN, ReservationState.SETTLED, ReservationState.RELEASED


def reserve(account_id: int, request_id: int, amount: Decimal) -> None:
    """Reserve `amount` (major units) of the account for a request and spread it over recharges, oldest first.

    One guarded UPDATE decides: when two applications meet, only what is really there is given out.
    Raises Conflict (code `not-enough-money`) when less than `amount` is invoiceable.
    """
    # The difference of two amounts is a plain number to SQLAlchemy: `amount` would be compared without becoming cents.
    invoiceable = type_coerce(Account.recharged - Account.reserved - Account.invoiced, Amount)
    granted = rows_changed(
        session.execute(
            update(Account)
            .where(Account.id == account_id, invoiceable >= amount)
            .values(reserved=Account.reserved + amount)
        )
    )
    if not granted:
        raise Conflict(
            Message(N_("Less than this amount can be invoiced now. Look at the Invoiceable Amount and try again.")),
            code="not-enough-money",
        )
    reservation = Reservation(request_id=request_id, account_id=account_id, amount=amount, short=ZERO, state=OPEN)
    session.add(reservation)
    session.flush()
    reservation.short = _allocate(reservation, amount)
    session.flush()


def release(request_id: int) -> None:
    """Give the reservation of a rejected or withdrawn request back. Raises Conflict when it is not open any more."""
    reservation = session.get_one(Reservation, request_id)
    lock_account(reservation.account_id, reserved=-reservation.amount)
    _close(reservation, RELEASED)
    for allocation, recharge in _open_allocations(request_id):
        recharge.reserved -= allocation.amount
        allocation.state = RELEASED
    session.flush()
    cover_short(reservation.account_id)


def settle(request_id: int) -> list[tuple[Allocation, LedgerEntry]]:
    """Move a request's reservation to invoiced and return the allocations that make the invoice's lines.

    Raises Conflict when the request is short or its reservation is not open any more.
    """
    reservation = session.get_one(Reservation, request_id)
    lock_account(reservation.account_id, reserved=-reservation.amount, invoiced=reservation.amount)
    check_whole(request_id)
    _close(reservation, SETTLED)
    parts = _open_allocations(request_id)
    for allocation, recharge in parts:
        recharge.reserved -= allocation.amount
        recharge.invoiced += allocation.amount
        allocation.state = SETTLED
    session.flush()
    return parts


def check_whole(request_id: int) -> None:
    """Raises Conflict (code `short`) when a refund took money that this request had reserved."""
    short = session.scalars(select(Reservation.short).where(Reservation.request_id == request_id)).one()
    if short > 0:
        raise Conflict(
            Message(N_("This request is short by %(amount)s after a refund."), amount=format_amount(short)),
            code="short",
        )


def complete_recharge(recharge: LedgerEntry) -> None:
    """Count a recharge that has just become completed and take the refunds that were waiting for it."""
    lock_account(recharge.account_id, recharged=recharge.amount)
    take_waiting_refunds(recharge)


def take_waiting_refunds(recharge: LedgerEntry) -> None:
    """Apply the completed refunds that arrived before this recharge; one above the recharge keeps waiting."""
    waiting = session.scalars(
        select(LedgerEntry)
        .where(
            LedgerEntry.source == recharge.source,
            LedgerEntry.refund_of == recharge.external_id,
            LedgerEntry.kind == EntryKind.REFUND,
            LedgerEntry.status == EntryStatus.COMPLETED,
            LedgerEntry.applied.is_(False),
        )
        .order_by(LedgerEntry.id)
    ).all()
    for refund in waiting:
        if refund.account_id == recharge.account_id and refund.amount <= recharge.amount - recharge.refunded:
            apply_refund(recharge, refund)
    session.flush()


def apply_refund(recharge: LedgerEntry, refund: LedgerEntry) -> None:
    """Take a completed refund off its completed recharge; never refused, whatever was promised of that money.

    First the free part goes; then open reservations on it, newest request first, which look for other free money and
    are short by what they do not find; what was invoiced stays and becomes invoice debt (design/domain.md 1).
    """
    lock_account(recharge.account_id, recharged=-refund.amount)
    recharge.refunded += refund.amount
    refund.applied = True
    missing = -recharge.free
    if missing <= 0 or recharge.reserved <= 0:
        session.flush()
        return
    for allocation in _reservations_on(recharge):
        if missing <= 0:
            break
        taken = min(allocation.amount, missing)
        missing -= taken
        recharge.reserved -= taken
        _shrink(allocation, taken)
        session.flush()
        reservation = session.get_one(Reservation, allocation.request_id)
        reservation.short += _allocate(reservation, taken)
    session.flush()


def cover_short(account_id: int) -> None:
    """Give free money of the account to its short requests, oldest request first."""
    short = session.scalars(
        select(Reservation)
        .where(Reservation.account_id == account_id, Reservation.short > 0)
        .order_by(Reservation.request_id)
    ).all()
    for reservation in short:
        reservation.short = _allocate(reservation, reservation.short)
        session.flush()
        if reservation.short > 0:
            return


def _allocate(reservation: Reservation, wanted: Decimal) -> Decimal:
    """Spread `wanted` over free recharges, oldest first; returns what found no money."""
    free = session.scalars(free_recharges(reservation.account_id).execution_options(populate_existing=True))
    # Money that comes in two steps from one recharge is one allocation, and so one line of the invoice.
    held = {part.recharge_id: part for part in _open_parts(reservation.request_id)}
    for recharge in free:
        part = min(wanted, recharge.free)
        recharge.reserved += part
        if recharge.id in held:
            held[recharge.id].amount += part
        else:
            session.add(Allocation(request_id=reservation.request_id, recharge_id=recharge.id, amount=part, state=OPEN))
        wanted -= part
        if wanted <= 0:
            break
    free.close()
    return wanted


def _open_parts(request_id: int) -> list[Allocation]:
    return list(
        session.scalars(select(Allocation).where(Allocation.request_id == request_id, Allocation.state == OPEN))
    )


def _reservations_on(recharge: LedgerEntry) -> list[Allocation]:
    return list(
        session.scalars(
            select(Allocation)
            .where(Allocation.recharge_id == recharge.id, Allocation.state == OPEN)
            .order_by(Allocation.request_id.desc(), Allocation.id.desc())
        )
    )


def _shrink(allocation: Allocation, by: Decimal) -> None:
    if allocation.amount == by:
        allocation.state = RELEASED
    else:
        allocation.amount -= by


def _open_allocations(request_id: int) -> list[tuple[Allocation, LedgerEntry]]:
    rows = session.execute(
        select(Allocation, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(Allocation.request_id == request_id, Allocation.state == OPEN)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id, Allocation.id)
        .execution_options(populate_existing=True)
    )
    return [(allocation, recharge) for allocation, recharge in rows]


def _close(reservation: Reservation, state: ReservationState) -> None:
    closed = rows_changed(
        session.execute(
            update(Reservation)
            .where(Reservation.request_id == reservation.request_id, Reservation.state == OPEN)
            .values(state=state, short=ZERO)
        )
    )
    if not closed:
        raise Conflict
    session.expire(reservation)


def lock_account(account_id: int, **changes: Decimal) -> None:
    """Add `changes` to the account's counters; the UPDATE holds the row until the transaction ends."""
    values = {getattr(Account, name): getattr(Account, name) + change for name, change in changes.items()}
    session.execute(update(Account).where(Account.id == account_id).values(values))
