"""What must hold for the audit log: its guards stand, and every event says who and what."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice.audit.models import AuditEvent
from backoffice.database import missing_triggers, session


def check() -> Iterator[str]:
    """Yield a sentence for each missing guard and each event that does not say who did what."""
    guards = ("audit_event_no_delete", "audit_event_no_update"), ("audit_event_frozen",)
    for name in missing_triggers("audit_event", *guards):
        yield f"audit log: the trigger {name} is missing, events could be edited"
    nameless = or_(AuditEvent.actor_label == "", AuditEvent.action == "", AuditEvent.object_id == "")
    for event_id in session.scalars(select(AuditEvent.id).where(nameless).limit(100)):
        yield f"audit event {event_id}: it does not say who did what to which object"
