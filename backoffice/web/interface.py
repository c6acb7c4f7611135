"""What the layouts and components need from Python, in one registration."""

from __future__ import annotations

from flask import Flask, g, request
from flask_babel import get_locale, lazy_gettext
from markupsafe import Markup

from backoffice.permissions import Role
from backoffice.web.addresses import init_addresses
from backoffice.web.asides import init_asides
from backoffice.web.drafts import word_of
from backoffice.web.drawn import blank, init_drawn
from backoffice.web.formatting import init_formatting
from backoffice.web.icons import init_icons
from backoffice.web.kept_forms import accepted_forms
from backoffice.web.navigation import init_navigation
from backoffice.web.offers import init_offers
from backoffice.web.shortcuts import init_shortcuts
from backoffice.web.svg import init_svg

THEMES = ("light", "dark", "auto")
THEME_COOKIE = "theme"

# In the order of the cascade: later sheets lean on the tokens and resets of the earlier ones.
STYLESHEETS = (
    "tokens.css", "base.css", "layout.css", "forms.css", "records.css", "surfaces.css", "charts.css", "print.css",
)  # fmt: skip

_STATUS_LABELS = {
    "pending": lazy_gettext("Pending"),
    "approved": lazy_gettext("Approved"),
    "issued": lazy_gettext("Issued"),
    "rejected": lazy_gettext("Rejected"),
    "withdrawn": lazy_gettext("Withdrawn"),
}
_ROLE_LABELS = {
    Role.CUSTOMER: lazy_gettext("Customer"),
    Role.REVIEWER: lazy_gettext("Reviewer"),
    Role.MANAGER: lazy_gettext("Manager"),
    Role.AUDITOR: lazy_gettext("Auditor"),
    Role.ADMINISTRATOR: lazy_gettext("Administrator"),
}
_FLASH_TONES = {"success": "good", "good": "good", "warning": "warn", "warn": "warn", "error": "error"}


def page_language() -> str:
    """The page's language as an HTML `lang` value: `en` or `zh-CN`."""
    locale = get_locale()
    return "zh-CN" if locale is not None and locale.language == "zh" else "en"


def page_theme() -> str:
    """The theme the reader chose (cookie `theme`), `auto` unless it is one we know."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def page_person() -> str | None:
    """A word for whoever is signed in, by which a browser tells one person's typed text from another's; else None."""
    # As with the keys: an error page must not ask the database who it is.
    person = getattr(g.get("_login_user"), "id", None)
    return None if person is None else word_of(person)


def status_label(state: str) -> str:
    """The public word for a request's state, translated. Raises `KeyError` for a state nobody may see."""
    return str(_STATUS_LABELS[str(state).lower()])


def role_label(role: Role | str) -> str:
    """The role's name, translated."""
    return str(_ROLE_LABELS[Role(role)])


def flash_tone(category: str) -> str:
    """Translate a flash category (`success`, `warning`, `error`, anything else) to a tone of the toast component."""
    return _FLASH_TONES.get(category, "info")


def csrf_field() -> Markup:
    """The hidden input every POST form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(blank("token"))


def init_interface(app: Flask) -> None:
    """Register filters, globals, icons, navigation and keyboard: what all templates rely on."""
    init_addresses(app)
    init_drawn(app)
    init_formatting(app)
    init_svg(app)
    init_icons(app)
    init_navigation(app)
    init_shortcuts(app)
    init_offers(app)
    init_asides(app)
    app.jinja_env.globals["accepted_forms"] = accepted_forms
    for function in (page_language, page_theme, page_person, status_label, role_label, flash_tone, csrf_field):
        app.jinja_env.globals[function.__name__] = function
    app.jinja_env.globals["page_stylesheets"] = lambda: STYLESHEETS
