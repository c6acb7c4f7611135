"""What people copy from a document, a mail, an address or a file's name into a form, read back as it is kept."""

from __future__ import annotations

import re
import unicodedata

from backoffice.issuing.face import CAPITALS, CREDIT_NUMBER, GROSS, NUMBER, ORIGINAL
from backoffice.issuing.words import figures
from backoffice.money import currency_in_use, signed, without_unit
from backoffice.text import folded, hyphenated

# The longest address or label with a number, and room around them.
_LONGEST_NUMBER = 400


def printed_number(text: str) -> str:
    """A number as it is copied from a document, a mail, the address behind its QR code or its file's name, what stands
    around it left out, in the form in which it is kept.

    Width, case, blanks and the kind of the hyphens say nothing. What has no number in it, or several, stays in some
    form that is none.
    """
    line = hyphenated(unicodedata.normalize("NFKC", folded(text[:_LONGEST_NUMBER]))).upper()
    bare = _unlabelled("".join(line.split()))
    if (parts := _LOOSE.fullmatch(bare)) is not None:
        return "-".join(parts.groups())
    numbers = {"-".join(parts.groups()) for parts in _AMONG_WORDS.finditer(line)}
    return numbers.pop() if len(numbers) == 1 else bare


def _unlabelled(number: str) -> str:
    while (label := next((label for label in _NUMBER_LABELS if number.startswith(label)), None)) is not None:
        number = number.removeprefix(label).lstrip(":")
    return number


_NUMBER_LABELS = tuple("".join(word.split()).upper() for label in (NUMBER, CREDIT_NUMBER, ORIGINAL) for word in label)
# Series, period and number, whatever parts them; where blanks are gone, and where they part them from other words.
_LOOSE = re.compile(r"([A-Z]{2,4})[-_.]?([0-9]{4})[-_.]?([0-9]{6,9})")
_AMONG_WORDS = re.compile(r"(?<![A-Z0-9])([A-Z]{2,4})[-_. ]?([0-9]{4})[-_. ]?([0-9]{6,9})(?![0-9])")


def printed_total(text: str, currency: str | None = None) -> str:
    """The figures of a total as it is copied from the face, also of one in Chinese capitals: its label and its currency
    left out, which is `currency`, the installation's where none is given. In brackets it is negative, as in accounts.

    A currency is written in more ways than the face does; another one stays, so that nothing takes it for an amount.
    """
    text = _TOTAL_LABELS.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    if (amount := figures(text, currency or currency_in_use())) is not None:
        return f"{amount:f}"
    bare = without_unit(text, currency).strip()
    if (bracketed := _BRACKETED.fullmatch(bare)) is not None:
        bare = f"-{without_unit(bracketed[1], currency).strip()}"
    return signed(bare, currency)


_TOTAL_WORDS = {*GROSS, *CAPITALS, *(label.zh.partition("(")[0] for label in (GROSS, CAPITALS)), "(小写)", "(大写)"}
_TOTAL_LABELS = re.compile(
    f"(?:{'|'.join(map(re.escape, sorted(_TOTAL_WORDS, key=len, reverse=True)))})\\s*:?", re.IGNORECASE
)
_BRACKETED = re.compile(r"\(([^()]*)\)")
