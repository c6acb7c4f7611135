"""Cleaning and limits of text that people type: what is kept in the database can be printed and means what it shows."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from backoffice.errors import N_, Message

EMAIL_LIMIT = 254
# Marks stacked on one letter beyond this serve nobody, and cost a renderer quadratic time.
MARKS_LIMIT = 4

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_BRACKETS = {"（": "\ue000", "）": "\ue001"}


class TextError(ValueError):
    """Text that cannot be kept; `message` says what is wrong with it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(str(message))


def clean(value: str, *, max_length: int, multiline: bool = False) -> str:
    """Trim, normalise to NFC and drop invisible characters; refuse what no honest text holds.

    `max_length` counts characters and is checked first, so ten megabytes cost nothing. Raises TextError for controls
    (NUL among them), direction overrides, lone surrogates, private or unassigned characters and stacked marks.
    """
    if len(value) > 2 * max_length + 1000:
        raise _too_long(len(value), max_length)
    text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", value)).strip()
    text = text.replace("\t", " ") if multiline else re.sub(r"[\t\n ]+", " ", text)
    if (fault := _hidden_fault(text)) is not None:
        raise TextError(fault)
    text = unicodedata.normalize("NFC", text)
    if len(text) > max_length:
        raise _too_long(len(text), max_length)
    return text


def clean_name(value: str, *, max_length: int) -> str:
    """A legal name: like `clean`, and compatibility forms are unified, but full-width brackets stay as registered."""
    text = clean(value, max_length=max_length)
    for bracket, stand_in in _BRACKETS.items():
        text = text.replace(bracket, stand_in)
    text = unicodedata.normalize("NFKC", text)
    for bracket, stand_in in _BRACKETS.items():
        text = text.replace(stand_in, bracket)
    if len(text) > max_length:
        raise _too_long(len(text), max_length)
    return text.strip()


def clean_email(value: str) -> str:
    """Exactly one address that plain SMTP can carry, its domain in lower case.

    Raises TextError for lists, display names, line breaks and letters beyond ASCII before the @.
    """
    if len(value) > 4 * EMAIL_LIMIT:
        raise _too_long(len(value), EMAIL_LIMIT)
    text = value.strip()
    if not text:
        raise TextError(Message(N_("Enter an email address.")))
    if any(character in text for character in ",;\r\n\t <>") or text.count("@") > 1:
        raise TextError(Message(N_("Enter exactly one email address, without a name or a list.")))
    local, _, _ = text.rpartition("@")
    if not local.isascii():
        raise TextError(Message(N_("The part before @ may only hold English letters, figures and signs.")))
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except (EmailNotValidError, UnicodeError):
        raise TextError(Message(N_("This is not an email address, for example name@company.com."))) from None
    return checked.normalized


def hidden_characters(text: str) -> list[str]:
    """Names of the characters in `text` that a reader cannot see or that turn the reading direction."""
    found = _INVISIBLE.findall(text) + _DIRECTION.findall(text)
    return [unicodedata.name(character, f"U+{ord(character):04X}") for character in dict.fromkeys(found)]


def _hidden_fault(text: str) -> Message | None:
    if _DIRECTION.search(text):
        return Message(N_("Remove the characters that change the direction of writing."))
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MARKS_LIMIT:
            return Message(N_("Too many accents are stacked on one letter."))
        if category in ("Cc", "Cs", "Co", "Cn") and character != "\n":
            return Message(N_("Remove the character %(code)s; it cannot be printed."), code=f"U+{ord(character):04X}")
    return None


def _too_long(length: int, limit: int) -> TextError:
    return TextError(
        Message(N_("This is %(length)s characters long; at most %(limit)s are possible."), length=length, limit=limit)
    )
