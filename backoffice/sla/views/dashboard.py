"""The managers' page: is the promise kept, and what will break it next? Each figure opens the requests it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Flask, abort, render_template, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user

from backoffice import clock, scheduling
from backoffice.database import session
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review.queries import queue as review
from backoffice.review.rules import urgency
from backoffice.sla import labels, rules
from backoffice.sla.charts.plot import Plot, plotted
from backoffice.sla.messages import charts, definitions
from backoffice.sla.queries import figures as queries
from backoffice.sla.queries import lists, terms
from backoffice.sla.queries.board import Dashboard
from backoffice.sla.queries.lists import Asked, Figure
from backoffice.sla.views import asking
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
    Figure.DUE_NEXT: lazy_gettext("Requests due on the next business day"),
    Figure.UNASSIGNED: lazy_gettext("Requests that nobody works on"),
    Figure.PAUSED: lazy_gettext("Requests whose clock stands still"),
    Figure.WORKED_ON: lazy_gettext("Requests being worked on"),
    Figure.AGE: lazy_gettext("Open requests of one age"),
    Figure.MET: lazy_gettext("Requests closed in time"),
    Figure.MISSED: lazy_gettext("Requests that missed their day"),
    Figure.MET_GROSS: lazy_gettext("Requests closed in time even with holds"),
    Figure.DUE_IN_PERIOD: lazy_gettext("Requests due in the period"),
    Figure.RECEIVED: lazy_gettext("Requests received"),
    Figure.OUT: lazy_gettext("Requests closed or withdrawn"),
    Figure.BACKLOG: lazy_gettext("Requests open at the end of the period"),
    Figure.CLOSED: lazy_gettext("Requests issued or rejected"),
    Figure.ISSUED: lazy_gettext("Requests issued"),
    Figure.REJECTED: lazy_gettext("Requests rejected"),
    Figure.WITHDRAWN: lazy_gettext("Requests withdrawn"),
    Figure.TURNAROUND: lazy_gettext("Requests of one turnaround"),
    Figure.FIRST_PASS: lazy_gettext("Requests issued at the first attempt"),
    Figure.RESUBMITTED: lazy_gettext("Requests issued after a resubmission"),
    Figure.HELD: lazy_gettext("Closed requests whose clock stood still"),
    Figure.REOPENED: lazy_gettext("Requests whose verdict was taken back"),
    Figure.REASON: lazy_gettext("Rejections for one reason"),
    Figure.UNDELIVERED: lazy_gettext("Issued requests whose mail has not arrived"),
    Figure.STEP: lazy_gettext("Requests that went through a step"),
    Figure.STEP_KEPT: lazy_gettext("Requests that kept the target of a step"),
    Figure.STEP_LATE: lazy_gettext("Requests that missed the target of a step"),
    Figure.WILL_MISS: lazy_gettext("Requests that will miss their day"),
    Figure.TO_KEEP: lazy_gettext("Requests that ask for the pace that keeps every promise"),
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
            count=lambda: review.capped_count(_overdue()),
            order=30,
        ),
    )
    register_gauge(
        "backoffice_overdue_requests",
        "Open invoice requests past their promised day",
        lambda: review.totals(_overdue()).number,
    )


def _overdue() -> Any:
    today = clock.today()
    return lists.listed(Figure.OVERDUE, Asked(today, today), clock.now())


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
    open_ones = lists.listed(Figure.OPEN, board.asked, now).where(InvoiceRequest.due_at > now)
    upcoming = review.as_rows(open_ones).order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(NEXT_SHOWN)
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
        upcoming=_rows(session.execute(upcoming).all()),
    )


@blueprint.get("/sla/requests/<figure>")
@guard(Permission.SEE_SERVICE_LEVEL)
def requests(figure: str) -> str:
    """The requests that a figure counts, with their number and sum."""
    try:
        shown = Figure(figure)
    except ValueError:
        abort(404)
    cells = asking.CELLS.get(shown, frozenset())
    if request.args.get("cell", "") not in (cells or {""}):
        abort(404)
    now = clock.now()
    state = asking.filters(terms.reviewers() if request.args.get("reviewer") else {}, cells=cells)
    asked = asking.asked(state, clock.today())
    # What was closed last comes first in some lists: their key is no column of the row.
    rows = review.as_rows(lists.listed(shown, asked, now)).add_columns(InvoiceRequest.closed_at)
    order = lists.order(shown)
    page = paginate(
        session, rows, order, PageRequest.of(request.args),
        key=lambda row: [getattr(row, column.key) for column, _ in order],
    )  # fmt: skip
    return render_template(
        "sla/requests.html",
        may_open=current_user.can(Permission.SEE_QUEUE),
        is_open=shown in lists.NOW,
        title=TITLES[shown],
        asked=asked,
        totals=lists.total(shown, asked, now),
        page=page,
        rows=_rows([row[:-1] for row in page.items]),
        filters=state,
        path=request.path,
        links=page.links(request.path, state.query),
        back=url_for("sla.forecast") if shown in lists.AHEAD else state.url(url_for("sla.dashboard"), {"cell": None}),
        is_ahead=shown in lists.AHEAD,
    )


def _rows(found: Sequence[Any]) -> list[tuple[review.Listed, str | None, None, None]]:
    now, today = clock.now(), clock.today()
    listed = map(review.Listed._make, found)
    return [(row, urgency(row.state, row.due_at, row.due_on, now=now, today=today), None, None) for row in listed]
