"""A worker that decides on many requests is killed (SIGKILL): its run goes on, and nothing is decided twice."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.requests.models import Decision
from backoffice.review.models import BulkItem, BulkRun
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk
from tests.concurrency.launcher import Launcher
from tests.concurrency.steps import BULK_STEPS
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

KILLED = -9
MANY = 60
# Whoever dies at a step dies at the third item, or at the end.
FEW = 9
# Longer than the lease of a dead worker.
LATER = timedelta(seconds=30)


@pytest.fixture
def numbers(office: Office) -> list[str]:
    """Requests that wait for a verdict."""
    office.recharge("1000.00")
    return office.apply_often(MANY)


def ask(office: Office, numbers: Sequence[str], token: str = "the-form", *, leave: bool = False) -> int:
    """Rita wants all of them approved, or with `leave` those without doubts; returns the run's id."""
    with transaction():
        order = bulk.Order(BulkAction.APPROVE, numbers, token, {"leave_doubtful": leave})
        return bulk.start(office.cast.rita.actor, order, now=clock.now()).id


def assert_decided_once(many: int = MANY) -> None:
    """Every request has exactly one verdict, every item says so, and all agrees."""
    session.rollback()
    verdicts = session.execute(select(Decision.request_id, func.count()).group_by(Decision.request_id)).all()
    assert [number for _, number in verdicts] == [1] * many
    assert set(session.scalars(select(BulkItem.outcome))) == {"done"}
    assert set(session.scalars(select(BulkRun.state))) == {"done"}
    assert contradictions() == []


@pytest.mark.parametrize("step", BULK_STEPS)
def test_a_dead_workers_run_goes_on_where_it_stopped(
    office: Office, launcher: Launcher, settings: Settings, step: str
) -> None:
    office.recharge("1000.00")
    ask(office, office.apply_often(FEW))
    child = launcher.start("command", settings, arguments=["bulk", "run"], die_at=step)
    assert child.wait() == KILLED
    assert contradictions() == []
    launcher.start("command", settings, arguments=["bulk", "run"], clock_offset=LATER.total_seconds()).finish()
    assert_decided_once(FEW)


def test_a_worker_that_dies_over_doubts_leaves_the_same_requests(
    office: Office, launcher: Launcher, settings: Settings
) -> None:
    """All are alike, so each is left: whoever goes on finds the same, and approves none of them."""
    office.recharge("1000.00")
    ask(office, office.apply_often(4), leave=True)
    child = launcher.start("command", settings, arguments=["bulk", "run"], die_at="doubts gathered, nothing written")
    assert child.wait() == KILLED
    assert contradictions() == []
    launcher.start("command", settings, arguments=["bulk", "run"], clock_offset=LATER.total_seconds()).finish()
    session.rollback()
    assert list(session.scalars(select(BulkItem.outcome))) == ["left"] * 4
    assert session.scalars(select(Decision.id)).all() == []
    assert contradictions() == []


def test_random_kills_of_workers_lose_and_repeat_nothing(
    office: Office, numbers: list[str], launcher: Launcher, settings: Settings
) -> None:
    ask(office, numbers)
    for turn in range(4):
        offset = LATER.total_seconds() * turn
        child = launcher.start("command", settings, arguments=["worker"], clock_offset=offset)
        time.sleep(random.uniform(0.4, 1.2))
        child.kill()
        assert contradictions() == []
    launcher.start("command", settings, arguments=["bulk", "run"], clock_offset=LATER.total_seconds() * 9).finish()
    assert_decided_once()


def test_two_workers_share_the_runs_and_decide_nothing_twice(
    office: Office, numbers: list[str], launcher: Launcher, settings: Settings
) -> None:
    """Each run is in one worker's hands at a time; where two runs name the same request the second is told so."""
    thirds = [numbers[:30], numbers[20:50], numbers[40:]]
    for place, part in enumerate(thirds):
        ask(office, part, f"form-{place}")
    for child in [launcher.start("command", settings, arguments=["bulk", "run"]) for _ in range(2)]:
        child.finish()
    launcher.start("command", settings, arguments=["bulk", "run"]).finish()
    session.rollback()
    outcomes = list(session.scalars(select(BulkItem.outcome)))
    assert (outcomes.count("done"), outcomes.count("already"), len(outcomes)) == (MANY, 20, 80)
    assert len(session.scalars(select(Decision.id)).all()) == MANY
    assert contradictions() == []
