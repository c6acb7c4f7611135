"""The queue: the requests of one view, filtered, a page at a time."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request
from flask_babel import lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.database import session
from backoffice.permissions import Permission
from backoffice.review import labels
from backoffice.review.queries import queue as queries
from backoffice.review.queries import search, views
from backoffice.review.queries.queue import SORTS, Wanted
from backoffice.review.queries.views import VIEWS, Viewer
from backoffice.review.views.plumbing import blueprint, urgency_of
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, OneOf, Text
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

FILTERS = FilterSet(
    Text("q", lazy_gettext("Search"), min_length=search.SHORTEST_NAME),
    Choice("only", lazy_gettext("Only"), [("overdue", lazy_gettext("Overdue")), ("flagged", lazy_gettext("Flagged"))]),
    OneOf("status", lazy_gettext("Status"), list(labels.request_statuses.items())),
    Text("assignee", lazy_gettext("Assignee"), max_length=60),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    DateRange("due", lazy_gettext("Due")),
    AmountRange("amount", lazy_gettext("Amount"), "min", "max"),
    OneOf("type", lazy_gettext("Header type"), [*labels.kinds.items(), *labels.vat_kinds.items()]),
    Text("customer", lazy_gettext("Customer code"), max_length=32),
    carried=("view", "sort"),
)
PAGE_SIZE = 50
# What the navigation counts on every page of the desk; the queue's own page counts all work.
ALWAYS = (views.PENDING, views.MINE, views.OVERDUE)


def waiting(counted: tuple[str, ...] = ALWAYS) -> queries.Waiting:
    """The queue's counts, read once per page: the navigation and the title show the same numbers."""
    if "review_waiting" not in g:
        g.review_waiting = queries.waiting(viewer(), counted)
    counts: queries.Waiting = g.review_waiting
    return counts


@blueprint.get("", endpoint="queue")
@guard(Permission.SEE_QUEUE)
def show() -> str:
    """The requests of one view, pending ones unless asked otherwise, in the view's own order or the one asked for."""
    filters = FILTERS.parse(request.args)
    wanted = wanted_by(filters)
    page = paginate(
        session,
        queries.queue(wanted, viewer()),
        wanted.order,
        PageRequest.of(request.args),
        size=PAGE_SIZE,
        key=wanted.key,
    )
    return render_template(
        "review/queue.html",
        filters=filters,
        view=VIEWS[wanted.view],
        tabs=_tabs(filters, wanted.view),
        sorts=_sorts(filters, wanted),
        page=page,
        links=page.links(request.path, filters.query),
        waiting=waiting(views.COUNTED).views,
        count_limit=queries.COUNT_LIMIT,
        query=filters.query,
        urgency_of=urgency_of(),
        may_decide=current_user.can(Permission.DECIDE),
    )


def viewer() -> Viewer:
    """Who looks at this moment."""
    # The page of components draws the navigation for nobody in particular.
    return Viewer(current_user.id if current_user.is_authenticated else None, clock.now())


def wanted_by(filters: FilterState) -> Wanted:
    """The list that the filters and the view in an address ask for."""
    asked = dict(filters.carried)
    # A state of history asked for by itself is not looked for among what is pending.
    given = asked.get("view", views.ALL if filters["status"] else views.PENDING)
    return Wanted(
        view=given if given in VIEWS else views.PENDING,
        state=filters["status"],
        overdue="overdue" in filters["only"],
        flagged="flagged" in filters["only"],
        assignee=filters["assignee"],
        since=filters["date"].low,
        until=filters["date"].high,
        due_since=filters["due"].low,
        due_until=filters["due"].high,
        least=filters["amount"].low,
        most=filters["amount"].high,
        header=filters["type"],
        customer=filters["customer"],
        search=filters["q"],
        sort=asked.get("sort", ""),
    )


def _tabs(filters: FilterState, current: str) -> list[tuple[str, str, bool, int | None]]:
    """Every view with its address under the filters in force, and how much there is in it, filters aside."""
    counts = waiting(views.COUNTED).views
    return [
        (str(labels.views[code]), filters.url(request.path, {"view": code, "sort": None}), code == current,
         counts.get(code))
        for code in VIEWS
    ]  # fmt: skip


def _sorts(filters: FilterState, wanted: Wanted) -> dict[str, Any]:
    """Per sortable column: the address that sorts by it, the other way round where it is sorted already, and how."""
    by, backwards = wanted.sorted_by
    links = {}
    for name in SORTS:
        now = ("desc" if backwards else "asc") if name == by else None
        links[name] = {
            "sort_url": filters.url(request.path, {"sort": f"-{name}" if now == "asc" else name}),
            "sorted": now,
        }
    return links
