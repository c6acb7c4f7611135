"""The record of timed jobs, and the worker's sign of life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import scheduling
from backoffice.database import session
from backoffice.scheduling import JobRun, record_run

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Freeze = Callable[[datetime], None]


def row(name: str) -> JobRun:
    session.expire_all()
    return session.scalars(select(JobRun).where(JobRun.name == name)).one()


def fails() -> int:
    raise ValueError("ada@lumen.example")


def test_a_run_is_recorded_with_its_count(context: Flask, freeze: Freeze) -> None:
    freeze(NOON)
    assert record_run("issue", lambda: 3, next_run_at=NOON + timedelta(minutes=1)) == 3
    run = row("issue")
    assert (run.last_count, run.last_outcome, run.last_error) == (3, "ok", "")
    assert run.last_started_at == run.last_finished_at == NOON
    assert run.next_run_at == NOON + timedelta(minutes=1)


def test_a_failure_is_recorded_without_its_text_and_raised(context: Flask, freeze: Freeze) -> None:
    freeze(NOON)
    record_run("mail", lambda: 1)
    with pytest.raises(ValueError, match="ada@"):
        record_run("mail", fails)
    run = row("mail")
    assert (run.last_count, run.last_outcome, run.last_error) == (0, "failed", "ValueError")
    record_run("mail", lambda: 2)
    assert (row("mail").last_outcome, row("mail").last_error) == ("ok", "")


def test_idle_runs_are_written_every_ten_seconds(context: Flask, freeze: Freeze) -> None:
    written = []
    for second in range(25):
        freeze(NOON + timedelta(seconds=second))
        record_run("idle", lambda: 0)
        written.append(row("idle").last_finished_at)
    assert [(at - NOON).total_seconds() for at in dict.fromkeys(written)] == [0, 10, 20]


def test_a_worker_is_alive_for_35_seconds_after_its_beat(context: Flask, freeze: Freeze) -> None:
    freeze(NOON)
    assert scheduling.life(NOON).worker_age is None
    assert not scheduling.worker_is_alive(NOON)
    record_run(scheduling.HEARTBEAT, scheduling.beat)
    session.remove()
    assert scheduling.worker_is_alive(NOON + timedelta(seconds=35))
    assert not scheduling.worker_is_alive(NOON + timedelta(seconds=36))


@pytest.mark.parametrize(
    ("worker", "leader", "works", "is_led"),
    [(0, 0, True, True), (35, 35, True, True), (0, 36, True, False), (36, 0, False, True), (0, None, True, False)],
)
def test_timed_work_is_whole_while_a_worker_and_the_leader_give_signs_of_life(
    worker: int, leader: int | None, works: bool, is_led: bool
) -> None:
    beaten = [None if age is None else NOON - timedelta(seconds=age) for age in (worker, leader)]
    life = scheduling.Life(*beaten, at=NOON)
    assert (life.works, life.is_led, life.is_whole) == (works, is_led, works and is_led)


def test_each_beat_is_written(context: Flask, freeze: Freeze) -> None:
    for seconds in (0, 3):
        freeze(NOON + timedelta(seconds=seconds))
        record_run(scheduling.HEARTBEAT, scheduling.beat)
    assert row(scheduling.HEARTBEAT).last_finished_at == NOON + timedelta(seconds=3)


def test_all_jobs_are_listed_by_name(context: Flask) -> None:
    for name in ("sweep", "mail"):
        record_run(name, lambda: 1)
    assert [run.name for run in scheduling.last_runs()] == ["mail", "sweep"]
