"""The end of an approval: its row stays and says who ended it and why (design/domain.md 3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from backoffice.database import rows_changed, session
from backoffice.errors import Conflict
from backoffice.permissions import Actor
from backoffice.requests import queries
from backoffice.requests.models import Decision
from backoffice.requests.rules import Ending


def revoke(decision: Decision, actor: Actor, why: str, now: datetime) -> None:
    """Let a verdict hold no more; its row says who ended it and why. Raises Conflict when it was ended meanwhile."""
    held = update(Decision).where(Decision.id == decision.id, Decision.revoked_at.is_(None))
    if not rows_changed(session.execute(held.values(revoked_at=now, revoked_by=actor.id, revoked_why=why))):
        raise Conflict
    session.refresh(decision)


def end_first(request_id: int, actor: Actor, why: Ending, now: datetime) -> Decision | None:
    """End the first of two approvals, which nothing rests on any more; None where there was none.

    One that other recharges had made void ended for that reason. To be called with the request's row locked.
    """
    first = queries.first_approval(request_id)
    if first is not None:
        stands = queries.standing_first(request_id) is not None
        revoke(first, actor, why if stands else Ending.OTHER_MONEY, now)
    return first
