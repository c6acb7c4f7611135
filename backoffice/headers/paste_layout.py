"""The layout of a pasted block: tables, lists, quotes and code become lines of a label and its value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from backoffice.headers.paste_labels import in_words, is_label, simplified
from backoffice.headers.paste_tables import columns
from backoffice.headers.tax_ids import LENGTH, TaxIdOutcome, check_tax_id, normalise_tax_id

# Labels are set as wide as each other: 名  称, 开 户 行. Only where no character stands in front.
_WIDE = re.compile(
    r"(?<![\u3400-\u9fff])(?:"
    + "|".join(
        " *".join(word)
        for word in ("开户银行", "开户行", "公司名称", "单位名称", "银行账号", "联系电话", "姓名", "手机",
                     "名称", "抬头",
                     "户名", "税号", "地址", "电话", "账号", "帐号")
    )
    + r")(?=\s|[:：=＝]|\d)"
)  # fmt: skip
# In brackets behind the value it belongs to: a label with its value, a tax ID, an account behind a bank.
_IN_BRACKETS = re.compile(
    r"[(（]\s*((?:(?:银行|联系|注册)?(?:[账帐][号户]|卡号|电话|地址)|税号|(?:统一)?社会信用代码|纳税人识别[号码]|开户银?行"
    r"|(?:支付|开户|银)?(?:联行|行)号|CNAPS)"
    r"\s*(?:[:：]|(?=\d))[^()（）\n]*)[)）]"
)
_TAX_ID_IN_BRACKETS = re.compile(r"[(（]\s*([0-9A-Za-z]{18})\s*[)）]")
_ACCOUNT_IN_BRACKETS = re.compile(r"(?<=[行部社处])[(（]\s*(\d(?:[ -]?\d){9,29})\s*[)）]")

# "label": "value", as programs and careful people write.
_QUOTED = re.compile(
    r"[\"“”「『](?P<label>[^\"“”「」『』\n]{1,24})[\"“”」』]\s*(?P<sign>[:：=＝,，])\s*"
    r"[\"“”「『](?P<value>[^\"“”「」『』\n]*)[\"“”」』]\s*[,，;；]?"
)
_CHINESE_LABEL = r"(?P<chinese>[\u3400-\u9fff、]{2,12})"
_ENGLISH_LABEL = r"(?P<english>[A-Za-z][A-Za-z .&-]{1,24}?)"
# The same label in both languages, with a stroke between them or the second in brackets.
_TWICE = tuple(
    re.compile(rf"(?<!\w){one}\s*[/／|(（]\s*{other}\s*[)）]?(?=\s*[:：])")
    for one, other in ((_CHINESE_LABEL, _ENGLISH_LABEL), (_ENGLISH_LABEL, _CHINESE_LABEL))
)
# Office, kind and region are figures, but for what was misread: 91310000, Y1310000, 9131OOO0.
_BEGINS_AS_TAX_ID = re.compile(r"(?=(?:.*?\d){5})[1-9ANYG][0-9IO][0-9IOSZB]{6}", re.IGNORECASE)
_WORD = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{5,}(?![0-9A-Za-z])")
# What keyboards of Chinese write wide; brackets and signs between words stay, they may belong to a name.
_WIDE_SIGNS = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B),
                                                *map(ord, "＠＋．－＃／＿"))}  # fmt: skip


def tidy(block: str) -> tuple[str, list[str]]:
    """The block in plain line breaks and spaces, without what cannot be seen, and the rows of a table that are of
    nobody; brackets stay as they are."""
    text = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", block)
    text = re.sub(r"(?<=\d)[\u2010-\u2015\u2212](?=\d)", "-", text.translate(_WIDE_SIGNS))
    text = re.sub("\r\n?|[\u2028\u2029\u0085\v\f]|<br */?>", "\n", text)
    text, aside = columns(_plain(_from_json(text)))
    # A table that was copied has a tab between label and value; two spaces separate as well.
    text = re.sub("[\u00a0\u2000-\u200a\u202f\u3000]", " ", text.replace("\t", "  "))
    text = re.sub("【([^【】\n]{1,16})】[:：]?", r" \1：", text)
    text = _unwrapped(_once(_narrow(text)))
    return re.sub(" {3,}", "  ", text), aside


def _narrow(text: str) -> str:
    """The text without the spaces inside labels that were set wide."""
    kept: list[str] = []
    end = 0
    for wide in _WIDE.finditer(simplified(text)):
        kept += text[end : wide.start()], text[wide.start() : wide.end()].replace(" ", "")
        end = wide.end()
    return "".join([*kept, text[end:]])


def _once(text: str) -> str:
    """The text with one label where two languages stand beside each other: 地址/Address, Address (地址)."""
    for twice in _TWICE:
        text = twice.sub(_chinese_alone, text)
    return text


def _chinese_alone(both: re.Match[str]) -> str:
    return both["chinese"] if is_label(both["chinese"]) and is_label(both["english"]) else both[0]


def _unwrapped(text: str) -> str:
    """The text with a value that stands in brackets behind another one beside it, under its own label."""
    kept: list[str] = []
    end = 0
    for wrapped in _IN_BRACKETS.finditer(simplified(text)):
        kept += text[end : wrapped.start()], "  ", text[wrapped.start(1) : wrapped.end(1)], "  "
        end = wrapped.end()
    text = _ACCOUNT_IN_BRACKETS.sub(r" \1", "".join([*kept, text[end:]]))
    return _TAX_ID_IN_BRACKETS.sub(
        lambda code: f"  税号：{code[1]}  " if is_tax_id(normalise_tax_id(code[1])) else code[0], text
    )


def _from_json(text: str) -> str:
    """A JSON object as lines; text that is none as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return "\n".join(_leaves("", said))


def _leaves(label: str, said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            if isinstance(value, dict):
                # Whose it is: the seller's or the buyer's.
                yield f"{in_words(key)}："
            yield from _leaves(key, value)
    elif isinstance(said, list):
        for value in said:
            yield from _leaves(label, value)
    elif said not in (None, ""):
        yield f"{in_words(label)}：{said}" if label else str(said)


def _plain(text: str) -> str:
    """The text without the marks of Markdown, quotes around labels and lines that only rule."""
    text = re.sub(r"\*\*+|`+", "", text)
    text = _QUOTED.sub(_pair, text)
    text = re.sub(r"(?m)^[ ]*[a-z]+(?:_[a-z]+)+(?=\s*[:=])", lambda label: in_words(label[0]), text)
    lines = (re.sub(r"^ {0,3}(?:#{1,6} +|(?:> ?)+)(?=\S)", "", line) for line in text.split("\n"))
    return "\n".join(line for line in lines if not _rules(line.strip()))


def _pair(quoted: re.Match[str]) -> str:
    """A label and its value in quotes on a line of their own; two cells of a row as they are."""
    label, value = in_words(quoted["label"]), quoted["value"]
    if quoted["sign"] in ",，" and (not is_label(label) or is_label(value)):
        return quoted[0]
    return f"\n{label}：{value}\n"


def _rules(line: str) -> bool:
    return (line != "" and ("---" in line and not line.strip("|-:+= "))) or (line != "" and not line.strip("{}[],"))


def is_tax_id(text: str) -> bool:
    """Whether this is a tax ID, right or nearly: a wrong check symbol is told at the field, where it can be mended."""
    result = check_tax_id(text)
    letters = sum(symbol.isalpha() for symbol in result.code)
    if len(result.code) != LENGTH or not result.code.isascii() or not _BEGINS_AS_TAX_ID.match(result.code):
        return False
    # A name of 18 letters is no tax ID, whatever its letters add up to.
    return result.outcome == TaxIdOutcome.VALID or (letters > 1 and not _WORD.search(text))
