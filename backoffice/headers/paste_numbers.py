"""Where a value ends in a pasted block, and where the words begin that somebody wrote behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from backoffice.headers.paste_accounts import (
    has_figures_of_account,
    has_form_of_routing,
    is_routing,
    with_gap_before_branch,
)
from backoffice.headers.paste_forms import IS_EMAIL, IS_NAME, IS_PHONE, forms
from backoffice.headers.paste_layout import is_tax_id
from backoffice.headers.tax_ids import LENGTH, normalise_tax_id

# What ends a number: a sign that stands in none, or a Chinese character.
_CODE = re.compile(r"(?:[^\s,，、;；。!！?？()（）\[\]【】:：|/／\u3400-\u9fff]|/(?=\d))+")
_GAP = re.compile(r"[^\S\n]+")
_WORDS = re.compile(r"\S+")
_FIGURES = re.compile(r"\d(?:[ -]?\d)*")
_SIGNS_BETWEEN = re.compile(r"[\s,，、;；。|/\\:：_→-]*")
_LONG = re.compile(r"(?<![0-9A-Za-z-])\d(?:[ -]?\d){8,}(?![0-9A-Za-z])")
_MOST_DIGITS = 15  # of a phone with its country (ITU-T E.164)
_PHONE = re.compile(
    r"[+(（]?\d(?:[ .()（）–-]{0,3}\d)*(?:\s*(?:转|分机|#|x|ext\.?)\s*\d{1,6})?(?![0-9A-Za-z])", re.IGNORECASE
)
_SENTENCE = re.compile(r"[，,。；;！!]\s*|\s+")
_ACCOUNT_NOTE = re.compile(r"[(（]\s*(?:人民币|基本户|一般户|美元|港币|cny|rmb|usd|hkd|eur)\s*[)）]$", re.IGNORECASE)
# A person to ask for, behind the number of a house or a room. Without a label or a title it may be a place: 王府井.
_PERSON = re.compile(
    r"(?<=[号室楼层幢座栋院\d)）])[，,、\s]+"
    r"((?:联系人|收件人|收票人|经办人)[:：]?\s*[\u3400-\u9fff]{1,4}|[\u3400-\u9fff]{1,4}(?:先生|女士|小姐|经理|收))$"
)
_KIND_OF_INVOICE = "开?(?:增值税|电子|纸质|数电)*(?:普票|专票|普通发票|专用发票|电子发票|数电票)"
# What a writer says to the reader behind a value; shorter than what may begin a line of its own.
_SAID = re.compile(
    rf"(?:thanks?|thank you|please|(?:best|kind) regards|cheers)\b|谢谢|多谢|感谢|麻烦|请|您好|你好|辛苦|开票|备注"
    rf"|{_KIND_OF_INVOICE}",
    re.IGNORECASE,
)
_NOTED = re.compile(rf"[(（\[【]\s*(?:{_KIND_OF_INVOICE})\s*[)）\]】]$")

# What people write into a field that they leave empty, and where they send the reader somewhere else.
_NOTHING = r"无|暂无|没有|空|未填|不适用|n\s*[/.]?\s*a\.?|none|nil|null|not applicable|[-–—_/／×]+"
_IS_NOTHING = re.compile(
    rf"[(（\[【]?\s*(?:{_NOTHING})(?:\s*[，,、]\s*(?:{_NOTHING}))*\s*[)）\]】]?[。.]?", re.IGNORECASE
)
_BETWEEN = r"(?:\s*[,，、;；/|]\s*|\s+)"
_NOTHING_BESIDE = re.compile(rf"^(?:{_NOTHING}){_BETWEEN}|{_BETWEEN}(?:{_NOTHING})$", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"[(（]?(?:(?:见|详见|参见|同)(?:上|下|前|附件|附图|附|图片?|合同|营业执照).{0,6}|待.{1,3}|略|稍后.{0,6}|不详|未知"
    r"|tb[acd]|same as above|as above|see (?:above|below|attach\w*)|to follow|unknown)[)）]?[。.]?",
    re.IGNORECASE,
)


def is_nothing(value: str) -> bool:
    """Whether a value says that there is none: 无, N/A, a stroke."""
    return _IS_NOTHING.fullmatch(value) is not None


def is_elsewhere(value: str) -> bool:
    """Whether a value says where to look, or that it will come: no value of a field."""
    return _ELSEWHERE.fullmatch(value) is not None


def without_nothing(value: str) -> str:
    """The value of two fields without the word that says that one of them is empty: 某路88号 无."""
    return _NOTHING_BESIDE.sub("", value)


def _tokens(value: str) -> str:
    """The beginning of a value that is made of the signs of a number, spaces between them included."""
    end = 0
    while code := _CODE.match(value, end):
        end = code.end()
        gap = _GAP.match(value, end)
        if gap is None or not _CODE.match(value, gap.end()):
            break
        end = gap.end()
    return value[:end]


def _tax_id(value: str) -> str:
    head = _tokens(value)
    ends = [word.end() for word in _WORDS.finditer(head)]
    for end in ends:
        if len(normalise_tax_id(head[:end])) == LENGTH and is_tax_id(normalise_tax_id(head[:end])):
            return head[:end]
    # Some countries end theirs with letters: MWST, TVA.
    return _until_last(head, lambda word: _has_figures(word) or (len(word) <= 4 and word.isupper()))


def _account(value: str) -> str:
    head = _tokens(value)
    # An account is set in groups; another number as long as one stands for itself.
    longer = (word for word in list(_WORDS.finditer(head))[1:] if has_figures_of_account(word[0]))
    another = next(longer, None)
    return _until_last(head[: another.start()] if another else head, _has_figures)


def _phone(value: str) -> str:
    found = _PHONE.match(value)
    if found is None:
        return ""
    if sum(map(str.isdigit, found[0])) > _MOST_DIGITS and (first := IS_PHONE.match(value)):
        return first[0]
    return found[0]


def _email(value: str) -> str:
    found = IS_EMAIL.match(value)
    return found[0] if found else ""


def _until_last(head: str, belongs: Callable[[str], bool]) -> str:
    """The text up to its last word that belongs to a number; nothing when none has figures."""
    words = list(_WORDS.finditer(head))
    while words and not belongs(words[-1][0]):
        words.pop()
    kept = head[: words[-1].end()] if words else ""
    return kept if _has_figures(kept) else ""


def _has_figures(text: str) -> bool:
    return any(map(str.isdigit, text))


# field -> the number or address at the beginning of a value, empty where there is none
NUMBERS: Mapping[str, Callable[[str], str]] = {
    "tax_id": _tax_id, "bank_account": _account, "phone": _phone, "email": _email,
}  # fmt: skip


def first_account(value: str) -> tuple[str, str, str]:
    """The account at the beginning of a value, the number of the branch that stands in front of it, and what follows.

    There is no account where nobody can tell which of two numbers it is: then all of it follows.
    """
    value = with_gap_before_branch(value)
    first = _account(value)
    first, rest = first.rstrip("."), value[len(first) :]
    behind = rest[_SIGNS_BETWEEN.match(rest).end() :]  # type: ignore[union-attr]
    second = _account(behind)
    if not (first and _FIGURES.fullmatch(second) and has_figures_of_account(second)) or "tax_id" in forms(second):
        is_open = is_routing(first) and any(not IS_PHONE.fullmatch(other) for other in _LONG.findall(rest))
        return ("", "", value) if is_open else (first, "", rest)
    is_phone = IS_PHONE.fullmatch(second) is not None
    if is_routing(first):
        is_in_front = not is_phone and not is_routing(second)
        return (second, first, behind[len(second) :]) if is_in_front else ("", "", value)
    # The first may be a part of the account, or a branch's number with a slip.
    is_whole = has_figures_of_account(first) and (is_routing(second) or not has_form_of_routing(first))
    return (first, "", rest) if is_phone or is_whole else ("", "", value)


def without_words(name: str, value: str) -> tuple[str, str]:
    """A name, an address or a bank without what its writer says to the reader behind it, and those words."""
    for gap in _SENTENCE.finditer(value):
        rest = value[gap.end() :]
        if _SAID.match(rest) and (name != "name" or IS_NAME.fullmatch(value[: gap.start()])):
            return value[: gap.start()], rest
    if noted := _NOTED.search(value):
        return value[: noted.start()].rstrip(), noted[0]
    if name in ("bank", "address") and (noted := _ACCOUNT_NOTE.search(value)):
        return value[: noted.start()].rstrip(), noted[0]
    return value, ""


def without_person(address: str) -> tuple[str, str]:
    """An address without the person that somebody wrote behind it, and the person."""
    found = _PERSON.search(address)
    return (address[: found.start()], found[1]) if found else (address, "")
