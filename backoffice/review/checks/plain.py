"""When a remark is plainly a note: numbers, a period, what it is for, thanks. Whatever is not recognised is none.

The doubt goes to the reader: a wish can be worded in more ways than anybody lists, so a note has to be recognised in
every clause, and in every word of a clause that is not Chinese.
"""

from __future__ import annotations

import re
from itertools import pairwise

# What may stand before a number of the customer's own.
_LABELS = frozenset({
    "po", "p.o", "order", "orders", "contract", "agreement", "quote", "quotation", "ref", "reference", "centre",
    "center", "cc", "project", "phase", "department", "dept", "ticket", "case", "batch", "job", "budget", "wbs",
    "requisition", "pr", "vendor", "supplier",
})  # fmt: skip
_WORDS = _LABELS | frozenset({
    "a", "an", "and", "the", "of", "for", "in", "by", "our", "your", "this", "no", "nr", "number", "code", "id",
    "purchase", "cost", "internal", "framework", "title", "name", "team", "signed", "dated", "period", "month",
    "quarter", "year", "usage", "units", "compute", "inference", "tuning", "training", "storage", "tokens", "api",
    "gpu", "cpu", "llm", "service", "services", "fee", "fees", "as", "per", "see", "agreed", "discussed",
    "attached", "attachment", "dear", "hello", "hi", "regards", "best", "kind",
})  # fmt: skip
_MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
# Behind these stands a name that somebody made up.
_NAMED = frozenset({
    "project", "department", "dept", "team", "title",
})  # fmt: skip
_NO_NAME = frozenset({
    "no", "not", "without", "vat", "tax", "cancel", "void", "stop", "change", "replace", "update", "split", "merge",
    "only", "urgent", "please", "need", "send", "issue", "pay", "paid", "refund", "instead", "use", "make", "call",
    "hold", "wait", "eur", "usd", "cny", "rmb", "gbp", "hkd", "jpy", "chf",
})  # fmt: skip
# To have a number printed, which the invoice does by itself.
_TO_PRINT = re.compile(
    r"^(?:please|kindly) (?:state|mention|note|print|add|write|put|show|include|quote)\b"
    r"|\b(?:on|in) (?:the|our|your) (?:invoice|remarks)$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:many |best )?(?:thanks|thank you|thx)(?: (?:a lot|very much|so much|again|in advance))?"
    r"(?: for (?:the|your|all) (?:[a-z]+ )?(?:help|support|service|work|cooperation|time))?"
    r"|(?:非常)?(?:谢谢|多谢|感谢)(?:您|你们?|贵司|支持|配合)?|(?:大家|您|你们)?辛苦了?|祝好|您好|你好|此致|顺颂商祺",
    re.IGNORECASE,
)
_USED = re.compile(r"used (?:by|for|in|at) [\w ]+", re.IGNORECASE)

_HAN = re.compile("[\u3400-\u9fff]+")
_CLAUSES = re.compile(r"[。;!\n、]|,(?!\d{3}\b)|\.(?=\s|$)(?<!\bno\.)(?<!\bnr\.)(?<!\bref\.)(?<!o\.)", re.IGNORECASE)
_NO = re.compile(r"\bno\b(?![\s:#.]*\S*\d)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,8}[-/#.]?\d[\w./#-]*")
_SPEAKS_FOR_ITSELF = re.compile(r"20\d\d|[QH][1-4]|(?=.*[A-Za-z/-])[\w./#-]{4,}|\d{6,}", re.IGNORECASE)

_DATED = re.compile(r"\d{1,4}(?=\s*[年月季])")

_LABEL = (
    "(?:采购|销售|框架|服务|项目|内部)?(?:合同|协议|订单|申请单|采购单|单|项目|部门|成本中心|客户|供应商|预算|立项|批次|工单)"
    "(?:编?号码?|名称|代码|金额)?"
)
_PRINTED = "请?(?:在)?(?:发票)?(?:的)?(?:备注栏?)?(?:里|中|内|上)?请?(?:注明|写明|标注|写上|备注)?:?"
_NUMBERED = re.compile(
    f"(?:{_PRINTED}|(?:按照?|根据|依据))(?:{_LABEL}:?#)+(?:元|号)?(?:开票|执行|结算)?|按#元/[年月日次天]计费"
)
_HAS_LABEL = re.compile(f"{_LABEL}|计费")
_PERIOD = re.compile("(?:#年度?)?(?:第?[#一二三四]季度|#月份?|[上下]半年|全年|[上本]月|[上本]季度)?(?:账期|账单)?")
_NOUN = re.compile(".+(?:项目|合同|协议|订单|服务|[^退]费用?|部门?|中心|[一二三四五#]期|业务|课题|季度|月份?|年度)#?")
_NAMED_PROJECT = re.compile(f"{_LABEL}:.{{2,30}}")
# Words that hold a sign of an act and are none.
_COMPOUNDS = re.compile(
    "合同|开发|研发|综合|联合|合作|混合|融合|整合|调用|分析|分布式|分部|分期|加工|加速|改造|重庆|重点|转写|转录|多模态|多语言|前端|后端"
    "|后台|前海|购物|采购|先进|先行|快速|使用|费用|用量|用户|应用|通用|专用|算法|发布|发展|发电|要素|增值|早教|多谢|申请单"
)
_ACTS = re.compile(
    "[改换替撤退寄送发填写开请要不别勿删减补重分合并拆转给购免急用前后等先暂只仅少多]"
    "|取消|解除|终止|停|更正|调整|抬头|买方|受票|税|电话|联系|地址|账号|帐号|账户|银行|名义|发票|收据|咨询|办公|会议|材料|餐|礼品|住宿"
)


def is_note(text: str) -> bool:
    """Whether all of a text, folded by NFKC, is recognisably a note. Numbers of invoices are none: why name them?"""
    return all(_is_plain(clause.strip(" \t:.-–—")) for clause in _CLAUSES.split(text))


def _is_plain(clause: str) -> bool:
    if not clause or _THANKS.fullmatch(clause):
        return True
    if _USED.fullmatch(clause):
        return _NO_NAME.isdisjoint(clause.casefold().split())
    labelled = _HAS_LABEL.search(clause) is not None
    latin = _HAN.sub(" ", _NO.sub(" ? ", _DATED.sub("", clause)))
    if any(character.isdigit() for character in clause):
        latin = _TO_PRINT.sub("", latin.strip())
    return _is_plain_latin(latin, labelled=labelled) and _is_plain_chinese(clause)


def _is_plain_latin(text: str, *, labelled: bool) -> bool:
    """Whether every word is a known one, a number of the customer's own, or the name of a project."""
    words = [bare for word in text.split() if (bare := word.strip(".:#()\"'/-&"))]
    known = {word.casefold() for word in words}
    labelled = labelled or not known.isdisjoint(_LABELS)
    named = not known.isdisjoint(_NAMED)
    for word, following in pairwise((*words, "")):
        small = word.casefold()
        if any(character.isdigit() for character in word):
            if not _CODE.fullmatch(word) or small.startswith(("inv", "cn-")):
                return False
            if not labelled and not _SPEAKS_FOR_ITSELF.fullmatch(word):
                return False
        elif small not in _WORDS | _MONTHS:
            begins_number = labelled and word.isupper() and len(word) <= 4 and any(map(str.isdigit, following))
            if small in _NO_NAME or not (begins_number or (named and word[0].isupper())):
                return False
    return "?" not in text and "%" not in text


def _is_plain_chinese(clause: str) -> bool:
    """Whether what is Chinese names something, without a sign that something is to be done."""
    if not _HAN.search(clause):
        return True
    text = re.sub(r"(?:[A-Za-z0-9][\w./#-]*(?<![\u3400-\u9fff:])|#)", "#", _spaced(clause))
    text = re.sub(r"\s+", "", text)
    text = re.sub(r"#(?:[/#和及]*#)+", "#", text)
    if _NUMBERED.fullmatch(text) or _PERIOD.fullmatch(text):
        return True
    if _ACTS.search(_COMPOUNDS.sub("", text)):
        return False
    return bool(_NOUN.fullmatch(text) or _NAMED_PROJECT.fullmatch(text))


def _spaced(clause: str) -> str:
    """With a space wherever Chinese meets anything else: figures and words then stand by themselves."""
    return re.sub(r"(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])", " ", clause)
