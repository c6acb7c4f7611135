"""Tax IDs of China: the unified social credit code (GB 32100-2015) and what it replaced.

18 symbols: one for the registering department, one for the kind of body, six for the region, nine for the organisation
(GB 11714, the ninth is its own check symbol) and one check symbol over all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backoffice.errors import N_, Message

# GB 32100-2015, 4.3: no I, O, S, V, Z, which are read as 1, 0, 5, U, 2. A symbol's place is its value.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
LEGACY_LENGTHS = (15, 17, 20)
TYPED_LIMIT = 64

# What a code begins with, for choosing among repairs only: a code is never refused for it, the lists may grow.
# The department (GB 32100-2015: 1 public bodies, 5 civil affairs, 9 companies, ...) and the kinds that it registers.
_DEPARTMENTS = frozenset("123456789ANYG")
_KINDS = {"9": "123", "Y": "1"}
_OTHER_KINDS = "1239"
# The first two digits of a region (GB/T 2260): provinces, and 10 for the departments of the centre.
_PROVINCES = frozenset(
    f"{part}{number}"
    for part, numbers in {"1": "012345", "2": "123", "3": "1234567", "4": "123456",
                          "5": "01234", "6": "12345", "7": "1", "8": "12"}.items()
    for number in numbers
)  # fmt: skip
# The next two: no city or prefecture in use has a higher number, but for 90, what a province runs itself.
_CITIES, _RUN_BY_PROVINCE = range(55), 90
# What an enterprise, a branch, a sole trader, a public body and an association begin with: nearly all there are.
_COMMON_HEADS = frozenset(("91", "92", "93", "12", "52"))
# Symbols that are taken for each other in print, by hand and by scanners.
_LOOK_ALIKE = frozenset(map(frozenset, ("0O", "0Q", "0D", "1I", "17", "1T", "7T", "2Z", "5S", "8B", "UV", "6G")))
_OFFERED = 3
# What no tax ID holds is read as the symbol that it was taken for.
_READINGS = str.maketrans("IOSVZ", "105U2")

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
# The organisation code inside: symbols 9 to 16 and its check symbol, the 17th. Letters count from A = 10 to Z = 35.
_ORGANISATION = slice(8, 16)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
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
    others. Several illegal symbols are taken for what they look like, when that makes the code valid.
    """

    code: str
    outcome: TaxIdOutcome
    message: Message
    positions: tuple[int, ...] = ()
    suggestions: tuple[str, ...] = ()
    has_more: bool = False

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
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _wrong_length(code))
    illegal = tuple(place for place, symbol in enumerate(code, 1) if symbol not in _VALUE)
    if illegal:
        repairs = _repairs(code, illegal) if len(illegal) == 1 else _as_read(code)
        offered, more = repairs[:_OFFERED], len(repairs) > _OFFERED
        return TaxIdResult(code, TaxIdOutcome.WRONG_FORM, _illegal(code, illegal), illegal, offered, more)
    wrong = tuple(_wrong_checks(code))
    if wrong and is_persons(code):
        # Nothing of it is wrong but its place: no symbol to mark, no company to guess.
        return TaxIdResult(code, TaxIdOutcome.WRONG_CHECK_DIGIT, Message(_A_PERSONS))
    if wrong:
        repairs = _repairs(code, range(1, LENGTH + 1))
        offered, more = repairs[:_OFFERED], len(repairs) > _OFFERED
        return TaxIdResult(code, TaxIdOutcome.WRONG_CHECK_DIGIT, _unfit(code, wrong), wrong, offered, more)
    return TaxIdResult(code, TaxIdOutcome.VALID, Message(N_("This tax ID is valid.")))


def describe_tax_id(result: TaxIdResult) -> str:
    """The result in lines for a terminal, with a mark under each symbol at fault."""
    lines = [f"{''.join(map(_shown, result.code))}  {result.outcome.replace('_', ' ')}"]
    if result.positions:
        marks = ("^" if place in result.positions else " " for place in range(1, max(result.positions) + 1))
        lines.append("".join(marks))
    return "\n".join([*lines, *map(str, (result.message, *did_you_mean(result)))])


def did_you_mean(result: TaxIdResult) -> list[Message]:
    """The question to ask when a typing error explains what is wrong, and whether others would; empty otherwise."""
    if not result.suggestions:
        return []
    if result.suggestion is not None:
        return [Message(N_("Did you mean %(suggestion)s?"), suggestion=result.suggestion)]
    told = N_("Did you mean one of these? Each differs in one symbol: %(suggestions)s")
    question = Message(told, suggestions=", ".join(result.suggestions))
    if not result.has_more:
        return [question]
    return [question, Message(N_("Further repairs are possible: compare each symbol with the business licence."))]


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


def _repairs(code: str, places: Iterable[int]) -> tuple[str, ...]:
    """The valid codes one symbol away, changed at one of `places`: the likeliest first."""
    inner_fits = set(code) <= _VALUE.keys() and organisation_check_symbol(code[_ORGANISATION]) == code[16]
    one_away = ((place, code[: place - 1] + _fitting(code, place) + code[place:]) for place in places)
    found = (
        (_oddity(repaired, place, code[place - 1], inner_fits=inner_fits), -place, repaired)
        for place, repaired in one_away
        if _begins_well(repaired) and not any(_wrong_checks(repaired))
    )
    return tuple(repaired for _, _, repaired in sorted(found))


def _as_read(code: str) -> tuple[str, ...]:
    """The code with each symbol that no tax ID holds as what it looks like, when it is valid then."""
    read = code.translate(_READINGS)
    fits = set(read) <= _VALUE.keys() and _begins_well(read) and not any(_wrong_checks(read))
    return (read,) if fits else ()


def _fitting(code: str, place: int) -> str:
    """The one symbol that makes the last check fit when it stands at `place` and the others are right."""
    weights = (*_WEIGHTS, 1)
    others = sum(_VALUE[symbol] * weights[at] for at, symbol in enumerate(code) if at != place - 1)
    return ALPHABET[-others * pow(weights[place - 1], -1, 31) % 31]


def _begins_well(code: str) -> bool:
    """Whether department, kind and region (symbols 1 to 8) are such as are given out."""
    department, kind, region = code[0], code[1], code[2:8]
    return (
        department in _DEPARTMENTS
        and kind in _KINDS.get(department, _OTHER_KINDS)
        and region.isdecimal()
        and region[:2] in _PROVINCES
    )


def _oddity(repaired: str, place: int, typed: str, *, inner_fits: bool) -> int:
    """How much speaks against a repair at `place`; it orders the repairs, it drops none."""
    against = 0 if frozenset((typed, repaired[place - 1])) in _LOOK_ALIKE else 2
    if place < LENGTH:
        against += 1  # in the check symbol itself, nothing else need be wrong
    if inner_fits and 9 <= place <= 17:
        against += 2  # the organisation's own check would nearly always have told
    head, city, organisation = repaired[:2], int(repaired[4:6]), repaired[_ORGANISATION]
    against += (head != "91") + (head not in _COMMON_HEADS)
    against += city not in _CITIES and city != _RUN_BY_PROVINCE
    if not organisation.isdecimal() and not (organisation[0] == "M" and organisation[1].isalpha()):
        against += 2  # since 2015 they begin with M and a letter (MA, MB, MJ, ...), before they were figures
    return against


def is_persons(code: str) -> bool:
    """Whether this is the number of a person's ID card: its region, a day of birth, and its check symbol fit."""
    match = _PERSON.fullmatch(code)
    if match is None or code[:2] not in _PROVINCES:
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code, _PERSON_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == code[17]


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
