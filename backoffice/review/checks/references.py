"""Which orders and contracts remarks name, however they are written: with any dash, space or grouping, in many words.

No period, year, quantity, product or cost centre is one of them: those are in the remarks of many requests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Any dash is one, and so is what some write for it; what cannot be seen is none.
_FOLDED = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\u30fc_"), "-"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")),
}
# What an order or a contract is called before its number. A closed list: any other word may stand before anything.
_WORDS = (
    "PO", "P/O", r"P\.O", "PR", "WO", "PURCHASE ORDERS?", "PURCHASE", "WORK ORDERS?", "ORDERS?", "CONTRACTS?",
    "AGREEMENTS?", "QUOTES?", "QUOTATIONS?", "REQUISITIONS?", "BESTELLUNG(?:EN)?", "BESTELL(?:NUMMER)?",
    "AUFTR[AÄ]GE?", "AUFTRAG(?:SNUMMER)?", "VERTR[AÄ]GE?", "VERTRAG(?:SNUMMER)?", "BON DE COMMANDE", "COMMANDES?",
    "CONTRATS?", "PEDIDOS?", "CONTRATOS?", "ORDIN[EI]", "CONTRATT[OI]",
)  # fmt: skip
_SIGNS = "合同|合约|合約|订单|訂單|采购单|採購單|协议书?|協議|报价单|報價單|工单|注文|発注|契約|주문|계약"
_BETWEEN = (
    r"(?:[\s:#.=(\[-]|N°|(?:NOS?|NRS?|NUM(?:BER|MER)?S?|IDS?|IS|ARE|WAS)(?![A-Z])"
    "|单?号码?|單?號碼?|编号|編號|为|為|是)*"
)
_ORDER = re.compile(rf"(?:(?<![A-Z])(?:{'|'.join(_WORDS)})(?![A-Z])|{_SIGNS}){_BETWEEN}$")
_WORD = re.compile("|".join(_WORDS).replace(" ", ""))
# Words that stand before a number of any kind and are no part of it.
_LEFT_OUT = frozenset(
    ["NO", "NR", "NUM", "NUMBER", "REF", "REFERENCE", "ID", "P", "O", "IS", "ARE", "WAS", "THE", "OUR", "YOUR", "THIS",
     "AND", "OR", "FOR", "OF", "TO", "IN", "ON", "AT", "BY", "WITH", "FROM", "PLUS", "VOM", "VON", "UND", "ET", "DE"]
)  # fmt: skip
_LISTED = re.compile(r"\s*(?:[,，、;&+]|(?:AND|UND|ET)(?![A-Z])|[和及与與])\s*")
# What is written with figures and names no order, wherever it stands: periods, products, cost centres, amounts.
_COMMON = re.compile(
    r"20\d\d ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?[日号])?)?"
    r"|(?<![A-Z0-9])(?:"
    r"(?:Q[1-4]|H[12]|(?:KW|W) ?\d{1,2})[-/ ]?20\d\d|20\d\d[-/ ]?(?:Q[1-4]|H[12]|(?:KW|W) ?\d{1,2})"
    r"|FY[- ]?(?:20)?\d\d(?:[-/](?:20)?\d\d)?"
    r"|(?:A(?:10|30|40|100|800|6000)G?|H(?:20|100|200|800)|G?[BH](?:100|200|300)|L(?:20|40)S?|V100S?|P100|K80"
    r"|MI ?\d{3}[AX]?|RTX ?\d{4}|[345]090|910[A-C])(?:[- ]?\d{2,3} ?GB?)?"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r")(?![A-Z0-9])"
    r"|(?:(?<![A-Z])(?:CENT(?:RES?|ERS?)|CC|DEPT|DEPARTMENT|KOSTENSTELLE)(?![A-Z])|成本中心|部门|部門)"
    + _BETWEEN
    + r"\d+(?:(?:\s*[,、/&]\s*|\s+AND\s+)\d+(?![A-Z0-9]))*"
)
# Letters and figures, joined by signs; a part behind a sign has a figure, or is one letter.
_TOKEN = re.compile(
    r"(?<![A-Z0-9])(?:[A-Z]+[-/.])*[A-Z]*[0-9][A-Z0-9]*(?:[-/.](?:(?=[A-Z]*[0-9])[A-Z0-9]+|[A-Z](?![A-Z])))*"
)
_SIGN = re.compile("[-/.]")
# Letters before a sign or a figure; of those with signs in them, as P.O. has, all.
_BEFORE = re.compile(r"(P[./]O(?=[-/.0-9])|[A-Z]+(?=[-/.0-9]))[-/.]?")
# Some leave a space between the letters and the figures, and between groups of figures.
_LETTERS = re.compile(r"(?<![A-Z])[A-Z]{1,4} $")
_GAP, _GROUP = re.compile(r" ?-? ?"), re.compile("[0-9]{2,4}")
_YEAR = re.compile("20[0-9]{2}")
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_PERIOD = re.compile(
    rf"[A-Z]*[-/.]?20\d\d|20\d\d[-/.](?:{_MONTH}(?:[-/.]{_DAY})?|20\d\d)|(?:{_DAY}[-/.])?{_MONTH}[-/.](?:20\d\d)"
)
_BARE_PERIOD = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?|\d+\.\d\d")
_MONEY = re.compile(r"(?:CNY|RMB|USD|EUR|[¥$€]) ?$")
_UNIT = re.compile(
    r" ?(?:(?:[GC]PUS?|HOURS?|HRS?|DAYS?|MONTHS?|TOKENS?|[GTM]B|CNY|RMB|USD|EUR)(?![A-Z])|%"
    "|小时|小時|卡|天|个?月|次|台|张|元|万)"
)
# A position of an order: behind the number of the whole.
_POSITION = re.compile(r"(.*[0-9]{6,})[-.][0-9]{1,4}|(.*[0-9]{4,})/[0-9]{1,4}")
# Before a long number some write letters and others leave them out.
_BEFORE_LONG = re.compile("^[A-Z]+(?=[0-9]{5})")
_ZEROS = re.compile("(?<![0-9])0+(?=[1-9])")
_SHORTEST, _TOLD = 3, 6
_REACH = 60  # signs, from a number back to the word for it


@dataclass(frozen=True, slots=True)
class Named:
    """What remarks name: all references, and of them those that a word calls an order or a contract; and figures that
    each has however it is written."""

    all: frozenset[str]
    orders: frozenset[str]
    figures: frozenset[str]


def references(remarks: str) -> frozenset[str]:
    """Numbers of orders and contracts that remarks may name, without what is written between their signs."""
    return _named(remarks).all


def figures(remarks: str) -> frozenset[str]:
    """Figures of which any remarks that name the same have some, when nothing stands between them: at most six each."""
    return _named(remarks).figures


def name_the_same(remarks: str, others: str) -> bool:
    """Whether two remarks have a reference in common."""
    return not references(remarks).isdisjoint(references(others))


def name_other_orders(remarks: str, others: str) -> bool:
    """Whether two remarks speak of different orders: each calls one so, and they have no reference in common.

    A number without such a word may be anything, and remarks without one may well be for the other's order.
    """
    return bool(_named(remarks).orders and _named(others).orders) and not name_the_same(remarks, others)


@lru_cache(maxsize=4096)
def _named(remarks: str) -> Named:
    folded = unicodedata.normalize("NFKC", remarks).translate(_FOLDED)
    text = _COMMON.sub(" ; ", " ".join(folded.upper().split()))
    found: set[str] = set()
    orders: set[str] = set()
    parts: set[str] = set()
    for (cores, figures), is_order in _read(text):
        found |= cores
        orders |= cores if is_order else set()
        parts |= figures
    return Named(frozenset(found), frozenset(orders), frozenset(parts))


def _read(text: str) -> Iterator[tuple[tuple[set[str], set[str]], bool]]:
    """The ways to read each reference, and whether a word calls it an order."""
    tokens = list(_TOKEN.finditer(text))
    ended, was_order = 0, False
    while tokens:
        token = tokens.pop(0)
        letters = _LETTERS.search(text, token.start() - 5, token.start())
        prefix = letters[0].strip() if letters else ""
        if prefix in _LEFT_OUT or _WORD.fullmatch(prefix):
            prefix = ""
        start = token.start() - (len(prefix) + 1 if prefix else 0)
        number, calls_itself = _without_word(token[0])
        is_order = calls_itself or bool(_ORDER.search(text, start - _REACH, start))
        is_listed = was_order and bool(_LISTED.fullmatch(text, ended, start))
        groups = _groups(text, token, tokens, may_be_year=bool(prefix))
        ended = groups[-1].end() if groups else token.end()
        if not is_order and (_UNIT.match(text, ended) or _MONEY.search(text, start - 4, start)):
            was_order = False
            continue
        was_order = is_order or is_listed
        is_period = _PERIOD.fullmatch(token[0]) or (not was_order and _BARE_PERIOD.fullmatch(token[0]))
        if not (is_period and not (prefix and groups)):
            yield _cores(prefix, number, [group[0] for group in groups]), was_order


def _groups(text: str, token: re.Match[str], tokens: list[re.Match[str]], *, may_be_year: bool) -> list[re.Match[str]]:
    """The groups of figures behind a token that go on with it, taken from the `tokens` to come."""
    found: list[re.Match[str]] = []
    if _YEAR.fullmatch(token[0]) and not may_be_year:
        return found
    while tokens:
        before, following = found[-1] if found else token, tokens[0]
        if not (before[0][-1].isdigit() and _GROUP.fullmatch(following[0])) or _YEAR.fullmatch(following[0]):
            break
        if not _GAP.fullmatch(text, before.end(), following.start()) or _UNIT.match(text, following.end()):
            break
        found.append(tokens.pop(0))
    return found


def _without_word(token: str) -> tuple[str, bool]:
    """A token without the words before its number, and whether one of them calls it an order."""
    is_order = False
    while found := _BEFORE.match(token):
        word = found[1]
        if not (word in _LEFT_OUT or _WORD.fullmatch(_SIGN.sub("", word))):
            break
        is_order = is_order or word not in _LEFT_OUT
        token = token[found.end() :]
    return token, is_order


def _cores(prefix: str, number: str, groups: list[str]) -> tuple[set[str], set[str]]:
    """A reference without the signs in it, in every way it can be read, and figures of each way."""
    ways = {"-".join([number, *groups])}
    if len(groups) == 1:
        ways.add(number)  # one more number may be anything
    position = _POSITION.fullmatch(number)
    if position and not groups:
        ways.add(position[1] or position[2])
    # Some write an order with all its figures, others without the zeros in front, of the whole or of a part of it.
    ways |= {_ZEROS.sub("", way) for way in ways}
    ways = {way for way in ways if not _PERIOD.fullmatch(prefix + way)}
    whole = {prefix + _SIGN.sub("", way) for way in ways}
    whole |= {_ZEROS.sub("", way) for way in whole}
    cores = {_BEFORE_LONG.sub("", way) for way in whole}
    told = {core for core in cores if len(core) >= _SHORTEST and sum(map(str.isdigit, core)) >= _SHORTEST - 1}
    return told, {_told_by(way) for way in ways} if told else set()


def _told_by(way: str) -> str:
    """The part of a reference that tells most: no year where there is another, without the zeros in front."""
    parts: list[str] = [part.lstrip("0") or part for part in re.findall("[0-9]+", way)]
    return max(parts, key=lambda part: (_YEAR.fullmatch(part) is None, len(part)))[-_TOLD:]
