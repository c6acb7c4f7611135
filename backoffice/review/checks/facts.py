"""What the checks look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from backoffice.errors import Message
from backoffice.money import ZERO
from backoffice.policies.rules import DEFAULTS, PolicyKey

# How far back the checks look among the account's invoices, and how many look-alikes they look at.
WINDOW = 100
# Of the account's requests just before this one.
LAST = 5


class Outcome(StrEnum):
    """What a check found: nothing, something to look at, or something that is hardly right."""

    PASS = "pass"  # noqa: S105 - an outcome
    WARN = "warn"
    FAIL = "fail"


Value = str | Decimal | date | Message


@dataclass(frozen=True, slots=True)
class Datum:
    """One line of what a check looked at; `request` is the number of another request that it speaks of."""

    label: Message | str
    value: Value
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check, why, and what it looked at."""

    code: str
    outcome: Outcome
    message: Message
    data: tuple[Datum, ...] = ()


@dataclass(frozen=True, slots=True)
class Paid:
    """A recharge the request takes money from, as the platform knows it."""

    external_id: str
    amount: Decimal
    channel: str = ""
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Former:
    """Another request of the same account."""

    number: str
    state: str
    amount: Decimal
    header_id: int
    header_name: str
    email: str
    remarks: str
    submitted_on: date
    copies: Sequence[str] = ()
    # The credit note by which its invoice was taken back whole: then it is precedent for nothing.
    taken_back: str | None = None
    # Its invoice, what credit notes took back of it, and their numbers.
    invoice: str | None = None
    credited: Decimal | None = None
    notes: str | None = None

    @property
    def left(self) -> Decimal:
        """What credit notes left of its amount: so high a precedent it is."""
        return self.amount - (self.credited or ZERO)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Everywhere its invoice is mailed to."""
        return (self.email, *self.copies)


@dataclass(frozen=True, slots=True)
class LastInvoice:
    """The newest invoice of the account that was made out with the same header.

    `own` is False where no invoice has this header and another one of the very same name was used: it was made anew.
    `taken_back` is the credit note by which it was taken back whole.
    """

    number: str
    on: date
    header: Mapping[str, str]
    own: bool = True
    taken_back: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund of a recharge the request takes (or took) money from; not completed means that it is on its way."""

    external_id: str
    recharge: str
    amount: Decimal
    on: date
    completed: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """One request and what belongs to it, without a database behind it. Amounts are in major units of `currency`.

    `applicant` is the name of who applied; `payers_known` paid for invoices with the same header name before;
    `addresses_known` are those of the account's people, and those that what a reviewer approved or the worker issued
    went to. `history` are the requests just before this one, `granted` what was last approved or issued before, both
    newest first; `as_high` is the last one ever that was approved or issued for at least this amount, less credit
    notes; `near` are requests of about the same amount on either side of this one. An invoice that was taken back
    whole is among `history`, `granted` and `near` alone: `last_taken_back` is one with this header, where none that
    stands is newer, `payers_taken_back` paid for such only, each with the credit note, and `taken_back` is the credit
    note of the request's own invoice. `parts` of a request that gave its money back are what stood behind it, empty
    where that is not known. `untaxed_on` is the day of a recharge behind a request for VAT special that is not taxed
    at a rate. From `high` on two reviewers are asked for an amount; None where one decides on everything.
    """

    amount: Decimal
    header: Mapping[str, str]
    header_id: int
    email: str
    submitted_at: datetime
    submitted_on: date
    account_name: str
    applicant: str = ""
    copies: tuple[str, ...] = ()
    remarks: str = ""
    holds_money: bool = True
    is_open: bool = True
    balance_before: Decimal = ZERO
    balance_after: Decimal = ZERO
    short: Decimal = ZERO
    debt: Decimal = ZERO
    parts: tuple[Paid, ...] = ()
    untaxed_on: date | None = None
    payers_known: frozenset[str] = frozenset()
    addresses_known: frozenset[str] = frozenset()
    payers_taken_back: Mapping[str, str] = field(default_factory=dict)
    last_invoice: LastInvoice | None = None
    last_taken_back: LastInvoice | None = None
    taken_back: str | None = None
    history: tuple[Former, ...] = ()
    granted: tuple[Former, ...] = ()
    as_high: Former | None = None
    near: tuple[Former, ...] = ()
    refunds: tuple[Refund, ...] = ()
    high: Decimal | None = Decimal(DEFAULTS[PolicyKey.FOUR_EYES_THRESHOLD])
    currency: str = "CNY"

    @property
    def precedents(self) -> tuple[Former, ...]:
        """What was granted and stands: what was taken back whole, or of which nothing is left, shows nothing to be
        usual."""
        return tuple(one for one in self.granted if not one.taken_back and one.left > ZERO)
