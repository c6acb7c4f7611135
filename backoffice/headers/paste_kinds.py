"""Who the buyer is in law, where a pasted block says so: in a line of its own, in the label of the name, or beside it.

"个人" in front of a name or in brackets behind it is no part of the name: 个人 王小明, 王小明（个人）.
"""

from __future__ import annotations

import re

from backoffice.headers.paste_forms import IS_NAME
from backoffice.headers.paste_labels import simplified

# As `rules.HeaderKind` writes them.
ENTERPRISE, PERSONAL, PUBLIC_BODY = "enterprise", "personal", "public_body"
_WORDS = (
    (PERSONAL, "个人|自然人", "personal|individual|private person"),
    (ENTERPRISE, "企业单位|企业|公司", "enterprise|company|business"),
    (PUBLIC_BODY, "事业单位|机关单位|政府机关|社会团体|非企业性?单位|其他组织", "public body|institution"),
)
_OPENS, _CLOSES = r"[(（\[【]", r"[)）\]】]"
_SAYS = [
    (
        kind,
        re.compile(rf"(?:{chinese}|{english})", re.IGNORECASE),
        re.compile(
            # An English word needs more than a space behind it: Personal Care Ltd is a name.
            rf"(?:{_OPENS}\s*(?:{chinese}|{english})\s*{_CLOSES}\s*|(?:{chinese})(?:\s*[-–—:：/／、,，|]\s*|\s+)"
            rf"|(?:{english})(?:\s*[:：/／|]\s*|\s+[-–—]\s+))(?=\S)",
            re.IGNORECASE,
        ),
    )
    for kind, chinese, english in _WORDS
]
_PERSON_BEHIND = re.compile(rf"\s*{_OPENS}\s*(?:个人|自然人|personal|individual)\s*{_CLOSES}$", re.IGNORECASE)
# 企业名称 heads the name of a hospital as well.
_PERSON_INSIDE = re.compile(rf"(?:个人|自然人)\s*{_OPENS}\s*([^()（）]{{2,40}}?)\s*{_CLOSES}")
_IN_LABEL = re.compile("(个人|企业)抬头|抬头[(（](个人|企业)")
_OF_PERSON = re.compile("姓名\\s*[:：]?$")


def kind_of(value: str) -> str:
    """The kind that a value names and nothing else; empty where it says something else, or more."""
    value = simplified(value.strip())
    return next((kind for kind, word, _ in _SAYS if word.fullmatch(value)), "")


def kind_in_label(label: str) -> str:
    """The kind that the label of a name says: 个人抬头, 抬头（企业）."""
    if _OF_PERSON.search(label):
        return PERSONAL
    found = _IN_LABEL.search(simplified(label))
    return kind_of(found[1] or found[2]) if found else ""


def kind_and_name(value: str) -> tuple[str, str]:
    """The kind that stands beside a name, and the name without it.

    Where the name says otherwise (a company is no person) neither is touched: nobody can tell which is wrong. Of a kind
    that is all there is only 个人 is a name as well, the one that many write.
    """
    plain = simplified(value)
    for kind, _, before in _SAYS:
        said = before.match(plain)
        name = value[said.end() :] if said else ""
        if name and bool(IS_NAME.fullmatch(name)) is not (kind == PERSONAL):
            return kind, name
    inside = _PERSON_INSIDE.fullmatch(plain)
    if inside and not IS_NAME.fullmatch(inside[1]):
        return PERSONAL, value[inside.start(1) : inside.end(1)]
    behind = _PERSON_BEHIND.search(plain)
    if behind and behind.start() and not IS_NAME.fullmatch(value[: behind.start()]):
        return PERSONAL, value[: behind.start()]
    alone = kind_of(value)
    return alone, "" if alone in (ENTERPRISE, PUBLIC_BODY) else value
