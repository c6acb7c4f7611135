"""Tax IDs of China: the unified social credit code (GB 32100-2015) and what it replaced.

18 symbols: one for the registering department, one for the kind of body, six for the region, nine for the organisation
(GB 11714, the ninth is its own check symbol) and one check symbol over all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backoffice.errors import N_, Message
from backoffice.headers.tax_id_repairs import (
    PROVINCES,
    as_read,
    begins_well,
    repairs,
    slips,
    with_one_more,
    without_one,
)
from backoffice.headers.tax_id_symbols import ALPHABET as ALPHABET
from backoffice.headers.tax_id_symbols import LENGTH as LENGTH
from backoffice.headers.tax_id_symbols import VALUE, wrong_checks
from backoffice.headers.tax_id_symbols import check_symbol as check_symbol
from backoffice.headers.tax_id_symbols import organisation_check_symbol as organisation_check_symbol

LEGACY_LENGTHS = (15, 17, 20)
TYPED_LIMIT = 64

_OFFERED = 3
# The ID card of a person (GB 11643) has 18 symbols as well: region, date of birth, serial number, check symbol.
_PERSON = re.compile(r"[1-9]\d{5}((?:19|20)\d{6})\d{3}[0-9X]", re.ASCII)
_PERSON_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LEGACY_ALPHABET = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SEPARATORS = dict.fromkeys(map(ord, " -\t\u00a0\u2010\u2011\u2012\u2013\u200b\u200c\u200d\ufeff\u00ad"))


_A_PERSONS = N_(
    "This is the ID card number of a person. For a person choose the type Personal; a company enters the tax ID of its "
    "business licence."
)


class TaxIdOutcome(StrEnum):
    """What the check found. A wrong check digit is a warning, a wrong form is an error."""

    VALID = "valid"
    LEGACY = "legacy"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_FORM = "wrong_form"


@dataclass(frozen=True, slots=True)
class TaxIdResult:
    """The outcome for one code in its normal form.

    `positions` (from 1) names illegal symbols, or the check symbols that do not fit. `suggestions` are the valid codes
    that differ in one symbol and begin as tax IDs do, the likeliest first, three at most; `has_more` when there are
    others. Several illegal symbols are taken for what they look like, when that makes the code valid. Of a code that
    is one symbol too short or too long they are those with that symbol. `doubt` is what speaks against a code that
    passes all the same.
    """

    code: str
    outcome: TaxIdOutcome
    message: Message
    positions: tuple[int, ...] = ()
    suggestions: tuple[str, ...] = ()
    has_more: bool = False
    doubt: Message | None = None

    @property
    def suggestion(self) -> str | None:
        """The only code that one typing error explains; None when there is none or more than one."""
        return self.suggestions[0] if len(self.suggestions) == 1 and not self.has_more else None


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
        offered, more = _offer(without_one(code)) if len(code) == LENGTH + 1 else ((), False)
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _wrong_length(code), (), offered, more)
    illegal = tuple(place for place, symbol in enumerate(code, 1) if symbol not in VALUE)
    if illegal:
        meant = repairs(code, illegal) if len(illegal) == 1 else as_read(code)
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _illegal(code, illegal), illegal, *_offer(meant))
    wrong = tuple(wrong_checks(code))
    if wrong and is_persons(code):
        # Nothing of it is wrong but its place: no symbol to mark, no company to guess.
        return TaxIdResult(code, TaxIdOutcome.WRONG_CHECK_DIGIT, Message(_A_PERSONS))
    if wrong:
        meant = slips(code)
        return TaxIdResult(code, TaxIdOutcome.WRONG_CHECK_DIGIT, _unfit(code, wrong), wrong, *_offer(meant))
    return TaxIdResult(code, TaxIdOutcome.VALID, Message(N_("This tax ID is valid.")))


def describe_tax_id(result: TaxIdResult) -> str:
    """The result in lines for a terminal, with a mark under each symbol at fault."""
    lines = [f"{''.join(map(_shown, result.code))}  {result.outcome.replace('_', ' ')}"]
    if result.positions:
        marks = ("^" if place in result.positions else " " for place in range(1, max(result.positions) + 1))
        lines.append("".join(marks))
    told = (result.message, *([result.doubt] if result.doubt else ()), *did_you_mean(result))
    return "\n".join([*lines, *map(str, told)])


def did_you_mean(result: TaxIdResult) -> list[Message]:
    """The question to ask when a typing error explains what is wrong, and whether others would; empty otherwise."""
    if not result.suggestions:
        return []
    if result.suggestion is not None:
        return [Message(N_("Did you mean %(suggestion)s?"), suggestion=result.suggestion)]
    told = N_("Did you mean one of these? Each differs in one symbol, or in the order of two: %(suggestions)s")
    if len(result.code) != LENGTH:
        told = N_("Did you mean one of these? Each has one symbol more or less: %(suggestions)s")
    question = Message(told, suggestions=", ".join(result.suggestions))
    if not result.has_more:
        return [question]
    return [question, Message(N_("Further repairs are possible: compare each symbol with the business licence."))]


def exit_code(result: TaxIdResult) -> int:
    """Of `tax-id check`: 0 valid or legacy, 1 wrong check digit, 2 wrong form."""
    return {TaxIdOutcome.WRONG_CHECK_DIGIT: 1, TaxIdOutcome.WRONG_FORM: 2}.get(result.outcome, 0)


def is_persons(code: str) -> bool:
    """Whether this is the number of a person's ID card: its region, a day of birth, and its check symbol fit."""
    match = _PERSON.fullmatch(code)
    if match is None or code[:2] not in PROVINCES:
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code, _PERSON_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == code[17]


def _offer(meant: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The likeliest of them, and whether there are others."""
    return meant[:_OFFERED], len(meant) > _OFFERED


def _check_legacy(code: str) -> TaxIdResult:
    illegal = tuple(place for place, symbol in enumerate(code, 1) if symbol not in _LEGACY_ALPHABET)
    if illegal:
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _illegal(code, illegal), illegal)
    told = Message(N_("A tax ID of the form used before 2015 (%(length)d characters)."), length=len(code))
    offered, more = _offer(with_one_more(code)) if len(code) == LENGTH - 1 else ((), False)
    return TaxIdResult(code, TaxIdOutcome.LEGACY, told, (), offered, more, _doubt(code, one_lost=bool(offered)))


def _doubt(code: str, *, one_lost: bool) -> Message | None:
    """What makes a code of an earlier form look like one of 18 characters that was not typed in full, or twice in part.

    The earlier forms began with the number of a region, and no region's begins with 9.
    """
    if one_lost:
        return Message(N_("With one more symbol it is a valid tax ID of 18 characters: has one been lost?"))
    if code[0] != "9" or not begins_well(code):
        return None
    told = N_("It begins like a tax ID of 18 characters, but has %(length)d: compare it with the business licence.")
    return Message(told, length=len(code))


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
