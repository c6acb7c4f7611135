"""Timed entries of the service level."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import transaction
from backoffice.sla import services


def sweep() -> int:
    """Flag every overdue request, one batch a transaction; returns how many were flagged."""
    total = 0
    while True:
        with transaction():
            flagged = len(services.flag_overdue(now=clock.now()))
        total += flagged
        if flagged < services.BATCH:
            return total
