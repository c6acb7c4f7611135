"""Check of the remarks: whether they ask for something that pressing Approve does not do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from backoffice.errors import N_, Message
from backoffice.review.checks.facts import Check, Datum, Facts, Outcome

_TO_BE_PRINTED = N_("put something on the invoice")


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# A number to be printed needs nobody's hand: the invoice shows the remarks as they are.
_REFERENCE = _any_of(
    r"(?:\bp\.?o\b|\border\b|contract|cost cent(?:er|re)|\bref\b|reference)[^\n,;]{0,12}?[0-9]{3,}",
    r"(?:合同|订单|采购|项目|编号|单号)[^\n,，;；。]{0,12}?[0-9]{3,}",
)
_ASKS = (
    (N_("split it"), _any_of(
        "分开", "拆分", "拆成", "分成", "分[两二三几]张", r"\bsplit\b", r"\bseparate(?:ly)?\b.{0,20}\binvoices?\b",
        r"\b(?:two|three|several) invoices\b",
    )),
    (N_("be quick"), _any_of(
        "加急", "尽快", "急用", "急需", "马上", "今天(?:就|内|要|之前)", r"\burgent", r"\basap\b",
        "as soon as possible", r"\bby (?:today|tomorrow|monday|friday)\b", r"\btoday please\b",
    )),
    (_TO_BE_PRINTED, _any_of(
        "备注", "注明", "写明", "标注", "写上", r"\bplease (?:state|mention|note|print|add|write|put)\b",
    )),
    (N_("send it on paper or elsewhere"), _any_of(
        "邮寄", "快递", "寄到", "寄给", "纸质", "另发", "抄送", r"\bby post\b", r"\bpaper (?:copy|invoice)\b",
        r"\bhard ?copy\b", r"\bsend (?:it |this |a copy )?to\b", r"\bcc\b",
    )),
    (N_("ring or write back"), _any_of("联系我", "请联系", "回电", "请电", r"\b(?:call|contact|ring) (?:me|us)\b")),
)  # fmt: skip
_ASKS_FOR_ANOTHER = (
    (N_("another buyer"), _any_of(
        "抬头请?(?:改|换|开|写)", "(?:改|换)(?:一?个|成|为)?(?:其他|别的|另一个?)?(?:抬头|公司|名称)", "开给", "代开",
        r"\b(?:different|another|other) (?:name|company|buyer|header)\b", r"\bin the name of\b", r"\bmade? out to\b",
    )),
    (N_("another description of the goods"), _any_of(
        "开成", "开为", "品名", "类目", "项目名称", "开(?:办公用品|咨询费|服务费|会议费|材料费|餐费)",
        r"\b(?:different|another|other) (?:item|category|description|goods|service)\b",
        r"\bas (?:office supplies|consulting|travel|training)\b",
    )),
    (N_("another amount or date"), _any_of(
        "多开", "少开", "金额请?(?:改|写|开)", "日期请?(?:改|写|开|提前)", "倒签", "开(?:到|在)?上个?月",
        "开(?:到|在)?去年",
        r"\bback-?dat", r"\b(?:different|another|higher|lower) (?:amount|date)\b", r"\bdate it\b",
    )),
)  # fmt: skip


def remarks(facts: Facts) -> Check:
    """Whether the customer's remarks ask for something; what the invoice cannot show as asked fails."""
    text = unicodedata.normalize("NFKC", facts.remarks)
    if not text.strip():
        return Check("remarks", Outcome.PASS, Message(N_("No remarks.")))
    data = (Datum(N_("Remarks"), facts.remarks),)
    if (wish := _wish(text, _ASKS_FOR_ANOTHER)) is not None:
        told = Message(N_("The customer asks for %(wish)s: the invoice would not show it."), wish=Message(wish))
        return Check("remarks", Outcome.FAIL, told, data)
    printed = _REFERENCE.search(text) is not None
    asks = [ask for ask in _ASKS if not (printed and ask[0] == _TO_BE_PRINTED)]
    if (wish := _wish(text, asks)) is not None:
        told = Message(N_("The customer asks us to %(wish)s."), wish=Message(wish))
        return Check("remarks", Outcome.WARN, told, data)
    if printed:
        return Check("remarks", Outcome.PASS, Message(N_("A reference, which the invoice shows as it is.")), data)
    told = Message(N_("Nothing is asked for; the invoice shows the remarks as they are."))
    return Check("remarks", Outcome.PASS, told, data)


def _wish(text: str, asks: Iterable[tuple[str, re.Pattern[str]]]) -> str | None:
    return next((wish for wish, pattern in asks if pattern.search(text)), None)
