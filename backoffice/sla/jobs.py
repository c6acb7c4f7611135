"""Timed entries of the service level."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime

from backoffice import clock, storage
from backoffice.accounts import queries as accounts
from backoffice.database import session, transaction
from backoffice.sla import report
from backoffice.sla.messages import weekly as messages
from backoffice.sla.queries import weekly
from backoffice.sla.services import escalation, flags, folding, outcomes, promises
from backoffice.sla.services import weekly as telling
from backoffice.sla.services.weekly import Document

# Whoever stops the worker waits for a turn to end; what is left has its turn a minute later.
ESCALATION_SECONDS = 5


def sweep() -> int:
    """Flag every overdue request, one batch a transaction; returns how many were flagged.

    It is looked for them first: nearly every minute there is none, and then nobody who writes has to wait.
    """
    found = flags.is_any_due(now=clock.now())
    session.rollback()
    return _in_batches(lambda now: len(flags.flag_overdue(now=now)), flags.BATCH) if found else 0


def follow_calendar() -> int:
    """Let every open request follow the calendar in force, one batch a transaction; returns how many were behind it."""
    return _in_batches(lambda now: promises.follow_calendar(now=now), promises.BATCH)


def fold() -> int:
    """Fold the figures of the managers' page, one batch a transaction; returns how many requests were closed."""
    return _in_batches(lambda now: folding.fold(now=now), outcomes.BATCH)


def escalate() -> int:
    """Tell reviewers, and later managers, of what will be overdue soon; returns how often a request was told of.

    One batch a transaction, until nothing is ripe or `ESCALATION_SECONDS` are over: the next turn goes on.
    """
    until = time.monotonic() + ESCALATION_SECONDS
    return sum(_escalate(step, until) for step in (escalation.REVIEWERS, escalation.MANAGERS))


def _escalate(step: str, until: float) -> int:
    size = escalation.BATCH
    return _in_batches(lambda now: escalation.escalate(step, now=now, limit=size), size, until)


def report_week() -> int:
    """Mail the last full week to the managers from its report's hour on; returns how many are told.

    The figures are folded first, as after a sleep they may be days old. The documents are drawn and stored outside of
    any transaction; only then the week is taken, so that a crash before leaves nothing but documents.
    """
    now = clock.now()
    monday = weekly.due(now)
    session.rollback()
    if monday is None:
        return 0
    fold()
    found = weekly.read(monday, now)
    said = messages.said(found)
    wanted = found.is_worth_telling and accounts.readers_of_the_weekly_report()
    written = list(messages.reports(found, now)) if wanted else []
    session.rollback()
    documents = {locale: Document(storage.put(report.pdf(one)), name) for locale, name, one in written}
    with transaction():
        return telling.tell(found, said, documents, now=now)


def _in_batches(one: Callable[[datetime], int], size: int, until: float = math.inf) -> int:
    """Do `one` batch a transaction, until it does fewer than `size` things; returns how many in all.

    After the moment `until` of the monotonic clock no other batch begins.
    """
    total = 0
    while True:
        with transaction():
            done = one(clock.now())
        total += done
        if done < size or time.monotonic() >= until:
            return total
