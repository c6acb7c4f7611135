"""Where a value ends in a pasted block, and where the words begin that somebody wrote behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from backoffice.headers.paste_forms import IS_EMAIL, IS_NAME, IS_PHONE
from backoffice.headers.paste_layout import is_tax_id
from backoffice.headers.tax_ids import LENGTH, normalise_tax_id

# What ends a number: a sign that stands in none, or a Chinese character.
_CODE = re.compile(r"(?:[^\s,，、;；。!！?？()（）\[\]【】:：|/／\u3400-\u9fff]|/(?=\d))+")
_GAP = re.compile(r"[^\S\n]+")
_WORDS = re.compile(r"\S+")
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
# What a writer says to the reader behind a value; shorter than what may begin a line of its own.
_SAID = re.compile(
    r"(?:thanks?|thank you|please|(?:best|kind) regards|cheers)\b|谢谢|多谢|感谢|麻烦|请|您好|你好|辛苦|开票|备注",
    re.IGNORECASE,
)


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
    return _until_last(_tokens(value), _has_figures)


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


def without_words(name: str, value: str) -> tuple[str, str]:
    """A name, an address or a bank without what its writer says to the reader behind it, and those words."""
    for gap in _SENTENCE.finditer(value):
        rest = value[gap.end() :]
        if _SAID.match(rest) and (name != "name" or IS_NAME.fullmatch(value[: gap.start()])):
            return value[: gap.start()], rest
    if name in ("bank", "address") and (noted := _ACCOUNT_NOTE.search(value)):
        return value[: noted.start()].rstrip(), noted[0]
    return value, ""


def without_person(address: str) -> tuple[str, str]:
    """An address without the person that somebody wrote behind it, and the person."""
    found = _PERSON.search(address)
    return (address[: found.start()], found[1]) if found else (address, "")
