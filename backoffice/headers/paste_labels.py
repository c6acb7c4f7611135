"""The labels in a pasted block of header text, Chinese and English, and what stands between a label and its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OWNER = (
    "(?:(?:我|本|我们)(?:公司|司|方|单位)的?"
    "|公司|单位|企业|开票|注册|购买方|购方|买方|购货单位|购货方|受票方|甲方|客户|纳税人)?"
)
_BUYERS = r"(?:(?:buyer|customer|client)(?:['’]?s)?\s+)?"
_PAYER = "纳税人识别[号码]"
_NUMBER = "(?:[账帐](?:号码|号|户)|卡号)"
_AMOUNT = "(?:开票|发票|含税|不含税|价税|充值)?(?:金额|合计)"
_JOINT = r"\s*[、,，/／&及和与]?\s*"
_Labels = tuple[tuple[tuple[str, ...], str], ...]
# Longest first where one label holds another. Several fields: their values follow each other.
_CHINESE: _Labels = (
    (("address", "phone"), rf"{_OWNER}(?:地址{_JOINT}(?:{_OWNER}|联系)(?:电话|手机))(?:号码?)?"),
    (("phone", "address"), rf"{_OWNER}电话{_JOINT}{_OWNER}地址"),
    (("bank", "bank_account"), rf"{_OWNER}(?:开户行|开户银行)(?:名称)?{_JOINT}(?:银行)?{_NUMBER}"
                               rf"|银行\s*[、，,/／&及和与]\s*{_NUMBER}"),
    ((), "(?:开户行|银行|支行|大额|支付)(?:地址|行号|联行号)|联行号|行号|CNAPS(?:行号|代码|号码?|\\s*code)?"
         "|联系人|收件人|收件地址|邮寄地址|传真|邮编|备注"),
    (("email",), "(?:收票|收件|接收|电子|联系)?(?:邮箱|邮件)(?:地址)?"),
    (("kind",), "(?:发票|开票)?抬头(?:类型|性质)|(?:购买方|购方|买方|客户|开票)类型"),
    (("name",), f"{_OWNER}姓名|{_OWNER}(?:名称|全称)(?:[(（][^()（）]{{1,6}}[)）])?"
                "|(?:发票|开票|公司|单位|个人|企业)?抬头(?:名称)?(?:[(（](?:个人|企业)[)）])?|(?:[账帐]户|开户)名称?|户名|"
                f"购买方|购方|买方|购货单位|购货方|受票方"),
    (("tax_id",), f"{_OWNER}(?:统一)?社会信用代码(?:{_JOINT}(?:税号|{_PAYER})|[(（](?:税号|{_PAYER})[)）])?"
                  f"|{_OWNER}{_PAYER}(?:{_JOINT}(?:统一)?社会信用代码)?"
                  f"|{_OWNER}税号(?:{_JOINT}(?:(?:统一)?社会信用代码|{_PAYER}))?(?:[(（][^()（）]{{1,12}}[)）])?"
                  "|税务登记证?号|信用代码|统一编号"
                  "|(?:居民)?身份证(?:件)?(?:号码?)?|证件号码?"),
    (("address",), f"(?:{_OWNER}|经营|营业|联系|办公|通讯|通信)地址"),
    (("phone",), f"(?:{_OWNER}|联系|办公|移动)(?:电话|座机|手机)(?:号码?)?|联系方式"),
    (("bank",), f"(?:基本户|基本|{_OWNER})开户(?:银行|行)(?:名称)?|银行名称|银行"),
    (("bank_account",), f"(?:银行|开户|对公|基本户|{_OWNER}(?:银行)?){_NUMBER}"),
    # What is numbered besides: the last resort, for several labels above end alike.
    ((), f"[\u3400-\u9fff]{{0,8}}(?:单号|编号|编码|代码|票号|合同号|流水号|订单号码|行号|序号|{_PAYER})|QQ号?|微信号?"),
)  # fmt: skip
_ENGLISH: _Labels = (
    (("address", "phone"), r"address\s*(?:&|and|/|,)\s*(?:tel(?:ephone)?|phone)"),
    (("bank", "bank_account"), r"bank\s*(?:&|and|/|,)\s*account(?:\s*(?:no\.?|number))?"),
    (("email",), r"e-?mail(?:\s+address)?"),
    ((), r"bank\s+address|swift(?:\s*code)?|bic|fax|contact(?:\s*person)?|attn\.?|remarks?"
         r"|sort\s*code|post(?:al)?\s*code|zip(?:\s*code)?|street|city|country"
         r"|(?:cnaps|routing|clearing|aba|bank|branch)\s*(?:code|no\.?|number)|cnaps"
         r"|(?:purchase\s+order|sales\s+order|order|p\.?o\.?|contract|invoice|quote|quotation|project|reference|ref\.?"
         r"|customer|client|supplier|ticket)\s*(?:id|no\.?|number|ref\.?|code)"),
    (("kind",), r"(?:invoice\s+)?(?:header|title)\s+type|(?:buyer|customer)\s+type"),
    (("name",), r"(?:company|legal|registered|buyer|customer|account|invoice)\s+(?:name|title)"
                r"|company|buyer|customer|client|name|(?:invoiced?|bill(?:ed)?|sold)\s+to"),
    (("tax_id",), r"(?:unified\s+)?social\s+credit\s+(?:code|no\.?|number)|uscc|(?:vat|tax|taxpayer)\s*(?:(?:payer\s+)?"
                  r"(?:identification|registration|reg\.?)\s*)?(?:id|no\.?|number|code)(?:\s*(?:no\.?|number))?|tin|vat|gst(?:in)?|abn|uen"
                  r"|ust-?id(?:-?nr\.?)?|(?:identity\s+card|id\s+card|identity)(?:\s*(?:no\.?|number))?"
                  r"|id\s*(?:no\.?|number)"),
    (("address",), r"(?:registered|company|office|business|mailing)?\s*address"),
    (("phone",), r"(?:tele)?phone(?:\s*(?:no\.?|number))?|tel\.?(?:\s*(?:no\.?|number))?|mobile"),
    (("bank_account",), r"(?:bank\s+)?(?:account|acct\.?|a/c)(?:\s*(?:no\.?|number))?|iban"),
    (("bank",), r"(?:opening\s+|name\s+of\s+)?bank(?:\s+name)?"),
)  # fmt: skip
# Only with a colon behind it: too short, or part of what people write about.
_WITH_COLON: _Labels = (
    (("name",), "公司|单位|甲方|客户"),
    (("address",), "(?:公司)?住所(?:地)?"),
    (("bank",), "开户"),
    (("bank_account",), "基本户|一般户"),
    ((), f"{_AMOUNT}|(?:开票|申请|充值)?(?:日期|时间)"),
)
# The address and the phone of the register go before the others, those where somebody is met come last.
_REGISTERED = re.compile("注册|registered", re.IGNORECASE)
_LESSER = re.compile("经营|营业|联系|办公|通讯|通信|姓名|手机|移动|office|business|mailing|mobile", re.IGNORECASE)
_SELLERS = re.compile(
    r"^(?:销售方|销方|卖方|销货单位|销货方|供货方|供应商|(?:seller|vendor|supplier)(?:['’]?s)?\s+)", re.IGNORECASE
)
# 抬头是甲公司 as well; 为 only with a colon, for a name may begin with it.
_COLON = r"\s*#?\s*(?:[是为]?[:：＝]|是|=(?!>))\s*"
# What stands for a colon where a label has a beginning of its own: an arrow, a dash, the line of a table, a comma.
_CHINESE_STROKE = r"\s*(?:→|[-=]+>|[-–—]+|[#|;；,，])\s*"
_ENGLISH_STROKE = r"(?:\s*(?:→|[-=]+>|[#|]|,(?=\S))\s*|\s+[-–—]+\s+)"
# In front of a label: a figure, a letter or a dot of a list.
_FIGURE = r"[（(]?\d{1,2}[)）.、．]|[（(]?[一二三四五六七八九十]{1,2}[)）.、．]|[（(]?[a-z][)）]|[\u2460-\u249b]"
_BULLET = rf"(?:(?:{_FIGURE}|[-*•·●▪◆■○□➢➤►▶✓✔❖–—])\s*)?"
# The same glued to the value before. A figure right behind another one belongs to the value.
_TRAILING = re.compile(
    r"(?:\s*[（(]?(?<!\d)\d{1,2}[)）.、．]|[一二三四五六七八九十]{1,2}[、．]|\s+[a-z][)）]|[\u2460-\u249b]|(?<=\s)[-*•·●▪–—])$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(\d{1,5})[)）.、．]$")
_PART_BEGINS = r"(?:(?<!\S)|(?<=[;；,，。|#]))"
_LINE_BEGINS = r"(?:^[ ]*|(?<=[;；,，|#])[ ]?)"
# A value that tells by its first sign that a label goes before it, even without a colon.
_VALUE_BEGINS = {
    "tax_id": r"\s+(?=[a-z]{0,3} ?\d[\d ]{5}|\d[0-9a-z ]{14})",
    "phone": r"\s+(?=[+(（\d])",
    "bank_account": r"\s+(?=(?:[a-z]{2})?\d)",
    "email": r"\s+(?=[^\s@]+@)",
}
# These begin no name of a company and of no bank.
_PLAIN_ENGLISH: _Labels = (
    (("name",), r"(?:company|legal|registered|buyer|customer|invoice)\s+(?:name|title)|name"),
    (("tax_id",), r"tax\s+(?:id|no\.?|number|code)"),
    (("address",), r"(?:registered|company|office|business)\s+address|address"),
    (("bank",), r"bank\s+name|name\s+of\s+bank"),
)  # fmt: skip
# Glued to its value: nothing else begins like these, but for a longer label.
_GLUED_AHEAD: _Labels = (
    (("name",), "发票抬头|(?:公司|单位|企业|开票|购买方)?名称|抬头"),
    (("address",), "(?:注册|公司|单位|企业)?地址"),
    (("bank",), "开户银行|开户行"),
)
# Glued to the value before, only labels that no value ends with.
_GLUED_BEHIND: _Labels = (
    (("address", "phone"), rf"(?:注册)?地址{_JOINT}电话"),
    (("bank", "bank_account"), rf"开户(?:银)?行{_JOINT}(?:银行)?[账帐]号"),
    (("tax_id",), "统一社会信用代码|纳税人识别[号码]|税号"),
    (("address",), "(?:注册)?地址"),
    (("phone",), "(?:注册|联系)?电话"),
    (("bank",), "开户银行|开户行"),
    (("bank_account",), "(?<=行)银行[账帐]号|银行卡号|[账帐]号"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A label found in a line: where it begins, where its value begins, and the fields it is about, none for a field
    that a header has not."""

    start: int
    end: int
    fields: tuple[str, ...]


def _pattern() -> tuple[re.Pattern[str], list[tuple[str, ...]]]:
    """One expression for all labels; the number of the group that matched tells the fields."""
    alternatives: list[str] = []
    meanings: list[tuple[str, ...]] = []
    for fields, words in _CHINESE:
        # Without a colon a label must stand by itself or before a figure: a company may be called 银行 or 地址.
        alternatives.append(rf"{_PART_BEGINS}{_BULLET}({words})(?:{_COLON}|{_CHINESE_STROKE}|(?=\s)|(?=\d)|$)")
        meanings.append(fields)
    for fields, words in _WITH_COLON:
        alternatives.append(rf"{_PART_BEGINS}{_BULLET}({words}){_COLON}")
        meanings.append(fields)
    # 金额10000元 is a wish; 金额 12000.00 is a field of its own.
    alternatives.append(rf"{_PART_BEGINS}{_BULLET}({_AMOUNT})\s+(?=\d)")
    meanings.append(())
    for fields, plain in _ENGLISH:
        words = rf"{_BUYERS}(?:{plain})"
        begun = _VALUE_BEGINS.get(fields[0]) if len(fields) == 1 else None
        ends = rf"(?:{_COLON}|\s{{2,}}{f'|{begun}' if begun else ''})"
        alternatives.append(rf"(?<![^\s;；,，。|/#])(?:{_BULLET})({words}){ends}")
        alternatives.append(rf"{_LINE_BEGINS}{_BULLET}({words}){_ENGLISH_STROKE}")
        alternatives.append(rf"^[ ]*{_BULLET}({words})(?:\s*,\s*|\s*$)")
        meanings += [fields] * 3
    for fields, words in _PLAIN_ENGLISH:
        alternatives.append(rf"^[ ]*{_BULLET}({words})\s+(?=\S)")
        meanings.append(fields)
    for fields, words in (*_PLAIN_ENGLISH, (("bank",), "bank")):
        # In front of a Chinese value an English word is a label wherever it stands.
        alternatives.append(rf"{_PART_BEGINS}({words})\s+(?=[\u3400-\u9fff])")
        meanings.append(fields)
    for fields, alternative in _glued():
        alternatives.append(alternative)
        meanings.append(fields)
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE), meanings


def _glued() -> Iterator[tuple[tuple[str, ...], str]]:
    """The labels that nothing parts from a value beside them, each with the fields it is about."""
    for fields, words in _GLUED_AHEAD:
        yield fields, rf"{_PART_BEGINS}{_BULLET}({words})(?=[\u3400-\u9fff])(?![及和与]|[^\s:：]{{1,4}}[:：])"
    for fields, words in _GLUED_BEHIND:
        begun = r"|(?=\d)" if fields in (("tax_id",), ("phone",), ("bank_account",)) else ""
        yield fields, f"({words})(?:{_COLON}{begun})"


_LABEL, _MEANINGS = _pattern()

# Labels are looked for in simplified characters, sign for sign; the values stay as they were written.
_SIMPLIFIED = str.maketrans(
    "購買銷賣稱統會碼開戶帳賬號電話銀納稅識別單業營聯註冊發頭傳郵編備類個",
    "购买销卖称统会码开户帐账号电话银纳税识别单业营联注册发头传邮编备类个",
)


def simplified(text: str) -> str:
    """The text with the characters of labels in their simplified form, sign for sign."""
    return text.translate(_SIMPLIFIED)


def marks(line: str) -> list[Mark]:
    """The labels of one line, in order; a label that follows another without a value between them included."""
    found = _LABEL.finditer(simplified(line))
    return [Mark(mark.start(), mark.end(), _MEANINGS[(mark.lastindex or 1) - 1]) for mark in found]


def in_words(label: str) -> str:
    """A name of a program in words: tax_id and taxId are a tax id."""
    return re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", label)


def meaning(text: str) -> tuple[str, ...] | None:
    """The fields that a text is the label of when it is nothing else, as in the first row of a table; one of the
    seller's included. Empty for a label of what a header has not, None for any other text."""
    label = _SELLERS.sub("", simplified(in_words(text.strip())))
    found = marks(label + ":")
    alone = len(found) == 1 and found[0].start == 0 and found[0].end == len(label) + 1
    return found[0].fields if alone else None


def is_label(text: str) -> bool:
    """Whether the text is a label and nothing else."""
    return meaning(text) is not None


def weight(label: str) -> int:
    """The lower, the sooner a value counts where several labels speak of one field."""
    return 0 if _REGISTERED.search(simplified(label)) else 2 if _LESSER.search(simplified(label)) else 1


def without_bullet(value: str, turn: int) -> str:
    """A value without the number of the label behind it, which is the `turn`-th of its block."""
    counted = _COUNTED.search(value)
    if counted is None or not counted[1].endswith(str(turn)):
        return _TRAILING.sub("", value)
    before = value[: counted.end(1) - len(str(turn))]
    return before[:-1] if before.endswith(("(", "（")) else before
