"""How pressing a request is, whether one pair of eyes is enough, and what can be done to many requests at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from backoffice.requests.rules import OPEN_STATES

# Three days, so that on a Friday the promises of Monday show.
SOON_DAYS = 3
VIEW_NAME_LIMIT, VIEW_QUERY_LIMIT, VIEWS_LIMIT = 60, 1000, 20
FOUR_EYES_WINDOW = timedelta(days=7)
# What one person can oversee, and a worker does in some seconds.
BULK_LIMIT = 500


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


def needs_second(amount: Decimal, week: Decimal, threshold: str | None) -> bool:
    """Whether a second person has to approve: the amount, or the account's of the last week with it, is large.

    `threshold` is the policy's value in major units; None lets one person decide on everything.
    """
    return threshold is not None and max(amount, week) >= Decimal(threshold)


class BulkAction(StrEnum):
    """What can be done to many requests at once."""

    APPROVE = "approve"
    REJECT = "reject"
    ASSIGN = "assign"
    UNDO = "undo"


# What is offered beside a list; an undo follows a run of approvals.
CHOSEN_ACTIONS = (BulkAction.APPROVE, BulkAction.REJECT, BulkAction.ASSIGN)


class BulkState(StrEnum):
    """Where a run stands. Waiting and running lead on, the others are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    # By a person; what was not done by then stays undone.
    STOPPED = "stopped"


class BulkOutcome(StrEnum):
    """What became of one request of a run."""

    DONE = "done"
    # The same person has done just this before: nothing is wrong, and nothing was done twice.
    ALREADY = "already"
    REFUSED = "refused"
