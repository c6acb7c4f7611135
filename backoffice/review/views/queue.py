"""The queue: requests of one state, filtered, a page at a time."""

from __future__ import annotations

from flask import g, render_template, request
from flask_babel import lazy_gettext

from backoffice import clock
from backoffice.database import session
from backoffice.permissions import Permission
from backoffice.requests.rules import State
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import QueueView
from backoffice.review.views.plumbing import blueprint, urgency_of
from backoffice.web.filters import Choice, DateRange, FilterSet, FilterState
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

ALL = "all"
FILTERS = FilterSet(
    Choice("only", lazy_gettext("Only"), [("overdue", lazy_gettext("Overdue")), ("flagged", lazy_gettext("Flagged"))]),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    carried=("status",),
)
TABS = {
    State.PENDING.value: lazy_gettext("Pending"),
    State.APPROVED.value: lazy_gettext("Approved"),
    State.ISSUED.value: lazy_gettext("Issued"),
    State.REJECTED.value: lazy_gettext("Rejected"),
    State.WITHDRAWN.value: lazy_gettext("Withdrawn"),
    ALL: lazy_gettext("All"),
}


def waiting() -> queries.Waiting:
    """The queue's counts, read once per page: the navigation and the title show the same numbers."""
    if "review_waiting" not in g:
        g.review_waiting = queries.waiting(clock.now())
    counts: queries.Waiting = g.review_waiting
    return counts


@blueprint.get("", endpoint="queue")
@guard(Permission.SEE_QUEUE)
def show() -> str:
    """The requests of one state, pending ones unless asked otherwise; those most urgent first, history newest first."""
    filters = FILTERS.parse(request.args)
    status = request.args.get("status", State.PENDING.value)
    if status not in TABS:
        status = State.PENDING.value
    view = _view(status, filters)
    page = paginate(
        session, queries.queue(view, now=clock.now()), view.order, PageRequest.of(request.args), key=view.key
    )
    return render_template(
        "review/queue.html",
        filters=filters,
        status=status,
        tabs=[(label, filters.url(request.path, {"status": value}), value) for value, label in TABS.items()],
        page=page,
        links=page.links(request.path, filters.query),
        waiting=waiting(),
        count_limit=queries.COUNT_LIMIT,
        urgency_of=urgency_of(),
    )


def _view(status: str, filters: FilterState) -> QueueView:
    return QueueView(
        state=None if status == ALL else State(status),
        overdue="overdue" in filters["only"],
        flagged="flagged" in filters["only"],
        since=filters["date"].low,
        until=filters["date"].high,
    )
