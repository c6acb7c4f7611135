"""Backoffice: the invoice back office. `create_app()` is the table of contents."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from backoffice.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application: foundation, page plumbing, one line per capability with pages, then the guards.

    Reads the environment when no settings are given; raises SettingsError when it does not describe an installation.
    """
    from flask import Flask

    with _left_out("rich"):  # 4 MiB, for tracebacks with the values of variables, which no log of ours may hold
        import structlog  # noqa: F401

    from backoffice import accounts, clock, config, database, extensions, fonts, logs, money, storage  # noqa: F401

    settings = settings or config.load()
    app = Flask(__name__, instance_path=str(settings.instance_path), template_folder=str(config.ROOT / "templates"))
    configure(app, settings)
    clock.configure(settings.zone)
    money.configure(settings.currency)
    storage.configure(settings.instance_path / "documents")
    fonts.configure(settings.instance_path / "cache" / "fonts")
    logs.configure(settings)
    database.init_database(app)
    init_web(app)
    register_pages(app, settings)
    return app


@contextmanager
def _left_out(name: str) -> Iterator[None]:
    """Import inside the block as if a library were not installed that is used where it is found."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def configure(app: Flask, settings: Settings) -> None:
    """Translate the settings into what Flask and its extensions read."""
    import jinja2

    from backoffice.engines import engine_options
    from backoffice.web.templating import Environment

    settings.instance_path.mkdir(parents=True, exist_ok=True)
    app.config.update(
        BACKOFFICE_SETTINGS=settings,
        SECRET_KEY=settings.key,
        SECRET_KEY_FALLBACKS=settings.secret_key_fallbacks,
        SQLALCHEMY_DATABASE_URI=settings.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        BABEL_DEFAULT_LOCALE=settings.default_locale,
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
        BABEL_TRANSLATION_DIRECTORIES="translations",
        MAIL_DEFAULT_SENDER=settings.mail_default_sender,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session: half-typed forms stay valid
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_environment = Environment
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def init_web(app: Flask) -> None:
    """Bind the extensions and the plumbing every page goes through."""
    from backoffice.accounts.sign_in import init_login
    from backoffice.config import ROOT
    from backoffice.extensions import babel, csrf, db, limiter, mail, migrate
    from backoffice.web.drafts import init_drafts
    from backoffice.web.errors import init_errors
    from backoffice.web.guards import init_guards
    from backoffice.web.interface import init_interface
    from backoffice.web.locale import init_locale
    from backoffice.web.security import init_security
    from backoffice.web.static_files import init_static

    migrate.init_app(app, db, directory=str(ROOT / "backoffice" / "migrations"))
    mail.init_app(app)
    limiter.init_app(app)
    init_security(app)
    init_static(app)  # before the sign-in: what is said of an answer last is said first here
    init_login(app)
    init_locale(app, babel)
    init_interface(app)
    init_errors(app)
    init_guards(app)
    init_drafts(app)
    csrf.init_app(app)  # after the guards: whoever is not signed in is led to the sign-in page, token or not


def register_pages(app: Flask, settings: Settings) -> None:
    """One line per blueprint, then the proof that no route is without a guard."""
    from backoffice.accounts import views as accounts
    from backoffice.audit import views as audit
    from backoffice.delivery import views as delivery
    from backoffice.headers import views as headers
    from backoffice.issuing import views as issuing
    from backoffice.ledger import views as ledger
    from backoffice.portal import views as portal
    from backoffice.review import views as review
    from backoffice.sla import views as sla
    from backoffice.web import components_page, guards, health

    for capability in (audit, delivery, accounts, ledger, headers, issuing, portal, review, sla):
        app.register_blueprint(capability.blueprint)
        capability.init(app)
    app.register_blueprint(health.blueprint)
    if settings.demo:
        app.register_blueprint(delivery.caught_blueprint)
        app.register_blueprint(components_page.components_blueprint)
    guards.assert_every_route_guarded(app)
