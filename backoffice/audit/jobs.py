"""Timed entry of the audit log: seal what is new, and write the head outside the database."""

from __future__ import annotations

import time

import structlog
from flask import current_app
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.audit import heads
from backoffice.audit.queries import seals
from backoffice.audit.services import sealing
from backoffice.config import Settings
from backoffice.database import session, transaction

log = structlog.get_logger(__name__)

# How long a turn goes on, and how long it waits for those who are writing an event: whoever stops the worker waits for
# it to end, and what is left has its turn a minute later.
SECONDS, PATIENCE, LOOK_AGAIN = 3.0, 2.0, 0.05


def seal() -> int:
    """Seal every event that is settled, one batch a transaction; returns how many.

    Where there is nothing new it only reads. Then the heads that the file does not have are added, also those of a
    turn that was killed before. Raises what `heads.append` raises: the seals are set by then.
    """
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    sealed = _seal_settled(time.monotonic() + SECONDS)
    heads.append(heads.place(settings.instance_path), seals.head_of, seals.heads_after)
    session.rollback()
    return sealed


def _seal_settled(give_up_at: float) -> int:
    _, _, sealed, newest = seals.ends()
    session.rollback()
    if newest == sealed or not _is_settled():
        return 0
    total = 0
    while time.monotonic() < give_up_at:
        found = sealing.next_seal(newest, now=clock.now())
        session.rollback()
        if found is None:
            break
        following, previous = found
        try:
            with transaction():
                sealing.write(following, previous)
        except IntegrityError:
            log.info("somebody else seals", seal=following.id)
            break
        total += following.events
    return total


def _is_settled() -> bool:
    """Whether every event up to the newest one that was seen before is seen by now, or never will be.

    PostgreSQL gives ids out before a transaction ends: whoever wrote when the newest event was there may have a
    smaller one, and is waited for. Those who begin later have greater ones.
    """
    until = time.monotonic() + PATIENCE
    former = seals.writers()
    session.rollback()
    while former:
        if time.monotonic() >= until:
            log.warning("sealing waits for a transaction that writes", transactions=len(former))
            return False
        time.sleep(LOOK_AGAIN)
        former &= seals.writers()
        session.rollback()
    return True
