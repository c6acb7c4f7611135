"""How pressing a request is, in the words of the desk. Standard library only."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from backoffice.requests.rules import OPEN_STATES

# Three days, so that on a Friday the promises of Monday show.
SOON_DAYS = 3


class Urgency(StrEnum):
    """The tags of components/status.html that speak of time."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    DUE_SOON = "due_soon"


def urgency(state: str, due_at: datetime, due_on: date, *, now: datetime, today: date) -> Urgency | None:
    """How pressing a request in `state` is; None when it is closed or its promised day is further away."""
    if state not in OPEN_STATES:
        return None
    if now >= due_at:
        return Urgency.OVERDUE
    days = (due_on - today).days
    if days <= 0:
        return Urgency.DUE_TODAY
    return Urgency.DUE_SOON if days <= SOON_DAYS else None
