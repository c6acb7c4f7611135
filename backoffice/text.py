"""Cleaning and limits of text that people type: what is kept can be printed and means what it shows.

Invisible characters that come along when people copy are dropped in silence; what no honest text holds is refused with
a sentence. Renderers and searches may rely on it: NFC, no controls, no stacked marks, a known greatest length.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from email_validator import EmailNotValidError, validate_email

from backoffice.errors import N_, Invalid, Message

EMAIL_LIMIT = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
# Marks stacked on one letter beyond this serve nobody, and cost a renderer quadratic time.
MARKS_LIMIT = 4
# What may be dropped or folded on the way: more than this much above the limit is refused before anything is done.
_SLACK = 1000

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# No controls by their category, but blank to the eye: a name of them looks like no name.
_BLANK = frozenset("\u115f\u1160\u180b\u180c\u180d\u180f\u2800\u2d7f\u3164\uffa0\ufffc\U00016fe4\U0001d159")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_LINE_BREAKS = re.compile("\r\n?|[\u2028\u2029\u0085]")
_GAPS = re.compile("[\t\n ]+")
_TRIMMED = "\t\n \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_FULL_WIDTH_BRACKETS = re.compile("([（）])")
# Radicals that no compatibility form unifies, each before the whole character that it looks like.
_RADICALS = (
    "⺁厂 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇几 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺎兀 ⺏尣 ⺐尢 ⺒巳 ⺓幺 ⺔彑 ⺕彐 ⺖忄 ⺗㣺 ⺘扌 ⺙攵 ⺛旡 "
    "⺜日 ⺝月 ⺞歺 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺨犭 ⺩王 ⺪疋 ⺫罒 ⺬示 ⺭礻 ⺮竹 ⺯糹 ⺰纟 ⺲罒 ⺶羊 ⺹耂 "
    "⺺肀 ⺻聿 ⺼月 ⺽臼 ⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇角 ⻈讠 ⻉贝 ⻊足 ⻋车 ⻌辶 ⻍辶 ⻎辶 ⻏阝 "
    "⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕阜 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻟飠 ⻠饣 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 "
    "⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀"
)
# Letters in lower case that no form of Unicode takes apart.
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
WHOLE_CHARACTERS = {ord(pair[0]): pair[1] for pair in _RADICALS.split()}
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class TextError(ValueError):
    """Text that cannot be kept; `message` says what is wrong with it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


def clean(value: str, *, max_length: int, multiline: bool = False) -> str:
    """Trim, normalise to NFC and drop invisible characters; refuse what no honest text holds.

    On one line, line breaks and tabs become a space. `max_length` counts characters of the result; the input's length
    is looked at first, so ten megabytes cost nothing. Raises TextError for controls (NUL among them), marks of writing
    direction, lone surrogates, private, unassigned or blank characters and stacked marks.
    """
    if len(value) > 2 * max_length + _SLACK:
        raise _too_long(len(value), max_length)
    text = folded(value)
    text = text.replace("\t", " ") if multiline else _GAPS.sub(" ", text)
    _refuse_hidden(text)
    return _within(unicodedata.normalize("NFC", text), max_length)


def of_field(field: str, typed: str, *, max_length: int, multiline: bool = False, empty: Message | None = None) -> str:
    """What somebody typed into a field, as `clean` leaves it. Raises Invalid (that field) for what `clean` refuses.

    With `empty`, nothing typed is refused as well, in those words.
    """
    try:
        cleaned = clean(typed, max_length=max_length, multiline=multiline)
    except TextError as error:
        raise Invalid({field: [error.message]}) from None
    if empty is not None and not cleaned:
        raise Invalid({field: [empty]})
    return cleaned


def folded(value: str) -> str:
    """What counts of a typed text: one sign for a line break, nothing invisible, nothing blank at the ends."""
    return _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", value)).strip(_TRIMMED)


def clean_name(value: str, *, max_length: int) -> str:
    """A legal name: like `clean`, compatibility forms are unified, and radicals become whole characters: no register
    holds one, and a search would miss it. Full-width brackets stay as registered."""
    text = clean(value, max_length=max_length)
    # The brackets are part of a Chinese company's registered name; a look-alike would be another name.
    parts = _FULL_WIDTH_BRACKETS.split(text)
    parts[::2] = (unicodedata.normalize("NFKC", part) for part in parts[::2])
    text = _GAPS.sub(" ", "".join(parts).translate(WHOLE_CHARACTERS)).strip(_TRIMMED)
    # Some signs unfold into eighteen characters, or into what would have been refused.
    _refuse_hidden(text)
    return _within(text, max_length)


def clean_email(value: str) -> str:
    """Exactly one address that plain SMTP can carry: ASCII, the domain in lower case (IDNA where it is not Latin).

    No name server is asked. Raises TextError for lists, display names, line breaks and letters beyond ASCII before
    the @.
    """
    if len(value) > 2 * EMAIL_LIMIT + _SLACK:
        raise _too_long(len(value), EMAIL_LIMIT)
    # Chinese keyboards type a full-width @ and full stop.
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", value)).strip(" ")
    if not text:
        raise TextError(Message(N_("Enter an email address.")))
    if re.search(r"[\s,;、<>\"]", text) or text.count("@") > 1:
        raise TextError(Message(N_("Enter exactly one email address, without a name or a list.")))
    _refuse_hidden(text)
    if not text.partition("@")[0].isascii():
        raise TextError(Message(N_("The part before @ may only hold English letters, figures and signs.")))
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except (EmailNotValidError, UnicodeError):
        raise TextError(Message(N_("This is not an email address, for example name@company.com."))) from None
    return _within(f"{checked.local_part}@{checked.ascii_domain}", EMAIL_LIMIT)


def clean_emails(value: str, *, most: int) -> list[str]:
    """Up to `most` addresses, separated by commas, semicolons, spaces or line breaks, each once and in the order typed.

    Raises TextError for the first that `clean_email` refuses, naming it, and for more than `most`.
    """
    if len(value) > most * (2 * EMAIL_LIMIT) + _SLACK:
        raise _too_long(len(value), most * EMAIL_LIMIT)
    # Two spellings of one mailbox are one copy: most servers do not tell upper from lower case.
    found: dict[str, str] = {}
    for typed in filter(None, re.split(r"[\s,;，；、]+", _INVISIBLE.sub("", value))):
        try:
            address = clean_email(typed)
        except TextError as error:
            raise TextError(
                Message(N_("%(address)s: %(fault)s"), address=typed[:EMAIL_LIMIT], fault=error.message)
            ) from None
        found.setdefault(address.casefold(), address)
    if len(found) > most:
        raise TextError(
            Message(N_("At most %(most)d addresses are possible; these are %(count)d."), most=most, count=len(found))
        )
    return list(found.values())


def normalised(value: str) -> str:
    """A text as searches compare it: one form for full and half width, upper and lower case, no blanks, and Latin
    letters without strokes and accents, which not every keyboard has."""
    return _bare("".join(unicodedata.normalize("NFKC", value).casefold().split()))


def _bare(value: str) -> str:
    if value.isascii():
        return value
    kept, is_latin = [], False
    for sign in unicodedata.normalize("NFD", value).translate(_STROKES):
        if unicodedata.combining(sign):
            # In other scripts a mark makes another letter: か and が are no spellings of each other.
            if is_latin:
                continue
        else:
            is_latin = sign.isascii() and sign.isalpha()
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept))


def hyphenated(value: str) -> str:
    """A number of ours as it is kept: whatever dash a text processor has made of a hyphen is one again."""
    return _DASHES.sub("-", value)


def pairs(value: str) -> list[str]:
    """The pairs of neighbouring characters of a normalised text, each once, as words of ASCII letters and figures.

    Chinese has no words a database could tell apart; whatever holds a text of two or more holds all its pairs.
    """
    return list(dict.fromkeys(f"x{ord(a):x}x{ord(b):x}" for a, b in pairwise(value)))


def hidden_characters(text: str) -> list[str]:
    """Code and name of each character a reader cannot see or that turns the reading direction; each once."""
    found = [character for character in dict.fromkeys(text) if _is_hidden(character, unicodedata.category(character))]
    return [f"{_code(character)} {unicodedata.name(character, '')}".rstrip() for character in found]


def _refuse_hidden(text: str) -> None:
    """Raise TextError for the first character that cannot stay, in one pass."""
    if text.isascii() and text.isprintable():
        return
    if _DIRECTION.search(text):
        raise TextError(Message(N_("Remove the characters that change the direction of writing.")))
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MARKS_LIMIT:
            raise TextError(Message(N_("Too many accents are stacked on one letter.")))
        if _is_hidden(character, category):
            raise TextError(Message(N_("Remove the character %(code)s; it cannot be printed."), code=_code(character)))


def _is_hidden(character: str, category: str) -> bool:
    return (category in _UNPRINTABLE and character != "\n") or character in _BLANK


def _within(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _too_long(len(text), limit)
    return text


def _too_long(length: int, limit: int) -> TextError:
    return TextError(
        Message(N_("This is %(length)s characters long; at most %(limit)s are possible."), length=length, limit=limit)
    )


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
