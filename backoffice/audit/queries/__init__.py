"""Reads of the audit log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

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


def first_instants(object_type: str, object_ids: Collection[str], action: str) -> dict[str, datetime]:
    """When an action was first done to each of these objects; one to which it never was has no entry."""
    found = session.execute(
        select(AuditEvent.object_id, func.min(AuditEvent.at))
        .where(AuditEvent.object_type == object_type, AuditEvent.object_id.in_(object_ids))
        .where(AuditEvent.action == action)
        .group_by(AuditEvent.object_id)
    )
    return {object_id: at for object_id, at in found}  # noqa: C416 - rows are no pairs to the type checker


def latest_events_of(object_type: str, object_id: str | int, *, limit: int) -> Sequence[AuditEvent]:
    """What happened to one object, newest first; at most the last `limit` events."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.object_type == object_type, AuditEvent.object_id == str(object_id))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    ).all()
