"""Reads of the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session


def events_of(object_type: str, object_id: str | int, *, limit: int = 200) -> Sequence[AuditEvent]:
    """What happened to one object, oldest first; at most the first `limit` events."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.object_type == object_type, AuditEvent.object_id == str(object_id))
        .order_by(AuditEvent.id)
        .limit(limit)
    ).all()


def latest_events_of(object_type: str, object_id: str | int, *, limit: int) -> Sequence[AuditEvent]:
    """What happened to one object, newest first; at most the last `limit` events."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.object_type == object_type, AuditEvent.object_id == str(object_id))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    ).all()
