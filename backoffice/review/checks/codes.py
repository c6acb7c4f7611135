"""Numbers by which the customer's books know something: an order, a contract, a cost centre, each by its kind."""

from __future__ import annotations

import re
from typing import NamedTuple

# What the figures and capitals of one code look like; letters beyond three spell words.
_GROUP = "(?:[A-Z]{0,3}[0-9]+(?:[A-Z]{1,3}[0-9]+)*[A-Z]{0,3}|[A-Z]{1,3})"
_CODE = rf"(?=[A-Z0-9/._-]*[0-9]){_GROUP}(?:[-/._]{_GROUP})*"
_END = r"(?![A-Za-z0-9%]|[-/._][A-Za-z0-9])"
# Each kind with what it is called. Behind those of parties and budgets a bare number may be anything.
_LATIN_KINDS = {
    "po": r"p\.?o\b\.?|po(?=[0-9])|purchase (?:order|requisition)|requisition|pr",
    "order": r"(?:(?:internal|sales) )?order",
    "contract": r"(?:framework )?(?:contract|agreement)",
    "quote": r"quot(?:e|ation)",
    "centre": r"cost cent(?:re|er)|cc",
    "project": r"project",
    "department": r"department|dept\b\.?",
    "ticket": r"ticket",
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
    "ticket": "工单",
}
_CHINESE_NUMBERED = {"party": "客户|供应商", "budget": "预算", "ref": "(?:单(?=[编号]))?"}
_LATIN_NUMBER = r"(?:no|nr|number|code|id)\b\.?"
_CHINESE_NUMBER = "(?:编号|编码|号码|代码|单号|号)"
# To have it printed, which the invoice does by itself.
_PRINTED = (
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


_REFERENCE = re.compile(
    f"{_PRINTED}(?:"
    rf"\b(?:{_any_of(_LATIN_KINDS)})(?P<latin_number> ?{_LATIN_NUMBER})?(?:[ :#-]+|(?=[0-9]))"
    rf"|\b(?:{_any_of(_LATIN_NUMBERED)}) ?{_LATIN_NUMBER}[ :#]*"
    rf"|(?:{_any_of(_CHINESE_KINDS)})(?P<chinese_number>{_CHINESE_NUMBER})?[ :#]*"
    rf"|(?:{_any_of(_CHINESE_NUMBERED)}){_CHINESE_NUMBER}[ :#]*"
    rf")(?-i:(?P<code>{_CODE}){_END})号?",
    re.IGNORECASE | re.ASCII,
)
_ANOTHER = re.compile(rf" ?(?:[/、,&和及与]|\band\b) ?(?-i:(?P<code>{_CODE}){_END})", re.IGNORECASE | re.ASCII)
_WHERE = re.compile(_PRINTED_WHERE, re.IGNORECASE)
# Money, a multiple; an invoice or an application of ours, a tax; a day; a part or shares of something.
_NO_CODE = re.compile(
    r".*[.][0-9]{1,2}|[0-9.]+[KMX]|X[0-9]{1,2}|(?:INV|CN|IR|VAT|TAX)(?![A-Z]).*"
    r"|20[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]20[0-9]{2}"
    r"|.*/[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}"
)
# What up to three letters may say for themselves: currencies, and words in capitals.
_SPEAKING = re.compile(
    "(?<![A-Z])(?:EUR|USD|CNY|RMB|GBP|HKD|JPY|CHF|SGD|TWD|KRW|AUD|CAD|INR|SEK|NOK|DKK|MIO|PCT"
    "|ADD|ALL|AND|ANY|BUT|BUY|BY|CUT|DUE|END|FEW|FOR|GET|IF|IN|MAX|MIN|NET|NEW|NIL|NO|NON|NOT|NOW|OF|OFF|OLD|ON|ONE|OR"
    "|OUT|OWE|PAY|PER|PUT|SET|SIX|SUM|TEN|TO|TOP|TWO|UP|USE|VIA)(?![A-Z])"
)
_SHARES = re.compile(r"[0-9]{1,3}(?:[/-][0-9]{1,3})+")
_ROUND = re.compile(r"[0-9]{1,5}00")
# Of these a short round number may as well be the amount.
_OF_AMOUNTS = frozenset({"order", "contract", "quote", "project"})
_YEAR_AT_END = re.compile(r"(?<![0-9])20[0-9]{2}$")
_TAIL = re.compile(r"(?:^|[-/])([0-9]{1,2})$")


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
    is_numbered = bool(found["latin_number"] or found["chinese_number"])
    may_be_amount = kind in _OF_AMOUNTS and not is_numbered
    if not all(_is_code(code, may_be_amount=may_be_amount) for code in codes):
        return None
    if found["printed"] and (where := _WHERE.match(text, end)):
        end = where.end()
    return Reference(kind, tuple(codes), end)


def may_be_shares(codes: list[str]) -> bool:
    """Whether the ends of several codes come to a hundred: A1-60 and B2-40."""
    ends = [int(tail[1]) for code in codes if (tail := _TAIL.search(code))]
    return len(ends) > 1 and sum(ends) == 100


def _is_code(code: str, *, may_be_amount: bool) -> bool:
    if _NO_CODE.fullmatch(code) or (may_be_amount and _ROUND.fullmatch(code)):
        return False
    if _SPEAKING.search(code) or _may_tell_amount(code):
        return False
    return not (_SHARES.fullmatch(code) and sum(map(int, re.split("[/-]", code))) == 100)


def _may_tell_amount(code: str) -> bool:
    """Whether figures behind a stroke may be how much of it: 4711/1200; not so a year, or the next one of a series."""
    head, _, tail = code.rpartition("/")
    if not head or not tail.isdigit() or _YEAR_AT_END.search(head) or _YEAR_AT_END.fullmatch(tail):
        return False
    return not _are_neighbours(head, tail)


def _are_neighbours(one: str, other: str) -> bool:
    """Whether two codes are of one series: of one make, and beginning alike. Else the second may be how much of it."""
    is_of_one_make = re.sub("[0-9]", "9", one) == re.sub("[0-9]", "9", other)
    alike = max(3, len(one) // 2)
    return is_of_one_make and one != other and len(one) > alike and one[:alike] == other[:alike]
