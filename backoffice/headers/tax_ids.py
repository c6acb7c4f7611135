"""Tax IDs of China: the unified social credit code (GB 32100-2015) and what it replaced.

18 symbols: one for the registering department, one for the kind of body, six for the region, nine for the organisation
(GB 11714, the ninth is its own check symbol) and one check symbol over all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from backoffice.errors import N_, Message

# GB 32100-2015, 4.3: no I, O, S, V, Z, which are read as 1, 0, 5, U, 2. A symbol's place is its value.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
LEGACY_LENGTHS = (15, 17, 20)
TYPED_LIMIT = 64

# Positions 3 to 8 are a region's number (GB/T 2260): no letter is ever suggested there.
_DIGITS, _REGION = ALPHABET[:10], range(3, 9)

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
# The organisation code inside: symbols 9 to 16 and its check symbol, the 17th. Letters count from A = 10 to Z = 35.
_ORGANISATION = slice(8, 16)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_LEGACY_ALPHABET = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SEPARATORS = dict.fromkeys(map(ord, " -\t\u00a0\u2010\u2011\u2012\u2013\u200b\u200c\u200d\ufeff\u00ad"))


class TaxIdOutcome(StrEnum):
    """What the check found. A wrong check digit is a warning, a wrong form is an error."""

    VALID = "valid"
    LEGACY = "legacy"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_FORM = "wrong_form"


@dataclass(frozen=True, slots=True)
class TaxIdResult:
    """The outcome for one code in its normal form.

    `positions` (from 1) names illegal symbols, or the check symbols that do not fit. `suggestion` is the only code that
    differs in one symbol and is valid, where there is exactly one.
    """

    code: str
    outcome: TaxIdOutcome
    message: Message
    positions: tuple[int, ...] = ()
    suggestion: str | None = None


def normalise_tax_id(typed: str) -> str:
    """The form in which a tax ID is kept: half-width, upper case, without the gaps and dashes people read it by."""
    # Whoever types more than this means no tax ID; normalising megabytes would only cost time.
    return unicodedata.normalize("NFKC", typed[: TYPED_LIMIT + 1]).translate(_SEPARATORS).upper()


def check_tax_id(typed: str) -> TaxIdResult:
    """Check a tax ID as typed. Never raises: whatever cannot be one is of the wrong form."""
    code = normalise_tax_id(typed)
    if len(code) in LEGACY_LENGTHS:
        return _check_legacy(code)
    if len(code) != LENGTH:
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _wrong_length(code))
    illegal = tuple(place for place, symbol in enumerate(code, 1) if symbol not in _VALUE)
    if illegal:
        repair = _only_repair(code, illegal) if len(illegal) == 1 else None
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _illegal(code, illegal), illegal, repair)
    wrong = tuple(_wrong_checks(code))
    if wrong:
        places = range(1, LENGTH + 1)
        return TaxIdResult(code, TaxIdOutcome.WRONG_CHECK_DIGIT, _unfit(code, wrong), wrong, _only_repair(code, places))
    return TaxIdResult(code, TaxIdOutcome.VALID, Message(N_("This tax ID is valid.")))


def describe_tax_id(result: TaxIdResult) -> str:
    """The result in lines for a terminal, with a mark under each symbol at fault."""
    lines = [f"{''.join(map(_shown, result.code))}  {result.outcome.replace('_', ' ')}"]
    if result.positions:
        marks = ("^" if place in result.positions else " " for place in range(1, max(result.positions) + 1))
        lines.append("".join(marks))
    return "\n".join([*lines, *map(str, (result.message, *did_you_mean(result)))])


def did_you_mean(result: TaxIdResult) -> list[Message]:
    """The question to ask when one typing error explains what is wrong; empty otherwise."""
    if result.suggestion is None:
        return []
    return [Message(N_("Did you mean %(suggestion)s?"), suggestion=result.suggestion)]


def exit_code(result: TaxIdResult) -> int:
    """Of `tax-id check`: 0 valid or legacy, 1 wrong check digit, 2 wrong form."""
    return {TaxIdOutcome.WRONG_CHECK_DIGIT: 1, TaxIdOutcome.WRONG_FORM: 2}.get(result.outcome, 0)


def check_symbol(first_17: str) -> str:
    """The 18th symbol: (31 - sum mod 31) mod 31 over weights 3^(i-1) mod 31 (GB 32100-2015, annex A)."""
    total = sum(_VALUE[symbol] * weight for symbol, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_check_symbol(first_8: str) -> str:
    """The ninth symbol of an organisation code: 11 - sum mod 11, where 10 is X and 11 is 0 (GB 11714)."""
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def _wrong_checks(code: str) -> Iterator[int]:
    """Positions of the check symbols that do not fit the symbols before them."""
    if organisation_check_symbol(code[_ORGANISATION]) != code[16]:
        yield 17
    if check_symbol(code[:17]) != code[17]:
        yield 18


def _only_repair(code: str, places: range | tuple[int, ...]) -> str | None:
    """The valid code one symbol away, changed at one of `places`; None when there is none or more than one."""
    found = (
        repaired
        for place in places
        for symbol in (_DIGITS if place in _REGION else ALPHABET)
        if not any(_wrong_checks(repaired := code[: place - 1] + symbol + code[place:]))
    )
    first = next(found, None)
    return first if next(found, None) is None else None


def _check_legacy(code: str) -> TaxIdResult:
    illegal = tuple(place for place, symbol in enumerate(code, 1) if symbol not in _LEGACY_ALPHABET)
    if illegal:
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _illegal(code, illegal), illegal)
    told = Message(N_("A tax ID of the form used before 2015 (%(length)d characters)."), length=len(code))
    return TaxIdResult(code, TaxIdOutcome.LEGACY, told)


def _wrong_length(code: str) -> Message:
    if not code:
        return Message(N_("Enter the tax ID."))
    if len(code) > TYPED_LIMIT:
        return Message(N_("A tax ID has 18 characters (15, 17 or 20 before 2015), this one has many more."))
    return Message(
        N_("A tax ID has 18 characters (15, 17 or 20 before 2015), this one has %(length)d."), length=len(code)
    )


def _illegal(code: str, places: tuple[int, ...]) -> Message:
    symbols = ", ".join(f"{_shown(code[place - 1])} ({place})" for place in places)
    return Message(N_("A tax ID cannot contain these characters (position): %(symbols)s"), symbols=symbols)


def _unfit(code: str, places: tuple[int, ...]) -> Message:
    symbols = ", ".join(f"{code[place - 1]} ({place})" for place in places)
    return Message(
        N_("These check symbols do not fit (position): %(symbols)s. Compare the tax ID with the business licence."),
        symbols=symbols,
    )


def _shown(symbol: str) -> str:
    """A symbol a terminal and a sentence can hold: one cell wide, and never a control."""
    return symbol if symbol.isprintable() else "\N{REPLACEMENT CHARACTER}"
