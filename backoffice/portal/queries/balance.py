"""How an account's Invoiceable Amount comes about, what stands in its way, and every movement that led to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row, Select, select

from backoffice.database import session
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerEntry, LedgerMovement, Reservation
from backoffice.ledger.queries import NotInvoiceable
from backoffice.ledger.rules import Figures
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(LedgerMovement.at, "desc"), (LedgerMovement.id, "desc")]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that makes the Invoiceable Amount what it is. `debts` and `short` are what a refund left behind."""

    figures: Figures
    others: NotInvoiceable
    minimum: Decimal
    debts: Sequence[LedgerEntry]
    short: Sequence[Row[str, Decimal]]

    @property
    def gap(self) -> Decimal:
        """How far below zero the account would be: the next recharges fill this first."""
        return max(ZERO, -self.figures.balance)

    @property
    def below_minimum(self) -> bool:
        """Whether something is left, but less than an application may be over."""
        return 0 < self.figures.invoiceable < self.minimum


def explanation(account_id: int, *, minimum: Decimal) -> Explanation:
    """The account's figures as they stand, and what of its money can or could not be invoiced."""
    figures = ledger.balance(account_id)
    return Explanation(
        figures=figures,
        others=ledger.not_invoiceable(account_id),
        minimum=minimum,
        debts=ledger.debts_of(account_id) if figures.debt else [],
        short=_short(account_id) if figures.short else [],
    )


def statement(account_id: int) -> Select[Any]:
    """The account's journal, each line with the id of its entry and the number of its request."""
    return (
        ledger.movements_of(account_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerMovement.entry_id)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .add_columns(LedgerEntry.external_id, InvoiceRequest.number)
    )


def place(row: Any) -> Sequence[Any]:
    """A line's values in `ORDER`."""
    return row[0].at, row[0].id


def _short(account_id: int) -> Sequence[Row[str, Decimal]]:
    return session.execute(
        select(InvoiceRequest.number, Reservation.short)
        .join(Reservation, Reservation.request_id == InvoiceRequest.id)
        .where(Reservation.account_id == account_id, Reservation.short > 0)
        .order_by(InvoiceRequest.id)
    ).all()
