"""Timed entries of requests."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import transaction
from backoffice.requests.services import holds


def follow_holds() -> int:
    """Stop clocks whose question has arrived, remind, and end what nobody answered; returns how many rows changed."""
    with transaction():
        total = holds.stop_clocks()
    for step in (holds.remind, holds.end_unanswered):
        with transaction():
            total += step(now=clock.now())
    return total
