"""Check of what was typed: characters nobody sees, and letters that look like others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from backoffice.errors import N_, Message
from backoffice.requests.rules import FIELD_LABELS
from backoffice.review.checks import names
from backoffice.review.checks.facts import Check, Datum, Facts, Outcome
from backoffice.text import hidden_characters

# Letters of other scripts that look like Latin ones, without their marks.
_CONFUSABLE = frozenset("асеоріјѕхуԁһӏвкмнтгьѵүԛԝԍАВЕКМНОРСТХУІЈЅЬѴҮԚԜԌЗӠѠѡαορνικυγωηχσϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϜͿϒϱօսհոցզՕՍԼ")
# Latin letters of phonetics and of old alphabets that look like ordinary ones.
_CONFUSABLE_LATIN = frozenset("ɑɡɩɪɯʋɣʏƖǀƦƿƽƼȜȢȣƧƨƄſĸɵᴀᴄᴅᴇᴊᴋᴍᴏᴛᴜᴠᴡᴢꜱʙɢʜʟɴʀ")
# What alphabets in use have beside the ordinary letters and those with marks.
_IN_USE = frozenset("ÆæØøÞþÐðßẞĐđĦħŁłŊŋŒœŦŧĲĳĿŀƏəƁɓƊɗƘƙƆɔªº")
# Turkish and its neighbours have an i without its dot: among their other letters, or in their countries.
_DOTLESS, _BESIDE_DOTLESS = "ı", frozenset("İğĞşŞçÇöÖüÜəƏ")
_DOTLESS_COUNTRIES = frozenset({"TR", "CY", "AZ"})
# Japanese and Korean names mix these with Chinese characters.
_AT_HOME = {"HIRAGANA": "JP", "KATAKANA": "JP", "HANGUL": "KR"}
# Signs that are no letters and look like some; most others, as ～ and →, stand between words for what they are.
_SIGNS_LIKE_LETTERS = frozenset("℮∂∆∑∏∩∪∨∧⊂⊃⊥⊤∣∥│┃○◯─━―□▢")
# Radicals, strokes, and what says how they are put together: no writing has any of them.
_PARTS_OF_CHARACTERS = re.compile("[\u2e80-\u2fff\u303e\u31c0-\u31ef𠘨𤣩𥫗𧾷]")
_WORDS = re.compile(r"[^\W\d_]+")
_FILLER = re.compile("[\u034f\u17b4\u17b5\u180e\u2061-\u2064\ufe00-\ufe0f\ufffd\U000e0100-\U000e01ef]|(?<=[ij])\u0307")
# In a name they look like the numerals 一, 二, 三 and 〇.
_LIKE_NUMERALS = re.compile(
    f"(?<=[{names.HAN}])(?:[‒–—―−－=＝≡]|[OＯ]+(?![A-Za-z0-9]))"
    f"|(?:[‒–—―−－=＝≡]|(?<![A-Za-z0-9])[OＯ]+)(?=[{names.HAN}])"
)
# What of the header somebody typed; the rest was chosen from a list.
_TYPED = ("name", "tax_id", "address", "phone", "bank", "bank_account", "street", "city", "postal_code")
_WIDE_SPACES = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f")


def characters(facts: Facts) -> Check:
    """Whether a text holds characters nobody sees, or letters of one script that pass for those of another.

    Inside one word that is no accident; a whole word, or two alphabets side by side, may be somebody's real name.
    """
    bad: list[Datum] = []
    alike: list[Datum] = []
    odd: list[Datum] = []
    for label, text in _texts(facts):
        bad += [Datum(label, hidden) for hidden in (*hidden_characters(text), *_filler(text))]
        bad += [
            Datum(label, Message(N_("“%(word)s” mixes alphabets that look alike"), word=word)) for word in _mixed(text)
        ]
        alike += [Datum(label, word) for word in _of_another_alphabet(text)]
        alike += [Datum(label, form) for form in _other_forms(text)]
        alike += [Datum(label, letter) for letter in _of_another_script(text, facts.header.get("country", ""))]
        alike += [Datum(label, letter) for letter in _out_of_use(text, facts.header.get("country", ""))]
        odd += [Datum(label, strange) for strange in _unusual(text)]
    alike += [
        Datum(FIELD_LABELS["name"], _named(sign))
        for signs in dict.fromkeys(_LIKE_NUMERALS.findall(facts.header["name"]))
        for sign in signs[:1]
    ]
    if bad:
        told = Message(N_("Characters that cannot be seen, or that pass for others."))
        return Check("characters", Outcome.FAIL, told, (*bad, *alike, *odd))
    if alike:
        told = Message(N_("Letters that may pass for others."))
        return Check("characters", Outcome.WARN, told, (*alike, *odd))
    if odd:
        return Check("characters", Outcome.WARN, Message(N_("Unusual characters, likely from copying.")), tuple(odd))
    return Check("characters", Outcome.PASS, Message(N_("Every character is what it seems.")))


def _texts(facts: Facts) -> Iterator[tuple[str, str]]:
    for name in _TYPED:
        if facts.header.get(name):
            yield FIELD_LABELS[name], facts.header[name]
    yield N_("Remarks"), facts.remarks
    for address in (facts.email, *facts.copies):
        yield N_("Receiving Email"), address


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _filler(text: str) -> list[str]:
    return [_named(character) for character in dict.fromkeys(_FILLER.findall(text))]


def _mixed(text: str) -> list[str]:
    """Words in which letters of one alphabet, or of phonetics, or numerals stand for those of another."""
    return [word for word in _WORDS.findall(text) if _is_mixed(word) and any(map(_passes_for_latin, word))]


def _is_mixed(word: str) -> bool:
    """Whether a word has ordinary Latin letters beside any of another kind."""
    kinds = {name for character in word if (name := _alphabet(character))}
    odd = any(_is_numeral(character) or character in _CONFUSABLE_LATIN for character in word)
    return len(kinds) > 1 or ("LATIN" in kinds and odd and any(map(_is_ordinary, word)))


def _passes_for_latin(character: str) -> bool:
    plain = unicodedata.normalize("NFD", character)[0]
    return (
        plain in _CONFUSABLE
        or character in _CONFUSABLE_LATIN
        or _is_numeral(character)
        or _alphabet(character) == "CHEROKEE"
    )


def _is_numeral(character: str) -> bool:
    """Whether it is a Roman numeral of one character, as Ⅰ, which is no letter."""
    return unicodedata.category(character) == "Nl" and "ROMAN" in unicodedata.name(character, "")


def _is_ordinary(character: str) -> bool:
    """Whether it is one of A to Z, with or without marks."""
    return unicodedata.normalize("NFD", character)[0].isascii()


def _out_of_use(text: str, country: str) -> Iterator[str]:
    """Latin letters that no alphabet in use has, whatever they look like; of the i without its dot, see above."""
    is_turkish = country in _DOTLESS_COUNTRIES or not _BESIDE_DOTLESS.isdisjoint(text)
    for character in dict.fromkeys(text):
        if _alphabet(character) != "LATIN" or _is_ordinary(character) or character in _IN_USE:
            continue
        if not (character == _DOTLESS and is_turkish) and unicodedata.normalize("NFKC", character) == character:
            yield _named(character)


def _of_another_alphabet(text: str) -> Iterator[Message]:
    """Words that could be read as Latin ones letter by letter, and words beside Latin ones.

    Among others of its own alphabet that could not be, as ООО Ромашка, such a word is what it seems.
    """
    for word in _WORDS.findall(text):
        if _is_mixed(word) and not any(map(_passes_for_latin, word)):
            yield Message(N_("“%(word)s” has letters of several alphabets"), word=word)
    of_alphabets = "".join(character if _alphabet(character) else " " for character in text)
    words = [word for word in of_alphabets.split() if len(set(map(_alphabet, word))) == 1]
    foreign = [word for word in words if _alphabet(word[0]) != "LATIN"]
    is_alone = len({_alphabet(word[0]) for word in words}) == 1
    if is_alone and not all(all(map(_passes_for_latin, word)) for word in foreign):
        return
    for word in dict.fromkeys(foreign):
        if all(map(_passes_for_latin, word)):
            yield Message(N_("“%(word)s” reads as Latin letters, and is of another alphabet"), word=word)
        else:
            yield Message(N_("“%(word)s” is of another alphabet than the words beside it"), word=word)


def _of_another_script(text: str, country: str) -> Iterator[str]:
    """Letters of no script that stands in Chinese or Latin names, where there are such: エ for 工. Signs inside words,
    as ℮ for e. And letters that could all be read as Chinese characters.

    Where a script is at home it is what it seems.
    """
    found = {one: script for one in text if (script := _script(one)) and _AT_HOME.get(script) != country}
    others = [one for one in text if one.isalpha() and one not in found]
    if others or all(names.looks_chinese(one) for one in found):
        yield from map(_named, found)
    for before, one, following in zip(" " + text, text, text[1:] + " ", strict=False):
        is_sign = one in _SIGNS_LIKE_LETTERS or _is_hangzhou(one)
        if is_sign and (before.isalpha() or following.isalpha()):
            yield _named(one)


def _script(character: str) -> str:
    """The script of a letter that is neither of an alphabet nor Chinese; empty for any other sign."""
    name = unicodedata.name(character, "")
    script = re.split("[ -]", name)[0]
    if script in ("KATAKANA", "HIRAGANA", "BOPOMOFO"):
        return script if character.isalpha() else ""
    is_letter = unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo")
    if not is_letter or character < "\u0250" or script in ("CJK", "IDEOGRAPHIC") or _alphabet(character):
        return ""
    return script if unicodedata.normalize("NFKC", character) == character else ""


def _is_hangzhou(character: str) -> bool:
    return unicodedata.name(character, "").startswith("HANGZHOU")


def _other_forms(text: str) -> Iterator[str]:
    """Letters and figures that only look like ordinary ones: bold or script mathematical letters, figures of another
    script, radicals and strokes for whole characters.

    Those of full width are told as such.
    """
    for character in dict.fromkeys(text):
        if "\uff01" <= character <= "\uff5e" or character in _IN_USE:
            continue
        is_folded = character.isalpha() and unicodedata.normalize("NFKC", character) != character
        is_figure = character.isdecimal() and not character.isascii()
        if is_folded or is_figure or _PARTS_OF_CHARACTERS.match(character):
            yield _named(character)


def _alphabet(character: str) -> str:
    if character < "\u0250":
        return "LATIN" if character.isalpha() else ""
    first = unicodedata.name(character, "").partition(" ")[0]
    return first if first in ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE") else ""


def _unusual(text: str) -> Iterator[str | Message]:
    for character in dict.fromkeys(text):
        if character in _WIDE_SPACES or ("\uff10" <= character <= "\uff5a" and character.isalnum()):
            yield _named(character)
    if "  " in text or text != text.strip():
        yield Message(N_("spaces at an end, or several in a row"))
