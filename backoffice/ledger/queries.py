"""Reads of the ledger: balances, and the entries behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select, type_coerce

from backoffice.accounts.models import Account
from backoffice.database import Amount, session
from backoffice.errors import NotFound
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    LedgerEntry,
    Reservation,
    ReservationState,
    free_recharges,
)
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's counters in major units."""

    recharged: Decimal
    reserved: Decimal
    invoiced: Decimal

    @property
    def invoiceable(self) -> Decimal:
        """What may be applied for now; never shown below zero, though the counters may go there after a refund."""
        return max(ZERO, self.recharged - self.reserved - self.invoiced)


def balance(account_id: int) -> Balance:
    """The counters of the account. Raises NotFound."""
    row = session.execute(
        select(Account.recharged, Account.reserved, Account.invoiced).where(Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Balance(row.recharged, row.reserved, row.invoiced)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request's amount and the recharge it is taken from."""

    recharge: LedgerEntry
    amount: Decimal


def parts_of(request_id: int) -> list[Part]:
    """The recharges a request takes its amount from (or took, when it is issued), oldest first."""
    rows = session.execute(
        select(LedgerEntry, Allocation.amount)
        .join(Allocation, Allocation.recharge_id == LedgerEntry.id)
        .where(Allocation.request_id == request_id, Allocation.state != ReservationState.RELEASED)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id, Allocation.id)
    )
    return [Part(recharge, amount) for recharge, amount in rows]


def plan_parts(account_id: int, amount: Decimal) -> list[Part]:
    """What `services.reserve` would take now, without taking it: the preview of an application."""
    parts: list[Part] = []
    wanted = amount
    free = session.scalars(free_recharges(account_id))
    for recharge in free:
        part = min(wanted, recharge.free)
        parts.append(Part(recharge, part))
        wanted -= part
        if wanted <= 0:
            break
    free.close()
    return parts


def short_of(request_id: int) -> Decimal:
    """By how much a refund left the request without money; zero when its allocation is whole."""
    return session.scalar(select(Reservation.short).where(Reservation.request_id == request_id)) or ZERO


def invoice_debt(account_id: int) -> Decimal:
    """Sum over the account's recharges of max(0, invoiced - (paid - refunded)): what needs a credit note."""
    # The difference of two amounts is a plain number to SQLAlchemy: without its type the sum would come back in cents.
    over = type_coerce(LedgerEntry.invoiced - (LedgerEntry.amount - LedgerEntry.refunded), Amount)
    total = session.scalar(
        select(func.sum(over)).where(
            LedgerEntry.account_id == account_id, LedgerEntry.kind == EntryKind.RECHARGE, over > 0
        )
    )
    return total or ZERO
