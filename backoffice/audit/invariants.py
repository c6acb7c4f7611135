"""What must hold for the audit log: its guards stand, and every event says who and what."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select, text

from backoffice.audit.models import AuditEvent
from backoffice.database import session

_GUARDS = {
    "sqlite": (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'",
        ("audit_event_no_delete", "audit_event_no_update"),
    ),
    # A trigger that somebody disabled is as good as none.
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal"
        " AND tgenabled IN ('O', 'A')",
        ("audit_event_frozen",),
    ),
}


def check() -> Iterator[str]:
    """Yield a sentence for each missing guard and each event that does not say who did what."""
    statement, wanted = _GUARDS[session().get_bind().dialect.name]
    present = set(session.scalars(text(statement)))
    for name in wanted:
        if name not in present:
            yield f"audit log: the trigger {name} is missing, events could be edited"
    nameless = or_(AuditEvent.actor_label == "", AuditEvent.action == "", AuditEvent.object_id == "")
    for event_id in session.scalars(select(AuditEvent.id).where(nameless).limit(100)):
        yield f"audit event {event_id}: it does not say who did what to which object"
