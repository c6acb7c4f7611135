"""How Alembic reaches the database: through the application's own engine, with the right to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection

from backoffice.database import Base, writing


@contextmanager
def unreferenced(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild a table that others refer to: dropping it would empty it, and its foreign keys forbid that.

    The switch has no effect inside a transaction, so it is thrown before; `refuse_orphans` looks at what was done.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def refuse_orphans(connection: Connection) -> None:
    """Raise RuntimeError, and so undo the migration, when rows refer to nothing any more."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows refer to nothing after the migration: {broken[:5]}")


def run() -> None:
    """Run the migrations in one transaction (both databases have transactional DDL)."""
    with writing().connect() as connection, unreferenced(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            refuse_orphans(connection)


run()
