"""Timed entry of the accounts: what people are told of by the clock."""

from __future__ import annotations

from backoffice import clock
from backoffice.accounts import heads
from backoffice.database import session, transaction


def tell_auditors() -> int:
    """Mail the newest head of the audit log to the auditors, once a local day; returns how many are told."""
    due = heads.is_due(clock.now())
    session.rollback()
    if not due:
        return 0
    with transaction():
        return heads.tell(now=clock.now())
