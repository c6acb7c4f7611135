"""Applications for tests: the whole one, one that moves from test to test, and one without pages for services."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import make_url

from backoffice import clock, config, configure, create_app, database, fonts, money, storage
from backoffice.config import Settings
from backoffice.extensions import limiter
from backoffice.review.views import remembered
from backoffice.web import drawn
from tests.support import compiled

NOBODY_LISTENS = 1  # tcpmux: connections are refused at once
_VALUES: dict[str, Any] = {"demo": True, "mail_port": NOBODY_LISTENS, "undo_seconds": 0}
_ORDINARY = Settings(**_VALUES)


def test_settings(instance: Path, url: str, **overrides: Any) -> Settings:
    """Settings for `url`, an address as SQLAlchemy knows it, that owe nothing to the environment of the machine."""
    if overrides.keys() <= {"mail_port"}:
        # Two thousand tests differ in these alone: reading the environment takes longer than copying.
        return _ORDINARY.model_copy(update={"instance_path": instance.resolve(), "database_url": url, **overrides})
    return Settings(**{**_VALUES, "instance_path": instance, "database_url": url, **overrides})


test_settings.__test__ = False  # type: ignore[attr-defined]


def bare_app(settings: Settings) -> Flask:
    """Database, documents and mail without pages: what services, queries and jobs need, in a few milliseconds."""
    from backoffice.extensions import babel, mail, migrate

    app = Flask("backoffice", instance_path=str(settings.instance_path), template_folder=str(config.ROOT / "templates"))
    configure(app, settings)
    clock.configure(settings.zone)
    money.configure(settings.currency)
    storage.configure(settings.instance_path / "documents")
    fonts.configure(font_cache())
    database.init_database(app)
    migrate.init_app(app, database.db, directory=str(config.ROOT / "backoffice" / "migrations"))
    mail.init_app(app)
    babel.init_app(app)
    _share_compiled(app)
    return app


def whole_app(settings: Settings) -> Flask:
    """The application as it is served."""
    app = create_app(settings)
    # What a piece of a page says is no database's doing: on one of them each is drawn anew and compared.
    app.config[drawn.VERIFIED] = make_url(settings.database_url).get_backend_name() == "sqlite"
    fonts.configure(font_cache())
    _share_compiled(app)
    return app


def _share_compiled(app: Flask) -> None:
    """Each application would compile its templates and statements anew, which takes longer than most tests."""
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(_shared_folder("templates")))
    compiled.share(app)


_moving: dict[str, tuple[Flask, dict[str, Any]]] = {}


def moved_app(settings: Settings) -> Flask:
    """The whole application of an earlier test of this process, moved into the installation of `settings`.

    Building one and loading its templates takes longer than what most tests ask of it. What is its own is given back:
    configuration, engine, documents, what the limiter has counted and what checks said. What it has drawn it may keep,
    as it does from one request to the next. Where its mail goes it asks its settings each time. With others that tests
    seldom have, a new one is built.
    """
    if settings != test_settings(settings.instance_path, settings.database_url, mail_port=settings.mail_port):
        return whole_app(settings)
    kind = make_url(settings.database_url).get_backend_name()
    if kind not in _moving:
        app = whole_app(settings)
        _moving[kind] = app, dict(app.config)
        return app
    app, configuration = _moving[kind]
    new = bare_app(settings)
    app.config.clear()
    app.config.update(configuration)
    for key in ("BACKOFFICE_SETTINGS", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_ENGINE_OPTIONS"):
        app.config[key] = new.config[key]
    app.instance_path = new.instance_path
    with new.app_context():
        engines = dict(database.db.engines)
    with app.app_context():
        database.db.engines.update(engines)
    limiter.reset()
    remembered.init(app)
    return app


def font_cache() -> Path:
    """Cut fonts are the same for every test of a run: cutting them anew takes longer than most tests."""
    return _shared_folder("fonts")


def _shared_folder(name: str) -> Path:
    folder = Path(os.environ["BACKOFFICE_TEST_SHARED"]) / name
    folder.mkdir(exist_ok=True)
    return folder
