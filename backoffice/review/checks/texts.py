"""Check of what was typed: characters nobody sees, and letters that look like others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from backoffice.errors import N_, Message
from backoffice.requests.rules import FIELD_LABELS
from backoffice.review.checks.facts import Check, Datum, Facts, Outcome
from backoffice.text import hidden_characters

# Letters of other scripts that look like Latin ones.
_CONFUSABLE = frozenset("асеоріјѕхуԁһӏвкмнтАВЕКМНОРСТХУІЈЅαορνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_WORDS = re.compile(r"[^\W\d_]+")
_FILLER = frozenset("\u034f\u17b4\u17b5\u180e\u2061\u2062\u2063\u2064\ufe0e\ufe0f\ufffd")
# What of the header somebody typed; the rest was chosen from a list.
_TYPED = ("name", "tax_id", "address", "phone", "bank", "bank_account", "street", "city", "postal_code")
_WIDE_SPACES = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f")


def characters(facts: Facts) -> Check:
    """Whether a text holds characters nobody sees, or letters of one script inside a word of another."""
    bad: list[Datum] = []
    odd: list[Datum] = []
    for label, text in _texts(facts):
        bad += [Datum(label, hidden) for hidden in (*hidden_characters(text), *_filler(text))]
        bad += [
            Datum(label, Message(N_("“%(word)s” mixes alphabets that look alike"), word=word)) for word in _mixed(text)
        ]
        odd += [Datum(label, strange) for strange in _unusual(text)]
    if bad:
        told = Message(N_("Characters that cannot be seen, or that pass for others."))
        return Check("characters", Outcome.FAIL, told, (*bad, *odd))
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
    return [_named(character) for character in dict.fromkeys(text) if character in _FILLER]


def _mixed(text: str) -> list[str]:
    """Words in which letters of one alphabet stand for those of another."""
    found = []
    for word in _WORDS.findall(text):
        scripts = {name for character in word if (name := _alphabet(character))}
        if len(scripts) > 1 and any(character in _CONFUSABLE for character in word):
            found.append(word)
    return found


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
