"""What a line of the platform's books must look like, and what may become of a line that is known already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from backoffice import text
from backoffice.errors import N_, Message
from backoffice.money import ZERO, AmountError, parse_amount

REQUIRED_COLUMNS = ("kind", "external_id", "account", "status", "amount", "currency", "occurred_at", "refund_of")
OPTIONAL_COLUMNS = ("channel", "payer_name", "bank_reference", "description")
KINDS = ("recharge", "refund", "consumption", "grant")
STATUSES = ("pending", "completed", "failed")
_LIMITS = {"external_id": 120, "account": 40, "refund_of": 120, "channel": 60, "payer_name": 256,
           "bank_reference": 120, "description": 256}  # fmt: skip


class LineError(ValueError):
    """A line that breaks a rule; `message` says which."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


@dataclass(frozen=True, slots=True)
class Line:
    """One well-formed line; `number` counts the lines of the file, the head being line 1."""

    number: int
    kind: str
    external_id: str
    account: str
    status: str
    amount: Decimal
    occurred_at: datetime
    refund_of: str | None
    channel: str = ""
    payer_name: str = ""
    bank_reference: str = ""
    description: str = ""
    assumed_zone: bool = False


FIGURES = ("recharged", "refunded", "free", "reserved", "invoiced", "debt", "short")


@dataclass(frozen=True, slots=True)
class Figures:
    """An account's money in major units, or what one event changed of it (design/domain.md 1).

    `recharged` counts completed recharges in full, `refunded` what was taken off them; `free` is money nobody has
    spoken for, `reserved` what open requests ask for, `short` what of it found no money, `invoiced` what is on
    invoices, `debt` what of that was refunded later.
    """

    recharged: Decimal = ZERO
    refunded: Decimal = ZERO
    free: Decimal = ZERO
    reserved: Decimal = ZERO
    invoiced: Decimal = ZERO
    debt: Decimal = ZERO
    short: Decimal = ZERO

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    def __sub__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) - getattr(other, name) for name in FIGURES))

    @property
    def paid(self) -> Decimal:
        """What was recharged and not refunded."""
        return self.recharged - self.refunded

    @property
    def difference(self) -> Decimal:
        """What nothing explains: recharged - refunded, less free + reserved + invoiced - debt - short. Always zero."""
        explained = self.free + self.reserved + self.invoiced - self.debt - self.short
        return self.paid - explained

    @property
    def invoiceable(self) -> Decimal:
        """What may be applied for; never shown below zero, though the counters may go there after a refund."""
        return max(ZERO, self.paid - self.reserved - self.invoiced)


def missing_columns(head: list[str]) -> list[str]:
    """Required columns that the head of a file lacks."""
    return [name for name in REQUIRED_COLUMNS if name not in head]


def parse_line(number: int, row: Mapping[str, str | None], *, currency: str, zone: ZoneInfo) -> Line:
    """Read one row of a file. Nothing is guessed but a missing offset, which is marked. Raises LineError."""
    values = {name: _text(name, row.get(name)) for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)}
    _one_of(values["kind"], KINDS, "kind")
    _one_of(values["status"], STATUSES, "status")
    for name in ("external_id", "account", "occurred_at"):
        if not values[name]:
            raise LineError(Message(N_("%(column)s is empty"), column=name))
    if values["currency"] != currency:
        raise LineError(
            Message(N_("currency is %(given)s, not %(expected)s"), given=values["currency"] or "-", expected=currency)
        )
    if (values["kind"] == "refund") != bool(values["refund_of"]):
        raise LineError(Message(N_("refund_of names the recharge of a refund, and only of a refund")))
    occurred_at, assumed = _instant(values["occurred_at"], zone)
    return Line(
        number=number,
        kind=values["kind"],
        external_id=values["external_id"],
        account=values["account"],
        status=values["status"],
        amount=_amount(values["amount"]),
        occurred_at=occurred_at,
        refund_of=values["refund_of"] or None,
        channel=values["channel"],
        payer_name=values["payer_name"],
        bank_reference=values["bank_reference"],
        description=values["description"],
        assumed_zone=assumed,
    )


def may_become(known: str, told: str) -> bool:
    """Whether an entry of status `known` may take the status `told`: pending may end, an end is final."""
    return known == told or (known == "pending" and told in ("completed", "failed"))


def _text(name: str, value: str | None) -> str:
    try:
        return text.clean(value or "", max_length=_LIMITS.get(name, 60))
    except text.TextError as error:
        raise LineError(Message(N_("%(column)s: %(fault)s"), column=name, fault=error.message)) from None


def _one_of(value: str, known: tuple[str, ...], column: str) -> None:
    if value not in known:
        raise LineError(Message(N_("%(column)s is %(given)s, not one of %(known)s"), column=column,
                                given=value or "-", known=", ".join(known)))  # fmt: skip


def _amount(value: str) -> Decimal:
    try:
        amount = parse_amount(value)
    except AmountError as error:
        raise LineError(Message(N_("%(column)s: %(fault)s"), column="amount", fault=error.message)) from None
    if amount <= 0:
        raise LineError(Message(N_("amount must be greater than zero")))
    return amount


def _instant(value: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise LineError(
            Message(N_("occurred_at is not an ISO 8601 time, for example 2026-03-02T09:30:00+08:00"))
        ) from None
    if not 2000 <= instant.year <= 2200:
        raise LineError(Message(N_("occurred_at is not in this century")))
    if instant.tzinfo is None:
        return instant.replace(tzinfo=zone).astimezone(UTC), True
    return instant.astimezone(UTC), False
