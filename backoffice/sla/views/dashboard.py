"""The managers' page: is the promise kept, and what will break it next? Each figure opens the requests it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, abort, render_template, request
from flask_babel import lazy_gettext
from flask_login import current_user

from backoffice import clock, scheduling
from backoffice.database import session
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest
from backoffice.review.queries import queue as review
from backoffice.review.rules import urgency
from backoffice.sla.queries import figures as queries
from backoffice.sla.queries.figures import Figure
from backoffice.sla.views.plumbing import blueprint
from backoffice.web.guards import guard
from backoffice.web.metrics import register_gauge
from backoffice.web.navigation import NavItem, register
from backoffice.web.paging import PageRequest, paginate

SWEEP = "sweep"
NEXT_SHOWN = 5

TITLES = {
    Figure.OPEN: lazy_gettext("Open requests"),
    Figure.OVERDUE: lazy_gettext("Overdue requests"),
    Figure.DUE_TODAY: lazy_gettext("Requests due today"),
    Figure.MET: lazy_gettext("Requests closed in time"),
    Figure.MISSED: lazy_gettext("Requests that missed their day"),
    Figure.DUE_IN_PERIOD: lazy_gettext("Requests due in the last 30 days"),
    Figure.CLOSED: lazy_gettext("Requests closed in the last 30 days"),
}


def init(app: Flask) -> None:
    """Add the service level, with the number of overdue requests, to the navigation of `app`."""
    register(
        app,
        NavItem(
            "sla.dashboard",
            lazy_gettext("Service level"),
            "chart-line",
            Permission.SEE_SERVICE_LEVEL,
            count=lambda: review.capped_count(queries.listed(Figure.OVERDUE, clock.now())),
            order=30,
        ),
    )
    register_gauge(
        "backoffice_overdue_requests",
        "Open invoice requests past their promised day",
        lambda: queries.count(Figure.OVERDUE, clock.now()),
    )


@blueprint.get("/sla")
@guard(Permission.SEE_SERVICE_LEVEL)
def dashboard() -> str:
    """The figures of this moment and of the last 30 days, and the promises that end next."""
    now = clock.now()
    today = clock.today()
    runs = {run.name: run for run in scheduling.last_runs()}
    beaten = runs.get(scheduling.HEARTBEAT)
    upcoming = review.as_rows(queries.listed(Figure.OPEN, now)).where(InvoiceRequest.due_at > now)
    next_due = session.execute(upcoming.order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(NEXT_SHOWN)).all()
    return render_template(
        "sla/dashboard.html",
        may_open=current_user.can(Permission.SEE_QUEUE),
        overview=queries.overview(now),
        smallest_sample=queries.SMALLEST_SAMPLE,
        window_days=queries.WINDOW_DAYS,
        target_days=policies.value(PolicyKey.SLA_BUSINESS_DAYS, today),
        on_time_target=policies.value(PolicyKey.ON_TIME_TARGET, today) / 100,
        sweep=runs.get(SWEEP),
        alive=scheduling.is_sign_of_life(beaten, now),
        beaten_at=beaten.last_finished_at if beaten else None,
        upcoming=_rows(next_due),
    )


@blueprint.get("/sla/requests/<figure>")
@guard(Permission.SEE_SERVICE_LEVEL)
def requests(figure: str) -> str:
    """The requests that a figure counts, with their number and sum."""
    try:
        shown = Figure(figure)
    except ValueError:
        abort(404)
    listed = queries.listed(shown, clock.now())
    page = paginate(
        session,
        review.as_rows(listed),
        [(InvoiceRequest.due_at, "asc"), (InvoiceRequest.id, "asc")],
        PageRequest.of(request.args),
        key=lambda row: (row.due_at, row.id),
    )
    return render_template(
        "sla/requests.html",
        may_open=current_user.can(Permission.SEE_QUEUE),
        figure=shown,
        title=TITLES[shown],
        totals=review.totals(listed),
        page=page,
        rows=_rows(page.items),
        links=page.links(request.path),
    )


def _rows(found: Sequence[Any]) -> list[tuple[review.Listed, str | None, None, None]]:
    now, today = clock.now(), clock.today()
    listed = map(review.Listed._make, found)
    return [(row, urgency(row.state, row.due_at, row.due_on, now=now, today=today), None, None) for row in listed]
