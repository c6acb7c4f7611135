"""When two names mean the same party, and when a name is a person's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from backoffice.text import WHOLE_CHARACTERS

# Forms that differ between two ways of writing one company: what it is in law, not who it is. A branch (分公司) is not
# among them: it has a tax ID of its own.
_CHINESE_FORMS = ("股份有限公司", "有限责任公司", "有限公司", "股份公司", "公司", "股份")
LATIN_FORMS = frozenset({
    "ltd", "limited", "co", "company", "inc", "incorporated", "corp", "corporation", "llc", "llp", "plc", "gmbh", "ag",
    "kg", "ug", "se", "sa", "sarl", "sas", "srl", "spa", "bv", "nv", "ab", "oy", "as", "aps", "pty", "pte",
    "pvt", "sdn", "bhd", "mbh",
})  # fmt: skip
# The ways of writing one form; 公司 alone leaves open which it is.
_ONE_FORM = {
    "股份公司": "股份有限公司", "股份": "股份有限公司", "有限责任公司": "ltd", "有限公司": "ltd", "公司": "",
    "limited": "ltd", "company": "co", "incorporated": "inc", "corporation": "corp",
}  # fmt: skip
_SPELLED_OUT = {
    "gesellschaft mit beschränkter haftung": "gmbh", "gesellschaft mbh": "gmbh", "gmbh & co": "gmbh co",
    "aktiengesellschaft": "ag", "kommanditgesellschaft": "kg", "ug haftungsbeschränkt": "ug",
    "limited liability company": "llc", "limited liability partnership": "llp", "public limited company": "plc",
    "société anonyme": "sa", "sendirian berhad": "sdn bhd",
}  # fmt: skip
_SPELLED = re.compile(rf"(?<= )(?:{'|'.join(_SPELLED_OUT)})\b")
# Traditional characters that are frequent in names of companies, and the simplified ones.
_SIMPLIFIED = str.maketrans(
    "數據網絡電腦務業發環國際東廣灣臺愛寶貿實興華聯機車設計開區術術藝團導體醫藥農鄉銀樂雲飛馬魚龍麗億萬豐關門間問聞產稅專資訊軟創",
    "数据网络电脑务业发环国际东广湾台爱宝贸实兴华联机车设计开区术术艺团导体医药农乡银乐云飞马鱼龙丽亿万丰关门间问闻产税专资讯软创",
)
# Signs of other scripts and rare Chinese ones, each before the one that it looks like.
_LIKE = (
    "エ工 オ才 カ力 セ七 タ夕 チ千 ト卜 ニ二 ヌ又 ノ丿 ハ八 ヒ匕 ミ彡 ム厶 メ乄 ヨ彐 リ刂 ロ口 ー一 ㄅ勹 "
    "ㄆ攵 ㄇ冂 ㄈ匚 ㄋ乃 ㄌ力 ㄎ丂 ㄏ厂 ㄐ丩 ㄒ丅 ㄔ彳 ㄕ尸 ㄖ日 ㄗ卩 ㄙ厶 ㄚ丫 ㄠ幺 ㄡ又 ㄧ一 ㄨ乂 ㄩ凵 "
    "〢二 〣三 ○〇 ─一 ━一 ―一 ㇐一 ㇑丨 ㇒丿 ㇔丶 ㇚亅 ㇠乙 □口 ▢口 "
    "аa сc еe оo рp іi јj ѕs хx уy ԁd һh ӏl кk мm тt вb нh ԛq ԝw АA ВB ЕE КK МM НH ОO РP СC ТT "
    "УY ХX ІI ЈJ ЅS αa οo ρp νv ιi κk τt υu χx ηn εe βb ζz μm ϲc ϳj ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN "
    "ΟO ΡP ΤT ΥY ΧX ℮e ɑa ɡg ɩi ıi ǀl "
    # Characters of one outline, or that a reader takes for one, and the forms that other countries give them.
    "㬵胶 㫚曶 壿墫 㮣槩 䎛㖈 𤨁瑨 𠘨几 𥫗竹 𤣩王 𧾷足 曰日 囗口 已己 巳己 靑青 呂吕 內内 戶户 戸户 眞真 硏研 淸清 "
    "敎教 郞郎 卽即 強强 別别 値值 㐅乂 圡土 亻人 黃黄 ヘへ ベべ ペぺ り刂 ッツ ヶケ ÐĐ ịi ỊI şș ŞȘ ǎă ǍĂ "
)
HAN = "\u3007\u3400-\u9fff"
_DASHES = "‐‑‒–—―−⁃"
_BESIDE_HAN = re.compile(f"(?<=[{HAN}]) | (?=[{HAN}])")
# Signs that are numerals to the eye where they stand among Chinese characters.
_NUMERALS_LIKE = {
    ord(sign): numeral
    for signs, numeral in ((f"{_DASHES}-", "一"), ("=", "二"), ("≡", "三"), ("O0", "〇"))
    for sign in signs
}
_ANY_LIKE_NUMERAL = "".join(re.escape(chr(sign)) for sign in _NUMERALS_LIKE)
_LIKE_NUMERALS = re.compile(f"(?<=[{HAN}])[{_ANY_LIKE_NUMERAL}]+(?=[{HAN}]|$)|^[{_ANY_LIKE_NUMERAL}]+(?=[{HAN}])")
_LOOKS = WHOLE_CHARACTERS | {ord(pair[0]): pair[1] for pair in _LIKE.split()}
_SIGNS = re.compile(r"[\s.,;:'\"/·()（）\-]+")
# The same, but for those that join two parts of a word.
_ENDS = re.compile(r"(?:[\s.,;:\"()（）]|(?<!\w)[-/·']|[-/·'](?!\w))+")
# Ways of writing one sign.
_ONE_SIGN = {
    ord(other): one
    for one, others in (
        ("-", f"{_DASHES}˗﹘﹣－"),
        ("·", "•‧・･∙⋅‣"),
        ("'", "’‘ʼ‛′´`＇"),
        ('"', "“”„‟″«»"),
        ("/", "∕⁄"),
    )
    for other in others
}
# Written out or not; between letters it is part of a name: M&S is not MS.
_AND = re.compile(r"\s*&\s*|\s+(?:and|und|et)\s+")
# The dots of S.A. and S.p.A.
_DOTTED = re.compile(r"(?<=\b[a-z])\.(?=[a-z]\b)")
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文齐薄芮"
)
_NOT_OF_PERSONS = re.compile("[司厂店社院校所部局会馆行企业集团中心室工技贸]")
_TITLE = re.compile(r"(mr|mrs|ms|miss|dr|herr|frau|mme)\.? ", re.IGNORECASE)
_SHORTEST = 2
# Signs that a name without its legal form has more than, to mean a party still.
_LONG = 3


class _Parts(NamedTuple):
    """The key of a name and its number of words, the legal form, and whether one stands at its end at all: 公司 alone
    leaves open which."""

    key: str
    words: int
    form: tuple[str, ...]
    has_form: bool


def key(name: str) -> str:
    """What is left of a name when width, case, spaces, signs, script and the legal form at its end are folded."""
    return _parts_of(name).key


# A page compares one name with those of fifty requests, which mostly have the few headers of their account.
@lru_cache(maxsize=2048)
def _parts_of(name: str) -> _Parts:
    return _parts(_folded(name))


def _folded(name: str) -> str:
    """The words of a name without width, case, script and signs."""
    folded = unicodedata.normalize("NFKC", name).translate(_ONE_SIGN).casefold().translate(_SIMPLIFIED)
    return " ".join(word for word in _SIGNS.split(_AND.sub(" & ", _DOTTED.sub("", folded))) if word)


def _spelled(name: str) -> str:
    """The words of a name as `_folded`, but letter by letter: ß is not ss, and a sign between letters is kept."""
    folded = unicodedata.normalize("NFKC", name).translate(_ONE_SIGN).lower().translate(_SIMPLIFIED)
    return " ".join(word for word in _ENDS.split(_AND.sub(" & ", _DOTTED.sub("", folded))) if word)


def _parts(spaced: str, gap: str = "") -> _Parts:
    """The parts of a name whose words are folded; in its key `gap` is between them, but beside Chinese characters."""
    words = _SPELLED.sub(lambda found: _SPELLED_OUT[found.group()], spaced).split()
    kept = list(words)
    # At the end only: in front the same letters are a name, as in AB Foods or A.S. Watson.
    while kept and (kept[-1] in LATIN_FORMS or (kept[-1] == "&" and len(kept) < len(words))):
        kept.pop()
    forms = words[len(kept) :] if kept else []
    text = gap.join(kept or words)
    text = _BESIDE_HAN.sub("", text)
    for form in _CHINESE_FORMS:
        if text.endswith(form) and len(text) > len(form) + 1:
            text = text.removesuffix(form)
            forms.insert(0, form)
            break
    return _Parts(text, len(kept or words), form_of(forms), bool(forms))


def form_of(words: Iterable[str]) -> tuple[str, ...]:
    """One spelling for the words of a legal form, folded as `key` folds them."""
    told = tuple(form for word in words if (form := _ONE_FORM.get(word, word)))
    # Registers tell no company limited from a limited one: the Co. before Ltd is no other form, and & Co. is.
    return told[:-2] + told[-1:] if told[-2:] == ("co", "ltd") and "&" not in told else told


def same(told: str, name: str, *, is_person: bool = False) -> bool:
    """Whether a name that somebody tells is a party's `name`: equal but for how its legal form is written, if it is.

    A form that `name` does not have makes another party of it: 王伟有限公司 is not 王伟, and a person's name has none.
    Left out it may be only where the rest is long enough to mean this party.
    """
    if is_person or _spelled(told) == _spelled(name):
        return _spelled(told) == _spelled(name) != ""
    mine, theirs = _parts(_spelled(told), " "), _parts(_spelled(name), " ")
    if mine.key != theirs.key or not mine.key or (mine.has_form and not theirs.has_form):
        return False
    is_long = len(mine.key) > _LONG or mine.words > 1
    return mine.form == theirs.form or (is_long and (not mine.form or not theirs.form))


def look_the_same(one: str, other: str) -> bool:
    """Whether two names may be the same party's: equal but for their legal form, left out in either or written
    otherwise, or read so because signs of other scripts stand for those that they look like.

    Who paid is not asked like this: a name that only looks like the payer's is another one.
    """
    return _may_be_same(one, other) or _may_be_same(_seen(one), _seen(other))


def _may_be_same(one: str, other: str) -> bool:
    mine, others = _parts_of(one), _parts_of(other)
    return mine.key != "" and mine.key == others.key and (not mine.form or not others.form or mine.form == others.form)


def looks(name: str) -> str:
    """The `key` of a name as it is seen: with each sign that looks like one of another script as that one."""
    return key(_seen(name))


@lru_cache(maxsize=2048)
def _seen(name: str) -> str:
    folded = _LIKE_NUMERALS.sub(lambda found: found[0].translate(_NUMERALS_LIKE), unicodedata.normalize("NFKC", name))
    return folded.translate(_LOOKS)


def looks_chinese(sign: str) -> bool:
    """Whether a sign of another script looks like a Chinese character."""
    return "\u3400" <= _LOOKS.get(ord(sign), "") <= "\u9fff"


def similar(one: str, other: str) -> bool:
    """Whether one name is part of the other: a short form of it, or a sister, a parent, somebody else altogether."""
    shorter, longer = sorted((key(one), key(other)), key=len)
    # Two Chinese characters name a company well enough inside a longer name; two letters do not.
    enough = 4 if shorter.isascii() else _SHORTEST
    return len(shorter) >= enough and shorter in longer


def are_comparable(one: str, other: str) -> bool:
    """Whether two names are written in the same script: Chinese and other letters cannot be compared."""
    return _has_han(one) == _has_han(other)


def is_persons(name: str) -> bool:
    """Whether a name is clearly a person's: a Chinese surname and one or two more characters, or a title before it."""
    text = unicodedata.normalize("NFKC", name).strip()
    if _TITLE.match(text):
        # Dr. Oetker GmbH is none, nor is MS Trading Ltd.
        return not any(word in LATIN_FORMS for word in _SIGNS.split(_DOTTED.sub("", text.casefold())))
    return 2 <= len(text) <= 3 and text[0] in _SURNAMES and _is_han(text) and not _NOT_OF_PERSONS.search(text)


def _has_han(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _is_han(text: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in text)


def distance(one: str, other: str, most: int = 2) -> int:
    """Edits from one text to the other: insert, delete, replace, swap neighbours; `most` + 1 when there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)
