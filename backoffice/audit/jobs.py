"""Timed entry of the audit log: seal what is new, and write the head outside the database."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.audit import heads
from backoffice.audit import services as audit
from backoffice.audit.queries import seals
from backoffice.audit.rules import LOST, ORIGIN
from backoffice.audit.services import sealing
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import Forbidden
from backoffice.permissions import SYSTEM, Actor, Permission

log = structlog.get_logger(__name__)

# How long a turn goes on, and how long it waits for those who are writing an event: whoever stops the worker waits for
# it to end, and what is left has its turn a minute later.
SECONDS, PATIENCE, LOOK_AGAIN = 3.0, 2.0, 0.05
# A head follows its seal within a turn: where the first seal is younger, that turn was killed in between.
YOUNG = timedelta(hours=1)


def seal(*, begins_anew: bool = False) -> int:
    """Seal every event that is settled, one batch a transaction; returns how many.

    A file of heads that is lost or empty is written anew out of the same database, so it proves nothing of what was
    sealed before: the audit log says since when, unless the operator has just said so (`begins_anew`). Where there is
    nothing new it only reads. Then the heads that the file does not have are added, also those of a turn that was
    killed before. Raises HistoryCutOff, and seals nothing, while the file is ahead of the database; what `heads.append`
    raises is raised when the seals are set.
    """
    path = _place()
    # What stands in the file was in the database before: this look at it must not be older.
    session.rollback()
    try:
        last = heads.compare(path, seals.head_of, seals.head)
    except heads.HistoryCutOff as fault:
        ends, lost = fault.message.params["event"], fault.message.params["seal"]
        log.error("history was cut off: nothing is sealed", after_event=ends, lost_seal=lost)
        raise
    finally:
        session.rollback()
    if last is None and not begins_anew:
        _say_where_heads_were_lost(path)
    sealed = _seal_settled(time.monotonic() + SECONDS)
    heads.append(path, seals.head_of, seals.heads_after)
    session.rollback()
    return sealed


def _say_where_heads_were_lost(path: Path) -> None:
    first, known = seals.head_of(1), seals.head()
    session.rollback()
    if known is None or (first is not None and clock.now() - first.at <= YOUNG):
        return
    log.warning("the file of heads was lost or empty and is written anew", seal=known.seal)
    with transaction():
        audit.record(
            SYSTEM, LOST, "audit_log", path.name, at=clock.now(), after={"seal": known.seal, "event": known.event}
        )


def begin_anew(actor: Actor, *, reason: str) -> tuple[int, str]:
    """Go on after a restore that the operator made: keep the file of heads under another name, and say in history who
    did it, where the restored history ends and which head is lost. Returns the last event that is left and that name.

    Raises Forbidden for a person who does not administer the installation, and Conflict where the file is not ahead of
    the database, or differs before the end of the chain: that is no restore. A copy of the lost heads, and a mail that
    has one, go on telling what was lost.
    """
    if actor.role is not None and not actor.can(Permission.ADMINISTER):
        raise Forbidden
    path, now = _place(), clock.now()
    session.rollback()
    end = seals.head()
    lost = heads.lost_since(path, seals.head_of, end)
    session.rollback()
    kept = path.with_name(f"heads-{lost.seal}-{now:%Y%m%dT%H%M%SZ}.log")
    ends_at = end.event if end else 0
    left = {"seal": end.seal if end else 0, "event": ends_at, "sha256": end.sha256 if end else ORIGIN}
    with transaction():
        audit.record(
            actor, "audit.restore", "audit_log", path.name, at=now, reason=reason,
            before={"seal": lost.seal, "event": lost.event, "sha256": lost.sha256, "at": lost.at},
            after={**left, "kept": kept.name},
        )  # fmt: skip
    # Last: without the event nobody would know why the file begins anew.
    heads.put_aside(path, kept)
    return ends_at, kept.name


def _place() -> Path:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return heads.place(settings.instance_path)


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
