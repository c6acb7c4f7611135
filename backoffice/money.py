"""Money: `Decimal` with two places in Python, integer minor units in the database, a string in JSON.

One installation has one currency, so an amount carries none; `config.Settings.currency` names it, and `configure` tells
it to the reading of what people type.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

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


_currency = "CNY"


def configure(currency: str) -> None:
    """Set the installation's currency (ISO 4217), once, when the application is created."""
    global _currency
    _currency = currency


def currency_in_use() -> str:
    """The installation's currency (ISO 4217)."""
    return _currency


def parse_amount(text: str, currency: str | None = None) -> Decimal:
    """Read an amount in major units as people type it: 1234.5, 1,234.50 or full-width digits.

    In front may stand a sign of `currency`, the installation's where none is given. That of another one is refused: the
    figures would be right, and what they say would not. Exponents, NaN, infinities, signs of currency in the middle and
    a third decimal are refused, never rounded.

    Raises AmountError with a sentence that names the fault.
    """
    currency = currency or _currency
    value = bare(text, currency)
    if not value:
        raise AmountError(Message(N_("Enter an amount.")))
    if _PLAIN.fullmatch(value) is None and _GROUPED.fullmatch(value) is None:
        if re.fullmatch(r"-?[0-9,]+\.[0-9]{3,}", value):
            raise AmountError(Message(N_("An amount has at most two decimals.")))
        if _is_of_another(value, currency):
            raise AmountError(Message(N_("This is another currency: amounts are in %(currency)s."), currency=currency))
        raise AmountError(Message(N_("Enter an amount in figures, for example 1234.50.")))
    amount = Decimal(value.replace(",", "")).quantize(CENT)
    if abs(amount) > LIMIT:
        raise AmountError(Message(N_("This amount is too large.")))
    return amount


def bare(text: str, currency: str | None = None) -> str:
    """The figures of an amount as typed: full-width signs as the plain ones they stand for, without a sign of the
    currency, the installation's where none is given, in front."""
    plain = text.strip().translate(_FULL_WIDTH)
    return plain if plain[:1].isdigit() else _written(currency or _currency).front.sub("", plain).strip()


def without_unit(text: str, currency: str | None = None) -> str:
    """An amount as people type it, without the unit before or behind it: CNY 1,234.50, 100元, 人民币5元整, 5 €.

    A unit of another currency than `currency`, the installation's where none is given, stays.
    """
    return _written(currency or _currency).unit.sub("", text.translate(_FULL_WIDTH))


def signed(text: str, currency: str | None = None) -> str:
    """An amount whose minus stands before the sign of its currency, as pages write it (-¥5.00): without that sign."""
    return _written(currency or _currency).minus.sub("-", text.translate(_FULL_WIDTH))


# One installation has one currency, so the short sign cannot be mistaken; CLDR would write CN¥ in English.
SHORT_SIGNS = {"CNY": "¥"}
_LANGUAGES = "en", "zh"
# What people write for a currency besides its code and signs: before the figures, and behind them.
_WORDS_BEFORE = {"CNY": ("RMB", "人民币")}
_WORDS_BEHIND = {
    "CNY": ("RMB", "元整", "圆整", "元", "圆"), "USD": ("美元", "美金"), "EUR": ("欧元",), "HKD": ("港元", "港币"),
    "JPY": ("日元", "円"), "GBP": ("英镑",),
}  # fmt: skip
_FOREIGN_WORDS = frozenset(
    word.casefold() for named in (_WORDS_BEFORE, _WORDS_BEHIND) for words in named.values() for word in words
) | {"yuan"}
# A sign with the letters before it: HK$ is not $.
_SIGNED = re.compile(r"[A-Za-z]*[^\w\s]")
_AROUND = re.compile(r"-?\s*(?P<before>[^\d\s.,-]*)\s*-?[0-9][0-9.,]*\s*(?P<behind>[^\d\s.,-]*)")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－−–￥＄￡￦（）", "0123456789.,---¥$£₩()")


class _Written(NamedTuple):
    """How one currency is written around figures."""

    front: re.Pattern[str]
    unit: re.Pattern[str]
    minus: re.Pattern[str]
    own: frozenset[str]


@lru_cache(maxsize=16)
def _written(currency: str) -> _Written:
    from babel.numbers import get_currency_symbol

    signs = {get_currency_symbol(currency, language).translate(_FULL_WIDTH) for language in _LANGUAGES}
    signs = (signs | {SHORT_SIGNS.get(currency, currency)}) - {currency}
    front = _any_of(signs) if signs else "(?!)"
    words_before = {currency, *_WORDS_BEFORE.get(currency, ())}
    words_behind = {currency, *signs, *_WORDS_BEHIND.get(currency, ())}
    before, behind = _any_of(words_before), _any_of(words_behind)
    return _Written(
        front=re.compile(rf"^{front}"),
        # 100美元 is not 100美 and a 元 of ours.
        unit=re.compile(rf"^\s*(?:{before}\s*)?|\s*(?:(?<![一-鿿]){behind})?\s*$", re.IGNORECASE),
        minus=re.compile(rf"^\s*-\s*(?:{front}|{before})\s*"),
        own=frozenset(word.casefold() for word in words_before | words_behind),
    )


def _any_of(words: Iterable[str]) -> str:
    """One of these, the longest first: no sign is taken for the beginning of another."""
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))})"


def _is_of_another(value: str, currency: str) -> bool:
    """Whether figures stand beside the sign, the code or the word of a currency, and it is not this one."""
    from babel.numbers import is_currency

    found, own = _AROUND.fullmatch(without_unit(value, currency)), _written(currency).own
    return found is not None and any(
        any(word.casefold() not in own for word in _SIGNED.findall(unit) if unicodedata.category(word[-1]) == "Sc")
        or (unit.casefold() not in own and (unit.casefold() in _FOREIGN_WORDS or is_currency(unit.upper())))
        for unit in found.groups()
    )


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


def format_amount(amount: Decimal) -> str:
    """Two places and grouped thousands, without a sign of currency: 1,234.50."""
    return f"{amount:,.2f}"
