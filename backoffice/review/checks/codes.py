"""Numbers by which the customer's books know something: an order, a contract, a cost centre, each by its kind."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from backoffice.money import CENT
from backoffice.review.checks.phones import may_be_local, may_be_national, may_be_phone

# What customers' books put before their numbers; before a long one, or one of a year, any letters that no word is made
# of: before a short one they may be a currency.
_KNOWN = "(?:PO|PR|SO|WO|HT|XM|CG|DD|XS|CC|KST|WBS)"
_LETTERS = "(?:[A-NP-WYZ]|[B-DF-HJ-NP-TV-XZ]{2}|DE)"
_CODE = (
    rf"(?:(?:(?:{_KNOWN}|{_LETTERS})-?20[0-9]{{2}}-[0-9]{{2,6}}|20[0-9]{{2}}-(?:[0-9]{{3}}|0[0-9]{{3,5}}))"
    rf"|(?:{_KNOWN}-?)?[0-9]{{4,18}}|{_LETTERS}-?[0-9]{{8,12}})"
)
_END = r"(?![A-Za-z0-9%_+*=-]|[.][A-Za-z0-9]|,-)"
# Each kind with what it is called. Behind those of parties and budgets a bare number may be anything.
_LATIN_KINDS = {
    "po": r"p\.?o\b\.?|po(?=[0-9])|purchase (?:order|requisition)|requisition|pr",
    "order": r"(?:(?:internal|sales) )?order",
    "contract": r"(?:framework )?(?:contract|agreement)",
    "quote": r"quot(?:e|ation)",
    "centre": r"cost cent(?:re|er)|cc|kostenstelle",
    "project": r"project",
    "department": r"department|dept\b\.?",
    "wbs": r"wbs",
    "ref": r"(?:(?:our|your) )?(?:reference|ref\b\.?)",
}
_LATIN_NUMBERED = {"party": r"customer|supplier|vendor", "budget": r"budget"}
_CHINESE_KINDS = {
    "po": "采购申请单|采购(?:订)?单",
    "order": "(?:销售|内部)?订单",
    "contract": "(?:采购|销售|框架|服务)?(?:合同|协议)",
    "quote": "报价单",
    "centre": "成本中心",
    "project": "(?:内部|研发|采购)?(?:项目|立项)",
    "department": "部门",
}
_CHINESE_NUMBERED = {"party": "客户|供应商", "budget": "预算", "ref": "单(?=[编号])"}
_LATIN_NUMBER = r"(?:no|nr|number|code|id)\b\.?"
_CHINESE_NUMBER = "(?:编号|编码|号码|代码|单号|号)"
# To have it printed, which the invoice does by itself.
_PRINTED = (
    "(?:(?:invoice )?for (?:our )?|our |我[们司]的?)?"
    r"(?P<printed>(?:please|kindly) (?:state|mention|note|print|write|quote) (?:the |our )?"
    r"|(?:请|麻烦)?在?(?:发票)?的?(?:备注栏?)?[里中内上]?请?(?:注明|写明|标注|写上|备注):? ?)?"
)
_PRINTED_WHERE = r"(?: (?:on|in) (?:the|our|your) (?:invoice|remarks))?"


_KINDS = (_LATIN_KINDS, _LATIN_NUMBERED, _CHINESE_KINDS, _CHINESE_NUMBERED)
# The kind that each group of the pattern names.
_NAMED = {f"of_{turn}_{kind}": kind for turn, kinds in enumerate(_KINDS) for kind in kinds}


def _any_of(kinds: dict[str, str]) -> str:
    turn = next(turn for turn, one in enumerate(_KINDS) if one is kinds)
    return "|".join(f"(?P<of_{turn}_{kind}>{words})" for kind, words in kinds.items())


# A dash stands between the two only where it joins them: before a number alone it is a sign.
_JOINED = r"(?: ?[:#] ?| is | |(?<=\b(?:po|pr|cc))-|(?=[0-9]))"
_CHINESE_JOINED = "(?: ?[:#]? ?(?P<no>no[.]? ?)?)"
_REFERENCE = re.compile(
    f"{_PRINTED}(?:"
    rf"\b(?:{_any_of(_LATIN_KINDS)})(?P<latin_number> ?{_LATIN_NUMBER})?{_JOINED}"
    rf"|\b(?:{_any_of(_LATIN_NUMBERED)})(?P<latin_must> ?{_LATIN_NUMBER}){_JOINED}"
    rf"|(?:(?:{_any_of(_CHINESE_KINDS)})(?P<chinese_number>{_CHINESE_NUMBER}[为是]?)?"
    rf"|(?:{_any_of(_CHINESE_NUMBERED)})(?P<chinese_must>{_CHINESE_NUMBER}[为是]?)){_CHINESE_JOINED}"
    rf")(?-i:(?P<code>{_CODE}){_END})号?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER_WORDS = ("latin_number", "latin_must", "chinese_number", "chinese_must")
# Between two of one kind.
_ANOTHER = re.compile(rf" ?(?:[/、,&和及与]|\band\b) ?(?-i:(?P<code>{_CODE}){_END})", re.IGNORECASE | re.ASCII)
# Which part of something larger is paid; a cost centre is paid in none.
_IN_PARTS = frozenset({"po", "order", "contract", "project"})
_INSTALMENT = re.compile(
    " ?的?第(?:[一二三四五六七八九十]{1,2}|[1-9])[期笔批](?:款项?|付款|费用)?"
    r"|,? (?:first|second|third|fourth|1st|2nd|3rd|4th) instal?lment\b",
    re.IGNORECASE,
)
_WHERE = re.compile(_PRINTED_WHERE, re.IGNORECASE)
# A credit note of ours is named like an order of a customer; without its letters any invoice of ours may be meant.
_OURS, _MAY_BE_OURS = re.compile("CN-?20[0-9]{2}-[0-9]{6}"), re.compile("20[0-9]{2}-[0-9]{6}")
_YEAR, _OF_YEAR = re.compile("(?:19|20)[0-9]{2}"), re.compile("20[0-9]{2}-")
# As an amount: the longer a number, the less round it may be.
_ROUND = re.compile("[0-9]{2,5}00|[0-9]+000")
# Of these a number that is not called one may as well be the amount, unless it is too long for it.
_OF_AMOUNTS = frozenset({"order", "contract", "quote", "project"})
_SHORT = 8
# There are as many of them as a long number tells.
_COUNTED = re.compile(r"\btokens\b|(?:\btoken|令牌|额度|时长)$", re.IGNORECASE)
# Behind these a longer one may be an account or a tax ID, and no company has so many centres and departments.
_OF_ANYTHING, _LONGEST = frozenset({"ref", "party", "budget", "centre", "department"}), 10
# Whose number may be the one they are rung up by.
_SOMEBODYS = frozenset({"party", "department"})
_DAYS = {6: ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m"), 8: ("%Y%m%d", "%d%m%Y", "%m%d%Y")}
_FIRST_YEAR, _LAST_YEAR = 1990, 2050
_WHOLES = (100, 1000)
# Codes that are added to each other in every way.
_MOST = 6


class Reference(NamedTuple):
    """One code or two of the same kind, and where the text goes on behind them."""

    kind: str
    codes: tuple[str, ...]
    end: int


def reference_at(text: str, at: int) -> Reference | None:
    """The reference that stands at a place of a text, folded by NFKC; None where there is none beyond doubt."""
    found = _REFERENCE.match(text, at)
    if found is None:
        return None
    kind = next(kind for group, kind in _NAMED.items() if found[group] is not None)
    codes, end = [found["code"]], found.end()
    other = _ANOTHER.match(text, end)
    if other is not None and _are_neighbours(codes[0], other["code"]):
        codes.append(other["code"])
        end = other.end()
    is_numbered = bool(found["latin_number"] or found["chinese_number"] or found["no"])
    called = next((found[group] for group in _NUMBER_WORDS if found[group]), "").strip().casefold()
    if text.startswith("/", end) or any(_may_be_rung(code, kind, called) for code in codes):
        return None
    if not all(_is_code(code, kind, is_numbered=is_numbered) for code in codes):
        return None
    if kind in _IN_PARTS and len(codes) == 1 and (part := _INSTALMENT.match(text, end)):
        end = part.end()
    if found["printed"] and (where := _WHERE.match(text, end)):
        end = where.end()
    return Reference(kind, tuple(codes), end)


def is_to_be_printed(words: str) -> bool:
    """Whether the words of a reference ask for it to be printed."""
    found = _REFERENCE.match(words)
    return found is not None and found["printed"] is not None


def may_come_to(codes: Sequence[str], amount: Decimal) -> bool:
    """Whether codes, or parts of them, may tell how `amount` (in major units) is shared out, or name it: any of them
    come to it, with its cents or without, to a hundred or to a thousand; several of them within a unit, as shares are
    rounded."""
    if len(codes) > _MOST:
        return True
    singles: set[int] = set()
    sums: set[int] = set()
    for code in codes:
        parts = {int(part) for part in re.findall("[0-9]+", code)}
        sums |= {one + part for one in singles | sums for part in parts}
        singles |= parts
    wholes = {*_WHOLES, int(amount), math.ceil(amount)} - {0}
    if not (singles | sums).isdisjoint({*wholes, int(amount / CENT)} - {0}):
        return True
    return any(abs(one - whole) <= 1 for one in sums for whole in wholes)


def may_be_parts(codes: Sequence[str]) -> bool:
    """Whether several codes of different things may each tell how much of the invoice is for it: beside another code a
    short number of a year may be that."""
    tails = [len(code.rpartition("-")[2]) for code in codes if _OF_YEAR.search(code)]
    return len(codes) > 1 and (2 in tails or sum(tail < 4 for tail in tails) > 1)


def may_count(code: str, what: str) -> bool:
    """Whether a code may be how many of `what` stands behind it: PO 4711 GPU services, and any number of tokens."""
    return code.isdigit() and (len(code) < _SHORT or _COUNTED.search(what) is not None)


def _is_code(code: str, kind: str, *, is_numbered: bool) -> bool:
    letters, number = re.fullmatch("([A-Z]*)-?([0-9-]+)", code).groups()  # type: ignore[union-attr]
    if may_be_phone(number):
        return False
    year, _, of_year = number.rpartition("-")
    if (
        _OURS.fullmatch(code)
        or (kind == "ref" and _MAY_BE_OURS.fullmatch(code))
        or (kind in _OF_ANYTHING and sum(map(str.isdigit, code)) > _LONGEST)
    ):
        return False
    if year:
        return not _ROUND.fullmatch(of_year) and (bool(letters) or not _is_day(year + of_year))
    if _YEAR.fullmatch(number) or _ROUND.fullmatch(number):
        return False
    if not letters and len(number) < _SHORT and kind in _OF_AMOUNTS and not is_numbered:
        return False
    return not _is_day(number) or (len(number) == _SHORT and bool(letters or is_numbered))


def _may_be_rung(code: str, kind: str, called: str) -> bool:
    """Whether a number of somebody may be that of their telephone as it is written in their own country: 号码 is its
    usual word, whatever stands before it. An order may have as many figures."""
    is_somebodys = kind in _SOMEBODYS
    is_called = "号码" in called or (is_somebodys and called.startswith("number"))
    return (is_called and may_be_local(code)) or ((is_called or is_somebodys) and may_be_national(code))


def _is_day(number: str) -> bool:
    """Whether figures may be a day or a month, in any order."""
    return any(_is_written_so(number, form) for form in _DAYS.get(len(number), ()))


def _is_written_so(number: str, form: str) -> bool:
    try:
        day = datetime.strptime(number, form)  # noqa: DTZ007 - whether it is a day is asked, not which
    except ValueError:
        return False
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def _are_neighbours(one: str, other: str) -> bool:
    """Whether two codes are of one series: of one make, and beginning alike. Else the second may be how much of it."""
    is_of_one_make = re.sub("[0-9]", "9", one) == re.sub("[0-9]", "9", other)
    alike = max(3, len(one) // 2)
    return is_of_one_make and one != other and len(one) > alike and one[:alike] == other[:alike]
