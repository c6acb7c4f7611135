"""Of two workers the one that leads is frozen (SIGSTOP): it keeps its lead, and that is told until it is ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backoffice import clock, scheduling
from backoffice.config import Settings
from backoffice.database import session
from tests.concurrency.launcher import Child, Launcher

pytestmark = pytest.mark.fault

# So long the leader has stood still when the second worker comes: longer than a sign of life is believed.
FROZEN = timedelta(seconds=40)


def wait_until(said: Callable[[], bool], worker: Child) -> None:
    deadline = time.monotonic() + 60
    while not said():
        assert time.monotonic() < deadline, f"it does not happen\n{worker.log.read_text()}"
        time.sleep(0.05)


def test_a_frozen_leader_is_told_of_while_another_worker_works_until_it_is_ended(
    app: Flask, client: FlaskClient, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    def told() -> str:
        return str(client.get("/readyz").json["worker"])  # type: ignore[index]

    def works() -> bool:
        with app.app_context():
            alive = scheduling.worker_is_alive(clock.now())
            session.rollback()
            return alive

    freeze = tmp_path / "freeze"
    leader = launcher.start("hurried_worker", settings, freeze=str(freeze))
    wait_until(lambda: told() == "ok", leader)
    freeze.touch()
    wait_until(lambda: is_frozen(leader.pid), leader)
    with clock.shifted(FROZEN):
        assert not works()
        other = launcher.start("hurried_worker", settings, clock_offset=FROZEN.total_seconds())
        wait_until(works, other)
        # By now it has asked for the lead as well: all its jobs had a turn.
        time.sleep(2)
        assert works()
        assert told() == "stale"
        if settings.is_sqlite:
            assert (settings.instance_path / "worker.lock").read_text() == f"{leader.pid}\n"
        metrics = client.get("/metrics").text
        assert age(metrics, "worker") < 35 < age(metrics, "leader")
        leader.kill()
        wait_until(lambda: told() == "ok", other)
    assert other.stop() == 0


def is_frozen(pid: int) -> bool:
    """Whether the system has stopped a process."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def age(metrics: str, whose: str) -> float:
    """So many seconds ago it gave its last sign of life."""
    (line,) = [line for line in metrics.splitlines() if line.startswith(f"backoffice_{whose}_age_seconds ")]
    return float(line.split()[1])
