"""Reads of the seals, and of what may be sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select, text

from backoffice.audit.models import AuditEvent, AuditHeadMail, AuditSeal
from backoffice.audit.rules import COLUMNS, LOST, Head, Sealed
from backoffice.database import session

HEADS_AT_ONCE = 5000
_HEAD = (AuditSeal.id, AuditSeal.last_event_id, AuditSeal.sha256, AuditSeal.sealed_at)
# Whoever writes an event holds this lock before the event has its id, and until their transaction ends.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'"
    " AND relation = 'audit_event'::regclass AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def head() -> Head | None:
    """The end of the chain; None where nothing is sealed yet."""
    row = session.execute(select(*_HEAD).order_by(AuditSeal.id.desc()).limit(1)).first()
    return None if row is None else Head(*row)


def head_of(seal_id: int) -> Head | None:
    """The head as it was with this seal."""
    row = session.execute(select(*_HEAD).where(AuditSeal.id == seal_id)).first()
    return None if row is None else Head(*row)


def heads_after(seal_id: int) -> Iterator[Head]:
    """Every later head in order; ends what it reads every few thousand, so that it may take its time."""
    asked = select(*_HEAD).order_by(AuditSeal.id).limit(HEADS_AT_ONCE)
    while rows := session.execute(asked.where(AuditSeal.id > seal_id)).all():
        session.rollback()
        yield from (Head(*row) for row in rows)
        seal_id = rows[-1].id


def seal_after(seal_id: int) -> tuple[Sealed, str] | None:
    """The seal that follows this number, and the hash that it says of itself; None where none does."""
    columns = (getattr(AuditSeal, name) for name in Sealed.__slots__)
    following = select(AuditSeal.sha256, *columns).where(AuditSeal.id > seal_id).order_by(AuditSeal.id).limit(1)
    row = session.execute(following).first()
    return None if row is None else (Sealed(*row[1:]), row[0])


def events_between(after: int, until: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """All that events say whose ids are greater than `after` and at most `until`, in order."""
    columns = (getattr(AuditEvent, name) for name in COLUMNS)
    asked = select(*columns).where(AuditEvent.id > after, AuditEvent.id <= until).order_by(AuditEvent.id).limit(limit)
    return cast("Sequence[Mapping[str, Any]]", session.execute(asked).mappings().all())


def ends() -> tuple[int, str, int, int]:
    """In one read: number and hash of the newest seal, its last event, and the newest event there is; 0 for none."""
    newest = select(AuditSeal.id, AuditSeal.sha256, AuditSeal.last_event_id).order_by(AuditSeal.id.desc()).limit(1)
    sealed = newest.subquery()
    event = select(func.max(AuditEvent.id).label("id")).subquery()
    row = session.execute(
        select(sealed.c.id, sealed.c.sha256, sealed.c.last_event_id, event.c.id)
        .select_from(event)
        .outerjoin(sealed, text("1 = 1"))
    ).one()
    return row[0] or 0, row[1] or "", row[2] or 0, row[3] or 0


def unsealed(after: int, most: int | None = None) -> int:
    """How many events there are after this one; no more than `most` are counted."""
    found = select(AuditEvent.id).where(AuditEvent.id > after).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def writers() -> set[str]:
    """The transactions that may hold events nobody sees yet; none on SQLite, where one writes at a time."""
    if session().get_bind().dialect.name == "sqlite":
        return set()
    return set(session.scalars(_WRITERS))


def last_mail() -> AuditHeadMail | None:
    """The last day on which auditors were told the head."""
    return session.scalars(select(AuditHeadMail).order_by(AuditHeadMail.day.desc()).limit(1)).first()


def heads_lost() -> tuple[datetime, int] | None:
    """When the file of heads was last written anew, and up to which seal out of the database itself."""
    newest = select(AuditEvent).where(AuditEvent.action == LOST).order_by(AuditEvent.id.desc()).limit(1)
    event = session.scalars(newest).one_or_none()
    return None if event is None else (event.at, int((event.after or {})["seal"]))
