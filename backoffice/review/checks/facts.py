"""What the checks look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class LastInvoice:
    """The newest invoice of the account that was made out with the same header.

    `own` is False where no invoice has this header and another one of the very same name was used: it was made anew.
    """

    number: str
    on: date
    header: Mapping[str, str]
    own: bool = True


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

    `payers_known` paid for invoices with the same header name before; `addresses_known` are those of the account's
    people, and those that what a reviewer approved or the worker issued went to. `history` are the requests just before
    this one, `granted` what was last approved or issued before, both newest first; `as_high` is the last one ever that
    was approved or issued for at least this amount; `near` are requests of about the same
    amount on either side of this one. `parts` of a request that gave its money back are what stood behind it, empty
    where that is not known. `untaxed_on` is the day of a recharge behind a request for VAT special that is not taxed at
    a rate. From `high` on two reviewers are asked for an amount; None where one decides on everything.
    """

    amount: Decimal
    header: Mapping[str, str]
    header_id: int
    email: str
    submitted_at: datetime
    submitted_on: date
    account_name: str
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
    last_invoice: LastInvoice | None = None
    history: tuple[Former, ...] = ()
    granted: tuple[Former, ...] = ()
    as_high: Former | None = None
    near: tuple[Former, ...] = ()
    refunds: tuple[Refund, ...] = ()
    high: Decimal | None = Decimal(DEFAULTS[PolicyKey.FOUR_EYES_THRESHOLD])
    currency: str = "CNY"
