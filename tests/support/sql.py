"""What a page sends to the database, and how the database goes about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from backoffice.database import close_connections, engines, session, writing

_UNSETTLED = (
    "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND relallvisible < relpages"
)
_NOT_COUNTED = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT")


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL sent inside the block, without the words that open and close transactions."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(_NOT_COUNTED):
            sent.append(statement)

    with _listening(app, before_cursor_execute=note):
        yield sent


@contextmanager
def planned(app: Flask) -> Iterator[list[str]]:
    """The statements that SQLite has planned inside the block, by the first words that each is known by.

    It plans what it has no plan of yet, and what it has to plan anew; its authorizer is asked for every plan it makes.
    """
    made: list[str] = []
    running: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        running[:] = [statement]

    def after(*_: Any) -> None:
        running.clear()

    def allow(*_: Any) -> int:
        if running:
            made.append(running.pop())
        return 0

    def watch(connection: Any, record: Any, _proxy: Any) -> None:
        # Once: to be given another authorizer, a connection forgets its plans.
        if record.info.get("watched by") is not allow:
            record.info["watched by"] = allow
            connection.set_authorizer(allow)

    try:
        with _listening(app, before_cursor_execute=before, after_cursor_execute=after, checkout=watch):
            yield made
    finally:
        with app.app_context():
            close_connections()


@contextmanager
def _listening(app: Flask, **hooks: Callable[..., None]) -> Iterator[None]:
    """The hooks on every engine of the application, by the names of their events."""
    with app.app_context():
        listened = [(engine, name, hook) for engine in engines() for name, hook in hooks.items()]
    for each in listened:
        event.listen(*each)
    try:
        yield
    finally:
        for each in listened:
            event.remove(*each)


def plan(statement: Any, database: str, *also_off: str, bitmaps: bool = False, values: Any = None) -> str:
    """How the database goes about exactly the SQL that a page sends, with the `values` that it sends along.

    PostgreSQL reads a table of few rows from end to end whatever there is; asked is whether an index can serve, so
    that way is barred, and with "sort" in `also_off` sorting as well. An index of words answers with `bitmaps` only.
    """
    connection, sent = session.connection(), []
    if database == "postgresql":
        for way in ("seqscan", *(() if bitmaps else ("bitmapscan",)), *also_off):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        sent.append((sql, parameters))

    event.listen(connection, "before_cursor_execute", note)
    connection.execute(statement, values)
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if database == "sqlite" else "EXPLAIN "
    rows = connection.exec_driver_sql(explain + sent[0][0], sent[0][1])
    return "\n".join(str(tuple(row)) for row in rows)


def gather_figures(database: str) -> None:
    """Let PostgreSQL count its rows and see which are settled, as its autovacuum does by itself sooner or later.

    While the autovacuum looks at the same database, rows are not seen to be settled: then it is done once more.
    """
    session.rollback()
    if database == "postgresql":
        with writing().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for _ in range(20):
                connection.exec_driver_sql("VACUUM (ANALYZE)")
                if connection.exec_driver_sql(_UNSETTLED).scalar() == 0:
                    return
                time.sleep(0.2)
