"""Which policies there are and what a valid value of each looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backoffice.errors import N_, Invalid, Message
from backoffice.money import AmountError, parse_amount


class PolicyKey(StrEnum):
    """The policies of an installation."""

    SLA_BUSINESS_DAYS = "sla_business_days"
    CUT_OFF_HOUR = "cut_off_hour"
    MINIMUM_AMOUNT = "minimum_amount"
    ON_TIME_TARGET = "on_time_target"
    FOUR_EYES_THRESHOLD = "four_eyes_threshold"
    ESCALATION = "escalation"
    STEP_TARGETS = "step_targets"
    TAX = "tax"
    SELLER = "seller"


class PolicyState(StrEnum):
    """What became of a row: it holds from its day on, waits for a second person, was turned down, was taken back."""

    VALID = "valid"
    PROPOSED = "proposed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


NAMES: Mapping[PolicyKey, Message] = {
    PolicyKey.SLA_BUSINESS_DAYS: Message(N_("Target days")),
    PolicyKey.CUT_OFF_HOUR: Message(N_("Cut-off hour")),
    PolicyKey.MINIMUM_AMOUNT: Message(N_("Minimum amount")),
    PolicyKey.ON_TIME_TARGET: Message(N_("On-time target")),
    PolicyKey.STEP_TARGETS: Message(N_("Targets of the steps")),
    PolicyKey.FOUR_EYES_THRESHOLD: Message(N_("Four-eyes threshold")),
    PolicyKey.ESCALATION: Message(N_("Escalation")),
    PolicyKey.TAX: Message(N_("Tax kind and rate")),
    PolicyKey.SELLER: Message(N_("Seller")),
}
# One person proposes, another one confirms (design/domain.md 3).
SECOND_PERSON = frozenset({PolicyKey.FOUR_EYES_THRESHOLD, PolicyKey.TAX})
# Today rests on the present value already: whoever has applied was promised a day under it, and what was recharged may
# stand on an invoice with its tax.
FROM_TOMORROW: Mapping[PolicyKey, str] = {
    PolicyKey.SLA_BUSINESS_DAYS: N_(
        "Who applied today was promised a day under the present value. Choose %(day)s or later."
    ),
    PolicyKey.CUT_OFF_HOUR: N_(
        "Who applied today was promised a day under the present value. Choose %(day)s or later."
    ),
    PolicyKey.TAX: N_("What was recharged today may be on an invoice with the present tax. Choose %(day)s or later."),
    PolicyKey.STEP_TARGETS: N_("Who applied today is measured by the present value. Choose %(day)s or later."),
}

COUNTRY, HOME = re.compile("[A-Z]{2}"), "CN"  # ISO 3166-1 alpha-2
LOGO = re.compile("[0-9a-f]{64}")  # the hash of a picture in the document store
# Codes of the list VATEX (EN 16931, BT-121) that go with the category exempt.
_EXEMPTIONS = (
    "EU-79-C EU-132 EU-132-1A EU-132-1B EU-132-1C EU-132-1D EU-132-1E EU-132-1F EU-132-1G EU-132-1H EU-132-1I "
    "EU-132-1J EU-132-1K EU-132-1L EU-132-1M EU-132-1N EU-132-1O EU-132-1P EU-132-1Q EU-135-1 EU-143 EU-143-1A "
    "EU-143-1B EU-143-1C EU-143-1D EU-143-1E EU-143-1F EU-143-1FA EU-143-1G EU-143-1H EU-143-1I EU-143-1J "
    "EU-143-1K EU-143-1L EU-144 EU-146-1E EU-148 EU-148-A EU-148-B EU-148-C EU-148-D EU-148-E EU-148-F EU-148-G "
    "EU-151 EU-151-1A EU-151-1AA EU-151-1B EU-151-1C EU-151-1D EU-151-1E EU-153 EU-159 EU-309 EU-D EU-F EU-I EU-J "
    "FR-298SEXDECIESA FR-CGI261-1 FR-CGI261-2 FR-CGI261-3 FR-CGI261-4 FR-CGI261-5 FR-CGI261-7 FR-CGI261-8 "
    "FR-CGI261A FR-CGI261B FR-CGI261C-1 FR-CGI261C-2 FR-CGI261C-3 FR-CGI261D-1 FR-CGI261D-1BIS FR-CGI261D-2 "
    "FR-CGI261D-3 FR-CGI261D-4 FR-CGI261E-1 FR-CGI261E-2 FR-CGI275 FR-CGI277A FR-CGI295 FR-CNWVAT FR-FRANCHISE"
)
EXEMPTIONS = frozenset(f"VATEX-{code}" for code in _EXEMPTIONS.split())
# What the head of a face has room for with all of them at their longest, as for a buyer (`headers.rules.LIMITS`), and
# the line that says why there is no tax.
SELLER_LIMITS: Mapping[str, int] = {
    "name": 256, "latin_name": 256, "tax_id": 32, "address": 128, "phone": 32, "bank": 128, "bank_account": 32,
    "email": 254, "country": 2, "logo": 64,
}  # fmt: skip
LONGEST_REASON = 120

# What an installation begins with; each may be replaced by a dated row.
DEFAULTS: Mapping[PolicyKey, Any] = {
    PolicyKey.SLA_BUSINESS_DAYS: 5,
    PolicyKey.CUT_OFF_HOUR: None,
    PolicyKey.MINIMUM_AMOUNT: "1.00",
    PolicyKey.ON_TIME_TARGET: 95,
    PolicyKey.FOUR_EYES_THRESHOLD: "200000.00",
    # Per cent of the promised business time after which a request that is still open is told of; None: it is not.
    PolicyKey.ESCALATION: {"reviewers": 50, "managers": 75},
    # Business hours, 24 to a day, that each step of a request may take; None: it has no target. A day until somebody
    # looks and four until the verdict leave the fifth of the promise for what the worker does in minutes.
    PolicyKey.STEP_TARGETS: {"first_look": 24, "decision": 96, "issue": 4, "delivery": 4},
    PolicyKey.TAX: {"kind": "rate", "rate": "0.06"},
    PolicyKey.SELLER: {
        "name": "云台智能科技（上海）有限公司",
        "latin_name": "Yuntai Intelligence Technology (Shanghai) Co., Ltd.",
        "tax_id": "91310000MA1FL0A277",
        "address": "上海市浦东新区博云路2号 2 Boyun Road, Pudong, Shanghai",
        "phone": "+86 21 5080 1234",
        "bank": "招商银行上海张江支行",
        "bank_account": "1219 0876 5410 888",
        "email": "invoices@backoffice.example",
    },
}


def validate(key: PolicyKey, value: Any) -> None:
    """Raises Invalid (field `value`) when `value` is not usable for this policy."""
    if not _VALID[key](value):
        raise Invalid({"value": [Message(N_("This value is not usable for this policy."))]})


def earliest(key: PolicyKey, today: date) -> date:
    """The first day from which `key` can have another value, so that nothing promised or frozen becomes untrue."""
    return today + timedelta(days=key in FROM_TOMORROW)


def too_early(key: PolicyKey, starts_on: date, today: date) -> Message | None:
    """Why a value cannot hold from `starts_on` on; None where it can."""
    first = earliest(key, today)
    if starts_on >= first:
        return None
    if starts_on < today:
        return Message(N_("This day is over, and what happened on it stands. Choose %(day)s or later."), day=first)
    return Message(FROM_TOMORROW[key], day=first)


def tax_faults(tax: Mapping[str, Any]) -> dict[str, Message]:
    """What is wrong with a tax whose parts are texts, by field, in sentences for whoever typed it."""
    found: dict[str, Message] = {}
    kind, reason = tax["kind"], tax.get("reason", "")
    if not _is_rate(kind, tax["rate"]):
        found["rate"] = (
            Message(N_("Enter a rate above 0 and below 100 per cent."))
            if kind == "rate"
            else Message(N_("Only what is taxed at a rate has one. Leave it empty."))
        )
    if not _is_reason(kind, reason):
        if kind in {"rate", "zero"}:
            found["reason_of_tax"] = Message(N_("What is taxed, or taxed at zero, needs no words. Leave it empty."))
        elif not reason:
            found["reason_of_tax"] = Message(N_("Say what exempts: it stands on the invoice."))
        else:
            told = N_("One line of at most %(most)s characters, please.")
            found["reason_of_tax"] = Message(told, most=LONGEST_REASON)
    if "code" in tax and (kind != "exempt" or tax["code"] not in EXEMPTIONS):
        found["code"] = Message(N_("Only an exemption has a code, one of the list VATEX such as VATEX-EU-132-1P."))
    return found


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_amount(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_amount(value) > 0
    except AmountError:
        return False


def seller_faults(seller: Mapping[str, str]) -> dict[str, Message]:
    """What would stop every issue by this seller, by field; nothing when invoices can be issued in its name.

    EN 16931 needs its name and tax ID (BR-06, BR-CO-26); a face has room for so much, on one line (`issuing.pdf`).
    """
    found: dict[str, Message] = {}
    if not seller["name"].strip():
        found["name"] = Message(N_("An invoice names its seller."))
    if not seller["tax_id"].strip():
        found["tax_id"] = Message(N_("An electronic invoice needs the seller's tax ID."))
    for field, text in seller.items():
        if len(text) > SELLER_LIMITS[field]:
            found[field] = Message(N_("This text has at most %(most)s characters."), most=SELLER_LIMITS[field])
        elif "\n" in text:
            found[field] = Message(N_("This text must stand on one line."))
    return found


def _numbers(key: PolicyKey, low: int, high: int) -> Callable[[Any], bool]:
    """A whole number, or none, for each part that the policy begins with."""
    fits, parts = _whole(low, high), set(DEFAULTS[key])
    return lambda value: (
        isinstance(value, dict) and set(value) == parts and all(one is None or fits(one) for one in value.values())
    )


def _is_tax(value: Any) -> bool:
    """Kind and rate; `reason`, what exempts, is told where nothing is taxed and must be where it is exempt. There it
    may be said as a `code` too; what is not taxable or a reverse charge has one that says the same."""
    if not isinstance(value, dict) or set(value) - {"reason", "code"} != {"kind", "rate"}:
        return False
    if "code" in value and (value["kind"] != "exempt" or value["code"] not in EXEMPTIONS):
        return False
    if value["kind"] not in {"rate", "zero", "exempt", "not_taxable", "reverse_charge"}:
        return False
    if not _is_reason(value["kind"], value.get("reason", "")):
        return False
    return _is_rate(value["kind"], value["rate"])


def _is_rate(kind: str, written: Any) -> bool:
    try:
        rate = Decimal(written)
    except (ArithmeticError, TypeError, ValueError):
        return False
    return rate.is_finite() and (0 < rate < 1 if kind == "rate" else rate == 0)


def _is_reason(kind: str, reason: Any) -> bool:
    if not isinstance(reason, str) or reason != reason.strip() or len(reason) > LONGEST_REASON or "\n" in reason:
        return False
    if kind in {"rate", "zero"}:  # BR-S-10, BR-Z-10
        return not reason
    return bool(reason) or kind != "exempt"


def _is_seller(value: Any) -> bool:
    """All that stands on an invoice; `country` (ISO 3166-1 alpha-2) may be left out at home, `logo` (sha256) too."""
    keys = set(DEFAULTS[PolicyKey.SELLER])
    if not isinstance(value, dict) or set(value) - {"country", "logo"} != keys:
        return False
    texts = all(isinstance(text, str) for text in value.values())
    if "logo" in value and not (texts and LOGO.fullmatch(value["logo"])):
        return False
    return texts and COUNTRY.fullmatch(value.get("country", HOME)) is not None


_VALID: Mapping[PolicyKey, Callable[[Any], bool]] = {
    PolicyKey.SLA_BUSINESS_DAYS: _whole(1, 60),
    PolicyKey.CUT_OFF_HOUR: lambda value: value is None or _whole(1, 23)(value),
    PolicyKey.MINIMUM_AMOUNT: _is_amount,
    PolicyKey.ON_TIME_TARGET: _whole(1, 100),
    PolicyKey.FOUR_EYES_THRESHOLD: lambda value: value is None or _is_amount(value),
    PolicyKey.ESCALATION: _numbers(PolicyKey.ESCALATION, 1, 99),
    PolicyKey.STEP_TARGETS: _numbers(PolicyKey.STEP_TARGETS, 1, 60 * 24),
    PolicyKey.TAX: _is_tax,
    PolicyKey.SELLER: _is_seller,
}
