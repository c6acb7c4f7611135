"""What a line of the platform's books must look like, and what may become of a line that is known already.

Spreadsheets change what they save. What can be read in one way only is read; what could mean two things, or has lost
figures, is refused with a sentence that says how to mend it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from backoffice import text
from backoffice.errors import N_, Message
from backoffice.ledger.spreadsheets import LineError, refuse_damaged, refuse_rounded, shortened, shown
from backoffice.money import ZERO, AmountError, bare, parse_amount

REQUIRED_COLUMNS = ("kind", "external_id", "account", "status", "amount", "currency", "occurred_at", "refund_of")
OPTIONAL_COLUMNS = ("channel", "payer_name", "bank_reference", "description")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
KINDS = ("recharge", "refund", "consumption", "grant")
STATUSES = ("pending", "completed", "failed")
# Each recharge that an application takes money from is a line of its invoice, and a row of every page that shows it:
# thirty printed pages are as many as anybody reads. Whoever pays in smaller parts invoices in several requests. Refunds
# that make a request look for other money may lead it to some more: the document has room for five times as many.
PARTS_LIMIT = 1_000
_LIMITS = {"external_id": 120, "account": 40, "refund_of": 120, "channel": 60, "payer_name": 256,
           "bank_reference": 120, "description": 256}  # fmt: skip
_SHORT = 60
# A name may begin with an apostrophe ('s-Hertogenbosch); in the other columns it is a spreadsheet's mark of text.
_PROSE = frozenset({"channel", "payer_name", "description"})
_SHORTENED_AMOUNT = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[Ee][+-]?[0-9]+")
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
_DECIMAL_COMMA = re.compile(
    r"-?[0-9]+,[0-9]{1,2}|-?[0-9]{1,3}(?:[. '\u00a0\u202f][0-9]{3})+,[0-9]{1,2}|-?[0-9]{1,3}(?:\.[0-9]{3}){2,}"
    r"|-?0[0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{8}T.*")
_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:/([0-9]{1,2})/|-([0-9]{1,2})-|\.([0-9]{1,2})\.|年([0-9]{1,2})月)([0-9]{1,2})日?"
    r"(?:[T ] *([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_YEAR_LAST = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}(?:[T ,].*)?")
_DAY_NUMBER = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_TWELVE_HOURS = re.compile(r"[AaPp]\.?[Mm]\b|上午|下午")
_NO_SUCH_HOUR = N_("occurred_at is %(given)s, an hour that clocks in %(zone)s skipped or passed twice; add the offset")


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
    assumed_midnight: bool = False


FIGURES = ("recharged", "refunded", "free", "reserved", "invoiced", "debt", "short")


_IN_ORDER = cast("Callable[[Figures], tuple[Decimal, ...]]", operator.attrgetter(*FIGURES))


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
        return Figures(*map(operator.add, self.values(), other.values()))

    def __sub__(self, other: Figures) -> Figures:
        return Figures(*map(operator.sub, self.values(), other.values()))

    def values(self) -> tuple[Decimal, ...]:
        """The figures in the order of FIGURES."""
        return _IN_ORDER(self)

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
    def balance(self) -> Decimal:
        """What was paid and neither asked for nor invoiced; below zero after a refund of money that was."""
        return self.paid - self.reserved - self.invoiced

    @property
    def invoiceable(self) -> Decimal:
        """What may be applied for; never shown below zero, though the counters may go there after a refund."""
        return max(ZERO, self.balance)


def can_be_over(balance: Decimal, least: Decimal) -> Decimal:
    """What one invoice can be over where this much is left, for it is over `least` or more: all of it or nothing."""
    return balance if balance >= least else ZERO


def missing_columns(head: list[str]) -> list[str]:
    """Required columns that the head of a file lacks."""
    return [name for name in REQUIRED_COLUMNS if name not in head]


def parse_line(
    number: int,
    row: Mapping[str, str | None],
    *,
    currency: str,
    zone: ZoneInfo,
    comma_is_unclear: bool = False,
    whole_ids: Container[int] = (),
) -> Line:
    """Read one row of a file. Nothing is guessed but a missing offset, which is marked. Raises LineError.

    `comma_is_unclear`: the file may come from where decimals have a comma, or has some, so 1,234 says nothing.
    `whole_ids`: how many figures ids have that may end in zeros by chance, as the file's other ids show.
    """
    values = {name: _text(name, row.get(name)) for name in COLUMNS}
    _one_of(values["kind"], KINDS, "kind")
    _one_of(values["status"], STATUSES, "status")
    for name in ("external_id", "account", "occurred_at"):
        if not values[name]:
            raise LineError(Message(N_("%(column)s is empty"), column=name))
    refuse_damaged(values)
    refuse_rounded(row, values, whole_ids)
    if values["currency"] != currency:
        raise LineError(
            Message(
                N_("currency is %(given)s, not %(expected)s"), given=shown(values["currency"]) or "-", expected=currency
            ),
            told_id=values["external_id"] if values["currency"] else "",
        )
    if (values["kind"] == "refund") != bool(values["refund_of"]):
        raise LineError(Message(N_("refund_of names the recharge of a refund, and only of a refund")))
    if values["refund_of"] == values["external_id"]:
        raise LineError(Message(N_("refund_of names the refund itself")))
    occurred_at, assumed = _instant(values["occurred_at"], zone)
    return Line(
        number=number,
        kind=values["kind"],
        external_id=values["external_id"],
        account=values["account"],
        status=values["status"],
        amount=_amount(values["amount"], comma_is_unclear),
        occurred_at=occurred_at,
        refund_of=values["refund_of"] or None,
        channel=values["channel"],
        payer_name=values["payer_name"],
        bank_reference=values["bank_reference"],
        description=values["description"],
        assumed_zone=assumed,
        assumed_midnight=assumed and not any(sign in values["occurred_at"] for sign in "T: "),
    )


def may_become(known: str, told: str) -> bool:
    """Whether an entry of status `known` may take the status `told`: pending may end, an end is final."""
    return known == told or (known == "pending" and told in ("completed", "failed"))


def _text(name: str, value: str | None) -> str:
    if not value:
        return ""
    limit = _LIMITS.get(name, _SHORT)
    if value[0] in " ='":
        value = _unwrapped(name, value)
    # Nearly all values are plain and short; cleaning would only find that nothing is to be done.
    if len(value) <= limit and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip(" ")
    try:
        return _cleaned(value, limit) if len(value) <= limit else text.clean(value, max_length=limit)
    except text.TextError as error:
        raise LineError(Message(N_("%(column)s: %(fault)s"), column=name, fault=error.message)) from None


# A file names the same payers and goods again and again.
@lru_cache(maxsize=4096)
def _cleaned(value: str, limit: int) -> str:
    return text.clean(value, max_length=limit)


def _unwrapped(name: str, value: str) -> str:
    """Without the marks by which spreadsheets say "this is text": ="00123", and '00123 where no name can begin so."""
    stripped = value.strip(" ")
    if stripped.startswith('="') and stripped.endswith('"') and len(stripped) > 2:
        return stripped[2:-1].replace('""', '"')
    if stripped.startswith("'") and name not in _PROSE:
        return stripped[1:]
    return value


def _one_of(value: str, known: tuple[str, ...], column: str) -> None:
    if value not in known:
        raise LineError(Message(N_("%(column)s is %(given)s, not one of %(known)s"), column=column,
                                given=shown(value) or "-", known=", ".join(known)))  # fmt: skip


def _amount(value: str, comma_is_unclear: bool) -> Decimal:
    if _PLAIN_AMOUNT.fullmatch(value):
        amount = Decimal(value)
    else:
        _refuse_unclear(value, bare(value), comma_is_unclear)
        try:
            amount = parse_amount(value)
        except AmountError as error:
            raise LineError(Message(N_("%(column)s: %(fault)s"), column="amount", fault=error.message)) from None
    if amount <= 0:
        raise LineError(Message(N_("amount must be greater than zero")))
    return amount


def has_decimal_comma(value: str) -> bool:
    """Whether an amount as it stands in a file can only be meant with a comma before the cents."""
    return _DECIMAL_COMMA.fullmatch(bare(value)) is not None


def _refuse_unclear(value: str, figures: str, comma_is_unclear: bool) -> None:
    """Raise LineError for figures that another country, or Excel, wrote in its own way; `value` is how they stand."""
    if _SHORTENED_AMOUNT.fullmatch(figures):
        raise shortened("amount", value)
    if _DECIMAL_COMMA.fullmatch(figures):
        raise LineError(
            Message(
                N_("amount is %(given)s: write decimals with a point and thousands with a comma, for example 1,234.50"),
                given=shown(value),
            )
        )
    if comma_is_unclear and "," in figures and "." not in figures:
        raise LineError(
            Message(
                N_("amount is %(given)s: in this file the comma may mean decimals; write 1234.00"),
                given=shown(value),
            )
        )


def _instant(value: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    instant = _moment(value)
    assumed = instant.tzinfo is None
    if assumed:
        instant = instant.replace(tzinfo=zone)
        if instant.utcoffset() != instant.replace(fold=1).utcoffset():
            raise LineError(Message(_NO_SUCH_HOUR, given=shown(value), zone=zone.key))
    # Kept in UTC, where the turn of a year comes earlier or later.
    if not 2000 <= instant.year <= 2200 or not 2000 <= (instant := instant.astimezone(UTC)).year <= 2200:
        raise LineError(Message(N_("occurred_at is not in this century")))
    return instant, assumed


def _moment(value: str) -> datetime:
    """The date and time that `value` writes, with its offset where it has one. Raises LineError."""
    if _ISO.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    if parts := _YEAR_FIRST.fullmatch(value):
        year, *months, day, hour, minute, second = parts.groups()
        month = next(month for month in months if month)
        try:
            return datetime.fromisoformat(
                f"{year}-{month:>02}-{day:>02}T{hour or 0:>02}:{minute or 0:>02}:{second or 0:>02}"
            )
        except ValueError:
            raise _not_a_time() from None
    if _YEAR_LAST.fullmatch(value):
        raise LineError(
            Message(
                N_("occurred_at is %(given)s: day and month cannot be told apart; write ISO 8601, the year first"),
                given=shown(value),
            )
        )
    if _DAY_NUMBER.fullmatch(value):
        raise LineError(
            Message(
                N_("occurred_at is %(given)s, a date as Excel counts days; format the column as yyyy-mm-dd hh:mm:ss"),
                given=shown(value),
            )
        )
    if _TWELVE_HOURS.search(value):
        raise LineError(
            Message(
                N_("occurred_at is %(given)s, by a 12-hour clock; format the column as yyyy-mm-dd hh:mm:ss"),
                given=shown(value),
            )
        )
    raise _not_a_time()


def _not_a_time() -> LineError:
    return LineError(Message(N_("occurred_at is not an ISO 8601 time, for example 2026-03-02T09:30:00+08:00")))
