"""Timed entries of requests."""

from __future__ import annotations

from collections.abc import Sequence

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.requests.services import holds, late_issues

_BATCH = 100


def follow_holds() -> int:
    """Stop clocks whose question has arrived, remind, and end what nobody answered; returns how many rows changed."""
    with transaction():
        total = holds.stop_clocks()
    for step in (holds.remind, holds.end_unanswered):
        with transaction():
            total += step(now=clock.now())
    return total


def tell_approved(limit: int = 1000) -> int:
    """Mail customers that their request is approved whose invoice takes longer than 15 minutes; returns how many.

    Once for each approval, however many workers look, and wherever one of them dies: a batch is one transaction.
    """
    total = 0
    while total < limit and (waiting := _late()):
        with transaction():
            told = late_issues.tell_approved(waiting, now=clock.now())
        total += told
        if not told:  # all in other hands
            break
    return total


def _late() -> Sequence[int]:
    # Whoever asks for the right to write only to find nothing waits for everybody who has something to write.
    found = session.scalars(late_issues.waiting(clock.now(), _BATCH)).all()
    session.rollback()
    return found
