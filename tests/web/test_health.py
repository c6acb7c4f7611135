"""What machines that watch are told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from backoffice import scheduling
from backoffice.database import close_connections, db
from backoffice.web import metrics
from tests.support.apps import test_settings, whole_app


def test_livez_touches_no_database(app: Flask, client: FlaskClient) -> None:
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement))
    assert client.get("/livez").json == {"status": "ok"}
    assert statements == []
    client.get("/readyz")
    assert statements != []


def test_readyz_tells_of_a_missing_worker_and_stays_ready(app: Flask, client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ok", "database": "ok", "worker": "stale"})
    with app.app_context():
        scheduling.record_run("leading", scheduling.beat)
        scheduling.record_run(scheduling.HEARTBEAT, scheduling.beat)
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "worker": "ok"}


def test_readyz_says_503_without_a_schema(tmp_path: Path) -> None:
    app = whole_app(test_settings(tmp_path / "instance", f"sqlite:///{tmp_path / 'empty.sqlite'}"))
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json == {"status": "unavailable", "database": "unreachable", "worker": "unknown"}
    with app.app_context():
        close_connections()


def test_metrics_count_requests_by_endpoint(client: FlaskClient) -> None:
    def logins() -> float:
        lines = client.get("/metrics").text.splitlines()
        wanted = 'backoffice_http_requests_total{endpoint="accounts.login",method="GET",status="200"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

    before = logins()
    client.get("/login")
    assert logins() == before + 1


def test_addresses_that_scanners_try_make_no_new_lines(client: FlaskClient) -> None:
    def scan(number: int) -> None:
        client.get(f"/wp-admin/{number}")
        client.open("/livez", method="SCAN")

    scan(0)
    client.get("/metrics")
    before = len(client.get("/metrics").text.splitlines())
    for number in range(20):
        scan(number)
    assert len(client.get("/metrics").text.splitlines()) == before


def test_metrics_show_registered_gauges_and_the_worker(app: Flask, client: FlaskClient) -> None:
    # As an alert compares them, a worker and a job that never ran are older than anything.
    never = client.get("/metrics").text
    assert "backoffice_worker_age_seconds +Inf" in never
    assert "backoffice_leader_age_seconds +Inf" in never
    assert 'backoffice_job_age_seconds{job="sweep"} +Inf' in never
    with app.app_context():
        scheduling.record_run(scheduling.HEARTBEAT, scheduling.beat)
    metrics.register_gauge("backoffice_test_gauge", "Of a test.", lambda: 7)
    try:
        text = client.get("/metrics").text
    finally:
        metrics.register_gauge("backoffice_test_gauge", "Of a test.", lambda: None)
    assert "backoffice_test_gauge 7.0" in text
    assert re.search(r"^backoffice_worker_age_seconds \d", text, re.M)


@pytest.mark.parametrize("address", ["10.0.0.9", "2001:db8::1", ""])
def test_metrics_are_for_this_machine(client: FlaskClient, address: str) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 404


def test_a_request_leaves_one_line_without_path_or_query(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/login?next=/secret-token&email=ada@lumen.example")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    assert [(line["rule"], line["status"], line["method"], line["actor"]) for line in lines] == [
        ("/login", 200, "GET", None)
    ]
    assert lines[0]["request_id"]
    assert "secret-token" not in json.dumps(lines)
    assert "ada@" not in json.dumps(lines)


def test_the_line_names_who_acted(app: Flask, cast, visit, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    browser = visit(cast.rita)
    capsys.readouterr()
    browser.get("/review")
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    assert line["actor"] == cast.rita.id
