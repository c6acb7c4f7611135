"""Statements of plain columns that pages send again and again, worded once for each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Dialect, Select
from sqlalchemy.sql.visitors import replacement_traverse

from backoffice.engines import PLANNED_ONCE


class Prepared:
    """A statement of plain columns that pages send again and again, worded once for each database.

    SQLAlchemy looks a statement up, goes through its values and wraps its rows each time it is sent; for a short one
    that takes longer than the database does. What a `bindparam` without a value stands for is given each time. With
    `make` a row is what that makes of its values: once for the same values, so nobody may change it. Not `planned_once`
    is what somebody narrowed down: which index serves it depends on the values, and what they typed is sent beside it.
    """

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        make: Callable[[tuple[Any, ...]], Any] | None = None,
        *,
        planned_once: bool = True,
    ) -> None:
        self._statement = _with_constants(statement) if planned_once else statement
        self._make = make
        self._options = PLANNED_ONCE if planned_once else None
        self._wordings: dict[str, _Wording] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows; of `values` those that it has no use for do no harm."""
        wording = self._wordings.get(connection.dialect.name)
        if wording is None:
            wording = self._wordings[connection.dialect.name] = _Wording(self._statement, connection.dialect)
        result = connection.exec_driver_sql(wording.text, wording.parameters(values), self._options)
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


def _with_constants(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The statement with everything written into it that is the same each time, for one that holds nothing typed.

    SQLite plans a statement anew whenever it is sent with a value that an index might depend on.
    """

    def written(element: Any, **_: Any) -> Any:
        is_constant = isinstance(element, BindParameter) and not element.required
        return element.render_literal_execute() if is_constant else None

    return cast("Select[*tuple[Any, ...]]", replacement_traverse(statement, {}, written))
