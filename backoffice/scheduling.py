"""What each timed job did last, and whether a worker lives: the `job_run` table.

Written when a job ends, so a job that hangs shows by a row that grows old.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from backoffice import clock
from backoffice.database import Base, Instant, db, session, transaction, upsert_into
from backoffice.engines import PLANNED_ONCE

# Signs of life: of any worker, and of the one that leads. A frozen leader keeps its lead while others still beat.
HEARTBEAT, LEADING = "heartbeat", "leading"
# Every timed job and how often it runs, in seconds. `backoffice.worker` says what each does.
SECONDS: Mapping[str, int] = {
    "issue": 1,
    "mail": 1,
    "returned": 30,
    "import": 1,
    "bulk": 1,
    "holds": 10,
    "approved": 60,
    "calendar": 30,
    "sweep": 60,
    "escalate": 60,
    "figures": 30,
    "weekly": 60,
    "seal": 60,
    "tidy": 60,
    HEARTBEAT: 10,
    LEADING: 10,
}
# Everybody's work is taken by guarded UPDATE and lease; these are the leader's alone.
LED = frozenset({"holds", "approved", "calendar", "sweep", "escalate", "figures", "weekly", "seal", "tidy", LEADING})
# The worker beats every ten seconds; three missed beats and a little patience mean that nobody is working.
STALE_AFTER = timedelta(seconds=35)
# Jobs that look for work every second would write a row a second that says "nothing to do".
QUIET_FOR = timedelta(seconds=10)

_PATIENCE = timedelta(seconds=5)

OK = "ok"
FAILED = "failed"


class JobRun(Base):
    """The last run of one timed job, whichever process ran it."""

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_given"),
        CheckConstraint("last_outcome IN ('ok', 'failed')", name="last_outcome"),
        CheckConstraint("last_duration_ms >= 0", name="last_duration_not_negative"),
    )

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_started_at: Mapped[datetime] = mapped_column(Instant)
    last_finished_at: Mapped[datetime] = mapped_column(Instant)
    last_duration_ms: Mapped[int]
    last_count: Mapped[int]
    last_outcome: Mapped[str] = mapped_column(String(8))
    last_error: Mapped[str] = mapped_column(String(500), default="")
    next_run_at: Mapped[datetime | None] = mapped_column(Instant)


# When this process last wrote the row of an idle job. Losing it costs one extra write.
_written: dict[tuple[str, str], datetime] = {}


def record_run(name: str, job: Callable[[], int], *, next_run_at: datetime | None = None) -> int:
    """Run `job` and record when, how long, how many things it did and how it ended; return that count.

    The job opens its own transactions; the record has one of its own, so a failed job is recorded too. What the job
    raises is raised again. Runs that found nothing to do are recorded every ten seconds only.
    """
    started_at, began = clock.now(), time.monotonic()
    count, outcome, error = 0, OK, ""
    try:
        count = job()
    except Exception as problem:
        outcome, error = FAILED, type(problem).__name__  # the text of an exception may quote personal data
        raise
    finally:
        finished_at = clock.now()
        if count or outcome == FAILED or _is_due(name, finished_at):
            _write(
                name=name,
                last_started_at=started_at,
                last_finished_at=finished_at,
                last_duration_ms=round((time.monotonic() - began) * 1000),
                last_count=count,
                last_outcome=outcome,
                last_error=error,
                next_run_at=next_run_at,
            )
    return count


def beat() -> int:
    """A worker's sign of life: one thing done, so `record_run` writes its row every time."""
    return 1


def soon() -> datetime:
    """When a job of a starting worker first runs: at once.

    The scheduler lives by the machine's clock, whatever a drill has done to ours.
    """
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Life:
    """When a worker, and the one that leads, last gave a sign of life before `at`; None where none ever did."""

    worker_at: datetime | None
    leader_at: datetime | None
    at: datetime

    @property
    def works(self) -> bool:
        """Whether a worker gave one within the last 35 seconds: what every worker does is done."""
        return _is_fresh(self.worker_age)

    @property
    def is_led(self) -> bool:
        """Whether the leader did: what it does alone is done."""
        return _is_fresh(self.leader_age)

    @property
    def is_whole(self) -> bool:
        """Whether all timed work is done."""
        return self.works and self.is_led

    @property
    def worker_age(self) -> timedelta | None:
        """How long ago the last sign of any worker was."""
        return None if self.worker_at is None else self.at - self.worker_at

    @property
    def leader_age(self) -> timedelta | None:
        """The same of the leader."""
        return None if self.leader_at is None else self.at - self.leader_at


def life(at: datetime) -> Life:
    """The signs of life before `at`."""
    signs = select(JobRun.name, JobRun.last_finished_at).where(JobRun.name.in_((HEARTBEAT, LEADING)))
    return _life({row.name: row.last_finished_at for row in session.execute(signs)}, at)


def life_by(runs: Mapping[str, JobRun], at: datetime) -> Life:
    """The same where the last runs, by name, were read already."""
    return _life({name: run.last_finished_at for name, run in runs.items()}, at)


def _life(ended_at: Mapping[str, datetime], at: datetime) -> Life:
    return Life(ended_at.get(HEARTBEAT), ended_at.get(LEADING), at)


def worker_is_alive(at: datetime) -> bool:
    """Whether a worker, leading or not, gave a sign of life within the last 35 seconds before `at`."""
    return life(at).works


def _is_fresh(age: timedelta | None) -> bool:
    return age is not None and age <= STALE_AFTER


def is_late(name: str, run: JobRun | None, life: Life) -> bool:
    """Whether a job has not ended for so long that three of its turns must have been missed, or is the leader's while
    that one gives no sign of life."""
    if run is None or (name in LED and not life.is_led):
        return True
    turn = timedelta(seconds=SECONDS.get(name, 0))
    return life.at - run.last_finished_at > 3 * max(turn, QUIET_FOR) + _PATIENCE


_LAST_RUNS = select(JobRun).order_by(JobRun.name)


def last_runs() -> list[JobRun]:
    """The last run of every job, by name."""
    return list(session.scalars(_LAST_RUNS, execution_options=PLANNED_ONCE))


def _is_due(name: str, at: datetime) -> bool:
    last = _written.get((str(db.engine.url), name))
    return last is None or not timedelta(0) <= at - last < QUIET_FOR


def _write(**values: Any) -> None:
    statement = upsert_into(JobRun).values(**values)
    changes = {column: value for column, value in values.items() if column != "name"}
    with transaction():
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changes))
    _written[str(db.engine.url), values["name"]] = values["last_finished_at"]
