"""What a tax ID with one slip in it may have been meant to be: valid codes, the likeliest first.

A slip is one wrong symbol, one too many or too few, or two neighbours in the wrong order.

What a code begins with serves to choose among repairs only: a code is never refused for it, the lists may grow.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from backoffice.headers.tax_id_symbols import (
    ALPHABET,
    LENGTH,
    ORGANISATION,
    VALUE,
    WEIGHTS,
    organisation_check_symbol,
    wrong_checks,
)

# The department (GB 32100-2015: 1 public bodies, 5 civil affairs, 9 companies, ...) and the kinds that it registers.
_DEPARTMENTS = frozenset("123456789ANYG")
_KINDS = {"3": "123459", "5": "12349", "9": "123", "Y": "1"}
_OTHER_KINDS = "1239"
# The first two digits of a region (GB/T 2260): provinces, and 10 for the departments of the centre.
PROVINCES = frozenset(
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
# What no tax ID holds is read as the symbol that it was taken for.
_READINGS = str.maketrans("IOSVZ", "105U2")


def repairs(code: str, places: Iterable[int]) -> tuple[str, ...]:
    """The valid codes one symbol away, changed at one of `places`: the likeliest first."""
    return tuple(repaired for _, _, repaired in _one_away(code, places))


def _one_away(code: str, places: Iterable[int]) -> list[tuple[int, int, str]]:
    """What `repairs` finds, each with what speaks against it and its place, in that order."""
    inner_fits = set(code) <= VALUE.keys() and organisation_check_symbol(code[ORGANISATION]) == code[16]
    one_away = ((place, code[: place - 1] + _fitting(code, place) + code[place:]) for place in places)
    found = (
        (_oddity(repaired, place, code[place - 1], inner_fits=inner_fits), -place, repaired)
        for place, repaired in one_away
        if begins_well(repaired) and not any(wrong_checks(repaired))
    )
    return sorted(found)


def slips(code: str) -> tuple[str, ...]:
    """The valid codes from which one wrong symbol, or two neighbours in the wrong order, led to `code`."""
    exchanged = {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(LENGTH - 1)}
    neighbours = [(1 + _unusual(each), each) for each in exchanged if begins_well(each) and not any(wrong_checks(each))]
    flips = [(against, repaired) for against, _, repaired in _one_away(code, range(1, LENGTH + 1))]
    # Of the same likelihood the exchange comes first: it leaves every symbol as it was typed.
    return tuple(dict.fromkeys(each for _, each in sorted([*neighbours, *flips], key=itemgetter(0))))


def as_read(code: str) -> tuple[str, ...]:
    """The code with each symbol that no tax ID holds as what it looks like, when it is valid then."""
    read = code.translate(_READINGS)
    fits = set(read) <= VALUE.keys() and begins_well(read) and not any(wrong_checks(read))
    return (read,) if fits else ()


def with_one_more(code: str) -> tuple[str, ...]:
    """The valid codes of which one symbol was lost on the way to this one: the likeliest first."""
    if not set(code) <= VALUE.keys():
        return ()
    found = set()
    for place in range(1, LENGTH + 1):
        gap = f"{code[: place - 1]}0{code[place - 1 :]}"
        symbol = _fitting(gap, place)
        # One of two that are the same is easily left out.
        found.add((code[: place - 1] + symbol + code[place - 1 :], symbol in code[max(place - 2, 0) : place]))
    return _likeliest(found)


def without_one(code: str) -> tuple[str, ...]:
    """The valid codes into which one symbol too many was typed: the likeliest first."""
    found = {(code[:at] + code[at + 1 :], code[at] in code[at + 1 : at + 2]) for at in range(len(code))}
    return _likeliest((shorter, twice) for shorter, twice in found if set(shorter) <= VALUE.keys())


def _likeliest(found: Iterable[tuple[str, bool]]) -> tuple[str, ...]:
    """Those that are valid and begin as codes do, first those of a symbol that stands beside the same one."""
    oddities: dict[str, int] = {}
    for code, doubled in found:
        if begins_well(code) and not any(wrong_checks(code)):
            oddities[code] = min(oddities.get(code, 99), _unusual(code) + (0 if doubled else 1))
    return tuple(sorted(oddities, key=lambda code: (oddities[code], code)))


def _fitting(code: str, place: int) -> str:
    """The one symbol that makes the last check fit when it stands at `place` and the others are right."""
    weights = (*WEIGHTS, 1)
    others = sum(VALUE[symbol] * weights[at] for at, symbol in enumerate(code) if at != place - 1)
    return ALPHABET[-others * pow(weights[place - 1], -1, 31) % 31]


def begins_well(code: str) -> bool:
    """Whether department, kind and region (symbols 1 to 8) are such as are given out."""
    department, kind, region = code[0], code[1], code[2:8]
    return (
        department in _DEPARTMENTS
        and kind in _KINDS.get(department, _OTHER_KINDS)
        and region.isdecimal()
        and region[:2] in PROVINCES
    )


def _oddity(repaired: str, place: int, typed: str, *, inner_fits: bool) -> int:
    """How much speaks against a repair at `place`; it orders the repairs, it drops none."""
    against = 0 if frozenset((typed, repaired[place - 1])) in _LOOK_ALIKE else 2
    if place < LENGTH:
        against += 1  # in the check symbol itself, nothing else need be wrong
    if inner_fits and 9 <= place <= 17:
        against += 2  # the organisation's own check would nearly always have told
    return against + _unusual(repaired)


def _unusual(code: str) -> int:
    """How unusual the beginning of a code and of its organisation's are."""
    head, city, organisation = code[:2], int(code[4:6]), code[ORGANISATION]
    against = (head != "91") + (head not in _COMMON_HEADS)
    against += city not in _CITIES and city != _RUN_BY_PROVINCE
    if not organisation.isdecimal() and not (organisation[0] == "M" and organisation[1].isalpha()):
        against += 2  # since 2015 they begin with M and a letter (MA, MB, MJ, ...), before they were figures
    return against
