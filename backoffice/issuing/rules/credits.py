"""What a credit note takes back: how its gross splits into net and tax, and the frozen snapshot. Pure.

The source is design/domain.md 4: net and tax of a note are, per rate, those of everything credited so far, rounded
once, less what earlier notes took; and no more is ever taken than is left of a line's gross and of its rate's net
and tax.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from backoffice.errors import N_
from backoffice.issuing import words
from backoffice.issuing.rules import (
    BUYER_FIELDS,
    TEMPLATE,
    BuyerSnapshot,
    LineSnapshot,
    OriginalSnapshot,
    Snapshot,
    TaxGroupSnapshot,
    common,
    freeze_seller,
    party_fields,
)
from backoffice.money import ZERO, from_minor, to_minor

SERIES = "CN"
WORDS_LIMIT = 500
REMARKS_LIMIT = 500


class ProposalState(StrEnum):
    """Open until somebody else has looked at it; only the maker withdraws, only another confirms or declines."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class WishKind(StrEnum):
    """What a customer may ask for once an invoice is issued; finance decides."""

    RETURN = "return"
    REISSUE = "reissue"


class WishState(StrEnum):
    """Open until it is withdrawn, declined, or granted by a credit note that does what it asks for (`grants`)."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    GRANTED = "granted"


class CreditReason(StrEnum):
    """Coded reasons of a credit note; its words say the rest. Both stand on the document."""

    REFUND = "refund"
    HEADER = "header"
    AMOUNT = "amount"
    DUPLICATE = "duplicate"
    RETURNED = "returned"
    OTHER = "other"


CREDIT_REASONS: dict[CreditReason, str] = {
    CreditReason.REFUND: N_("Money was refunded"),
    CreditReason.HEADER: N_("The header is wrong"),
    CreditReason.AMOUNT: N_("The amount is wrong"),
    CreditReason.DUPLICATE: N_("Invoiced twice"),
    CreditReason.RETURNED: N_("The customer returned the invoice"),
    CreditReason.OTHER: N_("Another reason"),
}


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of an invoice, and what credit notes took back of it so far; major units, all positive."""

    tax_kind: str
    rate: Decimal
    net: Decimal
    gross: Decimal
    credited_net: Decimal = ZERO
    credited_gross: Decimal = ZERO

    @property
    def gross_left(self) -> Decimal:
        """What of its gross nobody took back."""
        return self.gross - self.credited_gross


@dataclass(frozen=True, slots=True)
class Share:
    """What a credit note takes back of one line; zero where it leaves the line alone."""

    net: Decimal
    gross: Decimal

    @property
    def tax(self) -> Decimal:
        """The tax in it."""
        return self.gross - self.net


def grants(kind: str, header_id: int | None, *, left: Decimal, reissued_to: int | None) -> bool:
    """Whether a credit note does what a wish asks for: of one to take the invoice back, nothing is `left` of it; of one
    for the header `header_id`, a request with that header follows (`reissued_to`; None where none does).

    Every other credit note, of a refund say, leaves the wish open: finance still owes its customer an answer.
    """
    return reissued_to == header_id if kind == WishKind.REISSUE else left == ZERO


def take_back(lines: Sequence[LineLeft], amounts: Sequence[Decimal]) -> list[Share]:
    """Split what is taken back of each line, its gross in `amounts`, into net and tax; one share per line.

    Per rate group the net is that of all gross credited by now, rounded half-up, less what was credited before. So no
    note is a cent or more off its rate, together they never exceed the invoice's group, and the last one ends with it.
    Each line's share is what its amount is worth, to the cent below or above: the cents above go to the lines that are
    furthest behind, earlier ones first. A line may so differ by a cent from what the invoice says of it.
    Raises ValueError for a negative amount or one beyond what is left.
    """
    shares = [Share(ZERO, ZERO)] * len(lines)
    for line, amount in zip(lines, amounts, strict=True):
        if not ZERO <= amount <= line.gross_left:
            raise ValueError(f"{amount} cannot be taken back of {line.gross_left}")
    for key in dict.fromkeys((line.tax_kind, line.rate) for line in lines):
        group = [index for index, line in enumerate(lines) if (line.tax_kind, line.rate) == key]
        nets = _share_net([lines[index] for index in group], [amounts[index] for index in group], key[1])
        for index, net in zip(group, nets, strict=True):
            shares[index] = Share(from_minor(net), amounts[index])
    return shares


def _share_net(lines: Sequence[LineLeft], amounts: Sequence[Decimal], rate: Decimal) -> list[int]:
    """Net cents that each line of one rate group gives back."""
    factor = 1 / (1 + Fraction(rate))
    gross = [to_minor(amount) for amount in amounts]
    by_now = [to_minor(line.credited_gross) + cents for line, cents in zip(lines, gross, strict=True)]
    before = sum(to_minor(line.credited_net) for line in lines)
    # Earlier notes may have followed another rule; what they took too much or too little is made up for cent by cent.
    wanted = min(max((sum(by_now) * factor + Fraction(1, 2)).__floor__() - before, 0), sum(gross))
    exact = [cents * factor for cents in gross]
    shares = [share.__floor__() for share in exact]
    behind = [
        (to_minor(line.net) if cents == to_minor(line.gross) else cents * factor) - to_minor(line.credited_net) - share
        for line, cents, share in zip(lines, by_now, shares, strict=True)
    ]
    # What is worth whole cents stays so while another line can take the cent.
    order = sorted(range(len(lines)), key=lambda index: (shares[index] == exact[index], -behind[index], index))
    _even_out(shares, wanted, gross, order, 1)
    _even_out(shares, wanted, [0] * len(lines), order[::-1], -1)
    return shares


def _even_out(shares: list[int], wanted: int, bounds: Sequence[int], order: Sequence[int], step: int) -> None:
    """Move shares cent by cent, in this order, up (or down) to their bounds until they sum to what is wanted."""
    missing = step * (wanted - sum(shares))
    while missing > 0:
        for index in order:
            if missing > 0 and shares[index] != bounds[index]:
                shares[index] += step
                missing -= 1


def build_credit_snapshot(
    original: Snapshot,
    shares: Sequence[Share],
    *,
    number: str | None,
    issued_at: datetime,
    issued_on: date,
    reason: CreditReason,
    remarks: str,
    verify_url: str | None = None,
) -> Snapshot:
    """Freeze a credit note (or, without `number`, its draft): the invoice's own parties and lines, amounts negative.

    `shares` are one per line of the original; lines that give nothing are left out, the others keep their position.
    Raises ValueError where nothing is taken back.
    """
    lines = [_line(line, share) for line, share in zip(original["lines"], shares, strict=True) if share.gross > ZERO]
    if not lines:
        raise ValueError("a credit note takes something back")
    net, gross = (sum((Decimal(line[name]) for line in lines), ZERO) for name in ("net", "gross"))
    assert original["number"] is not None, "only an issued invoice is credited"
    return Snapshot(
        template=TEMPLATE,
        kind="credit_note",
        language=original["language"],
        number=number,
        request_number=original["request_number"],
        issued_at=issued_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        issued_on=issued_on.isoformat(),
        currency=original["currency"],
        # An invoice of an earlier template does not state everything that this one asks for.
        seller=freeze_seller(original["seller"]),
        buyer=BuyerSnapshot(**party_fields(original["buyer"], BUYER_FIELDS)),  # type: ignore[typeddict-item]
        lines=lines,
        tax_groups=_groups(lines),
        net=str(net),
        tax=str(gross - net),
        gross=str(gross),
        capitals=words.capitals(gross, original["currency"]),
        words=words.english(gross, original["currency"]),
        remarks=remarks,
        verify_url=verify_url,
        original=OriginalSnapshot(number=original["number"], issued_on=original["issued_on"]),
        reason=reason.value,
    )


def _line(line: LineSnapshot, share: Share) -> LineSnapshot:
    net = str(-share.net)
    return {**line, "quantity": "1", "unit_price": net, "net": net, "tax": str(-share.tax), "gross": str(-share.gross)}


def _groups(lines: Sequence[LineSnapshot]) -> list[TaxGroupSnapshot]:
    # Policies may write one rate in two ways; it is one group all the same, as on the invoice.
    members: defaultdict[tuple[str, Decimal], list[LineSnapshot]] = defaultdict(list)
    for line in lines:
        members[line["tax_kind"], Decimal(line["rate"])].append(line)
    return [_group(group) for group in members.values()]


def _group(lines: Sequence[LineSnapshot]) -> TaxGroupSnapshot:
    net, gross = (sum((Decimal(line[name]) for line in lines), ZERO) for name in ("net", "gross"))
    kind, rate = lines[0]["tax_kind"], lines[0]["rate"]
    group = TaxGroupSnapshot(kind=kind, rate=rate, net=str(net), tax=str(gross - net), gross=str(gross))
    if reasons := dict.fromkeys(line["tax_reason"] for line in lines if "tax_reason" in line):
        group["reason"] = "; ".join(reasons)
    if code := common(line.get("tax_code", "") for line in lines):
        group["code"] = code
    return group
