"""Timed entries of the service level."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import transaction
from backoffice.review.services import presence
from backoffice.sla import services


def sweep() -> int:
    """Flag every overdue request, one batch a transaction; returns how many were flagged.

    Beside it goes what pages of the desk said that were closed without a word.
    """
    with transaction():
        presence.forget_old(now=clock.now())
    total = 0
    while True:
        with transaction():
            flagged = len(services.flag_overdue(now=clock.now()))
        total += flagged
        if flagged < services.BATCH:
            return total
