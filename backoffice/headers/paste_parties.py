"""Whose a line of a pasted block is: what is said of the seller must not become the buyer's."""

from __future__ import annotations

import re

from backoffice.headers.paste_labels import marks, simplified

_SELLER = "销售方|销方|卖方|销货单位|销货方|供货单位|供货方|供应商|收款方|乙方"
_BUYER = "购买方|购方|买方|购货单位|购货方|受票方|甲方"
_ABOUT = "名称|全称|抬头|税号|纳税人|统一社会|社会信用|信用代码|地址|电话|开户|银行|[账帐][号户]"
_HEADING = "(?:单位|公司)?(?:开票)?(?:信息|资料)?"
_ENGLISH_SELLER = r"seller|vendor|supplier|(?:bill(?:ed)?|invoiced?)\s+from|sold\s+by"
_ENGLISH_BUYER = r"buyer|customer|client|(?:invoiced?|bill(?:ed)?|sold)\s+to"
_ENGLISH_ABOUT = r"(?:company|legal|name|tax|vat|gst|address|registered|tel|phone|bank|account|iban|id)\b"
_BRACKET = r"[【\[(（]?"
_CLOSED = r"[】\])）]?"
_AFTER = rf"{_CLOSED}\s*(?:[:：]|$|(?={_ABOUT}))"
_ENGLISH_AFTER = rf"{_CLOSED}(?:['’]?s)?\s*(?:[:：]|$|(?=\s{_ENGLISH_ABOUT}))"
_LINE_BEGINS = r"^[^\S\n]*(?:\d{1,2}[.、)）][^\S\n]*|[-*•][^\S\n]*)?"
_PART_BEGINS = r"(?:(?<!\S)|(?<=[;；,，。|#]))"

# With both of one kind in one expression, the name of the group that matched tells whose the rest is.
_PARTY = re.compile(
    rf"{_PART_BEGINS}{_BRACKET}(?:(?P<seller>{_SELLER})|(?P<buyer>{_BUYER})){_HEADING}{_AFTER}"
    rf"|(?:(?P<glued_seller>销售方|销货单位)|(?P<glued_buyer>购买方|购货单位))(?:[:：]|(?=(?:{_ABOUT})[^:：\n]{{0,12}}[:：]))"
    rf"|(?:{_LINE_BEGINS}|(?<=[;；,，|#])\s?){_BRACKET}(?:(?P<english_seller>{_ENGLISH_SELLER})"
    rf"|(?P<english_buyer>{_ENGLISH_BUYER})){_ENGLISH_AFTER}"
    rf"|(?<=\s)(?:(?P<inner_seller>{_ENGLISH_SELLER})|(?P<inner_buyer>{_ENGLISH_BUYER}))(?:['’]?s)?"
    rf"(?:\s{_ENGLISH_ABOUT}[a-z. ]{{0,24}})?[:：]",
    re.IGNORECASE | re.MULTILINE,
)
# These two head a mail as well.
_ADDRESSED = re.compile(r"^[ ]*(?:(?P<seller>from)|(?P<buyer>to))[ ]*(?:[:：]|$)", re.IGNORECASE | re.MULTILINE)
_OF_A_MAIL = re.compile(
    r"^[ ]*(?:from|to)[ ]*[:：].*@|^[ ]*(?:subject|sent|date|cc)[ ]*[:：]", re.IGNORECASE | re.MULTILINE
)
_HEADING_ALONE = (
    rf"{_BRACKET}(?:(?:{_BUYER})(?:单位|公司)?(?:开票)?|(?:我司|我们|公司|单位|增值税)?(?:开票|发票|抬头)(?:抬头)?)"
    rf"(?:信息|资料)(?:如下)?{_CLOSED}"
)
_ONLY_HEADING = re.compile(rf"{_HEADING_ALONE}\s*[:：]?")
_HEADS_ALL = re.compile(rf"^\s*{_HEADING_ALONE}\s*[:：]\s*(?=\S)")
# A sentence to the reader in front of what it asks for.
_LEAD_IN = re.compile(
    r"^[^:：\n]{0,60}(?:请|麻烦|您好|你好|以下|如下|please|kindly|hello|\bhi\b|dear|as follows)[^:：\n]{0,60}[:：]",
    re.IGNORECASE,
)


def of_the_buyer(text: str) -> tuple[str, list[str]]:
    """What a block says of the buyer, and the lines that it says of the seller; without a word of either all of it."""
    found = [(mark.start(), mark.end(), mark) for mark in _PARTY.finditer(simplified(text))]
    if not _OF_A_MAIL.search(text):
        addressed = [(mark.start(), mark.end(), mark) for mark in _ADDRESSED.finditer(text)]
        # "To" alone heads any letter.
        if any(mark["seller"] for _, _, mark in addressed) or any(_is_sellers(mark) for _, _, mark in found):
            found = sorted(found + addressed, key=lambda each: each[0])
    if not any(_is_sellers(mark) for _, _, mark in found):
        return text, []
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    kept, sellers = [text[: found[0][0]]], []
    for (start, value, mark), end in zip(found, ends, strict=True):
        part = text[start:end]
        if _is_sellers(mark):
            sellers += part.split("\n")
        elif mark.re is _ADDRESSED:
            kept.append(f"\nBill to: {text[value:end].strip()}\n")
        else:
            kept.append(f"\n{part}")
    return "".join(kept), [line for line in sellers if line.strip()]


def without_lead_in(text: str) -> str:
    """The text with a sentence that leads to a value on a line of its own, and without headings that say nothing."""
    return "\n".join(_lead_in_apart(line) for line in text.split("\n") if not _ONLY_HEADING.fullmatch(line.strip()))


def _lead_in_apart(line: str) -> str:
    line = _HEADS_ALL.sub("", line)
    said = _LEAD_IN.match(line)
    if said is None or not line[said.end() :].strip() or any(mark.start < said.end() for mark in marks(line)):
        return line
    return f"{said[0]}\n\n{line[said.end() :].strip()}"


def _is_sellers(mark: re.Match[str]) -> bool:
    return any(words for name, words in mark.groupdict().items() if name.endswith("seller"))
