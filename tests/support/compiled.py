"""What each test would compile anew: SQL, compiled once for all tests of a process, and URLs, compiled when needed.

Each test has a database and an engine of its own, and an engine keeps what it compiles for itself: two fifths of the
time of a test of services went into compiling the same statements again. Each test of pages has an application of its
own, and a rule compiles two functions that build its URL, of which a test needs few.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from backoffice.database import db

_statements: LRUCache[Any, Any] = LRUCache(4000)


def share(app: Flask) -> None:
    """Let the application's engines use what the engines of earlier tests have compiled."""
    with app.app_context():
        for engine in db.engines.values():
            engine.update_execution_options(compiled_cache=_statements)


def _alike(dialect: object, other: object) -> bool:
    return type(dialect) is type(other)


def _by_class(dialect: object) -> int:
    return hash(type(dialect))


# The key of a compiled statement names the dialect of its engine. All engines of a kind speak to one server, so their
# dialects compile alike.
for _dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
    _dialect.__eq__ = _alike  # type: ignore[method-assign,assignment]
    _dialect.__hash__ = _by_class  # type: ignore[method-assign,assignment]


_compile = Rule._compile_builder


def _compile_when_called(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    compiled = cache(lambda: _compile(rule, append_unknown))
    return lambda *arguments, **values: compiled()(*arguments, **values)


Rule._compile_builder = _compile_when_called  # type: ignore[method-assign]
