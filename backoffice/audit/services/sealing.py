"""Setting one seal: a batch of events, closed for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from backoffice.audit.models import AuditSeal
from backoffice.audit.queries import seals
from backoffice.audit.rules import ORIGIN, Sealed, seal
from backoffice.database import session

BATCH = 1000


def next_seal(until: int, *, now: datetime) -> tuple[Sealed, str] | None:
    """The seal that comes next and the hash of the one before it; None where no event up to `until` is left.

    Only reads: nobody who has something to write waits while events are hashed. `until` is an event below which none
    appears any more.
    """
    number, previous, after, _ = seals.ends()
    events = seals.events_between(after, until, BATCH)
    return (seal(number + 1, events, now), previous or ORIGIN) if events else None


def write(sealed: Sealed, previous: str) -> None:
    """Set the seal. Raises IntegrityError where somebody else has set one with its number meanwhile."""
    session.execute(
        insert(AuditSeal).values(
            **{name: getattr(sealed, name) for name in Sealed.__slots__}, sha256=sealed.hash_after(previous)
        )
    )
