"""What must hold for the audit log: its guards stand, every event says who and what, and the seals are whole."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, or_, select

from backoffice.audit.models import AuditEvent, AuditSeal
from backoffice.audit.queries import verifying
from backoffice.database import missing_triggers, session

NEWEST = 3  # seals; a bounded look, as all others are at what stands in the tables


def check() -> Iterator[str]:
    """Yield a sentence for each missing guard, each event that does not say who did what, and what is wrong with seals.

    Of the seals the newest are proved, event by event; `backoffice audit verify` proves all of them.
    """
    for table in ("audit_event", "audit_seal"):
        guards = (f"{table}_no_delete", f"{table}_no_update"), (f"{table}_frozen",)
        for name in missing_triggers(table, *guards):
            yield f"audit log: the trigger {name} is missing, history could be edited"
    nameless = or_(AuditEvent.actor_label == "", AuditEvent.action == "", AuditEvent.object_id == "")
    for event_id in session.scalars(select(AuditEvent.id).where(nameless).limit(100)):
        yield f"audit event {event_id}: it does not say who did what to which object"
    yield from _seals()


def _seals() -> Iterator[str]:
    number, newest = session.execute(select(func.count(), func.max(AuditSeal.id)).select_from(AuditSeal)).one()
    if number != (newest or 0):
        yield f"audit log: the last seal is number {newest}, yet there are {number}"
    for step in verifying.walk(after=max(0, (newest or 0) - NEWEST)):
        if step.fault is not None:
            yield f"audit log: {step.fault}"
