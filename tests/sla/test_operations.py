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
    assert set(worker.JOBS) > worker.LED


def test_a_stopped_worker_is_told_within_a_minute(desk: Desk, visit: Callable[..., Visitor]) -> None:
    max_ = visit(desk.cast.max)
    assert "No worker is running" in max_.get("/sla").text
    with desk.app.app_context():
        scheduling.record_run(scheduling.HEARTBEAT, scheduling.beat, next_run_at=NOW + timedelta(seconds=10))
        scheduling.record_run("sweep", lambda: 3)
    for page in ("/sla", "/admin/operations"):
        assert "No worker is running" not in max_.get(page).text
    with clock.moved_to(NOW + timedelta(seconds=59)):
        for page in ("/sla", "/admin/operations"):
            assert "No worker is running" in max_.get(page).text


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
    assert late.count("Late") == len(scheduling.SECONDS) - 1 - len({"sweep", "escalate", "weekly", "tidy"})


def test_alerts_ask_for_figures_that_are_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        scheduling.record_run(scheduling.HEARTBEAT, scheduling.beat)
    client.get("/login")
    told = {line.partition("{")[0].partition(" ")[0] for line in client.get("/metrics").text.splitlines()}
    asked = set(re.findall(r"backoffice_\w+", ALERTS.read_text("utf-8")))
    assert len(asked) == 5
    assert asked <= told
