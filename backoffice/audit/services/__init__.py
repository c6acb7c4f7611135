"""The one verb of the audit log: write an event, in the transaction of the change it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.permissions import Actor


def record(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str | int,
    *,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> AuditEvent:
    """Write that `actor` did `action` on an object at the instant `at`, in the caller's transaction.

    `before` and `after` hold the values that changed; amounts, dates and instants among them are kept as text.
    Call it last: the audit log is the last in the order of locks (request, account, series, audit).
    """
    event = AuditEvent(
        at=at,
        actor_id=actor.id,
        actor_label=actor.label,
        actor_role=None if actor.role is None else actor.role.value,
        via=actor.via,
        address=actor.address,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        before=None if before is None else _plain(before),
        after=None if after is None else _plain(after),
        reason=reason or None,
    )
    session.add(event)
    return event


def _plain(value: Any) -> Any:
    """The same value in what JSON knows. Raises TypeError for anything whose text would not be one of the business."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        # A StrEnum is kept as its word; NUL is the one character PostgreSQL's jsonb refuses.
        return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"an audit event cannot keep {type(value).__name__}: {value!r}")
