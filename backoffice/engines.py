"""How connections to SQLite and PostgreSQL begin, and what they keep of the statements they have run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event

from backoffice.config import Settings

if TYPE_CHECKING:
    import psycopg

WRITE = "write"
# Execution options of a statement whose best plan is the same whatever its values are: PostgreSQL keeps one. All others
# it plans for their values, each time: a search would otherwise fall into a plan that ignores the index that serves it.
PLANNED_ONCE = {"planned_once": True}


def engine_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `create_engine` for the configured database."""
    if settings.is_sqlite:
        # The bundled SQLite of this wheel is newer than the WAL-reset race of many system libraries.
        import pysqlite3  # type: ignore[import-untyped, unused-ignore]

        return {"module": pysqlite3.dbapi2, "pool_size": 16, "max_overflow": 16}
    timeouts = "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=20s -c timezone=UTC"
    return {
        "pool_pre_ping": True,
        "pool_size": 16,
        "max_overflow": 8,
        "connect_args": {"connect_timeout": 5, "options": timeouts},
    }


def writer_beside(reading: Engine, options: dict[str, Any]) -> Engine:
    """Install the rules of this module on the engine that reads; returns the one that writes."""
    if reading.dialect.name == "postgresql":
        event.listen(reading, "do_connect", _on_postgresql_connect)
        event.listen(reading, "begin", _on_postgresql_begin)
        event.listen(reading, "do_execute", _on_postgresql_execute)
        return reading.execution_options(**{WRITE: True})
    # Connections that read and others that write: to turn one from reading to writing makes SQLite forget every
    # statement it has prepared, and to prepare those of a page takes longer than to run them.
    writer = create_engine(reading.url, execution_options={WRITE: True}, **options)
    for engine in (reading, writer):
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    event.listen(reading, "connect", _on_sqlite_connect_to_read)
    return writer


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions on its own: it would begin none before a SELECT.
    connection.isolation_level = None
    for pragma in (
        "busy_timeout = 15000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_connect_to_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _on_sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITE):
        # That somebody else is writing has to be said in SQLAlchemy's errors.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Past SQLAlchemy, which takes ten times as long around this word: every page begins such a transaction.
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")


def _on_postgresql_connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> psycopg.Connection[Any]:
    return _driver().connect(*arguments, **options)


@cache
def _driver() -> type[psycopg.Connection[Any]]:
    """The driver's connection, loaded where there is a PostgreSQL."""
    import psycopg

    class Connecting(psycopg.Connection[Any]):
        """Behind a ROLLBACK the driver forgets what it has prepared; what has only read can as well end with COMMIT."""

        def rollback(self) -> None:
            """End the transaction."""
            # A plan may be what failed: behind a change of the schema one that is kept fails each time.
            if self.read_only and self.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
                self.commit()
            else:
                super().rollback()

    return Connecting


def _on_postgresql_begin(connection: Connection) -> None:
    from psycopg import IsolationLevel

    # psycopg sends it all with the first statement's BEGIN: no round trip of its own. A page reads one state of the
    # books from its first statement to its last, as on SQLite: figures that are compared belong to the same moment.
    driver: Any = connection.connection.driver_connection
    reads = not connection.get_execution_options().get(WRITE)
    driver.read_only = reads
    driver.isolation_level = IsolationLevel.REPEATABLE_READ if reads else None


def _on_postgresql_execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
    """Send it as one that is prepared or as one that is not; what is read by and by through a cursor is not.

    Of what is prepared PostgreSQL takes a plan for any values from the sixth time on, where it thinks that no dearer.
    """
    from psycopg import Cursor

    if type(cursor) is not Cursor:
        return None
    cursor.execute(statement, parameters, prepare=PLANNED_ONCE.keys() <= context.execution_options.keys())
    return True
