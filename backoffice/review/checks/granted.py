"""Sentences that ask for nothing but what the application says already: its buyer, its amount, where it goes.

Each is matched whole, from words of a closed list and one value: whatever stands before, between or behind may turn it
round, as "instead of" and "half of" do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from backoffice.headers.rules import HeaderKind
from backoffice.review.checks import names
from backoffice.review.checks.facts import Facts

# They stand for the buyer's name and tax ID, which may hold any sign. No text that is kept has them.
_NAME, _TAX_ID = "\ue000", "\ue001"
_UNITS = {
    "CNY": "元|块|圆|人民币|cny|rmb|yuan|¥", "EUR": "欧元|eur|euros?|€", "USD": "美元|美金|usd", "GBP": "英镑|gbp|£",
    "HKD": "港币|港元|hkd", "JPY": "日元|jpy", "SGD": "sgd", "CHF": "chf",
}  # fmt: skip
_UNIT = "|".join(_UNITS.values())
_FIGURES = r"(?P<figures>[0-9]+(?:,[0-9]{3})*(?:\.[0-9]{1,2})?)(?P<ten>万)?"
_AMOUNT = rf"(?:(?P<before>{_UNIT}) ?)?{_FIGURES}(?: ?(?P<behind>{_UNIT}))?整?"
_ONE_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_ADDRESSES = rf"(?P<to>{_ONE_ADDRESS}(?:(?:, ?|; ?|、| and | & |[和及与]| ){_ONE_ADDRESS})*)"
_BUYER = r"(?P<buyer>[^,;。!\n、]+?)"
_PLEASE = "(?:(?:please|kindly) )?"
_ASKED = "(?:请|麻烦|烦请|劳驾)?"
_IT = "(?:it|this|the (?:invoice|pdf))"
_LATIN_END = "(?:,? ?(?:please|thanks|thank you))?"
_CHINESE_END = "(?:即可|就行|就可以)?(?:,? ?谢谢(?:您|你们)?)?"
_OF_BUYER = "(?:抬头|购买方|购方|买方|受票方|开票单位|客户|公司|单位|企业)(?:名称|全称)?"
_LATIN_OF_BUYER = "(?:title|header|buyer|bill[- ]to|customer|client|company)"
_ISSUED = "(?:开(?:具|出)?)?(?:发?票)?"
_STOP = r"(?=\s*(?:[,;。!\n、]|\.(?:\s|$)|$))"


def _is_buyer(found: re.Match[str], facts: Facts) -> bool:
    told = found["buyer"].strip()
    name = facts.header["name"]
    is_person = facts.header["kind"] == HeaderKind.PERSONAL
    return told == _NAME or names.same(told.replace(_NAME, name), name, is_person=is_person)


def _is_amount(found: re.Match[str], facts: Facts) -> bool:
    amount = Decimal(found["figures"].replace(",", "")) * (10_000 if found["ten"] else 1)
    units = (unit for unit in (found["before"], found["behind"]) if unit)
    own = re.compile(_UNITS.get(facts.currency, re.escape(facts.currency)), re.IGNORECASE)
    return amount == facts.amount and all(own.fullmatch(unit) for unit in units)


def _goes_there(found: re.Match[str], facts: Facts) -> bool:
    told = re.findall(_ONE_ADDRESS, found["to"].lower())
    return {address.lower() for address in (facts.email, *facts.copies)}.issuperset(told)


def _is_kind(found: re.Match[str], facts: Facts) -> bool:
    return (found["kind"].casefold() in ("专", "special")) == (facts.header["vat_kind"] == "special")


def _is_language(found: re.Match[str], facts: Facts) -> bool:
    wanted = "en" if found["language"].casefold() in ("英文", "英语", "english") else "zh"
    return facts.header.get("language") == wanted  # to want one of both is to want another invoice


def _always(found: re.Match[str], facts: Facts) -> bool:
    return True


def _latin(*sentences: str) -> list[re.Pattern[str]]:
    return [re.compile(sentence + _LATIN_END + _STOP, re.IGNORECASE) for sentence in sentences]


def _chinese(*sentences: str) -> list[re.Pattern[str]]:
    return [re.compile(sentence + _CHINESE_END + _STOP, re.IGNORECASE) for sentence in sentences]


_SENTENCES: dict[str, tuple[Callable[[re.Match[str], Facts], bool], list[re.Pattern[str]]]] = {
    "own buyer": (_is_buyer, [
        *_latin(
            rf"{_PLEASE}(?:issue|bill|address|make out|invoice)(?: {_IT})? to {_BUYER}",
            rf"{_PLEASE}(?:issue |invoice )?(?:{_IT} )?in the name of {_BUYER}",
            rf"{_PLEASE}(?:make|made)(?: {_IT})? out to {_BUYER}",
            rf"(?:invoice )?{_LATIN_OF_BUYER}(?: name)?(?: ?[:=] ?| is ){_BUYER}",
            f"(?P<buyer>{_NAME})",
        ),
        *_chinese(
            rf"{_ASKED}(?:发票)?{_OF_BUYER}请?(?:用|写|填|开|为|是|:)[为成: ]*{_BUYER}",
            rf"{_ASKED}(?:发票)?开(?:给|到|在) ?{_BUYER}(?:的?(?:名义|抬头))?{_ISSUED}",
            rf"{_ASKED}[以用] ?{_BUYER}的?(?:名义|抬头){_ISSUED}",
        ),
    ]),
    "own amount": (_is_amount, [
        *_latin(
            rf"{_PLEASE}(?:only )?(?:invoice|bill|issue)(?: (?:me|us|{_IT}))?(?: for)?(?: only| just)?:? {_AMOUNT}",
            rf"(?:the )?(?:invoice )?amount(?: ?[:=] ?| (?:is|to be|must be|should be) ){_AMOUNT}",
        ),
        *_chinese(
            rf"{_ASKED}(?:按照?|[只仅]|就)? ?(?:金额)?:? ?{_AMOUNT}的?(?:金额)?开(?:具|票)?(?:发票)?",
            rf"{_ASKED}[只仅]?开(?:具|票)? ?{_AMOUNT}的?(?:发?票)?",
            rf"(?:合同|协议|订单|发票|开票)?金额(?:为|是|:)? ?{_AMOUNT}(?:开(?:具|票)?)?",
        ),
    ]),
    "own address": (_goes_there, [
        *_latin(
            rf"{_PLEASE}(?:send|e-?mail|mail|forward|deliver|issue)(?: {_IT})?(?: by e-?mail)? to {_ADDRESSES}",
            rf"(?:e-?mail(?: address)?: ?)?{_ADDRESSES}",
        ),
        *_chinese(
            rf"{_ASKED}(?:将|把)?(?:电子)?(?:发票)?请?(?:发送?|送)(?:到|至|给|往)?(?:邮箱)?:? ?{_ADDRESSES}(?:邮箱)?",
            rf"(?:接收|收票)?(?:电子)?邮[箱件](?:地址)?: ?{_ADDRESSES}",
        ),
    ]),
    "own kind": (_is_kind, [
        *_latin(
            rf"(?:{_PLEASE}issue (?:us )?)?(?:an? |the )?(?:vat )?(?P<kind>special|ordinary)(?: vat)?"
            " (?:invoice|fapiao)",
        ),
        *_chinese(
            rf"{_ASKED}(?:给我[们司])?(?:开(?:具|出)?)?(?:一?张)?(?:增值税)?(?:电子)?(?P<kind>[专普])[用通]?(?:发票|票)",
        ),
    ]),
    "own language": (_is_language, [
        *_latin(rf"{_PLEASE}(?:issue )?(?:{_IT} )?in (?P<language>english|chinese)"),
        *_chinese(rf"{_ASKED}(?:发票)?[用开](?P<language>英文|英语|中文)(?:开(?:具|票)?)?(?:发票)?"),
    ]),
    "own tax id": (_always, [
        *_latin(rf"(?:(?:tax id|vat(?: (?:id|no|number))?|ref(?:erence)?)\b\.?[ :#]*)?{_TAX_ID}"),
        *_chinese(rf"(?:(?:纳税人识别号|统一社会信用代码|税号):? ?){_TAX_ID}"),
    ]),
}  # fmt: skip
KINDS = frozenset(_SENTENCES)
SIGNED = "signed"


def marked(text: str, facts: Facts) -> str:
    """A text, folded by NFKC, with signs for the buyer's name and tax ID."""
    text = text.translate({ord(_NAME): "?", ord(_TAX_ID): "?"})
    name = unicodedata.normalize("NFKC", facts.header["name"])
    tax_id = re.sub("[^0-9A-Za-z]", "", facts.header.get("tax_id", ""))
    # A search takes some letters for others, as ı for i; the name has its own.
    text = _own(name).sub(lambda found: _NAME if found[0].lower() == name.lower() else found[0], text)
    return _own(tax_id, "[ .-]?").sub(_TAX_ID, text) if tax_id else text


def _own(value: str, between: str = "") -> re.Pattern[str]:
    """How a value is found in a text that stands by itself, with nothing or `between` between its signs."""
    return re.compile(rf"(?<![A-Za-z0-9]){between.join(map(re.escape, value))}(?![A-Za-z0-9])", re.IGNORECASE)


def sentence_at(text: str, at: int, facts: Facts) -> tuple[str, int] | None:
    """Of which of `KINDS` the sentence is that begins at a place of a `marked` text, and where it ends; None where it
    is not granted as a whole; `SIGNED` of the applicant's own name at the end of the text."""
    if (signed := _signature(facts.applicant).match(text, at)) is not None:
        return SIGNED, signed.end()
    for kind, (is_granted, sentences) in _SENTENCES.items():
        for sentence in sentences:
            found = sentence.match(text, at)
            if found is not None and is_granted(found, facts):
                return kind, found.end()
    return None


@lru_cache(maxsize=256)
def _signature(applicant: str) -> re.Pattern[str]:
    """The whole name of who applied, or one word of it, with nothing behind."""
    name = unicodedata.normalize("NFKC", applicant).strip()
    names = {name, *name.split()} - {""}
    written = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"
    return re.compile(rf"(?:{written})[.!]?\s*$", re.IGNORECASE)


def without(text: str, facts: Facts) -> str:
    """A `marked` text without its sentences that are granted, and with the names in full again."""
    begins = [0, *(found.end() for found in re.finditer(r"(?:[,;。!\n、]|\.(?=\s))\s*", text))]
    rest, at = "", 0
    for begin in begins:
        sentence = sentence_at(text, begin, facts) if begin >= at else None
        if sentence is not None:
            rest += text[at:begin]
            _, at = sentence
    rest += text[at:]
    return rest.replace(_NAME, facts.header["name"]).replace(_TAX_ID, facts.header.get("tax_id", ""))
