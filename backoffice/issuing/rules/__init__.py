"""What an invoice says: tax arithmetic and the frozen snapshot. Pure; no clock, no database, no page.

Amounts of recharges include tax. Tax is worked out per rate group and only then shared among the lines, so that the
figures of an invoice always add up, to the cent (design/domain.md 4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal, NotRequired, TypedDict

from backoffice.issuing import words
from backoffice.money import ZERO, from_minor, to_minor

Language = Literal["zh", "en", "both"]
TEMPLATE = "v3"
INVOICE_SERIES = "INV"
# What somebody may write who stops issuing or lets it go on, in characters.
STOP_REASON_LIMIT = 500
# The one template whose documents are pages alone.
_WITHOUT_XML = "v1"

SELLER_FIELDS = ("name", "latin_name", "tax_id", "address", "phone", "bank", "bank_account", "email", "country")
BUYER_FIELDS = (
    "kind", "name", "tax_id", "address", "phone", "bank", "bank_account", "email",
    "country", "street", "city", "postal_code",
)  # fmt: skip
# Of a party that names no country. Electronic invoices have to state one.
HOME_COUNTRY = "CN"

_NUMBER = re.compile(r"[A-Z]{2,4}-[0-9]{4}-[0-9]{6,9}")


def is_invoice_number(text: str) -> bool:
    """Whether `text` has the form of an invoice number, INV-2026-000001."""
    return _NUMBER.fullmatch(text) is not None


def encloses_xml(template: str) -> bool:
    """Whether a document that this template drew brings its XML."""
    return template != _WITHOUT_XML


class TaxKind(StrEnum):
    """Why a line carries the tax it carries; only `rate` carries any."""

    RATE = "rate"
    ZERO = "zero"
    EXEMPT = "exempt"
    NOT_TAXABLE = "not_taxable"
    REVERSE_CHARGE = "reverse_charge"


@dataclass(frozen=True, slots=True)
class LineInput:
    """One recharge, or the part of it, that goes on an invoice; `gross` includes tax, `rate` is a fraction (0.06)."""

    description: str
    occurred_on: date
    external_id: str
    gross: Decimal
    tax_kind: TaxKind
    rate: Decimal
    quantity: Decimal = Decimal(1)
    recharge_id: int | None = None
    # What exempts it, in the words of the tax policy; empty where nothing more is known than the kind.
    tax_reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1 or (self.tax_kind is TaxKind.RATE) != (self.rate > 0):
            raise ValueError(f"tax kind {self.tax_kind} does not go with rate {self.rate}")
        if self.quantity <= 0:
            raise ValueError(f"a line's quantity is positive, not {self.quantity}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its share of the group's net; `unit_price` is net of tax."""

    source: LineInput
    unit_price: Decimal
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Amount including tax."""
        return self.source.gross


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All lines of one tax kind and rate."""

    kind: TaxKind
    rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    # Of its lines, each once.
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an invoice and the rate groups they come from, in the order of their first line."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    groups: tuple[TaxGroup, ...]


def split_tax(lines: Sequence[LineInput]) -> tuple[tuple[Line, ...], Totals]:
    """Split every line's gross into net and tax; lines keep their order.

    Per group of one kind and rate, net = gross / (1 + rate), rounded half-up on the magnitude. The cents that rounding
    the lines down leaves over go to the lines with the largest remainders, earlier lines first.
    """
    members: defaultdict[tuple[TaxKind, Decimal], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        members[line.tax_kind, line.rate].append(index)
    nets = [ZERO] * len(lines)
    groups = []
    for (kind, rate), indexes in members.items():
        shares = _share_net([to_minor(lines[index].gross) for index in indexes], rate)
        for index, share in zip(indexes, shares, strict=True):
            nets[index] = from_minor(share)
        gross = sum((lines[index].gross for index in indexes), ZERO)
        net = from_minor(sum(shares))
        reasons = dict.fromkeys(lines[index].tax_reason for index in indexes if lines[index].tax_reason)
        groups.append(TaxGroup(kind, rate, net, gross - net, gross, tuple(reasons)))
    result = tuple(
        Line(line, unit_price(net, line.quantity), net, line.gross - net) for line, net in zip(lines, nets, strict=True)
    )
    return result, _sum(groups)


def _share_net(grosses: list[int], rate: Decimal) -> list[int]:
    """Net cents of each line of one group; they sum to the group's own rounded net."""
    factor = 1 / (1 + Fraction(rate))
    total = sum(grosses)
    # A negative group (a credit note) is the mirror image of the positive one.
    sign = -1 if total < 0 else 1
    exact = [sign * gross * factor for gross in grosses]
    shares = [share.__floor__() for share in exact]
    left = (sign * total * factor + Fraction(1, 2)).__floor__() - sum(shares)
    by_remainder = sorted(range(len(exact)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[:left]:
        shares[index] += 1
    return [sign * share for share in shares]


def _sum(groups: Sequence[TaxGroup]) -> Totals:
    return Totals(
        net=sum((group.net for group in groups), ZERO),
        tax=sum((group.tax for group in groups), ZERO),
        gross=sum((group.gross for group in groups), ZERO),
        groups=tuple(groups),
    )


def unit_price(net: Decimal, quantity: Decimal) -> Decimal:
    """Net price of one unit: to the cent where that is exact, else to six decimals at most, as on VAT invoices."""
    price = (net / quantity).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
    shortest = price.normalize()
    places = -int(shortest.as_tuple().exponent)
    return price.quantize(Decimal(1).scaleb(-max(2, places)))


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


class TaxGroupSnapshot(TypedDict):
    """Sum of the lines of one tax kind and rate."""

    kind: str
    rate: str
    net: str
    tax: str
    gross: str
    reason: NotRequired[str]  # why there is no tax, those of all its lines


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


def build_snapshot(
    lines: Sequence[LineInput],
    *,
    number: str | None,
    language: Language,
    issued_at: datetime,
    issued_on: date,
    currency: str,
    seller: Mapping[str, object],
    buyer: Mapping[str, object],
    remarks: str = "",
    request_number: str | None = None,
    verify_url: str | None = None,
) -> Snapshot:
    """Freeze an invoice (or, without `number`, its draft) into plain JSON values.

    `seller` and `buyer` may hold more than the invoice states; the rest is left out. Raises ValueError for an invoice
    without lines, a naive instant, an unknown language, or a total beyond what words can say.
    """
    if not lines:
        raise ValueError("an invoice has at least one line")
    if issued_at.tzinfo is None:
        raise ValueError("the moment of issue needs a time zone")
    if language not in ("zh", "en", "both"):
        raise ValueError(f"no face in the language {language!r}")
    split, totals = split_tax(lines)
    return Snapshot(
        template=TEMPLATE,
        kind="invoice",
        language=language,
        number=number,
        request_number=request_number,
        issued_at=issued_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        issued_on=issued_on.isoformat(),
        currency=currency,
        seller=freeze_seller(seller),
        buyer=BuyerSnapshot(**party_fields(buyer, BUYER_FIELDS)),  # type: ignore[typeddict-item]
        lines=[_freeze_line(position, line) for position, line in enumerate(split, 1)],
        tax_groups=[_freeze_group(group) for group in totals.groups],
        net=str(totals.net),
        tax=str(totals.tax),
        gross=str(totals.gross),
        capitals=words.capitals(totals.gross),
        words=words.english(totals.gross, currency),
        remarks=remarks,
        verify_url=verify_url,
    )


def freeze_seller(seller: Mapping[str, object]) -> SellerSnapshot:
    """What a snapshot states of the seller; where there is no logo it is as before there were any."""
    frozen: SellerSnapshot = SellerSnapshot(**party_fields(seller, SELLER_FIELDS))  # type: ignore[typeddict-item]
    if logo := seller.get("logo"):
        frozen["logo"] = str(logo)
    return frozen


def party_fields(party: Mapping[str, object], names: Sequence[str]) -> dict[str, str]:
    """What a snapshot states of a party: every field a text, empty where it states none, and always a country."""
    fields = {name: str(party.get(name) or "") for name in names}
    return fields | {"country": fields["country"] or HOME_COUNTRY}


def _freeze_line(position: int, line: Line) -> LineSnapshot:
    frozen = LineSnapshot(
        position=position,
        occurred_on=line.source.occurred_on.isoformat(),
        external_id=line.source.external_id,
        description=line.source.description,
        quantity=f"{line.source.quantity:f}",
        unit_price=f"{line.unit_price:f}",
        net=str(line.net),
        tax=str(line.tax),
        gross=str(line.gross),
        rate=f"{line.source.rate:f}",
        tax_kind=line.source.tax_kind.value,
    )
    if line.source.tax_reason:
        frozen["tax_reason"] = line.source.tax_reason
    return frozen


def _freeze_group(group: TaxGroup) -> TaxGroupSnapshot:
    frozen = TaxGroupSnapshot(
        kind=group.kind.value, rate=f"{group.rate:f}", net=str(group.net), tax=str(group.tax), gross=str(group.gross)
    )
    if group.reasons:
        frozen["reason"] = "; ".join(group.reasons)
    return frozen
