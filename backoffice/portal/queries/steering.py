"""Conditions that say which index is not to be taken.

SQLite plans without knowing how the rows lie and takes the index that pins the most columns, even where that means to
sort all of an account afterwards. PostgreSQL counts its rows, and is left alone.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


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


def word(value: str) -> ColumnElement[str]:
    """A word of our own (a kind, a state), written into the statement: only so does SQLite see that a partial index
    serves it, because it plans before it knows the values. Raises ValueError for anything else."""
    if not re.fullmatch(r"[a-z]+", value):
        raise ValueError(f"not a word of ours: {value!r}")
    return literal_column(f"'{value}'")


# Legal names keep their full-width brackets; nobody types them.
_BRACKETS = {"(": "[(（]", "（": "[(（]", ")": "[)）]", "）": "[)）]"}


def holds(typed: str, *columns: Any) -> ColumnElement[bool]:
    """Whether one of `columns` holds `typed` anywhere, whatever its case: also a single Chinese character.

    Not LIKE: that folds no letter beyond ASCII on SQLite, nor on a PostgreSQL with the plain locale. The pattern, each
    letter in both its cases, means the same in both.
    """
    pattern = "".join(_BRACKETS.get(sign) or _either_case(sign) for sign in typed)
    return or_(*(column.regexp_match(pattern) for column in columns))


def _either_case(sign: str) -> str:
    lower, upper = sign.lower(), sign.upper()
    if lower != upper and len(lower) == len(upper) == 1:
        return f"[{lower}{upper}]"
    return re.escape(sign)
