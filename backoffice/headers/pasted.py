"""A block of header text, as it comes in a mail or a chat, split into the fields of a header.

The result is a suggestion: whoever pasted the block looks at each field. What is not understood is told, not dropped.
Labels decide first (Chinese or English, on lines of their own or in one line); what has none is known by its form: a
tax ID by its check symbols, a name by its ending (公司, Ltd), a bank by 支行 or Bank, a phone by its digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from backoffice.headers.tax_ids import LENGTH, TaxIdOutcome, check_tax_id, normalise_tax_id

LIMIT = 2000  # characters of a block
_LONGEST = 256  # characters of a value that is recognised by its form
FIELDS = ("name", "tax_id", "address", "phone", "bank", "bank_account")

_OWNER = "(?:公司|单位|企业|开票|注册|购买方|购方|受票方|客户|纳税人)?"
_NUMBER = "(?:[账帐](?:号码|号|户)|卡号)"
_JOINT = r"\s*[、,，/／&及和与]?\s*"
# Longest first where one label holds another. Several fields: their values follow each other.
_CHINESE = (
    (("address", "phone"), rf"{_OWNER}(?:地址{_JOINT}(?:{_OWNER}|联系)电话)(?:号码)?"),
    (("phone", "address"), rf"{_OWNER}电话{_JOINT}{_OWNER}地址"),
    (("bank", "bank_account"), rf"{_OWNER}(?:开户行|开户银行)(?:名称)?{_JOINT}(?:银行)?{_NUMBER}"
                               rf"|银行\s*[、，,/／&及和与]\s*{_NUMBER}"),
    ((), "(?:开户行|银行)(?:地址|行号|联行号)|联行号|行号"
         "|电子邮箱|邮箱|邮件|联系人|收件人|收件地址|邮寄地址|传真|邮编|备注"),
    (("name",), f"{_OWNER}(?:名称|全称)(?:[(（][^()（）]{{1,6}}[)）])?"
                f"|(?:发票|开票|公司|单位)?抬头|户名|购买方|购方|受票方"),
    (("tax_id",), f"{_OWNER}(?:统一)?社会信用代码(?:{_JOINT}(?:税号|纳税人识别[号码]))?"
                  f"|{_OWNER}纳税人识别[号码](?:{_JOINT}(?:统一)?社会信用代码)?|{_OWNER}税号|税务登记证?号|信用代码"),
    (("address",), f"(?:{_OWNER}|经营|营业|联系|办公)地址"),
    (("phone",), f"(?:{_OWNER}|联系|办公)(?:电话|座机)(?:号码)?"),
    (("bank",), f"(?:基本户|基本|{_OWNER})开户(?:银行|行)(?:名称)?|银行名称|银行"),
    (("bank_account",), f"(?:银行|开户|对公|基本户|{_OWNER}){_NUMBER}"),
)  # fmt: skip
_ENGLISH = (
    (("address", "phone"), r"address\s*(?:&|and|/|,)\s*(?:tel(?:ephone)?|phone)"),
    (("bank", "bank_account"), r"bank\s*(?:&|and|/|,)\s*account(?:\s*(?:no\.?|number))?"),
    ((), r"bank\s+address|swift(?:\s*code)?|bic|fax|e-?mail|contact(?:\s*person)?|attn\.?|remarks?"
         r"|post(?:al)?\s*code|zip(?:\s*code)?|street|city|country"),
    (("name",), r"(?:company|legal|registered|buyer|customer|account|invoice)\s+(?:name|title)"
                r"|company|buyer|name|invoice\s+to"),
    (("tax_id",), r"(?:unified\s+)?social\s+credit\s+(?:code|no\.?|number)|uscc|(?:vat|tax|taxpayer)\s*(?:(?:payer\s+)?"
                  r"(?:identification|registration|reg\.?)\s*)?(?:id|no\.?|number|code)(?:\s*(?:no\.?|number))?|tin"),
    (("address",), r"(?:registered|company|office|business)?\s*address"),
    (("phone",), r"(?:tele)?phone(?:\s*(?:no\.?|number))?|tel\.?(?:\s*(?:no\.?|number))?|mobile"),
    (("bank_account",), r"(?:bank\s+)?(?:account|acct\.?|a/c)(?:\s*(?:no\.?|number))?|iban"),
    (("bank",), r"(?:opening\s+|name\s+of\s+)?bank(?:\s+name)?"),
)  # fmt: skip
_COLON = r"\s*[:：=＝]\s*"
# In front of a label: a figure or a dot of a list.
_BULLET = r"(?:[（(]?\d{1,2}[)）.、．]\s*|[-*•·●▪]\s*)?"


def _pattern() -> tuple[re.Pattern[str], list[tuple[str, ...]]]:
    """One expression for all labels; the number of the group that matched tells the fields."""
    alternatives: list[str] = []
    meanings: list[tuple[str, ...]] = []
    for fields, words in _CHINESE:
        # Without a colon a label must stand by itself or before a figure: a company may be called 银行 or 地址.
        alternatives.append(rf"(?:(?<!\S){_BULLET}|(?<=[;；,，。|]))({words})(?:{_COLON}|(?=\s)|(?=\d)|$)")
        meanings.append(fields)
    for fields, words in _ENGLISH:
        alternatives.append(rf"(?<![^\s;；,，。|/])(?:{_BULLET})({words})(?:{_COLON}|\s{{2,}})")
        meanings.append(fields)
    # Glued to the value before, only labels that no value ends with.
    for fields, words in (
        (("address", "phone"), rf"(?:注册)?地址{_JOINT}电话"),
        (("bank", "bank_account"), rf"开户(?:银)?行{_JOINT}(?:银行)?[账帐]号"),
        (("tax_id",), "统一社会信用代码|纳税人识别[号码]|税号"),
        (("address",), "(?:注册)?地址"),
        (("phone",), "(?:注册|联系)?电话"),
        (("bank",), "开户银行|开户行"),
        (("bank_account",), "(?<=行)银行[账帐]号|银行卡号|[账帐]号"),
    ):
        alternatives.append(f"({words}){_COLON}")
        meanings.append(fields)
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE), meanings


_LABEL, _MEANINGS = _pattern()

# Labels are looked for in simplified characters, sign for sign; the values stay as they were written.
_SIMPLIFIED = str.maketrans(
    "購買稱統會碼開戶帳賬號電話銀納稅識別單業營聯註冊發頭傳郵編備",
    "购买称统会码开户帐账号电话银纳税识别单业营联注册发头传邮编备",
)
# Labels are set as wide as each other: 名  称, 开 户 行. Only where no character stands in front.
_WIDE = re.compile(
    r"(?<![\u3400-\u9fff])(?:"
    + "|".join(
        " *".join(word)
        for word in ("开户银行", "开户行", "公司名称", "单位名称", "银行账号", "联系电话", "名称", "抬头",
                     "户名", "税号", "地址", "电话", "账号", "帐号")
    )
    + r")(?=\s|[:：=＝]|\d)"
)  # fmt: skip
# In brackets behind the value it belongs to: a label with its value, a tax ID, an account behind a bank.
_IN_BRACKETS = re.compile(
    r"[(（]\s*((?:(?:银行|联系|注册)?(?:[账帐][号户]|卡号|电话|地址)|税号|(?:统一)?社会信用代码|纳税人识别[号码]|开户银?行)"
    r"\s*[:：][^()（）\n]*)[)）]"
)
_TAX_ID_IN_BRACKETS = re.compile(r"[(（]\s*([0-9A-Za-z]{18})\s*[)）]")
_ACCOUNT_IN_BRACKETS = re.compile(r"(?<=[行部社处])[(（]\s*(\d(?:[ -]?\d){9,29})\s*[)）]")

_LANDLINE = (
    r"(?:\+\d{1,3}[ -]?(?:\(\d{1,4}\)|\d{1,4})?[ -]?|(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3})[ -]?)?\d{3,4}[ -]?\d{4}"
)
_PHONE = (
    rf"(?:(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}|[48]00[ -]?\d{{3,4}}[ -]?\d{{3,4}}|{_LANDLINE})"
    r"(?:\s*(?:转|分机|-|#|x|ext\.?)\s*\d{1,6})?"
)
_ACCOUNT = r"(?:[A-Z]{2}\d{2}(?: ?[0-9A-Z]{2,4}){3,7}|\d(?:[ -]?\d){7,29})"
_IS_PHONE = re.compile(_PHONE, re.IGNORECASE)
_IS_ACCOUNT = re.compile(_ACCOUNT)
_TAIL = {
    "phone": re.compile(rf"(?<![\d-])(?:电话|tel\.?|phone)?[:：]?\s*({_PHONE})$", re.IGNORECASE),
    "bank_account": re.compile(rf"(?<!\d)(?:[账帐]号|a/c|account)?[:：]?\s*({_ACCOUNT})$", re.IGNORECASE),
}
_TAX_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{18}(?![0-9A-Za-z])")
_NAME = re.compile(
    r".*(?:公司|集团|厂|事务所|合伙企业|合作社|中心|大学|学院|学校|医院|委员会|协会|学会|研究院|研究所|基金会|商行|经营部|工作室)"
    r"(?:[(（][^()（）]*[)）])?"
    r"|.*\b(?:ltd|limited|inc|incorporated|llc|llp|plc|gmbh|ag|kg|corp|corporation|company|co|s\.?a\.?s?|s\.?r\.?l|"
    r"b\.?v|n\.?v|oy|ab|a/s|pty|pte|university|foundation)\.?(?:\s*\([^()]*\))?",
    re.IGNORECASE,
)
_BANK = re.compile(r".*(?:支行|分行|营业部|分理处|信用社)|.*银行.*|.*\bbank\b.*", re.IGNORECASE)
_BRANCH = re.compile(r".*(?:支行|分行|营业部|分理处|信用社)|.*\bbranch\b.*", re.IGNORECASE)
# Two of these make a Chinese address: a region, a street, a number.
_ADDRESS_PARTS = tuple(map(re.compile, ("[省市区县镇乡]", "[路街道巷弄村园]|大厦|广场", r"\d\s*[号弄室楼层幢座]")))
_ENGLISH_ADDRESS = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|lane|building|floor|room|suite|district)\b|stra(?:ss|ß)e\b", re.IGNORECASE
)
_CHINESE_SIGN = re.compile(r"[\u3400-\u9fff]")
_FOREIGN_LABEL = re.compile(r"[^\d:：]{1,20}[:：]")
_EDGE = " \t,，;；。、|"


@dataclass(slots=True)
class Pasted:
    """What a block says, field by field, and what of it was not understood."""

    fields: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def split(block: str) -> Pasted:
    """Split a block of text into the fields of a header. Never raises; beyond `LIMIT` characters nothing is read."""
    found = Pasted()
    loose: list[str] = []
    for wanted, label, value in _labelled(_tidy(block[:LIMIT])):
        if wanted is None:
            loose.extend(_pieces(value))
        elif not wanted:
            found.unknown.append(f"{label} {value}".strip())
        else:
            _keep(found, wanted, value)
    for piece in loose:
        _guess(found, piece)
    for name, tail in (("address", "phone"), ("bank", "bank_account")):
        if name in found.fields and tail not in found.fields:
            _cut_tail(found, name, tail, found.fields[name])
    return found


def _tidy(block: str) -> str:
    """The block in plain line breaks and spaces, without what cannot be seen; brackets stay as they are."""
    text = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", block)
    text = re.sub("\r\n?|[\u2028\u2029\u0085\v\f]", "\n", text)
    # A table that was copied has a tab between label and value; two spaces separate as well.
    text = re.sub("[\u00a0\u2000-\u200a\u202f\u3000]", " ", text.replace("\t", "  "))
    text = re.sub("【([^【】\n]{1,16})】[:：]?", r" \1：", text)
    text = _unwrapped(_narrow(text))
    return re.sub(" {3,}", "  ", text)


def _narrow(text: str) -> str:
    """The text without the spaces inside labels that were set wide."""
    kept: list[str] = []
    end = 0
    for wide in _WIDE.finditer(text.translate(_SIMPLIFIED)):
        kept += text[end : wide.start()], text[wide.start() : wide.end()].replace(" ", "")
        end = wide.end()
    return "".join([*kept, text[end:]])


def _unwrapped(text: str) -> str:
    """The text with a value that stands in brackets behind another one beside it, under its own label."""
    kept: list[str] = []
    end = 0
    for wrapped in _IN_BRACKETS.finditer(text.translate(_SIMPLIFIED)):
        kept += text[end : wrapped.start()], "  ", text[wrapped.start(1) : wrapped.end(1)], "  "
        end = wrapped.end()
    text = _ACCOUNT_IN_BRACKETS.sub(r" \1", "".join([*kept, text[end:]]))
    return _TAX_ID_IN_BRACKETS.sub(
        lambda code: f"  税号：{code[1]}  " if _is_tax_id(normalise_tax_id(code[1])) else code[0], text
    )


def _labelled(text: str) -> Iterator[tuple[tuple[str, ...] | None, str, str]]:
    """The text in order as (fields, label, value); fields are None where no label stands, empty for a label of ours."""
    waiting: tuple[tuple[str, ...], str] | None = None
    for line in text.split("\n"):
        marks = list(_LABEL.finditer(line.translate(_SIMPLIFIED)))
        ahead = line[: marks[0].start()] if marks else line
        if ahead.strip(_EDGE):
            # A label alone on its line names the line below.
            yield (*(waiting or (None, "")), ahead.strip(_EDGE))
            waiting = None
        ends = [*(mark.start() for mark in marks[1:]), len(line)]
        for mark, end in zip(marks, ends, strict=False):
            if waiting:
                yield (*waiting, "")
            group = mark.lastindex or 1
            waiting = _MEANINGS[group - 1], line[mark.start() : mark.end()].strip(_EDGE)
            if value := line[mark.end() : end].strip(_EDGE):
                yield (*waiting, value)
                waiting = None
    if waiting:
        yield (*waiting, "")


def _keep(found: Pasted, wanted: tuple[str, ...], value: str) -> None:
    """Put a labelled value into its field, or into the two that share the label."""
    if not value:
        return
    if wanted == ("tax_id",) and not any(map(str.isdigit, value)):
        # "none", "see above": no tax ID is without figures.
        found.unknown.append(value)
        return
    if len(wanted) == 2 and wanted[0] == "phone":
        number = _IS_PHONE.match(value)
        if number:
            _put(found, "phone", number[0])
            value = value[number.end() :].strip(_EDGE)
        _put(found, "address", value)
    elif len(wanted) == 2:
        _cut_tail(found, *wanted, value)
    else:
        _put(found, wanted[0], value)


def _cut_tail(found: Pasted, name: str, tail: str, value: str) -> None:
    """Give the number at the end of a value to its own field: address and phone, bank and account."""
    number = _TAIL[tail].search(value)
    rest = value[: number.start()].strip(_EDGE + "/／") if number else value
    if number and rest:
        found.fields[name] = rest if found.fields.get(name, value) == value else found.fields[name]
        _put(found, tail, number[1])
    _put(found, name, rest or value)


def _put(found: Pasted, name: str, value: str) -> None:
    if name == "tax_id":
        value = normalise_tax_id(value)
    if value and found.fields.setdefault(name, value) != value:
        found.unknown.append(value)


def _pieces(text: str) -> Iterator[str]:
    """A line without labels in pieces that may each be a field."""
    if check_tax_id(text).outcome == TaxIdOutcome.VALID:
        yield text
        return
    ids = [code for code in _TAX_ID.findall(text) if check_tax_id(code).outcome == TaxIdOutcome.VALID]
    for code in ids:
        text = text.replace(code, ";")
    yield from ids
    for part in re.split(r"[;；|]|\s{2,}", text):
        # Chinese has no spaces of its own; those between figures belong to a number.
        pieces = re.split(r"(?<!\d)\s+|\s+(?!\d)", part) if _CHINESE_SIGN.search(part) else [part]
        yield from filter(None, (piece.strip(_EDGE) for piece in pieces))


def _guess(found: Pasted, piece: str) -> None:
    """Put a value without label into the field whose form it has, unless that is taken."""
    # Behind a label that we do not know stands something else: the seller's name looks like the buyer's.
    forms = iter(()) if len(piece) > _LONGEST or _FOREIGN_LABEL.match(piece) else _forms(piece)
    name = next((name for name in forms if name not in found.fields), None)
    if name is None:
        found.unknown.append(piece)
    elif name in ("address", "bank"):
        _cut_tail(found, name, "phone" if name == "address" else "bank_account", piece)
    else:
        _put(found, name, piece)


def _forms(piece: str) -> Iterator[str]:
    """The fields a value may belong to by its form, the surest first."""
    plain = unicodedata.normalize("NFKC", piece)
    if _is_tax_id(plain):
        yield "tax_id"
        return
    if _IS_PHONE.fullmatch(plain):
        yield "phone"
    # 15 figures may be a tax ID of before 2015 as well: no guess then.
    if _IS_ACCOUNT.fullmatch(plain) and len(re.sub(r"\W", "", plain)) not in (15, 18):
        yield "bank_account"
    without_tail = re.sub(r"[\s\d-]+$", "", plain)
    if _BRANCH.fullmatch(without_tail):
        yield "bank"
    if _NAME.fullmatch(plain):
        yield "name"
    if _BANK.fullmatch(without_tail):
        yield "bank"
    if _is_address(plain):
        yield "address"


def _is_tax_id(text: str) -> bool:
    """Whether this is a tax ID, right or nearly: a wrong check symbol is told at the field, where it can be mended."""
    result = check_tax_id(text)
    letters = sum(symbol.isalpha() for symbol in result.code)
    return result.outcome == TaxIdOutcome.VALID or (
        len(result.code) == LENGTH and result.code.isascii() and letters > 1
    )


def _is_address(text: str) -> bool:
    if sum(part.search(text) is not None for part in _ADDRESS_PARTS) >= 2:
        return True
    return _ENGLISH_ADDRESS.search(text) is not None and any(map(str.isdigit, text))
