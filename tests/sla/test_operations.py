"""Operations: what every timed job did last, a stopped worker told everywhere, and alerts over figures that exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from backoffice import clock, scheduling, worker
from backoffice.sla.views.operations import JOBS
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

ALERTS = Path(__file__).parents[2] / "docs" / "reference" / "alerts.yml"


def fails() -> int:
    raise RuntimeError("no room")


def test_every_job_of_the_worker_has_a_turn_and_a_name() -> None:
    assert set(worker.JOBS) == set(scheduling.SECONDS) == set(JOBS)
    assert set(worker.JOBS) > scheduling.LED


PAGES = ("/sla", "/sla/forecast", "/admin/operations")


def beat(desk: Desk, *signs: str) -> None:
    with desk.app.app_context():
        for sign in signs:
            scheduling.record_run(sign, scheduling.beat, next_run_at=clock.now() + timedelta(seconds=10))


def test_a_stopped_worker_is_told_within_a_minute(desk: Desk, visit: Callable[..., Visitor]) -> None:
    max_ = visit(desk.cast.max)
    assert "No worker is running" in max_.get("/sla").text
    beat(desk, "heartbeat", "leading")
    with desk.app.app_context():
        scheduling.record_run("sweep", lambda: 3)
    for page in PAGES:
        assert "No worker is running" not in max_.get(page).text
    with clock.moved_to(NOW + timedelta(seconds=59)):
        for page in PAGES:
            assert "No worker is running" in max_.get(page).text


def test_a_leader_that_stands_still_while_another_works_is_told_within_a_minute(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    beat(desk, "heartbeat", "leading")
    with desk.app.app_context():
        for job in scheduling.SECONDS:
            scheduling.record_run(job, lambda: 1)
    max_, told = visit(desk.cast.max), "The worker that leads does not answer"
    for page in PAGES:
        assert told not in max_.get(page).text
    with clock.moved_to(NOW + timedelta(seconds=36)):
        beat(desk, *set(scheduling.SECONDS) - scheduling.LED)
        for page in PAGES:
            assert told in (shown := max_.get(page).text)
            assert "No worker is running" not in shown
        # Its jobs are late at once, also those whose turn comes once a minute.
        assert max_.get("/admin/operations").text.count("Late") == len(scheduling.LED)
        assert max_.get("/readyz").json["worker"] == "stale"
        beat(desk, "leading")
        for page in PAGES:
            assert told not in max_.get(page).text


def test_a_job_that_failed_or_stays_away_stands_out(desk: Desk, visit: Callable[..., Visitor]) -> None:
    with desk.app.app_context():
        for name in scheduling.SECONDS:
            scheduling.record_run(name, lambda: 1)
        with suppress(RuntimeError):
            scheduling.record_run("mail", fails)
    page = visit(desk.cast.otto).get("/admin/operations").text
    assert (page.count("Failed"), page.count("RuntimeError"), page.count("Late")) == (1, 1, 0)
    assert "no room" not in page, "the text of an exception may quote personal data"
    with clock.moved_to(NOW + timedelta(seconds=120)):
        late = visit(desk.cast.otto).get("/admin/operations").text
    # Of what failed that is said instead, and who has no leader is late with all of its jobs.
    assert late.count("Late") == len(scheduling.SECONDS) - 1
    with clock.moved_to(NOW + timedelta(seconds=120)):
        beat(desk, "leading")
        late = visit(desk.cast.otto).get("/admin/operations").text
    minutely = {"approved", "sweep", "escalate", "weekly", "seal", "tidy"}
    assert late.count("Late") == len(scheduling.SECONDS) - 2 - len(minutely)


def test_alerts_ask_for_figures_that_are_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        scheduling.record_run(scheduling.HEARTBEAT, scheduling.beat)
        scheduling.record_run(scheduling.LEADING, scheduling.beat)
    client.get("/login")
    told = {line.partition("{")[0].partition(" ")[0] for line in client.get("/metrics").text.splitlines()}
    asked = set(re.findall(r"backoffice_\w+", ALERTS.read_text("utf-8")))
    assert len(asked) == 6
    assert asked <= told
