"""Our translations: Flask-Babel, with the catalogues by language alone.

Flask-Babel finds the catalogue of each sentence by the name of its locale, which Babel writes anew each time: two
milliseconds for the three hundred sentences of a request's page. Ours have no script and no territory.
"""

from __future__ import annotations

from typing import cast

from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale
from werkzeug.utils import cached_property


class OneDomain(Domain):  # type: ignore[misc]
    """The sentences of the application, of which there is one domain."""

    def __init__(self, domain: str) -> None:
        super().__init__(domain=domain)
        self._by_language: dict[str, Translations | NullTranslations] = {}

    def get_translations(self) -> Translations | NullTranslations:
        """The catalogue of the language in which the page, or the mail, is being written."""
        locale = get_locale()
        if locale is None:
            return NullTranslations()
        found = self._by_language.get(locale.language)
        if found is None:
            found = self._by_language[locale.language] = cast(Translations, super().get_translations())
        return found


class Catalogues(Babel):  # type: ignore[misc]
    """Flask-Babel that asks `OneDomain`."""

    @cached_property
    def domain_instance(self) -> OneDomain:
        """Where the sentences are."""
        return OneDomain(self.domain)
