"""The customer's list of requests under its filters, and the documents behind it."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, or_, select

from backoffice import money
from backoffice.database import session
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.rules import is_invoice_number
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State, is_request_number
from backoffice.steering import beside, holds, word
from backoffice.text import hyphenated

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(InvoiceRequest.submitted_at, "desc"), (InvoiceRequest.id, "desc")]

# A request's and an invoice's number, # for a figure and @ for a letter; to look for a name in them would be in vain.
_REQUEST_NUMBER, _INVOICE_NUMBER = "IR-20######-######", "@@@@-####-#########"
# Compared as it is, an amount would lead to the index of everybody's amounts; the account's own index holds it as well.
_AMOUNT = InvoiceRequest.amount + money.ZERO
# What the decimals that were not typed may add to an amount, by how many were.
_UNSAID = (Decimal("0.99"), Decimal("0.09"), Decimal(0))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an account's requests a list shows. Dates are local application dates; every limit is inclusive."""

    states: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    search: str = ""
    # Only what lacks money that a refund took.
    short: bool = False


def listed(account_id: int, wanted: Wanted) -> Select[InvoiceRequest]:
    """The account's requests for a list in `ORDER`.

    One state has an index of its own; several are filtered inside the index of the account, which holds the states.
    """
    statement = requests.requests_of(account_id, since=wanted.since, until=wanted.until, short=wanted.short)
    if len(wanted.states) == 1 and not wanted.short:
        statement = statement.where(InvoiceRequest.state == word(wanted.states[0]))
    elif wanted.states:
        statement = statement.where(beside(InvoiceRequest.state).in_([word(state) for state in wanted.states]))
    if wanted.least is not None:
        statement = statement.where(wanted.least <= _AMOUNT)
    if wanted.most is not None:
        statement = statement.where(wanted.most >= _AMOUNT)
    return _searched(statement, wanted.search) if wanted.search else statement


def _searched(statement: Select[InvoiceRequest], typed: str) -> Select[InvoiceRequest]:
    """Narrow to a request number, an invoice number, a part of either or of the header's name, or an amount.

    Cents that nobody typed may be any.
    """
    typed = unicodedata.normalize("NFKC", typed)
    number = hyphenated(typed).upper()
    if is_request_number(number):
        return statement.where(InvoiceRequest.number == number)
    if is_invoice_number(number):
        return statement.where(InvoiceRequest.invoice_number == number)
    shapes = ((_REQUEST_NUMBER, InvoiceRequest.number), (_INVOICE_NUMBER, InvoiceRequest.invoice_number))
    numbers = (column for shape, column in shapes if _may_lie_in(shape, typed.upper()))
    found = holds(typed, InvoiceRequest.header_name, *numbers)
    figures = money.without_unit(typed)
    try:
        least = money.parse_amount(figures)
    except money.AmountError:
        return statement.where(found)
    if least <= 0:
        return statement.where(found)
    most = least + _UNSAID[min(len(figures.partition(".")[2]), 2)]
    return statement.where(or_(found, _AMOUNT.between(least, most)))


def _may_lie_in(shape: str, typed: str) -> bool:
    """Whether the text may be a part of a number of this shape."""
    kinds = {"#": "0123456789".__contains__, "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ".__contains__}
    return any(
        all(kinds.get(each, each.__eq__)(sign) for each, sign in zip(shape[start:], typed, strict=False))
        for start in range(len(shape) - len(typed) + 1)
    )


@dataclass(frozen=True, slots=True)
class Document:
    """An issued request and where the store keeps its invoice, or with `note` a credit note on it.

    `amount` is in major units; what a credit note takes back is negative.
    """

    request: str
    number: str
    issued_on: date
    header_name: str
    amount: Decimal
    sha256: str
    size: int
    note: str | None = None

    @property
    def name(self) -> str:
        """The number that stands on the document itself."""
        return self.note or self.number


def documents(account_id: int, wanted: Wanted, limit: int, *, numbers: Sequence[str] | None = None) -> list[Document]:
    """The invoices among what a list shows, newest application first, each followed by its credit notes that have a
    document; at most `limit` invoices and as many notes.

    With `numbers` only those of these requests; others' and unknown ones are passed over.
    """
    statement = listed(account_id, wanted)
    if numbers is not None:
        known = [number for number in dict.fromkeys(numbers) if is_request_number(number)][:limit]
        if not known:
            return []
        statement = statement.where(InvoiceRequest.number.in_(known))
    return _documents(statement, limit)


def _documents(statement: Select[InvoiceRequest], limit: int) -> list[Document]:
    issued = (
        statement.where(in_state(State.ISSUED))
        .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
        .with_only_columns(InvoiceRequest.invoice_id, InvoiceRequest.submitted_at, InvoiceRequest.id)
        .limit(limit)
        .subquery()
    )
    rows: Any = session.execute(
        select(
            InvoiceRequest.number, Invoice.number, Invoice.issued_on, InvoiceRequest.header_name,
            Invoice.gross, Invoice.pdf_sha256, Invoice.pdf_size,
        )
        .join_from(issued, Invoice, Invoice.id == issued.c.invoice_id)
        .join(InvoiceRequest, InvoiceRequest.id == issued.c.id)
        .where(Invoice.pdf_sha256.is_not(None))
        .order_by(issued.c.submitted_at.desc(), issued.c.id.desc())
    )  # fmt: skip
    noted: Any = session.execute(
        select(
            InvoiceRequest.number, Invoice.number, CreditNote.issued_on, InvoiceRequest.header_name,
            money.ZERO - CreditNote.gross, CreditNote.pdf_sha256, CreditNote.pdf_size, CreditNote.number,
        )
        .join_from(issued, CreditNote, CreditNote.invoice_id == issued.c.invoice_id)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(InvoiceRequest, InvoiceRequest.id == issued.c.id)
        .where(CreditNote.pdf_sha256.is_not(None))
        .order_by(CreditNote.id)
        .limit(limit)
    )  # fmt: skip
    notes: defaultdict[str, list[Document]] = defaultdict(list)
    for row in noted:
        notes[row[0]].append(Document(*row))
    return [document for row in rows for document in (Document(*row), *notes[row[0]])]
