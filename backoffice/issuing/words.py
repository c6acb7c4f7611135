"""Amounts in words: Chinese capitals for the books, English words for everybody else."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from babel.numbers import get_currency_name

from backoffice.money import LIMIT, to_minor

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_GROUPS = ((10**8, "亿"), (10**4, "万"), (1, ""))
_SIZES = {name: place for place, name in _PLACES if name}
_GROUP_SIZES = {"元": 1, **{name: size for size, name in _GROUPS if name}}
_CENTS = {"角": 10, "分": 1}
_OTHER_SIGNS = str.maketrans("圆圓正負", "元元整负")
_RENMINBI = "人民币"  # as cheques and contracts begin; our invoices do not

# ISO 4217 code -> words before the number, name of the unit, name of the hundredth (singular, plural).
_CURRENCIES: dict[str, tuple[str, tuple[str, str] | None, tuple[str, str] | None]] = {
    "CNY": ("Renminbi", ("yuan", "yuan"), ("fen", "fen")),
    "HKD": ("", ("Hong Kong dollar", "Hong Kong dollars"), ("cent", "cents")),
    "USD": ("", ("US dollar", "US dollars"), ("cent", "cents")),
    "SGD": ("", ("Singapore dollar", "Singapore dollars"), ("cent", "cents")),
    "EUR": ("", ("euro", "euros"), ("cent", "cents")),
    "GBP": ("", ("pound sterling", "pounds sterling"), ("penny", "pence")),
}


def capitals(amount: Decimal, currency: str = "CNY") -> str:
    """`amount` in Chinese capitals, e.g. 1409.50 -> 壹仟肆佰零玖元伍角整, negative ones with 负 in front.

    Before what is no yuan stands the name of its currency, as on bills in a foreign one: 美元壹仟肆佰零玖元伍角整.

    The form is the one of the People's Bank of China's rules for filling in bills: a run of zeros is one 零, a zero
    at the end of a group is silent, 整 closes what has no fen. Raises ValueError beyond 999,999,999,999.99.
    """
    cents = _cents(amount)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    words = _named(currency) + ("负" if amount < 0 and cents else "")
    if yuan:
        words += _integer(yuan) + "元"
    elif not cents:
        words += "零元"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif fen and yuan:
        words += "零"
    return words + (_DIGITS[fen] + "分" if fen else "整")


def figures(written: str, currency: str = "CNY") -> Decimal | None:
    """The amount that Chinese capitals say, or None where they are no such words of `currency`: 壹仟肆佰零玖元伍角整
    -> 1409.50. 圆 and 正 are other signs for 元 and 整, and an amount in yuan may begin with 人民币."""
    words = "".join(written.split()).translate(_OTHER_SIGNS)
    if currency == "CNY":
        words = words.removeprefix(_RENMINBI)
    amount = _value(words.removeprefix(_named(currency)).removeprefix("负"))
    found = -amount if "负" in words else amount
    # Whatever else would come to the same amount is no way to write it.
    return found if abs(found) <= LIMIT and capitals(found, currency) == words else None


def _value(words: str) -> Decimal:
    """What the signs come to, whatever their order."""
    cents = whole = group = digit = 0
    for sign in words:
        if sign in _DIGITS:
            digit = _DIGITS.index(sign)
        elif sign in _SIZES:
            group, digit = group + digit * _SIZES[sign], 0
        elif sign in _GROUP_SIZES:
            whole, group, digit = whole + (group + digit) * _GROUP_SIZES[sign], 0, 0
        elif sign in _CENTS:
            cents, digit = cents + digit * _CENTS[sign], 0
    return Decimal(whole * 100 + cents) / 100


def _named(currency: str) -> str:
    return "" if currency == "CNY" else str(get_currency_name(currency, locale="zh"))


def _integer(number: int) -> str:
    """A positive whole number, read in groups of four digits."""
    words: list[str] = []
    gap = False  # zeros were passed since the last digit that was spoken
    for size, group_name in _GROUPS:
        group = number // size % 10_000
        if not group:
            gap = True
            continue
        for place, place_name in _PLACES:
            digit = group // place % 10
            if digit:
                words += ["零" if gap and words else "", _DIGITS[digit], place_name]
            gap = not digit
        words.append(group_name)
        gap = False  # the group's own name stands between: 壹拾万柒仟
    return "".join(words)


def english(amount: Decimal, currency: str) -> str:
    """`amount` in English, e.g. "Renminbi one thousand four hundred and nine yuan and fifty fen only".

    A currency we have no words for is named by its code with the hundredths as a fraction, as on a cheque:
    "XAF one hundred and 50/100 only". Raises ValueError beyond 999,999,999,999.99.
    """
    cents = _cents(amount)
    whole, rest = divmod(cents, 100)
    name, units, hundredths = _CURRENCIES.get(currency, (currency, None, None))
    if units is None or hundredths is None:
        words = f"{name} {_cardinal(whole)} and {rest:02d}/100 only"
    else:
        parts = [f"{_cardinal(whole)} {units[whole != 1]}"] if whole or not rest else []
        if rest:
            parts.append(f"{_cardinal(rest)} {hundredths[rest != 1]}")
        words = f"{name} {' and '.join(parts)} only".lstrip()
    if amount < 0 and cents:
        words = f"minus {words}"
    return words[0].upper() + words[1:]


def _cardinal(number: int) -> str:
    return str(_speaker().to_cardinal(number)).replace(",", "")


@cache
def _speaker() -> Any:
    # Imported when the first amount is spoken: the package loads every language it knows.
    from num2words import CONVERTER_CLASSES

    return CONVERTER_CLASSES["en"]


def _cents(amount: Decimal) -> int:
    if abs(amount) > LIMIT:
        raise ValueError(f"{amount} is beyond what can be written in words")
    return abs(to_minor(amount))
