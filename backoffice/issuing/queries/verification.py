"""What anybody may know of a document whose number and amount they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import select

from backoffice.database import session
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.queries import credits
from backoffice.issuing.rules import is_invoice_number
from backoffice.issuing.rules.credits import SERIES
from backoffice.money import ZERO

Credited = Literal["", "partly", "fully"]


@dataclass(frozen=True, slots=True)
class Verified:
    """An invoice, and whether credit notes took it back; or a credit note, and the invoice that it is on."""

    number: str
    issued_on: date
    seller_name: str
    credited: Credited = ""
    original: str = ""


def verify(number: str, amount: Decimal) -> Verified | None:
    """The document with exactly this number and gross amount, or None: neither half alone tells anything.

    A credit note's amount is taken with its minus sign, as it is printed, and without.
    """
    if not is_invoice_number(number):
        return None
    return _credit_note(number, amount) if number.startswith(f"{SERIES}-") else _invoice(number, amount)


def _invoice(number: str, amount: Decimal) -> Verified | None:
    row = session.execute(
        select(Invoice.id, Invoice.number, Invoice.issued_on, Invoice.snapshot, Invoice.gross).where(
            Invoice.number == number, Invoice.gross == amount
        )
    ).one_or_none()
    if row is None:
        return None
    taken = credits.credited(row.id)
    credited: Credited = "" if taken == ZERO else "fully" if taken == row.gross else "partly"
    return Verified(row.number, row.issued_on, row.snapshot["seller"]["name"], credited)


def _credit_note(number: str, amount: Decimal) -> Verified | None:
    row = session.execute(
        select(CreditNote.number, CreditNote.issued_on, CreditNote.snapshot).where(
            CreditNote.number == number, CreditNote.gross == abs(amount)
        )
    ).one_or_none()
    if row is None:
        return None
    said = row.snapshot
    return Verified(row.number, row.issued_on, said["seller"]["name"], original=said["original"]["number"])
