"""The queue: the requests of one view, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, render_template, request
from flask_babel import gettext, lazy_gettext, ngettext
from flask_login import current_user

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.permissions import Permission, Role, allowed
from backoffice.requests.rules import State
from backoffice.review import labels
from backoffice.review.queries import customers, search, views
from backoffice.review.queries import queue as queries
from backoffice.review.queries.presence import Lookers
from backoffice.review.queries.queue import SORTS, Listed, Wanted
from backoffice.review.queries.views import VIEWS, Viewer, values_of
from backoffice.review.views.plumbing import blueprint, urgency_of
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, OneOf, Text
from backoffice.web.formatting import page_locale
from backoffice.web.guards import guard
from backoffice.web.interface import role_label
from backoffice.web.navigation import capped
from backoffice.web.paging import KeptList, Page, PageRequest, paginate

FILTERS = FilterSet(
    Text("q", lazy_gettext("Search"), min_length=search.SHORTEST_NAME),
    Choice("only", lazy_gettext("Only"), [("overdue", lazy_gettext("Overdue")), ("flagged", lazy_gettext("Flagged"))]),
    OneOf("status", lazy_gettext("Status"), list(labels.request_statuses.items())),
    Text("assignee", lazy_gettext("Assignee"), max_length=60),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    DateRange("due", lazy_gettext("Due")),
    AmountRange("amount", lazy_gettext("Amount"), "min", "max"),
    OneOf("type", lazy_gettext("Header type"), [*labels.kinds.items(), *labels.vat_kinds.items()]),
    Text("customer", lazy_gettext("Customer account"), max_length=120),
    carried={"view": VIEWS, "sort": [way + name for name in SORTS for way in ("", "-")]},
    # What the bar of chosen requests sends along with the list.
    beside=("action", "all", "number", "follows"),
)
PAGE_SIZE = 50
# So many customers are offered where a part of a name is that of several.
CUSTOMERS = 12
# What the navigation counts on every page of the desk; the queue's own page counts all work.
ALWAYS = (views.PENDING, views.MINE, views.OVERDUE)


def waiting(counted: tuple[str, ...] = ALWAYS) -> queries.Waiting:
    """The queue's counts, read once per page: the navigation and the title show the same numbers.

    Whoever wants more of them than the others has to ask first.
    """
    counts: queries.Waiting | None = g.get("review_waiting")
    if counts is None or not counts.views.keys() >= set(counted):
        counts = g.review_waiting = queries.waiting(viewer(), counted)
    return counts


def calendar_in_force() -> BusinessCalendar | None:
    """The calendar by which a page says which promised days may still move; None where there is none yet."""
    return calendars.calendar_by(waiting().calendar)


@blueprint.get("", endpoint="queue")
@guard(Permission.SEE_QUEUE)
def show() -> str:
    """The requests of one view, pending ones unless asked otherwise, in the view's own order or the one asked for."""
    filters = FILTERS.parse(request.args)
    wanted = wanted_by(filters)
    page = _page(wanted)
    rows, counts = page.items, waiting(views.COUNTED)
    place = place_of(filters, request.args)
    urgent, people = urgency_of(), people_on(rows)
    may_decide = current_user.can(Permission.DECIDE)
    return render_template(
        "review/queue.html",
        filters=filters,
        view=VIEWS[wanted.view],
        tabs=_tabs(filters, wanted.view),
        sorts=_sorts(filters, wanted, request.path),
        page=page,
        rows=[(row, urgent(row), people.get(row.id), None) for row in rows],
        links=page.links(request.path, filters.query),
        waiting=counts.views,
        capped=capped,
        query=tuple(filters.query),
        place=tuple(place),
        picks=picks_of(place),
        ticked=frozenset(request.args.getlist("number")),
        all_ticked="all" in request.args,
        may_decide=may_decide,
        ticks=may_decide and any(row.state == State.PENDING for row in rows),
        customers=_alike(filters) if not rows else (),
    )


def _alike(filters: FilterState) -> list[tuple[str, str]]:
    """Name and address of the list of each customer that the typed name may mean, where it means several."""
    typed = filters["customer"]
    found = customers.alike(typed, CUSTOMERS) if typed else ()
    return [(row.name, filters.url(request.path, {"customer": row.code})) for row in found] if len(found) > 1 else []


def place_of(filters: FilterState, args: Mapping[str, str]) -> list[tuple[str, str]]:
    """What leads to this page of a list: its filters, and where in the pages it is."""
    return [*filters.query, *((name, args[name]) for name in ("after", "before", "last") if name in args)]


def picks_of(place: Sequence[tuple[str, str]]) -> str:
    """The name by which a browser keeps what is ticked on that page."""
    return f"picks-{urlencode(place)}"


def _page(wanted: Wanted) -> Page[Listed]:
    asked, values = PageRequest.of(request.args), values_of(viewer())
    if not (wanted.search and search.looks_at_names(wanted.search)):
        return _kept_list(wanted, clock.zone(), PAGE_SIZE).page(session, asked, values)
    # How a search of names is worded depends on what there is at this moment.
    page = paginate(
        session, queries.queue_for_anybody(wanted), wanted.order, asked, PAGE_SIZE, key=wanted.key, values=values
    )
    return replace(page, items=[Listed._make(row) for row in page.items])


@lru_cache(maxsize=256)
def _kept_list(wanted: Wanted, _zone: tzinfo, size: int) -> KeptList[Listed]:
    whole_view = wanted == Wanted(wanted.view)
    statement = queries.queue_for_anybody(wanted)
    return KeptList(statement, wanted.order, Listed._make, size, planned_once=whole_view)


def said_of(lookers: Lookers) -> str:
    """Who looks at a request, as a sentence, with the role of those who do not decide; nothing for nobody."""
    if not lookers:
        return ""
    names = ", ".join(
        one.name if allowed(Role(one.role), Permission.DECIDE)
        else gettext("%(name)s (%(role)s)", name=one.name, role=role_label(one.role))
        for one in lookers
    )  # fmt: skip
    return str(ngettext("%(names)s is looking at it", "%(names)s are looking at it", len(lookers), names=names))


def worked_on_by(claimant: int | None, name: str | None) -> str:
    """Who works on a request, as a sentence; nothing for nobody."""
    if claimant is None:
        return ""
    return str(gettext("You work on it") if claimant == viewer().id else gettext("%(who)s works on it", who=name))


class Sort(NamedTuple):
    """A sortable column: which one, the address that sorts by it, and how the list is sorted by it now."""

    by: str
    url: str
    now: str | None


@dataclass(frozen=True, slots=True)
class People:
    """Who works on a request and who looks at it, as sentences; empty ones for nobody."""

    works: str
    looks: str


def people_on(rows: Sequence[Listed]) -> Mapping[int, People]:
    """Of the rows of a list those on which somebody works, or at which somebody looks, by their ids: who does."""
    now, looking = clock.now(), waiting().looking
    return {
        row.id: People(worked_on_by(row.claimant(now), row.claimed_by_label), said_of(looking.get(row.id, ())))
        for row in rows
        if row.id in looking or row.claimant(now) is not None
    }


def viewer() -> Viewer:
    """Who looks at this moment."""
    # The page of components draws the navigation for nobody in particular.
    return Viewer(current_user.id if current_user.is_authenticated else None, clock.now())


def wanted_by(filters: FilterState) -> Wanted:
    """The list that the filters and the view in an address ask for."""
    asked = dict(filters.carried)
    # A state of history asked for by itself is not looked for among what is pending.
    return Wanted(
        view=asked.get("view", views.ALL if filters["status"] else views.PENDING),
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


def _tabs(filters: FilterState, current: str) -> tuple[tuple[str, str, bool, str | None], ...]:
    """Every view with its address under the filters in force; without filters also how much there is in it.

    A count under each set of filters would cost a scan of its own per view, and one that leaves them out is not the
    list's.
    """
    counts = {} if filters.active else waiting(views.COUNTED).views
    plain = _plain_tabs(filters, request.path, page_locale())
    return tuple((label, url, code == current, capped(counts.get(code))) for code, label, url in plain)


@lru_cache(maxsize=64)
def _plain_tabs(filters: FilterState, path: str, _language: str) -> list[tuple[str, str, str]]:
    return [(code, str(labels.views[code]), filters.url(path, {"view": code, "sort": None})) for code in VIEWS]


@lru_cache(maxsize=256)
def _sorts(filters: FilterState, wanted: Wanted, path: str) -> tuple[Sort, ...]:
    """The sortable columns: the address that sorts by each, the other way round where it is sorted already, and how."""
    by, backwards = wanted.sorted_by
    links = []
    for name in SORTS:
        now = ("desc" if backwards else "asc") if name == by else None
        links.append(Sort(name, filters.url(path, {"sort": f"-{name}" if now == "asc" else name}), now))
    return tuple(links)
