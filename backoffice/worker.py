"""Which job runs when: one process beside the web, stopped gracefully, safe to run several times.

Issuing and mailing take their work by guarded UPDATE and lease, so every worker does them; jobs of the clock are done
by the leader alone. A job that fails is recorded and runs again at its next turn.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import structlog
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backoffice import scheduling
from backoffice.accounts import jobs as accounts
from backoffice.audit import jobs as audit
from backoffice.config import Settings
from backoffice.database import db, session
from backoffice.delivery import jobs as delivery
from backoffice.issuing import jobs as issuing
from backoffice.ledger import jobs as ledger
from backoffice.portal import jobs as portal
from backoffice.requests import jobs as requests
from backoffice.review import jobs as review
from backoffice.sla import jobs as sla
from backoffice.stopping import StopSignal

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

log = structlog.get_logger(__name__)

LEADER_KEY = 0x0BAC0FF1CE


def seal() -> int:
    """Seal what is new in the audit log, and tell the auditors its head."""
    return audit.seal() + accounts.tell_auditors()


def tidy() -> int:
    """Remove what people left behind: drafts and files of the customers' pages, looks of the desk's."""
    return portal.tidy() + review.tidy()


JOBS: Mapping[str, Callable[[], int]] = {
    "issue": issuing.issue_due,
    "mail": delivery.send_due,
    "returned": delivery.read_returned,
    "import": ledger.import_due,
    "bulk": review.work_off,
    "holds": requests.follow_holds,
    "approved": requests.tell_approved,
    "calendar": sla.follow_calendar,
    "sweep": sla.sweep,
    "escalate": sla.escalate,
    "figures": sla.fold,
    "weekly": sla.report_week,
    "seal": seal,
    "tidy": tidy,
    scheduling.HEARTBEAT: scheduling.beat,
    scheduling.LEADING: scheduling.beat,
}


class Leadership(Protocol):
    """Of all workers at most one leads; it leads until its process ends.

    One that is frozen leads on: it may go on any moment in the middle of what it did, so nobody else may begin the
    same. `scheduling.Life` shows it, and whoever runs the installation ends it.
    """

    def held(self) -> bool:
        """Whether this process leads now, taking the lead if nobody has it."""


class FileLeadership:
    """Leadership on one machine: an exclusive lock on a file, which the system drops when the process dies.

    The file says which process that is.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = (settings.instance_path / "worker.lock").open("a")
        self._is_told = False

    def held(self) -> bool:
        """See Leadership."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if not self._is_told:
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()
            self._is_told = True
        return True


class AdvisoryLeadership:
    """Leadership across machines: a PostgreSQL session advisory lock, dropped when its connection ends."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._leads = False
        # Jobs that begin at once would open a connection each, and the lock go with a forgotten one into the pool.
        self._asking = Lock()

    def held(self) -> bool:
        """See Leadership."""
        with self._asking:
            try:
                self._leads = self._ask()
            except DBAPIError:
                log.warning("leadership lost", exc_info=True)
                self._connection, self._leads = None, False
            return self._leads

    def _ask(self) -> bool:
        if self._connection is None:
            self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if self._leads:
            self._connection.execute(text("SELECT 1"))  # raises when the lock's connection is gone
            return True
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_KEY}))


class Worker:
    """The jobs of one process and their schedule."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.config["BACKOFFICE_SETTINGS"]
        with app.app_context():
            self.leadership: Leadership = (
                FileLeadership(self.settings) if self.settings.is_sqlite else AdvisoryLeadership()
            )

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; the job under way is finished first."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(5)},
            # The default grace of one second would drop a job whose process slept; one late run replaces all missed.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        for name, seconds in scheduling.SECONDS.items():
            turns = IntervalTrigger(seconds=seconds, timezone="UTC")
            scheduler.add_job(self._run, turns, args=(name, turns), id=name, next_run_time=scheduling.soon())
        stop = StopSignal(signal.SIGTERM, signal.SIGINT)
        scheduler.start()
        log.info("worker started", pid=os.getpid())
        stop.wait()
        scheduler.shutdown(wait=True)
        log.info("worker stopped", pid=os.getpid())

    def _run(self, name: str, turns: BaseTrigger) -> None:
        # The scheduler is not asked: while it waits for its jobs to end it answers none of them.
        with self.app.app_context():
            try:
                if name in scheduling.LED and not self.leadership.held():
                    return
                following = turns.get_next_fire_time(None, scheduling.soon())
                scheduling.record_run(name, JOBS[name], next_run_at=following)
            except Exception:
                log.exception("job failed", job=name)
            finally:
                session.remove()
