"""Money: `Decimal` with two places in Python, integer minor units in the database, a string in JSON.

One installation has one currency, so an amount carries none; `config.Settings.currency` names it.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from backoffice.errors import N_, Message

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# Chinese capitals are defined below 10^12, and a balance must stay an exact 64-bit number of cents.
LIMIT = Decimal("999999999999.99")

_PLAIN = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,2})?")
# Nobody groups what begins with a nought: 0,500 is a half where decimals are written with a comma.
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?")


class AmountError(ValueError):
    """Text that is not an amount of money; `message` says which rule it breaks."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


def parse_amount(text: str) -> Decimal:
    """Read an amount in major units as people type it: 1234.5, 1,234.50 or full-width digits.

    Exponents, NaN, infinities, signs of currency in the middle and a third decimal are refused, never rounded.

    Raises AmountError with a sentence that names the fault.
    """
    value = bare(text)
    if not value:
        raise AmountError(Message(N_("Enter an amount.")))
    if _PLAIN.fullmatch(value) is None and _GROUPED.fullmatch(value) is None:
        if re.fullmatch(r"-?[0-9,]+\.[0-9]{3,}", value):
            raise AmountError(Message(N_("An amount has at most two decimals.")))
        raise AmountError(Message(N_("Enter an amount in figures, for example 1234.50.")))
    amount = Decimal(value.replace(",", "")).quantize(CENT)
    if abs(amount) > LIMIT:
        raise AmountError(Message(N_("This amount is too large.")))
    return amount


def bare(text: str) -> str:
    """The figures of an amount as typed: full-width signs as the plain ones they stand for, without a leading ¥."""
    return text.strip().translate(_FULL_WIDTH).removeprefix("¥").removeprefix("￥").strip()


def without_unit(text: str) -> str:
    """An amount as people type it, without the yuan before or behind it: 100元, CNY 1,234.50, 人民币5元整."""
    return _UNIT.sub("", text)


_UNIT = re.compile(r"^\s*(?:(?:CNY|RMB|人民币)\s*)?|\s*(?:元整?|圆整?|CNY|RMB|人民币)?\s*$", re.IGNORECASE)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")


def to_minor(amount: Decimal | int) -> int:
    """Cents of `amount`. Raises ValueError when it is not finite or has a fraction of a cent."""
    if not amount:
        return 0
    amount = Decimal(amount)
    if not amount.is_finite():
        raise ValueError(f"not an amount of money: {amount}")
    minor = amount.scaleb(2)
    whole = int(minor)
    if whole != minor:
        raise ValueError(f"{amount} has a fraction of a cent")
    return whole


def from_minor(minor: int) -> Decimal:
    """The amount of `minor` cents, always with two places."""
    return Decimal(minor).scaleb(-2).quantize(CENT)


def round_half_up(amount: Decimal) -> Decimal:
    """Round to the cent on the magnitude, then put the sign back (the commercial rule of design/domain.md 4)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def format_amount(amount: Decimal) -> str:
    """Two places and grouped thousands, without a sign of currency: 1,234.50."""
    return f"{amount:,.2f}"
