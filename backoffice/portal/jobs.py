"""Timed entries of the customer's pages."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import transaction
from backoffice.portal import services


def tidy() -> int:
    """Let some drafts go that nobody has touched for a week, then files that no draft and no request needs any more.

    Returns how many were looked at; each transaction is short, so writers of applications do not wait.
    """
    total = 0
    for step in (services.forget_old, services.forget_uploads):
        with transaction():
            total += step(now=clock.now())
    return total
