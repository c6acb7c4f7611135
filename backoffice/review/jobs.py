"""Timed entries of the desk: acts on many requests, one transaction for each; and what its pages left behind."""

from __future__ import annotations

import time

import structlog
from flask import current_app
from sqlalchemy.exc import OperationalError

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.errors import N_, Message
from backoffice.leases import LeaseLost
from backoffice.review.queries import bulk as queries
from backoffice.review.queries.doubts import Doubts, doubts
from backoffice.review.services import bulk, presence

# So long a run keeps the others waiting, and so long the worker stays at it before it lets a stop signal through.
TURN_SECONDS, WORK_SECONDS = 1.0, 10.0
_TRIES = 4

_log = structlog.get_logger(__name__)


def work_off() -> int:
    """Do what was asked for many requests, the runs in turns; returns how many requests had theirs.

    Safe in several processes: a run belongs to whoever holds its lease, and a dead worker's is taken up where it
    stopped.
    """
    began, total = time.monotonic(), 0
    while time.monotonic() - began < WORK_SECONDS:
        with transaction():
            lent = bulk.take(clock.now())
        if lent is None:
            break
        try:
            total += _take_turn(lent)
        except LeaseLost:
            _log.info("bulk.lost", run=lent.id)
    return total


def tidy() -> int:
    """Forget what pages of the desk said that were closed without a word; returns of how many."""
    with transaction():
        return presence.forget_old(now=clock.now())


def _take_turn(lent: bulk.Lent) -> int:
    """Some items of a run; returns how many. Raises LeaseLost."""
    began = time.monotonic()
    waiting = queries.left(lent.id)
    numbers = queries.numbers_of(waiting) if lent.gives_verdicts else {}
    for done, request_id in enumerate(waiting, 1):
        _one(lent, request_id, numbers.get(request_id))
        if done < len(waiting) and time.monotonic() - began > TURN_SECONDS:
            with transaction():  # the next turn, here or in another worker, may begin at once
                bulk.hold(lent, until=clock.now())
            return done
    with transaction():
        bulk.finish(lent, now=clock.now())
    return len(waiting)


def _found(number: str | None, settings: Settings) -> Doubts | None:
    """What the checks say of the request with this number; None where no verdict is wanted, or it waits for none.

    Gathered just before the item's transaction and outside it: nobody waits for the right to write meanwhile.
    """
    return doubts(number, now=clock.now(), currency=settings.currency) if number is not None else None


def _one(lent: bulk.Lent, request_id: int, number: str | None) -> None:
    """One item in a transaction of its own; `number` where a verdict is to be given on it. A fault of ours or of the
    machine ends this item, not the run."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    for turn in range(_TRIES):
        try:
            found = _found(number, settings)
            with transaction():
                bulk.carry_out(
                    lent, request_id, now=clock.now(), found=found, undo_seconds=settings.undo_seconds,
                    currency=settings.currency,
                )  # fmt: skip
        except LeaseLost:
            raise
        except OperationalError:
            reason = Message(N_("The database was busy. Run it again."))
            _log.warning("bulk.busy", run=lent.id, exc_info=True)
            time.sleep(0.05 * 2**turn)
        except Exception as error:
            _log.exception("bulk.fault", run=lent.id, request_id=request_id)
            reason = Message(N_("it stopped at a fault: %(fault)s"), fault=type(error).__name__)
            break
        else:
            return
        finally:
            session.expunge_all()
    with transaction():
        bulk.give_up(lent, request_id, reason, now=clock.now())
