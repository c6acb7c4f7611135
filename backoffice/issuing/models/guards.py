"""How a table gets its triggers when the models make it."""

from __future__ import annotations

from sqlalchemy import DDL, event

from backoffice.database import Base


def install(table: str, dialect: str, statements: tuple[str, ...]) -> None:
    """Run these statements on databases of one kind after the table was made."""
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata.tables[table], "after_create", ddl)
