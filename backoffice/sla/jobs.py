"""Timed entries of the service level."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import transaction
from backoffice.review.services import presence
from backoffice.sla.services import escalation, flags, promises


def sweep() -> int:
    """Flag every overdue request, one batch a transaction; returns how many were flagged.

    Beside it goes what pages of the desk said that were closed without a word.
    """
    with transaction():
        presence.forget_old(now=clock.now())
    total = 0
    while True:
        with transaction():
            flagged = len(flags.flag_overdue(now=clock.now()))
        total += flagged
        if flagged < flags.BATCH:
            return total


def follow_calendar() -> int:
    """Let every open request follow the calendar in force, one batch a transaction; returns how many were behind it."""
    total = 0
    while True:
        with transaction():
            followed = promises.follow_calendar(now=clock.now())
        total += followed
        if followed < promises.BATCH:
            return total


def escalate() -> int:
    """Tell reviewers, and later managers, of what will be overdue soon; returns how often a request was told of."""
    total = 0
    for step in (escalation.REVIEWERS, escalation.MANAGERS):
        with transaction():
            total += escalation.escalate(step, now=clock.now())
    return total
