"""What a value in a pasted block may be by its form, and whether the line below goes on with it."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

from babel import Locale

from backoffice.headers.paste_accounts import ACCOUNT, IS_ACCOUNT, is_account, is_routing
from backoffice.headers.paste_labels import is_label
from backoffice.headers.paste_layout import is_tax_id
from backoffice.headers.tax_ids import LENGTH, is_persons, normalise_tax_id

_LANDLINE = (
    r"(?:\+\d{1,3}[ -]?(?:\(\d{1,4}\)|\d{1,4})?[ -]?|(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3})[ -]?)?\d{3,4}[ -]?\d{4}"
)
_PHONE = (
    rf"(?:(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}|[48]00[ -]?\d{{3,4}}[ -]?\d{{3,4}}|{_LANDLINE})"
    r"(?:\s*(?:转|分机|-|#|x|ext\.?)\s*\d{1,6})?"
)
# What no bank account looks like.
IS_LANDLINE = re.compile(r"[(（]?0\d{2,3}[)）]?[ -]\d{7,8}")
IS_PHONE = re.compile(_PHONE, re.IGNORECASE)
# To be told from other text only: whether mail can be sent there is asked at the field.
IS_EMAIL = re.compile(r"[^\s@<>()\[\]\"',;:，；：、（）\u3400-\u9fff]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
TAIL = {
    "phone": re.compile(rf"(?<![\d-])(?:电话|tel\.?|phone)?[:：]?\s*({_PHONE})$", re.IGNORECASE),
    "bank_account": re.compile(rf"(?<!\d)(?:[账帐]号|a/c|account)?[:：]?\s*({ACCOUNT})$", re.IGNORECASE),
}
# The number of another field inside a name, a bank or an address: two fields that nothing parts.
NUMBER_INSIDE = re.compile(
    r"(?<![0-9A-Za-z-])(?:\+\d{1,3}[ -]?\d[\d ()-]{5,}\d|0\d{2,3}[ -]\d{7,8}|[(（]0\d{2,3}[)）] ?\d{7,8}"
    r"|1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)|\d{9,}|[A-Z]{2,3}\d{7,}[0-9A-Z]{0,3}(?![0-9A-Za-z]))"
    r"|[0-9A-HJ-NP-RT-Y]{18}(?![0-9A-Za-z])"
)
IS_NAME = re.compile(
    r".*(?:公司|集团|厂|事务所|合伙企业|合作社|中心|大学|学院|学校|医院|委员会|协会|学会|研究院|研究所|基金会|商行|经营部|工作室)"
    r"(?:[(（][^()（）]*[)）])?"
    r"|.*\b(?:ltd|limited|inc|incorporated|llc|llp|plc|gmbh|ag|kg|corp|corporation|company|co|s\.?a\.?s?|s\.?r\.?l|"
    r"b\.?v|n\.?v|oy|ab|a/s|pty|pte|university|foundation)\.?(?:\s*\([^()]*\))?",
    re.IGNORECASE,
)
_BANK = re.compile(r".*(?:支行|分行|营业部|分理处|信用社)|.*银行.*|.*\bbank\b.*", re.IGNORECASE)
_BRANCH = re.compile(r".*(?:支行|分行|营业部|分理处|信用社)|.*\bbranch\b.*", re.IGNORECASE)
# Two of these make a Chinese address: a region, a street, a number.
_ADDRESS_PARTS = tuple(map(re.compile, ("[省市区县镇乡]", "[路街道巷弄村园]|大厦|广场", r"\d\s*[号弄室楼层幢座]")))
_ENGLISH_ADDRESS = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|lane|building|floor|room|suite|district)\b|stra(?:ss|ß)e\b", re.IGNORECASE
)
_HOUSE = re.compile(r"\d\s*[号弄室楼层幢座]")
# A day is no account and no phone: 2026-11-29, 20261129.
_IS_DAY = re.compile(r"(?:19|20)\d\d([-/.]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])")
# A sentence that asks for an invoice ends like the name it asks for.
_ASKS = re.compile(
    r"(?:please|pls|kindly|(?:can|could|would) you|(?:we|i) need|invoice (?:to|for))\b"
    r"|请|麻烦|烦请|帮[我忙开]|给我|您好|你好|需要|发票|开票|开具|开给",
    re.IGNORECASE,
)
CHINESE_SIGN = re.compile(r"[\u3400-\u9fff]")
FOREIGN_LABEL = re.compile(r"[^\d:：]{1,20}[:：]")
# Where these stand a label stood before them, one that we do not know: such a piece is told, not guessed.
_ODD = re.compile(r"→|[-=]>|[{}\"*=<>]|#(?!\s*[楼\d])|(?<!\d)\s[-–—]+\s")
ODD_NAME = re.compile(r"^(?:company|buyer|customer|client|name|firma)\s|^\w+,(?!\s|ltd|inc|llc|limited)", re.IGNORECASE)

ADDRESS_GOES_ON = re.compile(r"[省市区县镇乡村路街道巷弄号室楼层幢座栋厦场园苑里坊庄]|单元|广场")
_FIGURES_ALONE = re.compile(r"\d{7,8}")
_FIGURES = re.compile(r"[\d ]+")
# What begins a sentence to the reader, no part of an address.
_COURTESY = re.compile(
    r"(?:thanks?|thank you|best|kind|regards|please|dear|hi|hello|hey|cheers|sincerely|yours|order|invoice|po|ref"
    r"|contract|sent from|attn|and)\b"
    r"|谢谢|多谢|感谢|请|麻烦|您好|你好|大家好|以上|如有|辛苦|祝|收到|开票|发票|备注|另|注[:：意]",
    re.IGNORECASE,
)
_POSTAL = re.compile(r"\d{4,6}(?:-\d{3,4})? [^\W\d].*|[^\W\d][^\d]* \d{4,6}|.*\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")
_PLACES = re.compile(r"(?:[A-Z][a-z'’-]+ ?){1,3}(?:, ?(?:[A-Z][a-z'’-]+ ?){1,3})+\.?")
LONGEST = 256  # characters of a value that is recognised by its form
_LONGEST_LINE = 60


def continued(fields: tuple[str, ...] | None, value: str, line: str) -> str | None:
    """The value together with the line below it, None when that is not part of it.

    Only what can be told: the rest of a name that is whole with it, of an address, of a bank, of a tax ID.
    """
    if len(value) > LONGEST or len(line) > _LONGEST_LINE or "@" in line:
        return None
    if FOREIGN_LABEL.match(line) or _COURTESY.match(line):
        return None
    form = next(forms(line), None)
    wanted = fields or ((next(forms(value), None) or "address",) if fields is None else ())
    if "address" in wanted:
        return _longer_address(value, line, form, labelled=fields is not None)
    if fields is None:
        return None
    if wanted == ("bank", "bank_account") and IS_ACCOUNT.fullmatch(line) and not TAIL["bank_account"].search(value):
        return f"{value} {line}"
    if is_account_below(fields, value, line):
        return f"{value} {line}"
    whole = value + ("" if _is_chinese(value) and _is_chinese(line) else " ") + line
    if wanted == ("name",):
        return whole if IS_NAME.fullmatch(whole) and not IS_NAME.fullmatch(value) and form in (None, "name") else None
    if wanted[:1] == ("bank",):
        ended = re.sub(r"[\s\d-]+$", "", line)
        return whole if _BRANCH.fullmatch(ended) and not _BRANCH.match(value) and not value[-1].isdigit() else None
    if wanted == ("tax_id",):
        return whole if len(normalise_tax_id(value)) < LENGTH and is_tax_id(whole) else None
    return None


def is_account_below(fields: tuple[str, ...] | None, value: str, line: str) -> bool:
    """Whether a line is the account below the number of its branch, where its label is above both."""
    if (fields or ())[-1:] != ("bank_account",) or not IS_ACCOUNT.fullmatch(line) or IS_PHONE.fullmatch(line):
        return False
    tail = TAIL["bank_account"].search(value)
    return tail is not None and is_routing(tail[1])


def belongs_above(fields: tuple[str, ...] | None, label: str, line: str) -> bool:
    """Whether a line goes on with something above that a header has not, or that cannot be told from another field."""
    if fields and fields[-1] == "bank_account":
        return _FIGURES.fullmatch(line) is not None
    about_place = "地址" in label or "address" in label.lower() or label.lower().startswith("street")
    return fields == () and about_place and next(forms(line), None) in ("address", None)


def _longer_address(value: str, line: str, form: str | None, *, labelled: bool) -> str | None:
    if form not in (None, "address") or TAIL["phone"].search(value):
        return None
    if _is_chinese(line):
        begun = labelled or (_is_chinese(value) and ADDRESS_GOES_ON.search(value))
        return value + line if begun and _is_chinese(value) and ADDRESS_GOES_ON.search(line) else None
    if _is_chinese(value) or not any(map(str.isalpha, line)):
        return None
    if not labelled and ((form is None and not _is_place(line)) or not is_address(value)):
        return None
    return f"{value.rstrip(' ,')}, {line}"


def _is_place(line: str) -> bool:
    """Whether a line is a town with its postal code, names places with commas between them, or ends in a country."""
    if _PLACES.fullmatch(line) or _POSTAL.fullmatch(line):
        return True
    return line.rpartition(",")[2].strip(" .").casefold() in _countries()


@functools.cache
def _countries() -> frozenset[str]:
    names = {name.casefold() for name in Locale("en").territories.values()}
    return frozenset(names | {"hong kong", "macao", "macau", "usa", "uk", "england", "scotland", "prc", "p.r. china"})


def _is_chinese(text: str) -> bool:
    return CHINESE_SIGN.search(text) is not None


def forms(piece: str) -> Iterator[str]:
    """The fields a value may belong to by its form, the surest first."""
    plain = unicodedata.normalize("NFKC", piece)
    if is_tax_id(plain) or is_persons(normalise_tax_id(plain)):
        yield "tax_id"
        return
    if _IS_DAY.fullmatch(plain):
        return
    if IS_EMAIL.fullmatch(plain):
        yield "email"
        return
    # Seven or eight figures alone number many things; a phone has its area, its gap or its label.
    if IS_PHONE.fullmatch(plain) and not _FIGURES_ALONE.fullmatch(plain):
        yield "phone"
    if is_account(plain):
        yield "bank_account"
    without_tail = re.sub(r"[\s\d-]+$", "", plain)
    if _ODD.search(plain) or NUMBER_INSIDE.search(TAIL["bank_account"].sub("", TAIL["phone"].sub("", plain))):
        return
    if _BRANCH.fullmatch(without_tail):
        if _HOUSE.search(plain):
            return  # an address and a bank with nothing between them
        yield "bank"
    if IS_NAME.fullmatch(plain) and not ODD_NAME.search(plain) and not _ASKS.match(plain):
        yield "name"
    if _BANK.fullmatch(without_tail) and not is_label(plain):
        yield "bank"
    if is_address(plain):
        yield "address"


def is_address(text: str) -> bool:
    """Whether a text has what addresses are made of, and no other form."""
    if sum(part.search(text) is not None for part in _ADDRESS_PARTS) >= 2:
        return True
    return _ENGLISH_ADDRESS.search(text) is not None and any(map(str.isdigit, text))
