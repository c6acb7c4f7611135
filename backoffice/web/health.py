"""For machines that watch: /livez, /readyz and /metrics; and the log line and the counts of every request."""

from __future__ import annotations

import ipaddress
import math
import time
from datetime import timedelta

import structlog
from flask import Blueprint, Flask, Response, g, jsonify, request, request_started
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from backoffice import clock, scheduling
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.web import metrics
from backoffice.web.guards import PUBLIC, guard

blueprint = Blueprint("health", __name__)
log = structlog.get_logger(__name__)


@blueprint.get("/livez")
@guard(PUBLIC)
def livez() -> ResponseReturnValue:
    """Whether the process answers at all: no database, no disk, so a slow neighbour does not get it restarted."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@guard(PUBLIC)
def readyz() -> ResponseReturnValue:
    """Whether pages can be served: 503 without the database. A worker that is gone is told, not punished.

    The worker is stale as well while another one works, but the one that leads stands still.
    """
    try:
        worker = "ok" if scheduling.life(clock.now()).is_whole else "stale"
    except SQLAlchemyError:
        session.rollback()
        log.warning("not ready", exc_info=True)
        return jsonify(status="unavailable", database="unreachable", worker="unknown"), 503
    return jsonify(status="ok", database="ok", worker=worker)


@blueprint.get("/metrics")
@guard(PUBLIC)
def show_metrics() -> ResponseReturnValue:
    """The numbers, for collectors on this machine only: to the rest of the world the page does not exist."""
    if not _is_loopback(request.remote_addr):
        raise NotFound
    return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _seconds(age: timedelta | None) -> float:
    # One that never came has been gone for ever: a missing line would wake nobody.
    return math.inf if age is None else age.total_seconds()


def _worker_age_seconds() -> float:
    return _seconds(scheduling.life(clock.now()).worker_age)


def _leader_age_seconds() -> float:
    return _seconds(scheduling.life(clock.now()).leader_age)


def _job_ages() -> dict[str, float]:
    never = dict.fromkeys(scheduling.SECONDS, math.inf)
    return never | {run.name: (clock.now() - run.last_finished_at).total_seconds() for run in scheduling.last_runs()}


def _failed_jobs() -> dict[str, float]:
    return {run.name: float(run.last_outcome == scheduling.FAILED) for run in scheduling.last_runs()}


@blueprint.record_once
def _observe(state: BlueprintSetupState) -> None:
    metrics.register_gauge(
        "backoffice_worker_age_seconds", "Time since a worker last gave a sign of life.", _worker_age_seconds
    )
    metrics.register_gauge(
        "backoffice_leader_age_seconds", "Time since the worker that leads last gave a sign of life.",
        _leader_age_seconds,
    )  # fmt: skip
    metrics.register_gauges("backoffice_job_age_seconds", "Time since each timed job last ended.", "job", _job_ages)
    metrics.register_gauges("backoffice_job_failed", "1 where a timed job failed the last time.", "job", _failed_jobs)
    # The signal comes before every hook: a request that a guard refuses is timed, too.
    request_started.connect(_begin, state.app)


def _begin(_app: Flask) -> None:
    g.began = time.perf_counter()
    g.status = 500  # unless an answer is made


@blueprint.after_app_request
def _note_status(response: Response) -> Response:
    g.status = response.status_code
    return response


@blueprint.teardown_app_request
def _end(_error: BaseException | None) -> None:
    if "began" not in g:
        return
    seconds = time.perf_counter() - g.began
    metrics.count_request(request.endpoint, request.method, g.status, seconds)
    if request.endpoint not in {"static", "health.livez", "health.readyz", "health.show_metrics"}:
        # The rule instead of the path: paths hold tokens and numbers of requests.
        rule = request.url_rule.rule if request.url_rule else "(none)"
        log.info(
            "request", method=request.method, rule=rule, status=g.status, ms=round(seconds * 1000), actor=_actor_id()
        )


def _actor_id() -> int | None:
    # Only when the page has asked who it is: the log does not cost a query.
    user = g.get("_login_user")
    return getattr(user, "id", None)
