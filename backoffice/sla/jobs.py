"""Timed entries of the service level."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from backoffice import clock
from backoffice.database import transaction
from backoffice.review.services import presence
from backoffice.sla.services import escalation, flags, folding, outcomes, promises


def sweep() -> int:
    """Flag every overdue request, one batch a transaction; returns how many were flagged.

    Beside it goes what pages of the desk said that were closed without a word.
    """
    with transaction():
        presence.forget_old(now=clock.now())
    return _in_batches(lambda now: len(flags.flag_overdue(now=now)), flags.BATCH)


def follow_calendar() -> int:
    """Let every open request follow the calendar in force, one batch a transaction; returns how many were behind it."""
    return _in_batches(lambda now: promises.follow_calendar(now=now), promises.BATCH)


def fold() -> int:
    """Fold the figures of the managers' page, one batch a transaction; returns how many requests were closed."""
    return _in_batches(lambda now: folding.fold(now=now), outcomes.BATCH)


def escalate() -> int:
    """Tell reviewers, and later managers, of what will be overdue soon; returns how often a request was told of."""
    total = 0
    for step in (escalation.REVIEWERS, escalation.MANAGERS):
        with transaction():
            total += escalation.escalate(step, now=clock.now())
    return total


def _in_batches(one: Callable[[datetime], int], size: int) -> int:
    """Do `one` batch a transaction, until it does fewer than `size` things; returns how many in all."""
    total = 0
    while True:
        with transaction():
            done = one(clock.now())
        total += done
        if done < size:
            return total
