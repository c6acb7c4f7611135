"""A schema as a set of sentences, so that two schemas can be compared and the difference read.

Order, spacing and quoting are taken out; types, defaults, checks, foreign keys, indexes with their WHERE, triggers and
functions stay in.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

from sqlalchemy import Connection, text

import backoffice

_BOOKKEEPING = "alembic_version"

_POSTGRESQL = (
    """SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
              || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
              || CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text ELSE '' END
              || CASE WHEN a.attgenerated <> '' THEN ' generated ' || a.attgenerated::text ELSE '' END
              || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
          AND NOT a.attisdropped AND c.relname <> :bookkeeping""",
    """SELECT 'constraint ' || c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> :bookkeeping""",
    """SELECT 'index ' || indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> :bookkeeping""",
    """SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relname <> :bookkeeping""",
    """SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND :bookkeeping <> ''""",
)


def import_all_models() -> None:
    """Import every module that declares tables, so that `Base.metadata` is complete."""
    importlib.import_module("backoffice.scheduling")
    for package in pkgutil.iter_modules(backoffice.__path__):
        if package.ispkg:
            name = f"backoffice.{package.name}.models"
            if importlib.util.find_spec(name):
                importlib.import_module(name)


def dump(connection: Connection) -> set[str]:
    """The schema behind `connection`, one sentence for each thing in it."""
    if connection.dialect.name == "sqlite":
        return set(_sqlite(connection))
    rows = (connection.execute(text(query), {"bookkeeping": _BOOKKEEPING}).scalars() for query in _POSTGRESQL)
    return {_squeezed(line) for lines in rows for line in lines}


def _sqlite(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        text("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    )
    for kind, table, sql in rows:
        if table == _BOOKKEEPING:
            continue
        if kind == "table" and not sql.upper().startswith("CREATE VIRTUAL"):
            body, options = sql[sql.index("(") + 1 : sql.rindex(")")], sql[sql.rindex(")") + 1 :]
            yield f"table {table} {_squeezed(options)}".strip()
            yield from (f"{table}: {part}" for part in _parts(body))
        else:
            yield _squeezed(sql)


def _parts(body: str) -> Iterator[str]:
    """Split the body of CREATE TABLE at its outermost commas."""
    depth, quoted, start = 0, False, 0
    for place, sign in enumerate(body):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and depth == 0:
                yield _squeezed(body[start:place])
                start = place + 1
    yield _squeezed(body[start:])


def _squeezed(sql: str) -> str:
    return re.sub(r"\s+", " ", sql.replace('"', "")).replace("( ", "(").replace(" )", ")").strip()
