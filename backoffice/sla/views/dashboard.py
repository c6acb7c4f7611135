"""The managers' page: is the promise kept, and what will break it next? Each figure opens the requests it counts."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, render_template, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from sqlalchemy import select

from backoffice import clock, scheduling
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest, is_overdue
from backoffice.review.queries import queue as review
from backoffice.sla import labels, rules
from backoffice.sla.charts.plot import Plot, plotted
from backoffice.sla.messages import charts, definitions
from backoffice.sla.queries import figures as queries
from backoffice.sla.queries import promised, terms
from backoffice.sla.queries.board import Dashboard
from backoffice.sla.views import asking
from backoffice.sla.views.plumbing import blueprint, with_urgency
from backoffice.web.guards import guard
from backoffice.web.metrics import register_gauge
from backoffice.web.navigation import NavItem, register

SWEEP = "sweep"


def init(app: Flask) -> None:
    """Add the service level, with the number of overdue requests, to the navigation of `app`."""
    register(
        app,
        NavItem(
            "sla.dashboard",
            lazy_gettext("Service level"),
            "chart-line",
            Permission.SEE_SERVICE_LEVEL,
            count=lambda: promised.overdue(clock.now()),
            order=30,
        ),
    )
    register_gauge(
        "backoffice_overdue_requests",
        "Open invoice requests past their promised day",
        lambda: review.totals(select(InvoiceRequest).where(is_overdue(clock.now()))).number,
    )


def _plots(board: Dashboard, target_days: int, on_time_target: float) -> dict[str, Plot]:
    drawn = charts.of_board(board, asking.addresses(), target_days=target_days, on_time_target=on_time_target)
    return {name: plotted(chart) for name, chart in drawn.items()}


class _Tools:
    """What the sheet of figures is drawn with, in the language of the page: the same for every board."""

    addresses, plots = asking.addresses, _plots
    bands, hours = labels.bands, labels.hours
    definitions, is_by_day = definitions.of_board, rules.is_by_day
    kinds, reasons, steps = labels.kinds, labels.reasons, labels.steps
    smallest_sample = rules.SMALLEST_SAMPLE


@blueprint.get("/sla")
@guard(Permission.SEE_SERVICE_LEVEL)
def dashboard() -> str:
    """The figures of this moment and of a period, and the promises that end next."""
    now, today = clock.now(), clock.today()
    people = terms.reviewers()
    state = asking.filters(people)
    board = queries.dashboard(asking.asked(state, today), now)
    runs = {run.name: run for run in scheduling.last_runs()}
    held = terms.in_force(today)
    path = url_for("sla.dashboard")
    no_dates = {"from": None, "to": None}
    current = None if state["date"] else dict(state.carried).get("period", "")
    return render_template(
        "sla/dashboard.html",
        may_open=current_user.can(Permission.SEE_QUEUE),
        # When it was counted is told beside it: figures that are the same are drawn once.
        board=replace(board, folded_at=None),
        folded_at=board.folded_at,
        filters=state,
        path=path,
        exports=[
            (ending.upper(), state.url(url_for("sla.report_file", extension=ending))) for ending in ("pdf", "xlsx")
        ],
        periods=[
            (text, state.url(path, {**no_dates, "period": name or None}), name == current, None)
            for name, text in asking.PERIODS.items()
        ],
        to=asking.addresses(),
        tools=_Tools,
        people=tuple(people.items()),
        target_days=held.days,
        on_time_target=held.on_time,
        step_targets=tuple(held.steps.items()),
        sweep=runs.get(SWEEP),
        life=scheduling.life_by(runs, now),
        upcoming=with_urgency(promised.next_due(board.asked, now)),
    )
