"""The schema that the migrations make is the one the models describe, on both databases, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from backoffice.database import Base, close_connections, db, writing
from tests.support import databases
from tests.support.apps import bare_app, test_settings
from tests.support.schema import dump, import_all_models


def app_on(url: str, folder: Path) -> Flask:
    """An application without pages on the database at `url`."""
    import_all_models()
    return bare_app(test_settings(folder, url))


@pytest.fixture
def migrated(database: str, tmp_path: Path) -> Iterator[Flask]:
    """A database on which all migrations ran."""
    yield from _made(database, tmp_path / "migrated", by_models=False)


@pytest.fixture
def modelled(database: str, tmp_path: Path) -> Iterator[Flask]:
    """A database that the models made by themselves."""
    yield from _made(database, tmp_path / "modelled", by_models=True)


def _forget_former_databases() -> None:
    """Where PostgreSQL came first, the constraints it added last are left marked, and SQLite would be made without."""
    for table in Base.metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            constraint._create_rule = None


def _made(database: str, folder: Path, *, by_models: bool) -> Iterator[Flask]:
    url = databases.empty_database(database, folder)
    app = app_on(url, folder)
    with app.app_context():
        if by_models:
            with writing().begin() as connection:
                _forget_former_databases()
                Base.metadata.create_all(connection)
        else:
            flask_migrate.upgrade()
    yield app
    with app.app_context():
        close_connections()
    databases.drop_database(url)


def schema_of(app: Flask) -> set[str]:
    """The schema of the application's database."""
    with app.app_context(), db.engine.connect() as connection:
        return dump(connection)


def execute(app: Flask, statement: str) -> None:
    """Change the schema by hand."""
    with app.app_context(), writing().begin() as connection:
        connection.execute(text(statement))


def test_migrations_make_what_the_models_describe(migrated: Flask, modelled: Flask) -> None:
    by_migrations, by_models = schema_of(migrated), schema_of(modelled)
    assert len(by_models) > 100
    assert by_migrations - by_models == set()
    assert by_models - by_migrations == set()


def test_down_to_nothing_and_up_again(migrated: Flask) -> None:
    before = schema_of(migrated)
    with migrated.app_context():
        flask_migrate.downgrade(revision="base")
        close_connections()
    assert schema_of(migrated) == set()
    with migrated.app_context():
        flask_migrate.upgrade()
        close_connections()
    assert schema_of(migrated) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE account ADD COLUMN colour VARCHAR(9)", "colour"),
        ("CREATE INDEX ix_seeded ON account (name) WHERE reserved > 0", "reserved"),
        ("DROP INDEX ix_login_session_user_id", "ix_login_session_user_id"),
    ],
)
def test_a_difference_is_found(migrated: Flask, change: str, told: str) -> None:
    before = schema_of(migrated)
    execute(migrated, change)
    (difference,) = {line for line in before ^ schema_of(migrated) if not line.startswith("table ")}
    assert told in difference


def test_a_lost_trigger_is_found(migrated: Flask, database: str) -> None:
    before = schema_of(migrated)
    if database == "sqlite":
        execute(migrated, "DROP TRIGGER audit_event_no_update")
    else:
        execute(migrated, "DROP TRIGGER audit_event_frozen ON audit_event")
    (difference,) = before - schema_of(migrated)
    assert "audit_event" in difference
    assert "trigger" in difference.lower()


def test_a_changed_check_is_found(migrated: Flask, database: str) -> None:
    before = schema_of(migrated)
    if database == "sqlite":
        execute(migrated, "ALTER TABLE job_run RENAME TO former")
        execute(migrated, "CREATE TABLE job_run AS SELECT * FROM former")
        execute(migrated, "DROP TABLE former")
    else:
        execute(migrated, "ALTER TABLE job_run DROP CONSTRAINT ck_job_run_last_duration_not_negative")
    assert any("ck_job_run_last_duration_not_negative" in line for line in before - schema_of(migrated))
