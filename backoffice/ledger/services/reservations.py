"""Verbs on the customer's money. Each of them is called inside the transaction of the outside call.

The account row is the lock (`journal.Hand`): whoever reserves, releases, settles or books an entry holds it first.
Lock order: request -> account. `at` is when it happens in the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update

from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Invalid, Message
from backoffice.ledger.models import (
    Allocation,
    LedgerEntry,
    MovementKind,
    Reservation,
    ReservationState,
    free_recharges,
)
from backoffice.ledger.rules import PARTS_LIMIT, Figures
from backoffice.ledger.services import journal
from backoffice.ledger.services.journal import Hand, shift
from backoffice.money import ZERO, format_amount

OPEN, SETTLED, RELEASED = ReservationState.OPEN, ReservationState.SETTLED, ReservationState.RELEASED


def reserve(account_id: int, request_id: int, amount: Decimal, *, at: datetime) -> None:
    """Reserve `amount` (major units) of the account for a request and spread it over recharges, oldest first.

    One guarded UPDATE decides: when two applications meet, only what is really there is given out.
    Raises Conflict when less than `amount` is invoiceable (code `not-enough-money`), or when it would take more than
    `PARTS_LIMIT` recharges (code `too-many-parts`).
    """
    hand = journal.take_if_invoiceable(account_id, amount)
    if hand is None:
        raise Conflict(
            Message(N_("Less than this amount can be invoiced now. Look at the Invoiceable Amount and try again.")),
            code="not-enough-money",
        )
    reservation = Reservation(request_id=request_id, account_id=account_id, amount=amount, short=ZERO, state=OPEN)
    session.add(reservation)
    session.flush()
    found = _allocate(hand, reservation, amount, most=PARTS_LIMIT)
    reservation.short = amount + found.free
    if reservation.short > 0 and hand.figures.free + found.free > 0:
        told = N_("This amount would take more than %(most)d recharges. Apply for less.")
        raise Conflict(Message(told, most=PARTS_LIMIT), code="too-many-parts")
    hand.move(MovementKind.RESERVE, Figures(reserved=amount, short=reservation.short) + found, request_id=request_id)
    hand.enter(at)


def release(request_id: int, *, at: datetime) -> None:
    """Give the reservation of a rejected or withdrawn request back. Raises Conflict when it is not open any more."""
    reservation, hand = _held(request_id)
    moved = Figures(reserved=-reservation.amount, short=-reservation.short)
    _close(reservation, RELEASED)
    for allocation, recharge in _allocations(request_id, OPEN):
        moved += shift(recharge, reserved=-allocation.amount)
        allocation.state = RELEASED
    session.flush()
    hand.move(MovementKind.RELEASE, moved, request_id=request_id)
    cover_short(hand)
    hand.enter(at)


@dataclass(frozen=True, slots=True)
class Settlement:
    """A reservation that has become an invoice's money, and the allocations that make its lines."""

    parts: list[tuple[Allocation, LedgerEntry]]
    hand: Hand

    def enter(self, at: datetime) -> None:
        """Enter it into the journal as of the moment of issue, which is known only after the number is taken."""
        self.hand.enter(at)


def settle(request_id: int) -> Settlement:
    """Move a request's reservation to invoiced; whoever calls enters it into the journal with `Settlement.enter`.

    Raises Conflict when the request is short or its reservation is not open any more.
    """
    reservation, hand = _held(request_id)
    _refuse_short(reservation.short)
    _close(reservation, SETTLED)
    parts = _allocations(request_id, OPEN)
    moved = Figures(reserved=-reservation.amount, invoiced=reservation.amount)
    for allocation, recharge in parts:
        moved += shift(recharge, reserved=-allocation.amount, invoiced=allocation.amount)
        allocation.state = SETTLED
    session.flush()
    hand.move(MovementKind.SETTLE, moved, request_id=request_id)
    return Settlement(parts, hand)


@dataclass(frozen=True, slots=True)
class Credited:
    """What was taken back of an invoice: `freed` is what of it, by recharge, closed no debt and is there to invoice."""

    hand: Hand
    freed: dict[int, Decimal]

    def pass_on(self, request_id: int, amount: Decimal) -> None:
        """Reserve what was freed, `amount` in all, for another request, before anybody else can take it."""
        reservation = Reservation(
            request_id=request_id, account_id=self.hand.account_id, amount=amount, short=ZERO, state=OPEN
        )
        session.add(reservation)
        session.flush()
        moved = Figures(reserved=amount)
        for recharge_id, part in self.freed.items():
            recharge = session.get_one(LedgerEntry, recharge_id)
            moved += shift(recharge, reserved=part)
            session.add(Allocation(request_id=request_id, recharge_id=recharge_id, amount=part, state=OPEN))
        session.flush()
        self.hand.move(MovementKind.RESERVE, moved, request_id=request_id)

    def enter(self, at: datetime) -> None:
        """Let what is free now cover short requests, and enter everything as of the moment of the note's number."""
        cover_short(self.hand)
        self.hand.enter(at)


def credit(request_id: int, parts: Mapping[int, Decimal]) -> Credited:
    """Take back what of an invoice a credit note names: of each recharge, by its id, an amount in major units.

    The money first closes the recharge's invoice debt; the rest is free again. Whoever calls enters it into the journal
    with `Credited.enter`, as of the moment at which the note has its number.
    Raises Conflict when the request is not invoiced, Invalid (`amount`) when more is named than is left of a part.
    """
    reservation, hand = _held(request_id)
    if reservation.state != SETTLED:
        raise Conflict(Message(N_("Only what is invoiced can be credited.")))
    settled = {recharge.id: (part, recharge) for part, recharge in _allocations(request_id, SETTLED)}
    if not parts or any(amount <= 0 for amount in parts.values()):
        raise Invalid({"amount": [Message(N_("Enter an amount greater than zero."))]})
    for recharge_id, amount in parts.items():
        left = settled[recharge_id][0].left if recharge_id in settled else ZERO
        if amount > left:
            raise Invalid(
                {"amount": [Message(N_("No more than %(left)s of this is left to credit."), left=format_amount(left))]}
            )
    freed: dict[int, Decimal] = {}
    for recharge_id, amount in parts.items():
        part, recharge = settled[recharge_id]
        moved = Figures(invoiced=-amount) + shift(recharge, invoiced=-amount)
        part.credited += amount
        # A line for each recharge: only so does the journal tell later which one's debt was made good.
        freed[recharge_id] = min(amount, moved.free)
        hand.move(MovementKind.CREDIT, moved, entry_id=recharge_id, request_id=request_id)
    session.flush()
    return Credited(hand, {recharge_id: part for recharge_id, part in freed.items() if part > ZERO})


def check_whole(request_id: int) -> None:
    """Raises Conflict (code `short`) when a refund took money that this request had reserved."""
    _refuse_short(session.scalars(select(Reservation.short).where(Reservation.request_id == request_id)).one())


def _refuse_short(short: Decimal) -> None:
    if short > 0:
        raise Conflict(
            Message(N_("This request is short by %(amount)s after a refund."), amount=format_amount(short)),
            code="short",
        )


def apply_refund(hand: Hand, recharge: LedgerEntry, refund: LedgerEntry) -> None:
    """Take a completed refund off its completed recharge; never refused, whatever was promised of that money.

    First the free part goes; then open reservations on it, newest request first, which look for other free money and
    are short by what they do not find; what was invoiced stays and becomes invoice debt (design/domain.md 1).
    """
    moved = Figures(refunded=refund.amount) + shift(recharge, refunded=refund.amount)
    refund.applied = True
    hand.move(MovementKind.REFUND, moved, entry_id=refund.id)
    missing = -recharge.free
    if missing <= 0 or recharge.reserved <= 0:
        return
    for allocation in _reservations_on(recharge):
        if missing <= 0:
            break
        taken = min(allocation.amount, missing)
        missing -= taken
        moved = shift(recharge, reserved=-taken)
        _shrink(allocation, taken)
        session.flush()
        reservation = session.get_one(Reservation, allocation.request_id)
        found = _allocate(hand, reservation, taken)
        short = taken + found.free
        reservation.short += short
        moved += found + Figures(short=short)
        hand.move(MovementKind.REALLOCATE, moved, entry_id=refund.id, request_id=reservation.request_id)
    session.flush()


def cover_short(hand: Hand) -> None:
    """Give free money of the account to its short requests, oldest request first."""
    if hand.figures.short <= 0 or hand.figures.free <= 0:
        return
    short = session.scalars(
        select(Reservation)
        .where(Reservation.account_id == hand.account_id, Reservation.short > 0)
        .order_by(Reservation.request_id)
    ).all()
    for reservation in short:
        found = _allocate(hand, reservation, reservation.short)
        if not found.free:
            return
        reservation.short += found.free
        hand.move(MovementKind.COVER, found + Figures(short=found.free), request_id=reservation.request_id)
        session.flush()


def _allocate(hand: Hand, reservation: Reservation, wanted: Decimal, *, most: int | None = None) -> Figures:
    """Spread `wanted` over free recharges, oldest first, over `most` of them; returns how much less is free now."""
    moved = Figures()
    if wanted <= 0:
        return moved
    free = session.scalars(free_recharges(reservation.account_id).execution_options(populate_existing=True))
    # Money that comes in two steps from one recharge is one allocation, and so one line of the invoice.
    held = {part.recharge_id: part for part in _open_parts(reservation.request_id)}
    for recharge in free:
        if recharge.id in hand.to_come:
            continue
        if len(held) == most:
            break
        part = min(wanted, recharge.free)
        moved += shift(recharge, reserved=part)
        if recharge.id in held:
            held[recharge.id].amount += part
        else:
            held[recharge.id] = Allocation(
                request_id=reservation.request_id, recharge_id=recharge.id, amount=part, state=OPEN
            )
            session.add(held[recharge.id])
        wanted -= part
        if wanted <= 0:
            break
    free.close()
    return moved


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


def _allocations(request_id: int, state: ReservationState) -> list[tuple[Allocation, LedgerEntry]]:
    rows = session.execute(
        select(Allocation, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(Allocation.request_id == request_id, Allocation.state == state)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id, Allocation.id)
        .execution_options(populate_existing=True)
    )
    return [(allocation, recharge) for allocation, recharge in rows]


def _held(request_id: int) -> tuple[Reservation, Hand]:
    """The reservation as it stands now that its account is locked, and the hand that holds it."""
    of_request = select(Reservation.account_id).where(Reservation.request_id == request_id)
    hand = journal.take(of_request.scalar_subquery())
    return session.get_one(Reservation, request_id, populate_existing=True), hand


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
