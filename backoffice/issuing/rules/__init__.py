"""What an invoice says: tax arithmetic and the frozen snapshot. Pure; no clock, no database, no page.

Amounts of recharges include tax. Tax is worked out per rate group and only then shared among the lines, so that the
figures of an invoice always add up, to the cent (design/domain.md 4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from backoffice.issuing import words
from backoffice.issuing.rules.frozen import BuyerSnapshot as BuyerSnapshot
from backoffice.issuing.rules.frozen import Language as Language
from backoffice.issuing.rules.frozen import LineSnapshot as LineSnapshot
from backoffice.issuing.rules.frozen import OriginalSnapshot as OriginalSnapshot
from backoffice.issuing.rules.frozen import SellerSnapshot as SellerSnapshot
from backoffice.issuing.rules.frozen import Snapshot as Snapshot
from backoffice.issuing.rules.frozen import TaxGroupSnapshot as TaxGroupSnapshot
from backoffice.money import ZERO, from_minor, to_minor

TEMPLATE = "v4"
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


def codes_reasons(template: str) -> bool:
    """Whether the XML of this template says by code why there is no tax (BT-121)."""
    return template not in {"v1", "v2"}


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
    # The same as a code of the list VATEX of EN 16931, where the policy names one.
    tax_code: str = ""

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
    # Empty unless all its lines have the same.
    code: str = ""


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
        code = common(lines[index].tax_code for index in indexes)
        groups.append(TaxGroup(kind, rate, net, gross - net, gross, tuple(reasons), code))
    result = tuple(
        Line(line, unit_price(net, line.quantity), net, line.gross - net) for line, net in zip(lines, nets, strict=True)
    )
    return result, _sum(groups)


def common(codes: Iterable[str]) -> str:
    """The code that all have; empty where they differ: a breakdown of EN 16931 has room for one (BT-121)."""
    first, *others = dict.fromkeys(codes)
    return "" if others else first


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
        capitals=words.capitals(totals.gross, currency),
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
    if line.source.tax_code:
        frozen["tax_code"] = line.source.tax_code
    return frozen


def _freeze_group(group: TaxGroup) -> TaxGroupSnapshot:
    frozen = TaxGroupSnapshot(
        kind=group.kind.value, rate=f"{group.rate:f}", net=str(group.net), tax=str(group.tax), gross=str(group.gross)
    )
    if group.reasons:
        frozen["reason"] = "; ".join(group.reasons)
    if group.code:
        frozen["code"] = group.code
    return frozen
