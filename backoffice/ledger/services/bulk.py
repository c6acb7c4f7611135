"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite. Nothing is read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Dialect, Table, bindparam, update
from sqlalchemy.orm import attributes

from backoffice.database import Base, session

_Processor = Callable[[Any], Any] | None


def add(model: type[Base], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows into the table of `model`; each holds the values of `columns`, in that order."""
    if not rows:
        return
    table = cast(Table, model.__table__)
    connection = session.connection()
    processors = _processors(table, tuple(columns), connection.dialect)
    names = ", ".join(columns)
    ready = (
        [value if process is None else process(value) for process, value in zip(processors, row, strict=True)]
        for row in rows
    )
    if connection.dialect.name != "postgresql":
        places = ", ".join("?" * len(columns))
        # Names of our own tables and columns; no word of it comes from outside.
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608  # nosec
            [tuple(row) for row in ready],
        )
        return
    driver = cast(Any, connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in ready:
            copy.write_row(row)


def write_changes(model: type[Base], columns: Sequence[str]) -> None:
    """Write what changed of loaded rows of `model` by one statement run many times, where a flush would run many.

    Only `columns` may have changed. The rows are then as if they had just been read.
    """
    changed: list[Any] = [each for each in session.dirty if isinstance(each, model) and _has_changed(each)]
    if not changed:
        return
    table = cast(Table, model.__table__)
    statement = update(table).where(table.c.id == bindparam("row")).values({name: bindparam(name) for name in columns})
    session.connection().execute(
        statement, [{"row": each.id, **{name: getattr(each, name) for name in columns}} for each in changed]
    )
    for each in changed:
        for name in columns:
            attributes.set_committed_value(each, name, getattr(each, name))


def _has_changed(row: Any) -> bool:
    return bool(attributes.instance_state(row).committed_state)


@cache
def _processors(table: Table, columns: tuple[str, ...], dialect: Dialect) -> list[_Processor]:
    """What turns a value into the driver's, column by column; a JSON column gives text, which COPY takes as it is."""
    kinds = [table.c[name].type.dialect_impl(dialect) for name in columns]
    return [cast(_Processor, kind.bind_processor(dialect)) for kind in kinds]
