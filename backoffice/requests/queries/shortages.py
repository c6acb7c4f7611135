"""What refunds left behind: requests without a part of their money, and invoiced money that was paid back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from backoffice.database import session
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerEntry, Reservation
from backoffice.ledger.rules import Figures
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State


def missing(requests: Iterable[InvoiceRequest]) -> dict[int, Decimal]:
    """What a refund took away of those of these requests that are open, by the ids of the requests."""
    ids = [each.id for each in requests if each.is_open]
    if not ids:
        return {}
    found = session.execute(
        select(Reservation.request_id, Reservation.short).where(
            Reservation.request_id.in_(ids), Reservation.short > ZERO
        )
    )
    return {row[0]: row[1] for row in found}


def column() -> Any:
    """What a refund took away of a request, beside it in a list; none where nothing is missing."""
    reservation = select(Reservation.short).where(Reservation.request_id == InvoiceRequest.id, Reservation.short > ZERO)
    return reservation.scalar_subquery().label("short")


@dataclass(frozen=True, slots=True)
class Short:
    """A request that lacks money: what it is over and what is missing, in major units."""

    number: str
    amount: Decimal
    missing: Decimal
    is_pending: bool


def oldest(account_id: int, limit: int) -> list[Short]:
    """The account's requests that lack money, oldest first, at most `limit`."""
    found = session.execute(
        select(InvoiceRequest.number, InvoiceRequest.amount, Reservation.short, InvoiceRequest.state == State.PENDING)
        .join(Reservation, Reservation.request_id == InvoiceRequest.id)
        .where(Reservation.account_id == account_id, Reservation.short > ZERO)
        .order_by(InvoiceRequest.id)
        .limit(limit)
    )
    return [Short(*row) for row in found]


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What needs a credit note or money, the oldest of each; there may be more."""

    debts: Sequence[LedgerEntry]
    more_debts: bool
    short: Sequence[Short]
    more_short: bool


def left_behind(account_id: int, figures: Figures, most: int) -> LeftBehind:
    """At most `most` of each, asked for only where the account's `figures` say that there is something."""
    debts = ledger.debts_of(account_id, most + 1) if figures.debt else []
    short = oldest(account_id, most + 1) if figures.short else []
    return LeftBehind(debts[:most], len(debts) > most, short[:most], len(short) > most)


@dataclass(frozen=True, slots=True)
class Total:
    """How many requests lack money, what they are over, and what they lack, in major units."""

    number: int
    amount: Decimal
    missing: Decimal


def total(account_id: int) -> Total:
    """What the list of the account's requests that lack money adds up to, by the partial index of these."""
    number, amount, short = session.execute(
        select(func.count(), func.sum(Reservation.amount), func.sum(Reservation.short)).where(
            Reservation.account_id == account_id, Reservation.short > ZERO
        )
    ).one()
    return Total(number, amount or ZERO, short or ZERO)
