"""Conditions that say which index is not to be taken.

SQLite plans without knowing how the rows lie and takes the index that pins the most columns, even where that means to
sort all of an account afterwards. PostgreSQL counts its rows, and is left alone.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal, literal_column, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import _OffsetLimitParam


class _Beside(FunctionElement[Any]):
    """A column as it is, by whose index SQLite shall not search; a value inside another index still serves."""

    inherit_cache = True


@compiles(_Beside)
def _as_it_is(element: _Beside, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Beside, "sqlite")
def _with_a_plus(element: _Beside, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def beside(column: Any) -> Any:
    """The column, for a condition that filters what another index finds (https://sqlite.org/queryplanner.html)."""
    element = _Beside(column)
    element.type = column.type
    return element


@compiles(_OffsetLimitParam, "sqlite")
def _so_many(element: Any, compiler: Any, **options: Any) -> str:
    # SQLite plans by how many rows are wanted: sent beside the statement, it would plan anew each time.
    return str(compiler.visit_bindparam(element, literal_execute=True, **options))


def word(value: str) -> ColumnElement[str]:
    """A word of our own (a kind, a state), written into the statement: sent beside it, SQLite would plan the statement
    anew each time to see whether a partial index serves the value. Raises ValueError for anything else."""
    if not re.fullmatch(r"[a-z_]+", value):
        raise ValueError(f"not a word of ours: {value!r}")
    return literal_column(f"'{value}'")


# Legal names keep their full-width brackets; nobody types them.
_BRACKETS = {"(": "[(（]", "（": "[(（]", ")": "[)）]", "）": "[)）]"}


class _Holds(FunctionElement[bool]):
    """A column, a pattern for PostgreSQL, and the same for SQLite's GLOB."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """Stand as it is: "= 1" behind it, as for a column of truth values, would only cost."""
        return self


class _HoldsPlain(_Holds):
    """The same where no sign but those of ASCII has two cases, for SQLite's LIKE: it folds these and no others."""

    inherit_cache = True


class _HoldsAsTyped(_Holds):
    """The same where no sign has two ways of being written."""

    inherit_cache = True


@compiles(_Holds)
@compiles(_HoldsPlain)
def _by_expression(element: _Holds, compiler: Any, **options: Any) -> str:
    return _compared(element, compiler, "~", 1, options)


@compiles(_HoldsAsTyped)
def _by_like(element: _Holds, compiler: Any, **options: Any) -> str:
    # A good deal quicker than an expression.
    return _compared(element, compiler, "LIKE", 1, options)


@compiles(_Holds, "sqlite")
@compiles(_HoldsAsTyped, "sqlite")
def _by_glob(element: _Holds, compiler: Any, **options: Any) -> str:
    # SQLite has no expressions of its own: they would go through Python, row by row.
    return _compared(element, compiler, "GLOB", 2, options)


@compiles(_HoldsPlain, "sqlite")
def _by_folding_like(element: _Holds, compiler: Any, **options: Any) -> str:
    # Two to three times as quick as a pattern of classes.
    return _compared(element, compiler, "LIKE", 2, options) + " ESCAPE '\\'"


def _compared(element: _Holds, compiler: Any, operator: str, pattern: int, options: Any) -> str:
    parts = list(element.clauses)
    return f"{compiler.process(parts[0], **options)} {operator} {compiler.process(parts[pattern], **options)}"


def holds(typed: str, *columns: Any) -> ColumnElement[bool]:
    """Whether one of `columns` holds `typed` anywhere, whatever its case: also a single Chinese character.

    LIKE folds no letter beyond ASCII on SQLite, nor on a PostgreSQL with the plain locale. The pattern, each letter in
    both its cases, means the same in both.
    """
    like = "%" + re.sub(r"([\\%_])", r"\\\1", typed) + "%"
    glob = "*" + "".join(_either(sign) or (f"[{sign}]" if sign in "*?[" else sign) for sign in typed) + "*"
    if any(map(_either, typed)):
        expression = "".join(_either(sign) or re.escape(sign) for sign in typed)
        if all(sign.isascii() and sign not in _BRACKETS for sign in typed if _either(sign)):
            return or_(*(_HoldsPlain(column, literal(expression), literal(like)) for column in columns))
        return or_(*(_Holds(column, literal(expression), literal(glob)) for column in columns))
    return or_(*(_HoldsAsTyped(column, literal(like), literal(glob)) for column in columns))


def _either(sign: str) -> str:
    """The class of the ways a sign is written, nothing where there is but one."""
    if sign in _BRACKETS:
        return _BRACKETS[sign]
    lower, upper = sign.lower(), sign.upper()
    return f"[{lower}{upper}]" if lower != upper and len(lower) == len(upper) == 1 else ""
