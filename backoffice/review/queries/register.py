"""The register of a month: its invoices in the order of their numbers, and what their documents amount to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, func, null, select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.issuing.models import Invoice
from backoffice.issuing.queries import official
from backoffice.requests.models import InvoiceRequest

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(Invoice.sequence, "asc"), (Invoice.id, "asc")]


@dataclass(frozen=True, slots=True)
class Documents:
    """How many documents the invoices of some days have, and their size in bytes."""

    number: int
    size: int


def documents_between(first: date, last: date) -> Documents:
    """Those of the invoices dated from `first` to `last`, both included."""
    number, size = session.execute(
        select(func.count(Invoice.pdf_sha256), func.sum(Invoice.pdf_size)).where(Invoice.issued_on.between(first, last))
    ).one()
    return Documents(number, int(size or 0))


def invoices_between(first: date, last: date) -> list[Select[Any]]:
    """The invoices of these days, a statement for each series and period, to be read in the order `ORDER`.

    Numbers are chronological: the days are one stretch of the index of numbers, and none of it is read in vain.
    """
    stretches = session.execute(
        select(Invoice.series, Invoice.period, func.min(Invoice.sequence), func.max(Invoice.sequence))
        .where(Invoice.issued_on.between(first, last))
        .group_by(Invoice.series, Invoice.period)
        .order_by(Invoice.series, Invoice.period)
    ).all()
    return [
        register().where(
            Invoice.series == series,
            Invoice.period == period,
            Invoice.sequence.between(low, high),
            Invoice.issued_on.between(first, last),
        )
        for series, period, low, high in stretches
    ]


def register() -> Select[Any]:
    """Every invoice as a line of the register's file."""
    return (
        select(
            Invoice.id, Invoice.sequence, Invoice.number, Invoice.issued_on, Invoice.issued_at,
            Invoice.net, Invoice.tax, Invoice.gross, Invoice.pdf_sha256, Invoice.pdf_size,
        )
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == Invoice.account_id)
        .add_columns(InvoiceRequest.number.label("request"), InvoiceRequest.header_name, Account.code, Account.name)
        .add_columns(official.number_of().label("official"), null().label("original"))
    )  # fmt: skip
