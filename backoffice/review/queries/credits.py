"""What the desk reads about credit notes: one proposal with all it is about, what an invoice debt asks for, a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, func, select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.issuing.models import CorrectionWish, CreditNote, CreditProposal, Invoice
from backoffice.issuing.queries import credits, wishes
from backoffice.issuing.queries.credits import Creditable
from backoffice.issuing.rules.credits import grants
from backoffice.ledger.models import LedgerEntry, in_debt
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest

REGISTER_ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [
    (CreditNote.issued_on, "desc"),
    (CreditNote.sequence, "desc"),
    (CreditNote.gross, "desc"),
    (CreditNote.id, "desc"),
]


@dataclass(frozen=True, slots=True)
class OfRequest:
    """An issued request's invoice, what is left of it, and everything proposed and issued on it."""

    invoice: Invoice
    lines: list[Creditable]
    proposals: list[CreditProposal]
    notes: Mapping[int, CreditNote]
    followed_by: str | None
    wish: CorrectionWish | None

    @property
    def left(self) -> Decimal:
        """What of the invoice nobody took back, tax included."""
        return sum((line.left.gross_left for line in self.lines), ZERO)

    @property
    def open(self) -> CreditProposal | None:
        """What waits for its checker."""
        return next((one for one in self.proposals if one.is_open), None)

    def would_grant(self, amounts: Mapping[int, Decimal], reissued_to: int | None) -> bool:
        """Whether taking these amounts back, by line, would be what the customer asks for; `reissued_to` is the header
        with which the invoice is issued anew, None where it is not."""
        left = self.left - sum(amounts.values(), ZERO)
        return self.wish is not None and grants(self.wish.kind, self.wish.header_id, left=left, reissued_to=reissued_to)


def of_request(request_id: int) -> OfRequest:
    """Everything about credit notes on an issued request. Raises NotFound for any other."""
    invoice = credits.invoice_of(request_id)
    return OfRequest(
        invoice,
        credits.creditable(invoice),
        credits.proposals_of(invoice.id),
        {note.proposal_id: note for note in credits.notes_of(invoice.id)},
        credits.followed_by(request_id),
        wishes.open_wish(request_id),
    )


def debts_on(lines: list[Creditable]) -> dict[int, Decimal]:
    """What the invoice debt of its recharges asks to take back, by line: never more than is left of the line."""
    recharges = select(LedgerEntry).where(LedgerEntry.id.in_([line.recharge_id for line in lines]), in_debt())
    debts = {recharge.id: recharge.debt for recharge in session.scalars(recharges)}
    wanted = {line.id: min(debts.get(line.recharge_id, ZERO), line.left.gross_left) for line in lines}
    return {line_id: amount for line_id, amount in wanted.items() if amount > ZERO}


def register(first: date, last: date) -> Select[Any]:
    """The credit notes dated from `first` to `last` in `REGISTER_ORDER`, each with its invoice and its account."""
    return (
        select(CreditNote.id, CreditNote.number, CreditNote.issued_on, CreditNote.sequence, CreditNote.gross)
        .add_columns(CreditNote.proposal_id)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == CreditNote.account_id)
        .add_columns(Invoice.number.label("invoice"), InvoiceRequest.number.label("request"), Account.code)
        .add_columns(Account.name)
        .where(CreditNote.issued_on.between(first, last))
    )


def total(first: date, last: date) -> tuple[int, Decimal]:
    """How many credit notes are dated in these days, and what they took back."""
    number, gross = session.execute(
        select(func.count(), func.sum(CreditNote.gross)).where(CreditNote.issued_on.between(first, last))
    ).one()
    return number, gross or ZERO
