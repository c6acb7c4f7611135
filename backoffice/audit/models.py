"""The audit log: one append-only table that leans on no other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, Index, String, Table, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant, JsonDict


class AuditEvent(Base):
    """One act of a person or of the system.

    The actor is kept as a number without a foreign key and as a frozen label, so that an event outlives the account of
    whoever caused it.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("action <> '' AND object_type <> '' AND object_id <> ''", name="says_what"),
        CheckConstraint("actor_label <> ''", name="says_who"),
        Index("ix_audit_event_object", "object_type", "object_id", "id"),
        Index("ix_audit_event_at", "at", "id"),
        Index("ix_audit_event_actor", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str | None] = mapped_column(String(20))
    via: Mapped[str] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any] | None] = mapped_column(JsonDict)
    after: Mapped[dict[str, Any] | None] = mapped_column(JsonDict)
    reason: Mapped[str | None] = mapped_column(Text)


# Migrations keep a copy of these statements: a migration must not change when the code does.
SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event"
    " BEGIN SELECT RAISE(ABORT, 'an audit event never changes'); END",
    "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event"
    " BEGIN SELECT RAISE(ABORT, 'an audit event is never deleted'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an audit event never changes and is never deleted';
END $$""",
    "CREATE TRIGGER audit_event_frozen BEFORE UPDATE OR DELETE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION audit_event_guard()",
)
# A dropped table takes its triggers with it, but not the function they call.
POSTGRESQL_DROP = "DROP FUNCTION IF EXISTS audit_event_guard()"


def _ddl(statement: str, dialect: str) -> Any:
    return DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


def _attach(table: Table) -> None:
    for dialect, statements in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRESQL_TRIGGERS)):
        for statement in statements:
            event.listen(table, "after_create", _ddl(statement, dialect))
    event.listen(table, "after_drop", _ddl(POSTGRESQL_DROP, "postgresql"))


_attach(Base.metadata.tables["audit_event"])
