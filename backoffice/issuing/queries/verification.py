"""What anybody may know of a document whose number and amount they hold, or which they hold itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import ColumnElement, select

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
    if number.startswith(f"{SERIES}-"):
        return _credit_note(CreditNote.number == number, CreditNote.gross == abs(amount))
    return _invoice(Invoice.number == number, Invoice.gross == amount)


def verify_document(sha256: str) -> Verified | None:
    """The document with this hash, or None: only who holds the file, byte for byte, can name it."""
    return _invoice(Invoice.pdf_sha256 == sha256) or _credit_note(CreditNote.pdf_sha256 == sha256)


def _invoice(*predicates: ColumnElement[bool]) -> Verified | None:
    row = session.execute(
        select(Invoice.id, Invoice.number, Invoice.issued_on, Invoice.snapshot, Invoice.gross)
        .where(*predicates)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    taken = credits.credited(row.id)
    credited: Credited = "" if taken == ZERO else "fully" if taken == row.gross else "partly"
    return Verified(row.number, row.issued_on, row.snapshot["seller"]["name"], credited)


def _credit_note(*predicates: ColumnElement[bool]) -> Verified | None:
    row = session.execute(
        select(CreditNote.number, CreditNote.issued_on, CreditNote.snapshot).where(*predicates).limit(1)
    ).one_or_none()
    if row is None:
        return None
    said = row.snapshot
    return Verified(row.number, row.issued_on, said["seller"]["name"], original=said["original"]["number"])
