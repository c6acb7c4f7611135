"""Who looks at what: pages say while they are open what they show, and for a minute others can see it.

Nothing rests on it, so nothing is audited: a courtesy to colleagues, shorter than a claim. Auditors are not shown: they
change nothing, not even what others see.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete

from backoffice.database import rows_changed, session, upsert_into
from backoffice.errors import Forbidden
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.review.models import Presence
from backoffice.review.rules import LOOKING


def look(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Say that a page of the actor's shows the request now; returns it. Raises Forbidden, NotFound."""
    owner, found = _looker(actor), requests.by_number(number)
    seen = upsert_into(cast(Table, Presence.__table__)).values(request_id=found.id, user_id=owner, seen_at=now)
    again = seen.on_conflict_do_update(index_elements=["request_id", "user_id"], set_={"seen_at": now})
    session.execute(again)
    return found


def leave(actor: Actor, number: str) -> None:
    """Say that the page was closed. Raises as `look`."""
    owner, request_id = _looker(actor), requests.by_number(number).id
    session.execute(delete(Presence).where(Presence.request_id == request_id, Presence.user_id == owner))


def forget_old(*, now: datetime) -> int:
    """Throw away what pages said that were closed without a word; returns how many rows."""
    return rows_changed(session.execute(delete(Presence).where(Presence.seen_at <= now - LOOKING)))


def _looker(actor: Actor) -> int:
    if actor.id is None or not actor.can(Permission.BE_SEEN):
        raise Forbidden
    return actor.id
