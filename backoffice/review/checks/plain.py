"""When a remark is beyond doubt a note: references by number, a period, a service of the platform, thanks.

A wish can be worded in more ways than anybody lists, so nothing is looked for that speaks against a note: all of the
text has to be made of a closed grammar. A name that somebody made up is none of it: 去掉上海项目 drops a project, or is
called so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from backoffice.review.checks import codes, granted, periods
from backoffice.review.checks.facts import Facts

_THANKED, _SIGNED = "thanks", granted.SIGNED
# Of which kind the sentence is that begins at a place, and where it ends.
SentenceAt = Callable[[str, int], tuple[str, int] | None]

_MONTH_NAME = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_MONTH = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?"
_YEAR = "(?:(?:20)?[0-9]{2} ?年度?)"
_TO = " ?[-~至到–] ?"
_PERIOD = re.compile(
    rf"\b(?:for |period:? )?(?:{_MONTH_NAME}(?:[ -]20[0-9]{{2}})?(?: ?(?:-|–|to) ?{_MONTH_NAME})?(?: 20[0-9]{{2}})?"
    r"|Q[1-4](?:[ /-]?20[0-9]{2})?|20[0-9]{2}[ /-]?Q[1-4]|FY ?20[0-9]{2}"
    r"|20[0-9]{2}[-/.](?:1[0-2]|0?[1-9])|(?:1[0-2]|0?[1-9])[/.]20[0-9]{2})(?![A-Za-z0-9]|[-/.][0-9])"
    rf"|(?:(?:{_YEAR} ?)?(?:{_MONTH}月?{_TO}(?:{_YEAR} ?)?)?{_MONTH}月份?"
    rf"|(?:{_YEAR} ?)?(?:第?[1-4一二三四]季度|Q[1-4](?![A-Za-z0-9])|[上下]半年)|20[0-9]{{2}} ?年度?|[上本]个?月"
    r"|[上本]季度|[本去]年度?)(?:的?(?:账期|账单|费用))?",
    re.IGNORECASE | re.ASCII,
)
_USED = re.compile("账|费用")
_RELATIVE = re.compile("[上本]个?月|[上本]季度|[本去]年")
# Verbs as well: only a service, or what is paid, directly behind one makes it a name.
_DONE = "(?:(?:推理|训练|微调|调用|存储|计算)(?=服务|费|时长|用量))"
_SOLD = "(?:usage|(?:gpu|cpu) compute|inference|fine-tuning|tuning|tokens?|api|gpu|cpu|llm)"
_SOLD_WITH = "(?:models?|training|storage|services?|fees?)"
_SOLD_SHORT = "(?:(?:api|gpu|cpu|llm|ai|tokens?) ?)"
_NOUN = "(?:大?模型|算力|接口|令牌|额度|时长|用量)"
_PAID = "(?:使用)?(?:服务|资源|任务|时长|用量)?(?:费用?)?"
# What companies call all that a platform like this one sells, and no more: 服务费 may be anything.
_SOLD_WHOLE = (
    "(?:信息|软件)?技术服务费|云(?:计算)?(?:服务|资源)费|(?:云|AI|人工智能)服务费|平台(?:服务|使用)费"
    "|(?:算力|GPU)租[赁用]费?|月度(?:用量|费用|账单)"
    r"|\b(?:(?:cloud|technical|ai(?: platform)?) services?(?: fees?)?|(?:cloud|monthly) usage"
    r"|(?:gpu|cloud|compute) rental)\b"
)
# What a recharge is called on an invoice that has no other words for it.
_RECHARGED = "(?:(?:AI ?)?(?:平台|账户)(?:账户)?|(?:算力|API|GPU|Token) ?)充值"
_SERVICE = re.compile(
    rf"{_SOLD_WHOLE}|{_RECHARGED}|(?:{_SOLD_SHORT}*{_NOUN})+{_SOLD_SHORT}*{_DONE}?{_PAID}|{_SOLD_SHORT}*{_DONE}{_PAID}"
    rf"|{_SOLD_SHORT}*使用费用?|{_SOLD_SHORT}+(?:平台服务)?费用?"
    rf"|\b(?:for )?(?:{_SOLD_WITH} )*{_SOLD}(?: (?:{_SOLD}|{_SOLD_WITH}))*\b",
    re.IGNORECASE,
)
_DEPARTMENTS = (
    "(?:research|engineering|finance|procurement|purchasing|marketing|sales|data|platform|product|legal|operations"
    "|it|hr|r&d|accounting|human resources)"
)
_DEPARTMENT = re.compile(
    "(?:(?:部门(?:名称)?|成本中心): ?)?(?:信息技术|技术研发|产品研发|市场营销|研发|技术|产品|算法|工程|财务"
    "|采购|行政|人事|人力资源|市场|销售|运营|客服|法务|数据|平台|战略|信息|创新)(?:部门?|中心)"
    rf"|\b(?:{_DEPARTMENTS} (?:department|dept\.?|team)"
    rf"|(?:department|dept\.?|cost cent(?:re|er)):? {_DEPARTMENTS})(?![A-Za-z0-9&])",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\b(?:(?:many |best )?(?:thanks|thank you|thx)(?: (?:a lot|very much|so much|again|in advance))?"
    r"(?: for (?:the|your|all) (?:(?:great|good|kind|friendly|continued) )?"
    r"(?:help|support|service|work|cooperation|time))?"
    r"|cheers|best wishes|(?:yours )?sincerely|(?:(?:best|kind) )?regards"
    r"|(?:dear|hello|hi)(?: (?:all|team|colleagues|sir or madam))?)\b"
    r"|好的(?=[, ]{0,2}(?:谢谢|多谢|感谢))"
    r"|(?:非常)?(?:谢谢|多谢|感谢)(?:您|你们?|贵司|支持|配合)?|(?:大家|您|你们)?辛苦了?|祝好|您好|你好|此致|顺颂商祺",
    re.IGNORECASE,
)
_BEFOREHAND = re.compile("in advance", re.IGNORECASE)
# What somebody can be given who thanks for it: a bill, or more of what is sold, rather than an invoice for it.
_HANDED_OVER = re.compile("账单|充值|(?:额度|令牌|时长|算力|接口|模型|tokens?|api|gpu|cpu|llm)$", re.IGNORECASE)
_FOR_WHOM = re.compile(
    "(?:报销|(?:财务)?(?:入账|记账)|财务)(?:使?用|专?用)"
    r"|\bfor (?:accounting|bookkeeping|reimbursement)(?: purposes)?\b",
    re.IGNORECASE,
)
# Several months are one period where what was used in them stands right behind: that is not shared out by them.
_MONTHS = re.compile(
    rf"(?:{_YEAR} ?)?{_MONTH}月份?(?: ?[、,和及&] ?{_MONTH}月份?)+的? ?"
    rf"|\b(?:for )?{_MONTH_NAME}(?:(?:, | and | & ){_MONTH_NAME})+(?: 20[0-9]{{2}})? ",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"\((?:{_PERIOD.pattern})\)", _PERIOD.flags)
_PURPOSES = frozenset({"period", "service", "department"})
_OTHERS = (
    ("use", _FOR_WHOM), ("period", _PERIOD), ("service", _SERVICE), ("department", _DEPARTMENT), (_THANKED, _THANKS),
)  # fmt: skip
# What stands between two things; a sentence needs one that ends what was before.
_BETWEEN = re.compile(r"(?:\s|[,;。!、/&–—-]|\.(?=\s|$)|\band\b(?= )|[和及的](?=[^\W]))*", re.IGNORECASE)
# Before and behind all things nothing that would join them to another: a lone dash may be a sign of a number.
_AROUND = re.compile(r"[\s,;。!、.]*")
_BREAK = re.compile(r"[,;。!\n、]|\.(?=\s|$)")


class Thing(NamedTuple):
    """One thing that a remark says: of what kind, by which codes, in which words; whether it begins a sentence."""

    kind: str
    codes: tuple[str, ...]
    words: str
    begins: bool


_NOBODY = Thing("", (), "", True)


def things(text: str, sentence_at: SentenceAt) -> list[Thing] | None:
    """All that a text, folded by NFKC, is made of; None where anything of it is unknown.

    `sentence_at` knows the sentences that are granted; they begin and end where others do.
    """
    found: list[Thing] = []
    at, begins = 0, True
    while True:
        between = _BETWEEN.match(text, at)
        end = between.end() if between else at
        if (at == 0 or end == len(text)) and not _AROUND.fullmatch(text, at, end):
            return None
        begins = begins or _BREAK.search(text, at, end) is not None
        if end == len(text):
            return found
        is_signed = bool(found) and found[-1].kind == _THANKED
        thing, at = _thing_at(text, end, sentence_at if begins or is_signed else _none)
        if thing is None:
            return None
        found.append(thing._replace(begins=begins))
        begins = False


def is_note(found: list[Thing], text: str, facts: Facts) -> bool:
    """Whether the things that a text is made of are no more than told: one of each kind, and of no time to come.

    Two of a kind may be how something is shared out, or that each wants an invoice of its own.
    """
    many = Counter(thing.kind for thing in found)
    if any(count > 1 for kind, count in many.items() if kind != _THANKED):
        return False
    # Behind thanks the applicant's name signs them; anywhere else somebody is meant.
    if any(other.kind == _SIGNED and one.kind != _THANKED for one, other in pairwise((_NOBODY, *found))):
        return False
    if periods.is_to_come(text, facts.submitted_on) or _may_be_dated(found, facts):
        return False
    return not (_may_describe(found) or _may_want(found) or _may_split(found, facts) or _may_order(found))


def _may_describe(found: list[Thing]) -> bool:
    """Whether a service, a period or a department may be what the invoice shall say: beside anything else that is said
    of the invoice it is said of it as well, and behind a name it may be part of the name."""
    is_of_invoice = any(
        thing.kind in granted.KINDS or thing.kind == "use" or codes.is_to_be_printed(thing.words) for thing in found
    )
    return is_of_invoice and any(thing.kind in _PURPOSES for thing in found)


def _may_want(found: list[Thing]) -> bool:
    """Whether somebody thanks for what stands beside the thanks: for a bill, or for anything that is still to come."""
    thanks = [thing.words for thing in found if thing.kind == _THANKED]
    wanted = [thing.words for thing in found if thing.kind in _PURPOSES]
    if any(map(_BEFOREHAND.search, thanks)):
        return bool(wanted)
    return bool(thanks) and any(map(_HANDED_OVER.search, wanted))


def _may_be_dated(found: list[Thing], facts: Facts) -> bool:
    """Whether a period may be what the invoice shall be dated, not what was used: nothing used stands with it, and it
    is told from the day of the application, or is of a year that was over then."""
    bare = [thing.words for thing in found if thing.kind == "period" and not _USED.search(thing.words)]
    if any(thing.kind == "service" for thing in found):
        return False
    return any(_RELATIVE.search(words) or periods.is_of_a_past_year(words, facts.submitted_on) for words in bare)


def _may_split(found: list[Thing], facts: Facts) -> bool:
    """Whether references may tell how the invoice is shared out: by their numbers, or each with what it is for."""
    numbers = [at for at, thing in enumerate(found) if thing.codes]
    if not numbers:
        return False
    all_codes = [code for thing in found for code in thing.codes]
    if codes.may_come_to(all_codes, facts.amount):
        return True
    if any(len(thing.codes) > 1 for thing in found):
        return any(thing.kind != _THANKED for thing in found if len(thing.codes) < 2)
    if codes.may_be_parts(all_codes):
        return True
    purposes = [at for at, thing in enumerate(found) if thing.kind in _PURPOSES]
    if len(numbers) == 1 or len(purposes) < 2:
        return False
    # Two purposes belong to all references only together, before the first or behind the last.
    return purposes[-1] > numbers[0] and purposes[0] < numbers[-1]


def _may_order(found: list[Thing]) -> bool:
    """Whether a number may be how many of the service right behind it."""
    return any(
        bool(one.codes) and codes.may_count(one.codes[-1], other.words)
        for one, other in pairwise(found)
        if other.kind == "service" and not other.begins and not other.words.startswith("for ")
    )


def _none(text: str, at: int) -> None:
    return None


def _thing_at(text: str, at: int, sentence_at: SentenceAt) -> tuple[Thing | None, int]:
    if (sentence := sentence_at(text, at)) is not None:
        kind, end = sentence
        return Thing(kind, (), text[at:end], True), end
    if (reference := codes.reference_at(text, at)) is not None:
        return Thing(reference.kind, reference.codes, text[at : reference.end], True), reference.end
    if (bracket := _IN_BRACKETS.match(text, at)) is not None:
        return Thing("period", (), bracket.group(), True), bracket.end()
    if (months := _MONTHS.match(text, at)) is not None and _SERVICE.match(text, months.end()) is not None:
        return Thing("period", (), months.group(), True), months.end()
    for kind, pattern in _OTHERS:
        if (one := pattern.match(text, at)) is not None and one.end() > at:
            return Thing(kind, (), one.group(), True), one.end()
    return None, at
