"""The shape of a frozen document: plain JSON values, read by every renderer and by nothing else changed."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Language = Literal["zh", "en", "both"]


class SellerSnapshot(TypedDict):
    """The issuing entity; an empty string is a field it does not state."""

    name: str
    latin_name: str
    tax_id: str
    address: str
    phone: str
    bank: str
    bank_account: str
    email: str
    country: str  # ISO 3166-1 alpha-2; as all that template v1 knows nothing of, only the XML states it
    logo: NotRequired[str]  # sha256 of its picture in the document store


class BuyerSnapshot(TypedDict):
    """The invoice header of the request; an empty string is a field it does not state."""

    kind: str  # type of the header: enterprise, personal, public body
    name: str
    tax_id: str
    address: str
    phone: str
    bank: str
    bank_account: str
    email: str
    # Only the XML states these; the face prints the address in one piece.
    country: str  # ISO 3166-1 alpha-2
    street: str
    city: str
    postal_code: str


class LineSnapshot(TypedDict):
    """One line; decimals as strings, in major units of the invoice's currency."""

    position: int  # from 1
    occurred_on: str  # ISO date of the recharge
    external_id: str  # the platform's id of the recharge
    description: str
    quantity: str
    unit_price: str  # net of tax, two to six decimals
    net: str
    tax: str
    gross: str
    rate: str  # a fraction: "0.06"
    tax_kind: str  # a TaxKind
    tax_reason: NotRequired[str]  # what exempts it
    tax_code: NotRequired[str]  # the same as a code of the list VATEX


class TaxGroupSnapshot(TypedDict):
    """Sum of the lines of one tax kind and rate."""

    kind: str
    rate: str
    net: str
    tax: str
    gross: str
    reason: NotRequired[str]  # why there is no tax, those of all its lines
    code: NotRequired[str]  # the one that all its lines have


class OriginalSnapshot(TypedDict):
    """The invoice that a credit note corrects."""

    number: str
    issued_on: str  # ISO local date


class Snapshot(TypedDict):
    """Everything an invoice says to people and programs, frozen at issue. Renderers read this and nothing else."""

    template: str  # what draws it: see `issuing.pdf`
    kind: str  # "invoice"; "credit_note", whose amounts are negative
    language: Language
    number: str | None  # None while it is a draft
    request_number: str | None
    issued_at: str  # ISO instant in UTC, whole seconds; for a draft when it was drawn up
    issued_on: str  # ISO local date
    currency: str  # ISO 4217
    seller: SellerSnapshot
    buyer: BuyerSnapshot
    lines: list[LineSnapshot]
    tax_groups: list[TaxGroupSnapshot]
    net: str
    tax: str
    gross: str
    capitals: str  # gross in Chinese capitals
    words: str  # gross in English words
    remarks: str
    verify_url: str | None  # what the QR code holds; None draws none
    original: NotRequired[OriginalSnapshot]  # of a credit note
    reason: NotRequired[str]  # of a credit note: a CreditReason
