"""A sealed history, and what whoever owns the database can do to it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, insert, text

from backoffice.audit import jobs, rules
from backoffice.audit.models import AuditEvent
from backoffice.audit.queries import verifying
from backoffice.audit.queries.verifying import Outside
from backoffice.database import db, session, transaction

AT = datetime(2026, 3, 6, 11, 0, 0, 250, tzinfo=UTC)
EVENT = {
    "at": AT, "actor_id": 7, "actor_label": "Rita 芮塔", "actor_role": "reviewer", "via": "web", "address": None,
    "action": "request.approve", "object_type": "invoice_request", "object_id": "R-1",
    "before": {"state": "pending", "amount": "10.50"}, "after": {"z": [1, True, None], "a": "\N{ZERO WIDTH SPACE}"},
    "reason": "fits",
}  # fmt: skip


def empty() -> None:
    """No event at all: a new installation has some."""
    unguard("audit_event")
    with transaction():
        session.execute(delete(AuditEvent))


def put(*ids: int) -> None:
    """Events with these ids; what is written next has a greater one."""
    with transaction():
        session.execute(insert(AuditEvent), [{**EVENT, "id": number, "reason": f"reason {number}"} for number in ids])
        if db.engine.dialect.name == "postgresql":
            newest = "(SELECT max(id) FROM audit_event)"
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('audit_event', 'id'), {newest})"))


def unguard(*tables: str) -> None:
    """The guards of these tables taken away."""
    with transaction():
        for table in tables:
            if db.engine.dialect.name == "sqlite":
                for guard in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{guard}"))
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_frozen"))


def as_owner(*statements: str) -> None:
    """What whoever owns the database can do: take the guards away, and then anything."""
    unguard("audit_event", "audit_seal")
    with transaction():
        for statement in statements:
            assert session.execute(text(statement)).rowcount > 0, "it hits nothing"  # type: ignore[attr-defined]


def fault(outside: Outside = verifying.NOTHING_OUTSIDE, after: int = 0) -> str:
    """The first fault that a walk over all of history finds; nothing where all is well."""
    session.rollback()
    return " ".join(str(step.fault) for step in verifying.walk(outside, after=after) if step.fault)


def copied(number: int, to: int) -> str:
    """A statement that puts an event in that looks like another one."""
    columns = ", ".join(rules.COLUMNS[1:])
    return f"INSERT INTO audit_event (id, {columns}) SELECT {to}, {columns} FROM audit_event WHERE id = {number}"


def resealed(*statements: str) -> None:
    """History changed, and everything after it sealed anew as if it had always been so."""
    as_owner(*statements)
    as_owner("DELETE FROM audit_seal WHERE id >= 2")
    jobs._seal_settled(jobs.time.monotonic() + 20)


def restored() -> None:
    """The database as a backup from before the third seal brings it back, and one event that happened since."""
    as_owner("DELETE FROM audit_seal WHERE id = 3", "DELETE FROM audit_event WHERE id > 40")
    put(61)
    if db.engine.dialect.name == "postgresql":
        with transaction():  # as a backup has it; rows that name their ids do not move it
            session.execute(text("SELECT setval(pg_get_serial_sequence('audit_event', 'id'), 61)"))
