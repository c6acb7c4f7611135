"""One database is the truth: its session, `transaction()`, and column types.

Pages read in read-only transactions: a GET that writes fails loudly on both databases. Whoever receives the outside
call (a view, a job, a command) opens `transaction()`; services never commit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    ClauseElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Result,
    String,
    TypeDecorator,
    event,
    inspect,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session
from sqlalchemy.sql import operators

from backoffice import money
from backoffice.engines import WRITE, engine_options, writer_beside

_WRITING = "writing"
Kept = TypeVar("Kept")
_SAME, _AMONG = (operator.eq, operator.ne), (operators.in_op, operators.not_in_op)
_COMPARING = (*_SAME, operator.lt, operator.le, operator.gt, operator.ge)


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


class _Session(FlaskSession):
    """Reads by the connections of pages, and inside `transaction()` by those that may write."""

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **options: Any) -> Engine | Connection:
        """The engine that serves this session now."""
        if bind is None and self.info.get(WRITE):
            return writing()
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **options)


db = SQLAlchemy(model_class=Base, session_options={"class_": _Session})
session = cast("scoped_session[Session]", db.session)


class Amount(TypeDecorator[Decimal]):
    """Money: `Decimal` in Python, integer minor units in the database. A fraction of a cent is refused."""

    impl = BigInteger
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Sums and differences of money are money: a plain number would be compared without becoming cents."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Keep the type under + and -; nothing is compared with as partial indexes word it."""
            if op in _COMPARING and isinstance(other[0], int | Decimal) and not other[0]:
                other = (literal_column("0"),)
            expression = super().operate(op, *other, **options)
            return type_coerce(expression, Amount()) if op in (operator.add, operator.sub) else expression

    comparator_factory = Comparator

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else money.to_minor(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        # A sum() of BIGINT comes back as NUMERIC on PostgreSQL; int() of it is exact.
        return None if value is None else money.from_minor(int(value))


class Word(String):
    """A word of ours: a kind, a state. Compared with one, the word is written into the statement.

    A partial index serves only who asks in its own words: sent beside the statement, the value would make SQLite plan
    it anew each time to see whether an index serves it (https://sqlite.org/partialindex.html).
    """

    class Comparator(String.Comparator[str]):
        """Members of enumerations are fixed; whatever else is compared with may have been typed, and is sent."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Write the words of enumerations as they are."""
            if op in _SAME:
                other = (_written(other[0]), *other[1:])
            elif op in _AMONG and not isinstance(other[0], str | ClauseElement):
                other = ([_written(word) for word in other[0]], *other[1:])
            return super().operate(op, *other, **options)

    comparator_factory = Comparator


def _written(value: Any) -> Any:
    return literal_column(f"'{value}'") if isinstance(value, StrEnum) else value


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


def init_database(app: Flask) -> None:
    """Bind the database to `app` and teach each engine how a transaction begins."""
    db.init_app(app)
    with app.app_context():
        of_app = cast("dict[str | None, Engine]", db.engines)
        of_app[_WRITING] = writer_beside(db.engine, engine_options(app.config["BACKOFFICE_SETTINGS"]))


def writing() -> Engine:
    """The engine whose connections may write. Pages read by `db.engine`, on SQLite by connections of their own."""
    return db.engines[_WRITING]


def engines() -> tuple[Engine, ...]:
    """The engines of the application, each with connections of its own."""
    return (db.engine, writing()) if db.engine.dialect.name == "sqlite" else (db.engine,)


def close_connections() -> None:
    """Close the connections that wait for use; the next statement opens a new one."""
    for engine in engines():
        engine.dispose()


@contextmanager
def transaction() -> Iterator[Session]:
    """One writing transaction around one outside call: all of it is kept, or nothing.

    The read that the sign-in loader left open is ended first: what is decided rests on what this transaction reads.
    Transactions do not nest, because an inner commit would keep half of the outer call.
    """
    current = session()
    if current.info.get(WRITE):
        raise RuntimeError("transaction() is already open; services never open one")
    current.rollback()
    current.info[WRITE] = True
    try:
        current.connection()
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
