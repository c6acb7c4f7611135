"""Texts that the faces can show: a report never fails because of one sign in somebody's name."""

from __future__ import annotations

from backoffice.fonts import drawable

_BOX = "\N{WHITE SQUARE}"


def readable(text: str) -> str:
    """One line of text, a box in place of each sign that has no picture."""
    return "".join(sign if drawable(sign) else _BOX for sign in " ".join(text.split()))
