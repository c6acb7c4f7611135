"""The words of the pages in the reader's language, from the application's own catalogue."""

from __future__ import annotations

from functools import cache

from babel.support import NullTranslations, Translations

from backoffice.config import ROOT


@cache
def _catalogue() -> NullTranslations:
    return Translations.load(str(ROOT / "backoffice" / "translations"), ["zh"])


def word(language: str, english: str, **values: object) -> str:
    """What a page says in `language` where it says `english` in English. Raises KeyError where nothing is known."""
    said = english
    if language == "zh":
        said = _catalogue().gettext(english)
        if said == english:
            raise KeyError(english)
    return said % values if values else said
