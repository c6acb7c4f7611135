"""Which characters an invoice cannot show. A name with such a character is refused, never printed without it."""

from __future__ import annotations

import unicodedata

from backoffice import fonts
from backoffice.errors import N_, Message

# Breaks between lines are layout, not pictures.
_LAYOUT = frozenset("\n")


def missing(text: str) -> list[str]:
    """The characters of `text` that none of our faces has, each once, in the order they appear.

    Combining marks count as missing: text is composed (NFC) before it comes here, so a mark that is left has no letter
    of its own and could only be drawn in a wrong place. ASCII is answered without touching a font.
    """
    if text.isascii() and text.isprintable():
        return []
    return [
        character for character in dict.fromkeys(text) if character not in _LAYOUT and not fonts.drawable(character)
    ]


def refusal(text: str) -> Message | None:
    """What is said of a text that cannot be printed whole; None where it can."""
    characters = missing(text)
    if not characters:
        return None
    return Message(N_("No font can print these characters: %(characters)s"), characters=" ".join(characters))


def describe(characters: list[str]) -> str:
    """Characters for a sentence to people: each with its code and name, as it may not show on their screen either."""
    return ", ".join(
        f"{c if c.isprintable() else ''} U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in characters
    )
