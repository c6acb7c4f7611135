"""One database is the truth: engine set-up for SQLite and PostgreSQL, `transaction()`, and column types.

Pages read in read-only transactions: a GET that writes fails loudly on both databases. Whoever receives the outside
call (a view, a job, a command) opens `transaction()`; services never commit.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Result,
    Select,
    TypeDecorator,
    event,
    exc,
    inspect,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session

from backoffice import money
from backoffice.config import Settings

# A write asked for after a read began would be ignored with this warning: check-then-write races would come back.
warnings.filterwarnings("error", message=".*Connection is already established.*", category=exc.SAWarning)

WRITE = "write"
Kept = TypeVar("Kept")


class Base(DeclarativeBase):
    """The declarative base of every table. Constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
session = cast("scoped_session[Session]", db.session)


class Amount(TypeDecorator[Decimal]):
    """Money: `Decimal` in Python, integer minor units in the database. A fraction of a cent is refused."""

    impl = BigInteger
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Sums and differences of money are money: a plain number would be compared without becoming cents."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Keep the type under + and -."""
            expression = super().operate(op, *other, **options)
            return type_coerce(expression, Amount()) if op in (operator.add, operator.sub) else expression

    comparator_factory = Comparator

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else money.to_minor(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        # A sum() of BIGINT comes back as NUMERIC on PostgreSQL; int() of it is exact.
        return None if value is None else money.from_minor(int(value))


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: timestamptz on PostgreSQL, sortable naive UTC text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs an offset: {value}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
JsonDict = JSON().with_variant(JSONB(), "postgresql")


def engine_options(settings: Settings) -> dict[str, Any]:
    """Arguments of `create_engine` for the configured database."""
    if settings.is_sqlite:
        # The bundled SQLite of this wheel is newer than the WAL-reset race of many system libraries.
        import pysqlite3  # type: ignore[import-untyped, unused-ignore]

        return {"module": pysqlite3.dbapi2, "pool_size": 16, "max_overflow": 16}
    timeouts = (
        "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=20s -c timezone=UTC"
        # Searches would otherwise fall into a generic plan that ignores the index that serves them.
        " -c plan_cache_mode=force_custom_plan"
    )
    return {
        "pool_pre_ping": True,
        "pool_size": 16,
        "max_overflow": 8,
        "connect_args": {"connect_timeout": 5, "options": timeouts},
    }


def init_database(app: Flask) -> None:
    """Bind the database to `app` and teach each engine how a transaction begins."""
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def prepare_engine(engine: Engine) -> None:
    """Install the begin and connect rules of this module on `engine`, once."""
    if getattr(engine, "_backoffice_prepared", False):
        return
    engine._backoffice_prepared = True  # type: ignore[attr-defined]
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        event.listen(engine, "begin", _on_postgresql_begin)


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


def _on_sqlite_begin(connection: Connection) -> None:
    # Past SQLAlchemy, which takes ten times as long around these words: every page begins one transaction that reads.
    driver: Any = connection.connection.driver_connection
    if connection.get_execution_options().get(WRITE):
        driver.execute("PRAGMA query_only = OFF")
        # Not this one: that somebody else is writing has to be said in SQLAlchemy's errors.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        driver.execute("PRAGMA query_only = ON")
        driver.execute("BEGIN")


def _on_postgresql_begin(connection: Connection) -> None:
    from psycopg import IsolationLevel

    # psycopg sends it all with the first statement's BEGIN: no round trip of its own. A page reads one state of the
    # books from its first statement to its last, as on SQLite: figures that are compared belong to the same moment.
    driver: Any = connection.connection.driver_connection
    reads = not connection.get_execution_options().get(WRITE)
    driver.read_only = reads
    driver.isolation_level = IsolationLevel.REPEATABLE_READ if reads else None


@contextmanager
def transaction() -> Iterator[Session]:
    """One writing transaction around one outside call: all of it is kept, or nothing.

    The read that the sign-in loader left open is ended first: asked for later, the right to write would be ignored.
    Transactions do not nest, because an inner commit would keep half of the outer call.
    """
    current = session()
    if current.info.get(WRITE):
        raise RuntimeError("transaction() is already open; services never open one")
    current.rollback()
    connection = current.connection(execution_options={WRITE: True})
    if not connection.get_execution_options().get(WRITE):
        raise RuntimeError("the connection was already in use for reading")
    current.info[WRITE] = True
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.pop(WRITE, None)


def tried_twice(work: Callable[[], Kept]) -> Kept:
    """Do `work` in a transaction of its own, and once more where somebody took the same unique value at that moment.

    The second time it finds what the other one made. Raises IntegrityError when that was not the reason.
    """
    try:
        with transaction():
            return work()
    except IntegrityError:
        with transaction():
            return work()


class Prepared:
    """A statement of plain columns that pages send again and again, worded once for each database.

    SQLAlchemy looks a statement up, goes through its values and wraps its rows each time it is sent; for a short one
    that takes longer than the database does. What a `bindparam` without a value stands for is given each time. With
    `make` a row is what that makes of its values: once for the same values, so nobody may change it.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]], make: Callable[[tuple[Any, ...]], Any] | None = None
    ) -> None:
        self._statement = statement
        self._make = make
        self._wordings: dict[str, _Wording] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows; of `values` those that it has no use for do no harm."""
        wording = self._wordings.get(connection.dialect.name)
        if wording is None:
            wording = self._wordings[connection.dialect.name] = _Wording(self._statement, connection.dialect)
        result = connection.exec_driver_sql(wording.text, wording.parameters(values))
        found = cast(Any, result.cursor).fetchall()
        result.close()
        make = self._make
        return [wording.read(row) if make is None else _made(make, wording, row) for row in found]


class _Wording:
    """A statement in the words of one database: how values go in, and how they come out."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        given = [name for name, bind in compiled.binds.items() if bind.required]
        expanded = compiled.construct_expanded_state(dict.fromkeys(given))
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        into = {**{name: kind.bind_processor(dialect) for name, kind in kinds.items()}, **expanded.processors}
        self.text, self._order = expanded.statement, expanded.positiontup
        self._given = [(name, into[name]) for name in given]
        self._constants = {name: _passed(into.get(name), value) for name, value in expanded.parameters.items()}
        columns = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._out_of = [kind.result_processor(dialect, None) for kind in columns]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them: in the order of the text, or by their names."""
        sent = self._constants | {name: _passed(process, values[name]) for name, process in self._given}
        return sent if self._order is None else tuple([sent[name] for name in self._order])

    def read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row of the driver as values of ours."""
        return tuple([_passed(process, value) for process, value in zip(self._out_of, row, strict=True)])


def _passed(process: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if process is None else process(value)


@lru_cache(maxsize=4096)
def _made(make: Callable[[tuple[Any, ...]], Any], wording: _Wording, row: tuple[Any, ...]) -> Any:
    return make(wording.read(row))


def rows_changed(result: Result[Any]) -> int:
    """How many rows a guarded UPDATE or DELETE touched: 0 means that its guard did not hold."""
    return cast("CursorResult[Any]", result).rowcount


def upsert_into(table: Any) -> sqlite.Insert:
    """An INSERT into `table` that can say what happens on a conflict; both databases word that alike."""
    on_sqlite = session().get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if on_sqlite else cast("sqlite.Insert", postgresql.insert(table))


def is_first(model: type[Base], **row: Any) -> bool:
    """Insert a row that only one can, and say whether this call did; what stands there already stays as it is.

    Asked for what was written: the count of rows says -1 for both on PostgreSQL.
    """
    written = upsert_into(model).values(**row).on_conflict_do_nothing().returning(*inspect(model).primary_key)
    return session.execute(written).first() is not None


def install_triggers(table: str, dialect: str, statements: tuple[str, ...]) -> None:
    """Run these statements on databases of one kind when the models make the table."""
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata.tables[table], "after_create", ddl)


def missing_triggers(table: str, sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> list[str]:
    """Those of the triggers guarding `table` that are not there; one that somebody disabled is as good as none."""
    if session().get_bind().dialect.name == "sqlite":
        statement = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        wanted = sqlite
    else:
        statement = text(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal"
            " AND tgenabled IN ('O', 'A')"
        )
        wanted = postgresql
    present = set(session.scalars(statement, {"table": table}))
    return [name for name in wanted if name not in present]
