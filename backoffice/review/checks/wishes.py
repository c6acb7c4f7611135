"""Check of the remarks: whether they ask for something that pressing Approve does not do.

They pass only where all of them is a note beyond doubt, or what the application says already (its own buyer, its own
amount). Of the rest, whole families of wishes in both languages tell which one it may be; what is none of them is given
to be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from backoffice.errors import N_, Message
from backoffice.review.checks import granted, plain, taxids
from backoffice.review.checks.facts import Check, Datum, Facts, Outcome

# So much of the remarks is told at once; the rest is below it.
QUOTED = 120
_TO_BE_PRINTED = N_("put something on the invoice")
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_NOTHING = re.compile(
    "(?:(?:暂?无|没有)备注|暂?无|没有|n/a|none|nil|no (?:remarks?|comments?|notes?))[.。]?|[-–—/.·*]+", re.IGNORECASE
)
# The rest of a clause, as far as a wish may reach.
_C = r"[^,，。;；!！\n]"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


class _Family(NamedTuple):
    """One kind of wish, and how it is worded."""

    wish: str
    pattern: re.Pattern[str]


# A number to be printed needs nobody's hand: the invoice shows the remarks as they are.
_REFERENCE = _any_of(
    r"(?:\bp\.?o\b|\border\b|contract|cost cent(?:er|re)|\bref\b|reference)[^\n,;]{0,12}?[0-9]{3,}",
    r"(?:合同|订单|采购|项目|编号|单号)[^\n,，;；。]{0,12}?[0-9]{3,}",
)
_BUYER = "(?:抬头|购买方|购方|买方|受票方|开票单位)"
_ASKS = (
    _Family(N_("split it"), _any_of(
        "分开", "拆分", "拆成", "分成", "分[两二三几]张", r"\bsplit\b", r"\bseparate(?:ly)?\b.{0,20}\binvoices?\b",
        r"\b(?:two|three|several) invoices\b",
    )),
    _Family(N_("combine it with another one"), _any_of(
        "合并", "并成", "一起开", "开在一张", r"\b(?:combine|merge|consolidate)\b",
        r"\b(?:one|single) invoice for (?:all|both)\b",
    )),
    _Family(N_("void or redo another invoice"), _any_of(
        "作废", "红冲", "冲红", "红字", "重开", "重新开", "换开", "退票", r"\bre-?issue\b", r"\bcredit note\b",
        r"\b(?:cancel|void|annul|revoke|replace|redo)\b.{0,30}\b(?:invoice|one|it)\b",
    )),
    _Family(N_("make it another kind of invoice"), _any_of(
        "专用发票", "专票", "增值税专", "普通发票", "普票", "(?:数电|全电)(?:发?票|专|普)", "收据", "形式发票",
        r"\bspecial (?:vat )?invoice\b", r"\bordinary (?:vat )?invoice\b", r"\bpro-?forma\b",
        r"\b(?:special|ordinary) fapiao\b",
    ),),
    _Family(N_("make it out to somebody else"), _any_of(
        rf"(?:客户|公司|单位|企业|{_BUYER})(?:名称|全称)?:{_C}*",
        r"(?<!project )\btitle\b ?(?:is|should|must|:|=)[^.\n]*",
        r"\b(?:customer|client|company)(?: name)? ?[:=][^.\n]*",
        rf"{_BUYER}{_C}{{0,6}}?(?:用|写|填|换|改|开|为|是){_C}*", rf"(?:以|用){_C}{{1,30}}?(?:名义|抬头)",
        rf"开(?:到|在|往){_C}{{1,30}}?公司", rf"(?:给|用|写|换|改){_C}{{0,10}}[子母总]公司",
        # Of "send the invoice to" the invoice is a noun, and an address behind it is where it goes.
        r"(?<!the )(?<!an )(?<!our )\b(?:issue|bill|address|make out|invoice)(?: it| this| the invoice)? to\b"
        r"(?!\s\S*@)[^.\n]*",
        r"\binvoice\b[^.\n]{1,60}\binstead\b",
        r"\b(?:change|replace|switch|update|correct)\b.{0,20}"
        r"\b(?:buyer|header|company|name|customer|bill-?to|title)\b[^.\n]*",
        r"\b(?:buyer|bill[- ]to|header)\b ?(?:should|must|is|:|=)[^.\n]*",
        r"\buse (?:our|the|my) (?:subsidiary|parent|holding|branch|sister|affiliate)",
        r"\b(?:subsidiary|parent company|holding|branch|sister company|affiliate)'s name\b",
    ),),
    _Family(N_("invoice another amount"), _any_of(
        rf"按\s*[0-9][0-9,.]*\s*[元块万]?{_C}{{0,4}}开", rf"按{_C}{{0,6}}?[0-9][0-9,.]*\s*[元块万]{_C}{{0,6}}开",
        rf"(?:只|仅)(?:需|要|用)?开{_C}*", rf"开(?:具|票)?{_C}{{0,4}}?[0-9][0-9,.]*\s*[元块万]",
        rf"(?:合同|协议|订单|发票)?金额{_C}{{0,2}}?[0-9][0-9,.]*\s*[元块万]?{_C}{{0,2}}开票?",
        rf"金额(?:应|请)?[为是按写开]{_C}{{0,4}}[0-9][0-9,.]*",
        r"\b(?:invoice|bill|issue)(?: me| us| it| this)? (?:only|just|for only)\b[^.\n]*(?:\.[0-9]+)?",
        r"\bonly (?:invoice|bill)\b[^.\n]*", r"\bamount (?:should|must|to be)\b[^.\n]*(?:\.[0-9]+)?",
    ),),
    _Family(N_("wait, or issue it on another day"), _any_of(
        "(?:先|暂时|暂)(?:不|别|勿|缓|停)", "暂缓", "延后|延迟|推迟|稍后|晚[点些]",
        "(?:下|次)个?(?:月|周|星期|季度?|年)[^,，。]{0,4}(?:开|出|寄|发)",
        "明年[^,，。]{0,4}开", "等(?:我|通知|确认|收到|到)", "(?:月|号|日|后)再(?:开|出|寄|发)", "不要开|别开|勿开",
        "开(?:具|票)?(?:到|在|成)?[0-9一二三四五六七八九十]+月", "[0-9一二三四五六七八九十]月份?的?日期", "开票日期",
        r"\b(?:wait|postpone|delay|defer)\b", r"\b(?:please|kindly|must|to) hold\b",
        r"\bhold (?:it|this|the|off|until)\b",
        r"\b(?:do not|don't|not to|never) (?:issue|send|invoice|process|approve|bill)\b", r"\bnot (?:before|until)\b",
        r"\b(?:issue|invoice|send|bill)\b[^.\n]{0,30}\b(?:next|following|coming) (?:week|month|quarter|year)\b",
        r"\binvoice date\b", r"\bdated? (?:it |the invoice )?(?:on |to |of )?[0-9]{1,2}\b",
    )),
    _Family(N_("be quick"), _any_of(
        "加急", "尽[快早速]", "急用", "急需", "马上", "立[即刻]", "抓紧", "优先(?:处理|开|办|安排)", "从速",
        "今[天日](?:就|内|要|之?前|中午|下班)",
        "[今明][天日][^,，。]{0,6}[开出发]", r"\burgent", r"\basap\b", "as soon as possible", r"\bquickly\b",
        r"\bin a hurry\b", r"\bbe (?:very |so )?(?:quick|fast|prompt)\b", r"\b(?:promptly|swiftly|expedite|rush)\b",
        # Nothing was done yet that anybody could be thanked for.
        r"\b(?:thanks?|thank you|thx)\b[^\n]*\b(?:quick|fast|prompt|speedy|swift)\b",
        "[谢感][^\\n]{0,10}(?:[快迅]速|及时|高效)",
        r"\bby (?:today|tomorrow|monday|tuesday|wednesday|thursday|friday|end of|eod|cob)\b", r"\btoday please\b",
        r"\b(?:issue|send|need)\b[^.\n]{0,30}\b(?:today|tomorrow)\b",
    )),
    _Family(_TO_BE_PRINTED, _any_of(
        "备注", "注明", "写明", "标注", "写上", r"\bplease (?:state|mention|note|print|add|write|put)\b",
    )),
    _Family(N_("send it on paper or elsewhere"), _any_of(
        "寄", "快递", "纸质", "另发", "抄送", "转发", f"(?:发送?|送)(?:到|至|给|往){_C}*", "自取",
        r"\bby (?:post|mail|courier)\b", r"\bpaper (?:copy|invoice)\b", r"\bhard ?copy\b", r"\bcc\b(?!\W*[0-9])",
        r"\b(?:send|e-?mail|mail|forward|post|deliver)\b[^\n]{0,40}?\bto\b[^\n]*", _ADDRESS,
    ),),
    _Family(N_("use another language"), _any_of(
        "[用开成](?:英文|中文|英语|双语)", r"\bin (?:english|chinese)\b", r"\bbilingual\b",
    ),),
    _Family(N_("stamp, sign or copy it"), _any_of(
        "盖章", "公章", "签字", "签名", "一式[两二三四五0-9]份", "(?:要|开|打印)[两二三四五]份",
        r"\b(?:two|three|four|[2-9]) copies\b",
        r"\bplease (?:stamp|sign)\b", r"\bstamped\b", r"\bwith (?:a |your )?(?:stamp|signature)\b",
    )),
    _Family(N_("ring or write back"), _any_of(
        "联系我", "请联系", "回电", "请电", r"\b(?:call|contact|ring|phone) (?:me|us)\b",
    )),
)  # fmt: skip
_ASKS_FOR_ANOTHER = (
    _Family(N_("another buyer"), _any_of(
        f"抬头请?(?:改|换|开|写){_C}*", "(?:改|换)(?:一?个|成|为)?(?:其他|别的|另一个?)?(?:抬头|公司|名称)",
        f"开给{_C}*", "代开",
        r"\b(?:different|another|other) (?:name|company|buyer|header)\b", r"\bin the name of\b[^.\n]*",
        r"\bmade? out to\b[^.\n]*",
    ),),
    _Family(N_("another description of the goods"), _any_of(
        "开成(?!一|两|英|中|双)", "开为", "品名", "类目", "项目名称请?(?:改|换|开|写|用)",
        "开(?:办公用品|咨询费|服务费|会议费|材料费|餐费)",
        r"\b(?:different|another|other) (?:item|category|description|goods|service)\b",
        r"\bas (?:office supplies|consulting|travel|training)\b",
    )),
    _Family(N_("another amount or date"), _any_of(
        "多开", "少开", "金额请?(?:改|写|开)", "日期请?(?:改|写|开|提前)", "倒签", "开(?:到|在)?上个?月",
        "开(?:到|在)?去年",
        r"\bback-?dat", r"\b(?:different|another|higher|lower) (?:amount|date)\b", r"\bdate it\b",
    )),
)  # fmt: skip
# None of the wishes above, and a wish all the same.
_ASKS_SOMETHING = _any_of(
    "(?<![申邀聘宴])请(?!查收|知悉)", "麻烦", "烦请", "劳驾", "能否", "可否", "是否可以?", "希望(?:能|可以|贵|您|你们)",
    r"\bplease\b", r"\bkindly\b", r"\b(?:could|can|would) you\b", r"\b(?:we|i) (?:need|want|would like)\b",
    r"\bneed it\b",
)  # fmt: skip


def remarks(facts: Facts) -> Check:
    """Whether the customer's remarks ask for something; what the invoice cannot show as asked fails."""
    text = unicodedata.normalize("NFKC", facts.remarks)
    if not text.strip():
        return Check("remarks", Outcome.PASS, Message(N_("No remarks.")))
    data = (Datum(N_("Remarks"), facts.remarks),)
    marked = granted.marked(text, facts)
    # Folded, a raised or circled figure would run into the number that it stands beside.
    is_folded = any(unicodedata.category(sign) == "No" for sign in facts.remarks)
    if not is_folded and (note := _note(marked, text, facts)) is not None:
        return Check("remarks", Outcome.PASS, Message(note), data)
    rest = granted.without(marked, facts)
    if (wish := _wish(rest, _ASKS_FOR_ANOTHER)) is not None:
        told = Message(N_("The customer asks for %(wish)s: the invoice would not show it."), wish=Message(wish))
        return Check("remarks", Outcome.FAIL, told, data)
    printed = _REFERENCE.search(text) is not None
    asks = [ask for ask in _ASKS if not (printed and ask.wish == _TO_BE_PRINTED)]
    if (wish := _wish(rest, asks)) is not None:
        told = Message(N_("The customer asks us to %(wish)s."), wish=Message(wish))
        return Check("remarks", Outcome.WARN, told, data)
    if _ASKS_SOMETHING.search(rest):
        return Check("remarks", Outcome.WARN, Message(N_("The customer seems to ask for something.")), data)
    told = Message(
        N_("Read the remark: “%(remark)s”. Whether it asks for something is not known."), remark=_short(text)
    )
    return Check("remarks", Outcome.WARN, told, data)


def _note(marked: str, text: str, facts: Facts) -> str | None:
    """What to say of a text that asks for nothing beyond doubt; None of any other."""
    if _NOTHING.fullmatch(text.strip()):
        return N_("It reads as a note, which the invoice shows as it is.")
    found = plain.things(marked, lambda text, at: granted.sentence_at(text, at, facts))
    if found is None or not plain.is_note(found, marked, facts):
        return None
    if taxids.names_other(text, facts.header.get("tax_id", "")):
        return None
    if any(thing.kind in granted.KINDS for thing in found):
        return N_("It names what the application says already.")
    if any(thing.codes for thing in found):
        return N_("A reference, which the invoice shows as it is.")
    return N_("It reads as a note, which the invoice shows as it is.")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= QUOTED else f"{words[:QUOTED]}…"


def _wish(text: str, asks: Iterable[_Family]) -> str | None:
    return next((ask.wish for ask in asks if ask.pattern.search(text)), None)
