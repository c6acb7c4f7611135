"""Which policies there are and what a valid value of each looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
    TAX = "tax"
    SELLER = "seller"


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


def _is_escalation(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"reviewers", "managers"}:
        return False
    return all(share is None or _whole(1, 99)(share) for share in value.values())


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
    try:
        rate = Decimal(value["rate"])
    except (ArithmeticError, TypeError, ValueError):
        return False
    return rate.is_finite() and (0 < rate < 1 if value["kind"] == "rate" else rate == 0)


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
    PolicyKey.ESCALATION: _is_escalation,
    PolicyKey.TAX: _is_tax,
    PolicyKey.SELLER: _is_seller,
}
