"""Which job runs when: one process beside the web, stopped gracefully, safe to run several times.

Issuing and mailing take their work by guarded UPDATE and lease, so every worker does them; jobs of the clock are done
by the leader alone. A job that fails is recorded and runs again at its next turn.
"""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from typing import Protocol

import structlog
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from backoffice import scheduling
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

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
HOLDS_SECONDS = 10
CALENDAR_SECONDS = 30
SWEEP_SECONDS = 60
TIDY_SECONDS = 60
RETURNED_SECONDS = 30
HEARTBEAT_SECONDS = 10
LEADER_KEY = 0x0BAC0FF1CE


class Leadership(Protocol):
    """Of all workers at most one leads; it leads until its process ends."""

    def held(self) -> bool:
        """Whether this process leads now, taking the lead if nobody has it."""


class FileLeadership:
    """Leadership on one machine: an exclusive lock on a file, which the system drops when the process dies."""

    def __init__(self, settings: Settings) -> None:
        self._file = (settings.instance_path / "worker.lock").open("a")

    def held(self) -> bool:
        """See Leadership."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class AdvisoryLeadership:
    """Leadership across machines: a PostgreSQL session advisory lock, dropped when its connection ends."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._leads = False

    def held(self) -> bool:
        """See Leadership."""
        try:
            if self._connection is None:
                self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if self._leads:
                self._connection.execute(text("SELECT 1"))  # raises when the lock's connection is gone
            else:
                lock = text("SELECT pg_try_advisory_lock(:key)")
                self._leads = bool(self._connection.scalar(lock, {"key": LEADER_KEY}))
        except DBAPIError:
            log.warning("leadership lost", exc_info=True)
            self._connection, self._leads = None, False
        return self._leads


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

        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(5)},
            # The default grace of one second would drop a job whose process slept; one late run replaces all missed.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        for name, job, seconds, leader_only in (
            ("issue", issuing.issue_due, TICK_SECONDS, False),
            ("mail", delivery.send_due, TICK_SECONDS, False),
            ("returned", delivery.read_returned, RETURNED_SECONDS, False),
            ("import", ledger.import_due, TICK_SECONDS, False),
            ("bulk", review.work_off, TICK_SECONDS, False),
            ("holds", requests.follow_holds, HOLDS_SECONDS, True),
            ("calendar", sla.follow_calendar, CALENDAR_SECONDS, True),
            ("sweep", sla.sweep, SWEEP_SECONDS, True),
            ("tidy", portal.tidy, TIDY_SECONDS, True),
            ("heartbeat", scheduling.beat, HEARTBEAT_SECONDS, False),
        ):
            scheduler.add_job(
                self._run, "interval", seconds=seconds, args=(name, job, leader_only), id=name,
                next_run_time=scheduling.soon(),
            )  # fmt: skip
        stop = StopSignal(signal.SIGTERM, signal.SIGINT)
        scheduler.start()
        log.info("worker started", pid=os.getpid())
        stop.wait()
        scheduler.shutdown(wait=True)
        log.info("worker stopped", pid=os.getpid())

    def _run(self, name: str, job: Callable[[], int], leader_only: bool) -> None:
        with self.app.app_context():
            try:
                if leader_only and not self.leadership.held():
                    return
                scheduling.record_run(name, job)
            except Exception:
                log.exception("job failed", job=name)
            finally:
                session.remove()
