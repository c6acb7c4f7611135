"""The register of some days: invoices and credit notes in the order of their numbers, and what they amount to.

What a credit note takes back is negative here, and its line names the invoice that it takes it back of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, func, literal, null, select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.queries import official
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest

Kind = Literal["invoice", "credit_note"]
Order = list[tuple[Any, Literal["asc", "desc"]]]
# Both have the same columns for what a register says of them.
TABLES: dict[Kind, Any] = {"invoice": Invoice, "credit_note": CreditNote}


@dataclass(frozen=True, slots=True)
class Documents:
    """How many documents there are, and their size in bytes."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Sum:
    """How many lines of a register there are, and their amounts in major units; those of credit notes are negative."""

    number: int = 0
    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.number + other.number, self.net + other.net, self.tax + other.tax, self.gross + other.gross)


def documents_between(first: date, last: date) -> Documents:
    """The PDFs of all that is dated from `first` to `last`, both included."""
    told = [
        session.execute(
            select(func.count(table.pdf_sha256), func.sum(table.pdf_size)).where(table.issued_on.between(first, last))
        ).one()
        for table in TABLES.values()
    ]
    return Documents(sum(number for number, _ in told), sum(int(size or 0) for _, size in told))


def sums_between(first: date, last: date) -> dict[Kind, Sum]:
    """What each kind that is dated in these days amounts to."""
    found: dict[Kind, Sum] = {}
    for kind, table in TABLES.items():
        number, *amounts = session.execute(
            select(func.count(), func.sum(table.net), func.sum(table.tax), func.sum(table.gross)).where(
                table.issued_on.between(first, last)
            )
        ).one()
        found[kind] = Sum(number, *(_signed(kind, amount or ZERO) for amount in amounts))
    return found


def listed_between(first: date, last: date) -> list[tuple[Select[Any], Order]]:
    """The lines of these days, invoices first: a statement for each kind, series and period, and its order.

    Numbers are chronological: the days are one stretch of the index of numbers, and none of it is read in vain.
    """
    found: list[tuple[Select[Any], Order]] = []
    for kind, table in TABLES.items():
        stretches = session.execute(
            select(table.series, table.period, func.min(table.sequence), func.max(table.sequence))
            .where(table.issued_on.between(first, last))
            .group_by(table.series, table.period)
            .order_by(table.series, table.period)
        ).all()
        found += [
            (
                register(kind).where(
                    table.series == series,
                    table.period == period,
                    table.sequence.between(low, high),
                    table.issued_on.between(first, last),
                ),
                order(kind),
            )
            for series, period, low, high in stretches
        ]
    return found


def order(kind: Kind) -> Order:
    """The order of the numbers."""
    return [(TABLES[kind].sequence, "asc"), (TABLES[kind].id, "asc")]


def register(kind: Kind) -> Select[Any]:
    """All invoices, or all credit notes, as lines of the register's file."""
    table = TABLES[kind]
    lines = select(
        table.id, table.sequence, table.number, table.issued_on, table.issued_at, table.template,
        *(_signed(kind, getattr(table, name)).label(name) for name in ("net", "tax", "gross")),
        table.pdf_sha256, table.pdf_size, literal(kind).label("kind"),
    )  # fmt: skip
    if kind == "invoice":
        lines = lines.add_columns(official.number_of().label("official"), null().label("original"))
    else:
        lines = lines.add_columns(null().label("official"), Invoice.number.label("original"))
        lines = lines.join(Invoice, Invoice.id == CreditNote.invoice_id)
    return (
        lines.join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == table.account_id)
        .add_columns(InvoiceRequest.number.label("request"), InvoiceRequest.header_name, Account.code, Account.name)
    )


def _signed(kind: Kind, amount: Any) -> Any:
    return ZERO - amount if kind == "credit_note" else amount
