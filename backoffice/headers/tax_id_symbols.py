"""The symbols of a unified social credit code (GB 32100-2015) and the two checks inside it."""

from __future__ import annotations

from collections.abc import Iterator

# GB 32100-2015, 4.3: no I, O, S, V, Z, which are read as 1, 0, 5, U, 2. A symbol's place is its value.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18

VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
# The organisation code inside: symbols 9 to 16 and its check symbol, the 17th. Letters count from A = 10 to Z = 35.
ORGANISATION = slice(8, 16)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_symbol(first_17: str) -> str:
    """The 18th symbol: (31 - sum mod 31) mod 31 over weights 3^(i-1) mod 31 (GB 32100-2015, annex A)."""
    total = sum(VALUE[symbol] * weight for symbol, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_check_symbol(first_8: str) -> str:
    """The ninth symbol of an organisation code: 11 - sum mod 11, where 10 is X and 11 is 0 (GB 11714)."""
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def wrong_checks(code: str) -> Iterator[int]:
    """Positions of the check symbols that do not fit the symbols before them."""
    if organisation_check_symbol(code[ORGANISATION]) != code[16]:
        yield 17
    if check_symbol(code[:17]) != code[17]:
        yield 18
