"""The reader's language: chosen on this device, else kept with the person, else asked for by the browser."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask_babel import Babel

from backoffice.config import Settings
from backoffice.web.interface import THEME_COOKIE, THEMES

LOCALES = ("en", "zh")
LOCALE_COOKIE = "locale"

_ONE_YEAR = 365 * 24 * 3600


def init_locale(app: Flask, babel: Babel) -> None:
    """Bind translation to `app`."""
    babel.init_app(app, locale_selector=select_locale, timezone_selector=_zone_name)


def select_locale() -> str:
    """One of LOCALES for the current request; the installation's default outside of one."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    if not request:
        return settings.default_locale
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in LOCALES:
        return str(chosen)
    # Only looked at where a guard has loaded the person already: an error page must not ask the database.
    person = getattr(g.get("_login_user"), "locale", None)
    if person in LOCALES:
        return str(person)
    return request.accept_languages.best_match(LOCALES) or settings.default_locale


def _zone_name() -> str:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return settings.timezone


def remember(response: Response, *, locale: str | None = None, theme: str | None = None) -> None:
    """Keep a choice on this device for a year; values we do not offer are ignored."""
    if locale in LOCALES:
        _set(response, LOCALE_COOKIE, locale)
    if theme in THEMES:
        _set(response, THEME_COOKIE, theme)


def _set(response: Response, name: str, value: str | None) -> None:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    response.set_cookie(
        name, str(value), max_age=_ONE_YEAR, secure=settings.secure_cookies, httponly=True, samesite="Lax"
    )
