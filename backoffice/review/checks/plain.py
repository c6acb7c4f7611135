"""When a remark is plainly a note: numbers, a period, what it is for, thanks. Whatever is not recognised is none.

The doubt goes to the reader: a wish can be worded in more ways than anybody lists, so a note has to be recognised in
every clause, and in every word of a clause that is not Chinese.
"""

from __future__ import annotations

import re
from datetime import date

from backoffice.headers.rules import TaxIdOutcome, check_tax_id
from backoffice.review.checks import periods
from backoffice.review.checks.names import LATIN_FORMS

# What may stand before a number of the customer's own.
_LABELS = frozenset({
    "po", "p.o", "order", "orders", "contract", "agreement", "quote", "quotation", "ref", "reference", "centre",
    "center", "cc", "project", "phase", "department", "dept", "ticket", "case", "batch", "job", "wbs",
    "requisition", "pr", "vendor", "supplier",
})  # fmt: skip
# Of these a short round number may as well be the amount.
_OF_AMOUNTS = frozenset({"order", "orders", "contract", "agreement", "quote", "quotation", "project"})
# Who somebody is, unless a number stands beside it.
_OF_PARTIES = frozenset({"vendor", "supplier"})
# What the invoice is for anyway, and what says so only beside one of them.
_SOLD = frozenset({"usage", "compute", "inference", "tuning", "token", "tokens", "api", "gpu", "cpu", "llm"})
_SOLD_WITH = frozenset({"training", "storage", "service", "services", "fee", "fees", "units"})
_WORDS = _LABELS | _SOLD | _SOLD_WITH | frozenset({
    "a", "an", "and", "the", "of", "for", "in", "our", "your", "this", "no", "nr", "number", "code", "id",
    "purchase", "cost", "internal", "framework", "budget", "team", "signed", "dated", "period", "month",
    "quarter", "year", "as", "per", "agreed", "dear", "hello", "hi", "regards", "best", "kind",
})  # fmt: skip
_MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
# Behind these stands a name that somebody made up; between the two, perhaps what it is.
_NAMED = frozenset({"project", "department", "dept", "team"})
_NAMES = frozenset({"title", "name"})
_NAMED_MOST = 4
_DEPARTMENTS = frozenset({
    "research", "engineering", "finance", "procurement", "purchasing", "marketing", "sales", "data", "platform",
    "product", "legal", "operations",
})  # fmt: skip
_GREETINGS = frozenset({"dear", "hello", "hi"})
# Of "per month" the customer wants one each month.
_PER = frozenset({"contract", "agreement", "quote", "quotation", "framework", "our", "your", "the"})
_CURRENCIES = (
    "eur", "usd", "cny", "rmb", "gbp", "hkd", "jpy", "chf", "sgd", "twd", "krw", "aud", "cad", "inr", "sek", "nok",
    "dkk",
)  # fmt: skip
_NO_NAME = LATIN_FORMS.union(_CURRENCIES) | frozenset({
    "no", "not", "without", "vat", "tax", "cancel", "void", "stop", "change", "replace", "update", "split", "merge",
    "only", "urgent", "please", "need", "send", "issue", "pay", "paid", "refund", "instead", "use", "make", "call",
    "hold", "wait", "bill", "invoice", "half", "double",
    "twice", "charge", "discount", "deduct", "credit", "debit", "redo", "add", "remove", "delete", "correct", "divide",
    "combine", "next", "later", "tomorrow", "today", "other", "another", "different", "wrong", "buyer", "payer",
    "customer", "client", "holding", "holdings", "group", "subsidiary", "parent", "branch", "bank", "account",
    "address", "email", "mail", "post", "print", "stamp", "sign", "amount", "total", "price", "euro", "dollars",
    "yuan", "delay", "postpone", "defer", "reject", "approve", "withdraw", "ignore", "consulting", "training", "travel",
    "equipment", "supplies", "rent", "rental", "labour", "labor", "catering", "advertising", "hardware", "furniture",
})  # fmt: skip
# To have a number printed, which the invoice does by itself.
_TO_PRINT = re.compile(
    r"^(?:please|kindly) (?:state|mention|note|print|add|write|put|show|include|quote)\b"
    r"|\b(?:on|in) (?:the|our|your) (?:invoice|remarks)$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:many |best )?(?:thanks|thank you|thx)(?: (?:a lot|very much|so much|again|in advance))?"
    r"(?: for (?:the|your|all) (?:(?:quick|fast|great|good|kind|friendly|continued) )?"
    r"(?:help|support|service|work|cooperation|time))?"
    r"|(?:非常)?(?:谢谢|多谢|感谢)(?:您|你们?|贵司|支持|配合)?|(?:大家|您|你们)?辛苦了?|祝好|您好|你好|此致|顺颂商祺",
    re.IGNORECASE,
)
_USED = re.compile(r"used (?:by|for|in|at) (?:our|the) (?:\w+ ){0,4}\w+", re.IGNORECASE)

_HAN = re.compile("[\u3400-\u9fff]+")
_CLAUSES = re.compile(r"[。;!\n、]|,(?!\d{3}\b)|\.(?=\s|$)(?<!\bno\.)(?<!\bnr\.)(?<!\bref\.)(?<!o\.)", re.IGNORECASE)
_NO = re.compile(r"\bno\b(?![\s:#.]*\S*\d)", re.IGNORECASE)
_CURRENCY = f"(?:{'|'.join(_CURRENCIES)})"
_MONEY = re.compile(rf"\d+\.\d\d?|{_CURRENCY}\W?[\d.]+k?|[\d.]+(?:{_CURRENCY}|k|m|mio)", re.IGNORECASE)
_ROUND = re.compile(r"\d{1,5}00")
_CODE = re.compile(r"[A-Za-z]{0,8}[-/#.]?\d[\w./#-]*")
_SPEAKS_FOR_ITSELF = re.compile(r"20\d\d|[QH][1-4]|(?=.*[A-Za-z/-])[\w./#-]{4,}|\d{8,}", re.IGNORECASE)

# Whose it is, nobody sees: a credit code of China, and the VAT numbers of Europe by their country.
_CREDIT_CODE = re.compile(
    r"(?<![0-9A-Z])[159ANY][ -]?[0-9A-Z](?:[ -]?\d){6}(?:[ -]?[0-9A-Z]){10}(?![0-9A-Z])", re.IGNORECASE | re.ASCII
)
# One sign short it is a slip of the pen: behind the district a company of our days has these two letters.
_NEARLY_CREDIT_CODE = re.compile(
    r"(?<![0-9A-Z])9[1-3](?:[ -]?\d){6}[ -]?M[ -]?A(?:[ -]?[0-9A-Z]){6,7}(?![0-9A-Z])", re.IGNORECASE | re.ASCII
)
_VAT_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?:(?:AT ?U|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|GB|HR|HU|IE|IT|LT|LU|LV|MT|PL|PT|RO|SE|SI|SK|XI)"
    r" ?[A-Z]?\d{8,12}[A-Z]{0,2}|NL ?\d{9}B\d\d|FR ?[0-9A-Z]{2} ?\d{9}|CHE[ -]?\d{3}\.?\d{3}\.?\d{3})(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)
# The same in groups, each with as many figures as its country gives; behind a year stands the number of an order.
_FIGURES = {
    "DK|FI|HU|LU|MT|SI": "8", "DE|EE|EL|PT": "9", "BG": "9,10", "CZ": "8,10", "BE|PL|SK": "10", "HR|IT|LV": "11",
    "SE": "12", "RO": "6,10",
}  # fmt: skip
_BETWEEN = "[ .-]?"
_FIGURE, _SIGN, _LETTER = (_BETWEEN + one for one in (r"\d", "[0-9A-Z]", "[A-Z]"))
_GROUPED_VAT_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?![A-Z]{2,3}[ .-]?20\d\d[ .-])(?:"
    + "|".join((
        *(f"(?:{countries})(?:{_FIGURE}){{{many}}}" for countries, many in _FIGURES.items()),
        f"(?:GB|LT|XI)(?:(?:{_FIGURE}){{12}}|(?:{_FIGURE}){{9}})",
        f"AT{_BETWEEN}U(?:{_FIGURE}){{8}}",
        f"CY(?:{_FIGURE}){{8}}{_LETTER}",
        f"ES{_SIGN}(?:{_FIGURE}){{7}}{_SIGN}",
        f"IE(?:{_FIGURE}){{7}}(?:{_LETTER}){{1,2}}",
        f"NL(?:{_FIGURE}){{9}}{_BETWEEN}B(?:{_FIGURE}){{2}}",
        f"FR(?:{_SIGN}){{2}}(?:{_FIGURE}){{9}}",
        f"CHE(?:{_FIGURE}){{9}}",
    ))
    + ")(?![0-9A-Z])",
    re.IGNORECASE | re.ASCII,
)  # fmt: skip
# A part of something, or a day: 1/2, 11/26. Which of the two, and whether it is wished for, nobody can tell.
_PART = re.compile(r"\d{1,2}[/-]\d{1,2}", re.ASCII)
_NUMBER_BEFORE = frozenset({"no", "nr", "number", "ref", "reference"})
# How something is shared: 50/50, 25/25/50.
_SHARES = re.compile(r"\d{1,3}(?:[/-]\d{1,3})+", re.ASCII)
_DATED = re.compile(r"(?:\d{1,2}\s*月?\s*[-~至到和]\s*)?\d{1,4}(?=\s*[年月季])")

# Numbers in a Chinese clause: one of an order or contract, a short one, a short round one that may be an amount.
_OWN, _SHORT, _MAYBE_AMOUNT = "#", "~", "¤"
# None of them: no note holds it.
_PART_OF = "÷"
_ANY = f"[{_OWN}{_SHORT}{_MAYBE_AMOUNT}]"
_LABEL = (
    "(?:(?:采购|销售|框架|服务|项目|内部)?(?:合同|协议|订单|申请单|采购单|项目|部门|成本中心|客户|供应商|立项|批次|工单)"
    "|预算(?=[编号代])|单(?=[编号])|(?=编号))"
)
_NUMBER_OF = f"(?:{_LABEL}(?:(?:编?号码?|代码):?{_ANY}|:?[{_OWN}{_SHORT}])|(?:成本中心|部门):?{_ANY})"
_PRINTED = "请?(?:在)?(?:发票)?(?:的)?(?:备注栏?)?(?:里|中|内|上)?请?(?:注明|写明|标注|写上|备注)?:?"
_NUMBERED = re.compile(
    f"(?:{_PRINTED}|(?:按照?|根据|依据))(?:{_NUMBER_OF})+号?"
    f"|(?:按照?|根据|依据){_LABEL}(?:编?号码?)?:?{_OWN}号?(?:开票|执行|结算)|按{_ANY}元/[年月日次天]计费"
)
_HAS_LABEL = re.compile(f"{_LABEL}(?!总?金额)|计费")
# The amount of a contract that is named beside it; of this invoice it says nothing.
_OF_CONTRACT = re.compile(f"(?:合同|协议)总?金额:?{_ANY}元")
_CONTRACT = re.compile("(?:合同|协议)编?号码?:? ?[A-Za-z0-9]")
_MONTH = "(?:[0-9]{1,2}|十[一二]?|[一二三四五六七八九])月份?"
_MONTHS_OF = f"(?:[0-9]{{1,2}}月?[-~至到和])?{_MONTH}"
_TIME = (
    f"(?:(?:20)?[0-9]{{2}}年度?)?(?:{_MONTHS_OF}|第?[1-4一二三四]季度|Q[1-4]|[上下]半年|全年"
    "|[上本]个?月|[上本]季度|[本去]年度?)?"
)
_DEPARTMENT = (
    "(?:(?:研发|技术|产品|算法|工程|财务|采购|行政|人事|人力资源|市场|销售|运营|客服|法务|数据|平台|战略|信息|创新)"
    "(?:管理|技术)?(?:部门?|中心))"
)
_USE = (
    "(?:(?:大?模型|推理|训练|微调|算力|调用|存储|计算|接口|令牌|额度|时长|用量|使用|充值|云)+"
    "(?:服务|资源|任务|算力)?(?:费用?)?)"
)
_OF_WHAT = re.compile(
    f"{_DEPARTMENT}?{_TIME}的?(?:账期|账单|{_USE}(?:{_TIME})?)?(?:{_NUMBER_OF})*[{_OWN}{_SHORT}]?", re.IGNORECASE
)
_NOUN = re.compile(
    f".{{2,30}}(?:项目|(?:项目|园区|平台|工程)[一二三四五{_SHORT}]期|课题){_ANY}?"
    f"|(?:[一两二三四五{_SHORT}]份|(?:本|该|此|框架|采购|销售|年度|服务|开发|合作|研发|技术|{_USE})+)(?:合同|协议|订单){_OWN}?"
)
_NAMED_PROJECT = re.compile(
    "(?:研发|采购|内部)?(?:项目|立项|课题)(?:名称)?:.{2,20}(?:[一二三四五~]期|项目|城市|园区|大楼|大厦|小区|课题)"
    f"|部门(?:名称)?:.{{0,8}}{_DEPARTMENT}"
)
# A company by its name, whatever stands behind it.
_PARTY = re.compile("有限|股份|(?<!总)公司")
# Words that hold a sign of an act and are none.
_COMPOUNDS = re.compile(
    "合同|开发|研发|综合|联合|合作|混合|融合|整合|调用|分析|分布式|分部|分期|加工|加速|改造|重庆|重点|转写|转录|多模态|多语言|前端|后端"
    "|后台|前海|销售|营销|系列|计算|统计|设计|会计|结算|平台|平安|附属|均衡|半导体|进出口|进口|出口|输入|接入|阵列|核心|核算|核电|大各庄|报告"
    "|购物|采购|先进|先行|快速|使用|费用|用量|用户|应用|通用|专用|算法|发布|发展|发电|要素|增值|早教|多谢|申请单"
)
_ACTS = re.compile(
    "[改换替撤退寄送发填写开请要不别勿删减补重分合并拆转给购免急用前后等先暂只仅少多"
    "摊扣冲抵销归列附除均各每半按旧余入出计算到核报挂划结清]"
    "|[两二三四五六七八九十几~¤]个|[上往本该此]期|比例|明细|押金|定金|订金|保证金|其[他它]|所有|全部|有关|相关"
    "|取消|解除|终止|停|更正|调整|抬头|买方|受票|税|电话|联系|地址|账号|帐号|账户|银行|名义|发票|收据|咨询|办公|会议|材料|餐|礼品|住宿"
    "|金额|[元万千亿]|抵扣|冲抵|折扣|优惠|免|废|中止|延|推迟|缓|催|盖|办理|通知|勿|禁|返还|代[付收垫]|垫付"
    "|培训|劳务|租赁|设备|装修|广告|物业|运输|物流|耗材|电脑|软件|硬件"
)


def is_note(text: str, today: date) -> bool:
    """Whether all of a text, folded by NFKC, is recognisably a note. Numbers of invoices are none: why name them?

    Nor is a time to come, seen from `today`.
    """
    if periods.is_to_come(text, today):
        return False
    clauses = [clause.strip(" \t:.-–—") for clause in _CLAUSES.split(text)]
    of_contract = _CONTRACT.search(text) is not None
    return all(_is_plain(clause) or (of_contract and _is_of_contract(clause)) for clause in clauses)


def names_other_tax_id(text: str, own: str) -> bool:
    """Whether a text, folded by NFKC, holds what may be a tax ID, and not the header's `own`: another buyer's, perhaps.

    A number of 18 figures alone is one only with the right check digit: orders are numbered like that as well.
    """
    found = [one for pattern in (_VAT_NUMBER, _GROUPED_VAT_NUMBER) for one in pattern.findall(text)]
    found += filter(_is_credit_code, map(_bare, _CREDIT_CODE.findall(text)))
    found += _NEARLY_CREDIT_CODE.findall(text)
    return any(_bare(one) != _bare(own) for one in found)


def _bare(code: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", code.upper())


def _is_credit_code(code: str) -> bool:
    outcome = check_tax_id(code).outcome
    return outcome == TaxIdOutcome.VALID or (outcome == TaxIdOutcome.WRONG_CHECK_DIGIT and not code.isdigit())


def _is_of_contract(clause: str) -> bool:
    return _OF_CONTRACT.fullmatch(_tokens(clause)) is not None


def _is_plain(clause: str) -> bool:
    if not clause or _THANKS.fullmatch(clause):
        return True
    if _USED.fullmatch(clause):
        return _NO_NAME.isdisjoint(set(clause.casefold().split()) - {"subsidiary", "branch", "group"})
    labelled = _HAS_LABEL.search(clause) is not None
    latin = _HAN.sub(" ", _NO.sub(" ? ", _DATED.sub("", clause)))
    if any(character.isdigit() for character in clause):
        latin = _TO_PRINT.sub("", latin.strip())
    return _is_plain_latin(latin, labelled=labelled) and _is_plain_chinese(clause)


def _is_plain_latin(text: str, *, labelled: bool) -> bool:
    """Whether every word is a known one, a number of the customer's own, or the name of a project."""
    words = [bare for word in text.split() if (bare := word.strip(".:#()\"'/-&"))]
    known = {word.casefold() for word in words}
    has_number = any(map(_has_digit, words))
    numbered = labelled or not known.isdisjoint(_LABELS)
    if not known.isdisjoint(_SOLD_WITH) and known.isdisjoint(_SOLD) and not (numbered and has_number):
        return False
    if not known.isdisjoint(_OF_PARTIES) and not has_number:
        return False
    names = _made_up(words)
    for before, word, following in zip(("", *words), words, (*words[1:], ""), strict=False):
        if _has_digit(word):
            if not _is_own_number(word, before.casefold(), following.casefold(), numbered=numbered):
                return False
        elif not _is_known(word.casefold(), before.casefold(), following.casefold()) and word not in names:
            begins_number = numbered and word.isupper() and len(word) <= 4 and _has_digit(following)
            if word.casefold() in _NO_NAME or not begins_number:
                return False
    return "?" not in text and "%" not in text


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _is_known(word: str, before: str, following: str) -> bool:
    if word == "per":
        return following in _PER or (before == "as" and following in _LABELS)
    if word in _DEPARTMENTS:
        return following in ("department", "dept", "team")
    return word in _WORDS or word in _MONTHS or (word in _NAMES and before == "project")


def _is_own_number(word: str, before: str, following: str, *, numbered: bool) -> bool:
    if not _CODE.fullmatch(word) or word.casefold().startswith(("inv", "cn-")) or _MONEY.fullmatch(word):
        return False
    if _SHARES.fullmatch(word) and sum(map(int, re.split("[/-]", word))) == 100:
        return False
    if _PART.fullmatch(word) and (len(word) == 3 or before.rstrip(".:") not in _NUMBER_BEFORE):
        return False
    # Behind another number a short one may be how much of it: cost centre 4711 40.
    if _has_digit(before) and word.isdigit() and len(word) < 4:
        return False
    if before in _OF_AMOUNTS and _ROUND.fullmatch(word):
        return following == "units"
    return numbered or _SPEAKS_FOR_ITSELF.fullmatch(word) is not None


def _made_up(words: list[str]) -> frozenset[str]:
    """The capitalised words behind the first that has a name behind it; a team that is greeted has none."""
    found: list[str] = []
    small = [word.casefold() for word in words]
    if not words or small[0] in _GREETINGS:
        return frozenset()
    at = next((place for place, word in enumerate(small) if word in _NAMED), len(words))
    for word in words[at + 1 :]:
        if not found and word.casefold() in _NAMES:
            continue
        if not word[0].isupper() or word.casefold() in _NO_NAME or len(found) == _NAMED_MOST:
            break
        found.append(word)
    return frozenset(found)


def _is_plain_chinese(clause: str) -> bool:
    """Whether what is Chinese names something, without a sign that something is to be done."""
    if not _HAN.search(clause):
        return True
    if _OF_WHAT.fullmatch(_of_what(clause)):
        return True
    text = _tokens(clause)
    if _NUMBERED.fullmatch(text):
        return True
    if _ACTS.search(_COMPOUNDS.sub("", text)) or _PARTY.search(text):
        return False
    return bool(_NOUN.fullmatch(text) or _NAMED_PROJECT.fullmatch(text))


def _of_what(clause: str) -> str:
    """The clause with what is sold as one word, and with signs for its numbers but those of years and months."""
    text = re.sub(r"\b(?:api|gpu|cpu|llm|ai|tokens?)\b", "算力", _spaced(clause), flags=re.IGNORECASE)
    return _signed(text, keeps_times=True)


def _tokens(clause: str) -> str:
    """The clause with signs for its words and numbers that are not Chinese."""
    return _signed(_spaced(clause))


def _is_of_time(word: str, following: str) -> bool:
    return (
        following.startswith(("年", "月", "季", "至", "到", "和", "~")) or re.fullmatch("[Qq][1-4]", word) is not None
    )


def _signed(text: str, *, keeps_times: bool = False) -> str:
    def sign(found: re.Match[str]) -> str:
        word = found.group()
        if keeps_times and _is_of_time(word, text[found.end() :].lstrip()):
            return word
        if _PART.fullmatch(word):
            return _PART_OF
        if not word.isdigit() or len(word) > 5:
            return _OWN
        return _MAYBE_AMOUNT if _ROUND.fullmatch(word) else _SHORT

    text = re.sub(r"\s+", "", re.sub(r"(?:[A-Za-z0-9][\w./#-]*(?<![\u3400-\u9fff:])|#)", sign, text))
    return re.sub(f"{_OWN}(?:[/和及]*{_ANY})+", _OWN, text)


def _spaced(clause: str) -> str:
    """With a space wherever Chinese meets anything else: figures and words then stand by themselves."""
    return re.sub(r"(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])", " ", clause)
