"""An application of foundation and delivery over a SQLite file, enough for mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import backoffice
from backoffice import clock, config, database, storage
from backoffice.database import Base, transaction


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    settings = config.load(demo=True, instance_path=tmp_path / "instance", database_url="")
    app = Flask("backoffice", template_folder=str(config.ROOT / "templates"))
    backoffice.configure(app, settings)
    clock.configure(settings.zone)
    storage.configure(settings.instance_path / "documents")
    database.init_database(app)
    backoffice.init_web(app)
    from backoffice.accounts import views as accounts
    from backoffice.delivery import views as delivery

    app.register_blueprint(accounts.blueprint)
    app.register_blueprint(delivery.blueprint)
    with app.app_context():
        with transaction() as session:
            Base.metadata.create_all(session.connection())
        yield app
        database.session.remove()
        database.db.engine.dispose()
