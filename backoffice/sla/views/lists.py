"""The requests that a figure of the service level counts, as a page and as a file."""

from __future__ import annotations

from flask import Response, abort, render_template, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.database import session
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review.queries import queue as review
from backoffice.sla import labels
from backoffice.sla.queries import lists, terms
from backoffice.sla.queries.lists import Asked, Figure
from backoffice.sla.views import asking
from backoffice.sla.views.plumbing import blueprint, with_urgency
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.filters import FilterState
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, every_row, paginate

TITLES = {
    Figure.OPEN: lazy_gettext("Open requests"),
    Figure.OVERDUE: lazy_gettext("Overdue requests"),
    Figure.DUE_TODAY: lazy_gettext("Requests due today"),
    Figure.DUE_NEXT: lazy_gettext("Requests due on the next business day"),
    Figure.UNASSIGNED: lazy_gettext("Requests that nobody works on"),
    Figure.PAUSED: lazy_gettext("Requests whose clock stands still"),
    Figure.WORKED_ON: lazy_gettext("Requests being worked on"),
    Figure.OLDEST: lazy_gettext("Open requests of the oldest day"),
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


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 1)


# Only what is closed has a promise that was kept or missed, frozen with its calendar.
COLUMNS = (
    Column(lazy_gettext("Request"), "code", lambda row: row.number),
    Column(lazy_gettext("Customer account"), "text", lambda row: row.account),
    Column(lazy_gettext("Invoice Header"), "text", lambda row: row.header_name),
    Column(lazy_gettext("Header type"), "text", lambda row: labels.kinds[row.header_kind]),
    Column(lazy_gettext("Amount"), "amount", lambda row: row.amount),
    Column(lazy_gettext("Status"), "text", lambda row: labels.states[row.state]),
    Column(lazy_gettext("Invoice number"), "code", lambda row: row.invoice_number),
    Column(lazy_gettext("Applied"), "instant", lambda row: row.submitted_at),
    Column(lazy_gettext("Due"), "day", lambda row: row.due_on),
    Column(lazy_gettext("Closed"), "instant", lambda row: row.closed_at),
    Column(lazy_gettext("Promise"), "text", lambda row: row.verdict and labels.verdicts[row.verdict]),
    Column(lazy_gettext("Business hours"), "decimal", lambda row: _hours(row.seconds)),
    Column(lazy_gettext("Of these on hold"), "decimal", lambda row: _hours(row.paused_seconds)),
    Column(lazy_gettext("Reason of the rejection"), "text", lambda row: row.reason and labels.reasons[row.reason]),
)


def _wanted(figure: str, *, whole: bool = False) -> tuple[Figure, FilterState, Asked]:
    """Which list the address means, its filters, and what they ask about; `whole`: see `asking.filters`."""
    try:
        shown = Figure(figure)
    except ValueError:
        abort(404)
    cells = asking.CELLS.get(shown, frozenset())
    if request.args.get("cell", "") not in (cells or {""}):
        abort(404)
    people = terms.reviewers() if request.args.get("reviewer") else {}
    state = asking.filters(people, figure=shown, whole=whole)
    return shown, state, asking.asked(state, clock.today())


@blueprint.get("/sla/requests/<figure>")
@guard(Permission.SEE_SERVICE_LEVEL)
def requests(figure: str) -> str:
    """The requests that a figure counts, with their number and sum."""
    shown, state, made = _wanted(figure)
    now = clock.now()
    # What was closed last comes first in some lists: their key is no column of the row.
    rows = review.as_rows(lists.listed(shown, made, now)).add_columns(InvoiceRequest.closed_at)
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
        asked=made,
        totals=lists.total(shown, made, now),
        page=page,
        rows=with_urgency([row[:-1] for row in page.items]),
        filters=state,
        path=request.path,
        links=page.links(request.path, state.query),
        back=url_for("sla.forecast") if shown in lists.AHEAD else state.url(url_for("sla.dashboard"), {"cell": None}),
        is_ahead=shown in lists.AHEAD,
        exports=exports.files_of(state, "sla.export_requests", figure=figure),
    )


@blueprint.get("/sla/requests/<figure>.<any(csv, xlsx):extension>")
@guard(Permission.SEE_SERVICE_LEVEL)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_requests(figure: str, extension: str) -> Response:
    """The same requests as a file, with what became of each promise."""
    shown, _, made = _wanted(figure, whole=True)
    rows = every_row(session, lists.with_outcomes(lists.listed(shown, made, clock.now())), lists.order(shown))
    title, today = str(TITLES[shown]), clock.today()
    return exports.answer(
        extension, COLUMNS, rows, name=exports.dated(title, today), ascii_name=f"{shown.value}-{today.isoformat()}"
    )
