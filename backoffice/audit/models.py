"""The audit log and its seals: append-only tables that lean on no other."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant, JsonDict, install_triggers


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


class AuditSeal(Base):
    """A batch of events, closed: after it none of them can change without a hash that differs.

    Its hash holds that of the seal before it. The marks, one of each event, tell which one it was. Ids are given by
    hand, one after the other: of two who seal the same batch the database refuses one.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("id > 0", name="counted"),
        CheckConstraint("first_event_id <= last_event_id", name="forward"),
        CheckConstraint("events > 0 AND length(marks) = 40 * events", name="marks_each"),
        CheckConstraint("length(sha256) = 64", name="hashed"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    first_event_id: Mapped[int] = mapped_column(Id, unique=True)
    last_event_id: Mapped[int] = mapped_column(Id, unique=True)
    events: Mapped[int]
    form: Mapped[int]
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_at: Mapped[datetime] = mapped_column(Instant)


class AuditHeadMail(Base):
    """A local day on which the auditors were told the head of the chain, once."""

    __tablename__ = "audit_head_mail"
    __table_args__ = (CheckConstraint("told >= 0", name="not_negative"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey(AuditSeal.id), unique=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    told: Mapped[int]


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
SEAL_SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal"
    " BEGIN SELECT RAISE(ABORT, 'a seal never changes'); END",
    "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal"
    " BEGIN SELECT RAISE(ABORT, 'a seal is never deleted'); END",
)
SEAL_POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION audit_seal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a seal never changes and is never deleted';
END $$""",
    "CREATE TRIGGER audit_seal_frozen BEFORE UPDATE OR DELETE ON audit_seal"
    " FOR EACH ROW EXECUTE FUNCTION audit_seal_guard()",
)


install_triggers("audit_event", "sqlite", SQLITE_TRIGGERS)
install_triggers("audit_event", "postgresql", POSTGRESQL_TRIGGERS)
install_triggers("audit_seal", "sqlite", SEAL_SQLITE_TRIGGERS)
install_triggers("audit_seal", "postgresql", SEAL_POSTGRESQL_TRIGGERS)
