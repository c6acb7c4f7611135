"""The queue: which requests a list shows, in which order, and how many wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import session
from backoffice.money import ZERO
from backoffice.prepared import Prepared
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest, in_state, is_overdue
from backoffice.requests.queries import shortages
from backoffice.requests.rules import State
from backoffice.review.models import SavedView
from backoffice.review.queries import customers, presence, search, views, work
from backoffice.review.queries.packed import packed, unpacked
from backoffice.review.queries.views import ANYBODY, VIEWS, Viewer, values_of
from backoffice.steering import beside, holds, word

# Counts beside a title or in the navigation stop here, so that they cost the same however much is waiting.
COUNT_LIMIT = 1000

Order = list[tuple[Any, Literal["asc", "desc"]]]
# What a row of the desk shows: plain columns, for an object of each row costs more than to read it.
_COLUMNS: tuple[Any, ...] = (
    InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.header_name, InvoiceRequest.amount, InvoiceRequest.state,
    InvoiceRequest.submitted_at, InvoiceRequest.submitted_on, InvoiceRequest.due_at, InvoiceRequest.due_on,
    InvoiceRequest.invoice_id, InvoiceRequest.invoice_number, InvoiceRequest.held_at, InvoiceRequest.claimed_by_id,
    InvoiceRequest.claimed_by_label, InvoiceRequest.claim_ends_at,
)  # fmt: skip
SORTS = {"due": InvoiceRequest.due_at, "submitted": InvoiceRequest.submitted_at, "amount": InvoiceRequest.amount}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests a list shows: a view, narrowed by filters. Dates are local; every limit is inclusive.

    `sort` is a key of `SORTS`, with a minus in front where it runs backwards; the view's own order when empty.
    """

    view: str = views.PENDING
    state: str = ""
    overdue: bool = False
    flagged: bool = False
    assignee: str = ""
    since: date | None = None
    until: date | None = None
    due_since: date | None = None
    due_until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    header: str = ""
    customer: str = ""
    search: str = ""
    sort: str = ""

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The order in force: a key of `SORTS`, and whether it runs backwards."""
        if self.sort.removeprefix("-") in SORTS:
            return self.sort.removeprefix("-"), self.sort.startswith("-")
        view = VIEWS[self.view]
        return view.ordered_by, view.is_descending

    @property
    def order(self) -> Order:
        """The list's order for keyset paging."""
        by, backwards = self.sorted_by
        way: Literal["asc", "desc"] = "desc" if backwards else "asc"
        return [(SORTS[by], way), (InvoiceRequest.id, way)]

    def key(self, row: Any) -> Sequence[Any]:
        """A row's values in `order`."""
        return [getattr(row, column.key) for column, _ in self.order]


def queue(wanted: Wanted, viewer: Viewer) -> Select[Any]:
    """The requests of a view as rows of a list, for keyset paging in `wanted.order`."""
    return as_rows(listed(wanted, viewer))


class Listed(NamedTuple):
    """A request as a list shows it: a row of `as_rows`. Two that are equal read the same."""

    id: int
    number: str
    header_name: str
    amount: Decimal
    state: str
    submitted_at: datetime
    submitted_on: date
    due_at: datetime
    due_on: date
    invoice_id: int | None
    invoice_number: str | None
    held_at: datetime | None
    claimed_by_id: int | None
    claimed_by_label: str | None
    claim_ends_at: datetime | None
    account: str
    short: Decimal | None
    half_approved: bool

    def claimant(self, now: datetime) -> int | None:
        """The id of whoever works on it; None while nobody does."""
        return self.claimed_by_id if self.claim_ends_at is not None and now < self.claim_ends_at else None


def queue_for_anybody(wanted: Wanted) -> Select[Any]:
    """The same, to be sent with the `values_of` a viewer."""
    return queue(wanted, ANYBODY)


def undecided(wanted: Wanted, viewer: Viewer) -> Select[InvoiceRequest]:
    """Those of a list's requests that wait for a verdict, most urgent first, whatever the list's own order is.

    What waits for the customer's answer is among them only in the view that is made of it.
    """
    narrowed = listed(replace(wanted, sort="due"), viewer).where(in_state(State.PENDING))
    if wanted.view != views.ON_HOLD:
        narrowed = narrowed.where(InvoiceRequest.held_at.is_(None))
    return narrowed.order_by(InvoiceRequest.due_at, InvoiceRequest.id)


def listed(wanted: Wanted, viewer: Viewer) -> Select[InvoiceRequest]:
    """The requests of a view as its filters narrow it, in no order yet."""
    holds_it = VIEWS[wanted.view].holds(viewer)
    if wanted.view in (State.ISSUED, State.REJECTED, State.WITHDRAWN) and wanted.sorted_by[0] == "due":
        # The index of all due days holds the state; SQLite would rather take one that pins it, and sort.
        holds_it = beside(InvoiceRequest.state) == word(wanted.view)
    statement = select(InvoiceRequest).where(holds_it)
    at = InvoiceRequest.submitted_at
    at = at if wanted.sorted_by[0] == "submitted" else beside(at)
    statement = requests.in_period(statement, wanted.since, wanted.until, at)
    return statement.where(*_narrowed(wanted, viewer))


def _narrowed(wanted: Wanted, viewer: Viewer) -> list[ColumnElement[bool]]:
    conditions = [*_due(wanted), *_header(wanted.header)]
    if wanted.state:
        # Beside a view that names states itself it only narrows: its index must not tempt SQLite to sort.
        narrows = beside(InvoiceRequest.state) == word(wanted.state)
        conditions.append(in_state(State(wanted.state)) if wanted.view == views.ALL else narrows)
    if wanted.overdue:
        conditions.append(is_overdue(viewer.now))
    if wanted.flagged:
        conditions.append(InvoiceRequest.flagged_at.is_not(None))
    amount = InvoiceRequest.amount if wanted.sorted_by[0] == "amount" else beside(InvoiceRequest.amount)
    if wanted.least is not None:
        conditions.append(amount >= wanted.least)
    if wanted.most is not None:
        conditions.append(amount <= wanted.most)
    if wanted.assignee:
        claimed = and_(InvoiceRequest.claimed_by_id.is_not(None), InvoiceRequest.claim_ends_at > viewer.now)
        conditions.append(and_(claimed, holds(wanted.assignee, InvoiceRequest.claimed_by_label)))
    if wanted.customer:
        conditions.append(InvoiceRequest.account_id == customers.meant(wanted.customer))
    if wanted.search:
        conditions.append(search.found(wanted.search))
    return conditions


def _due(wanted: Wanted) -> list[ColumnElement[bool]]:
    zone, due_at = clock.zone(), InvoiceRequest.due_at
    # What is due on a day is overdue from the start of the next one on.
    since = [due_at >= calendar_rules.due_at(wanted.due_since, zone)] if wanted.due_since else []
    until = [due_at <= calendar_rules.due_at(wanted.due_until, zone)] if wanted.due_until else []
    return [*since, *until]


def _header(kind: str) -> list[ColumnElement[bool]]:
    """The frozen header's type, or its kind of VAT invoice: no word is both."""
    if not kind:
        return []
    field = "vat_kind" if kind in ("ordinary", "special") else "kind"
    return [InvoiceRequest.header[field].as_string() == kind]


def as_rows(statement: Select[InvoiceRequest]) -> Select[Any]:
    """The statement's requests as rows of `Listed`: with the name of the customer account, and what a refund took."""
    # Not a join: SQLite would weigh other orders of the two tables and give up the index that holds the list's order.
    name = select(Account.name).where(Account.id == InvoiceRequest.account_id).scalar_subquery()
    return statement.with_only_columns(
        *_COLUMNS, name.label("account"), shortages.column(), views.is_half_approved().label("half_approved")
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """How many requests a list holds and their sum in major units."""

    number: int
    amount: Decimal


def totals(statement: Select[InvoiceRequest]) -> Totals:
    """Count and sum of exactly the rows of a list."""
    listed = statement.with_only_columns(InvoiceRequest.amount).subquery()
    number, amount = session.execute(select(func.count(), func.sum(listed.c.amount)).select_from(listed)).one()
    return Totals(number, amount or ZERO)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much there is in each view of work that was asked for, and how much open work, capped; who looks at what; and
    the fingerprint of the calendar in force."""

    views: Mapping[str, int]
    work: int
    saved: tuple[Saved, ...] = ()
    looking: Mapping[int, presence.Lookers] = field(default_factory=dict)
    # Not counted, but asked of in the same breath.
    calendar: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """One of the viewer's own views."""

    id: int
    name: str
    query: str


def waiting(viewer: Viewer, counted: tuple[str, ...] = views.COUNTED) -> Waiting:
    """What a page of the desk counts, the viewer's own views and what colleagues look at, in one statement."""
    saved, looking, calendar, *row = _waiting(counted, COUNT_LIMIT).rows(session.connection(), values_of(viewer))[0]
    counts = dict(zip(counted, row, strict=False))
    return Waiting(counts, sum(row[len(counted) :]), _read_views(saved), presence.read(looking), calendar)


@lru_cache(maxsize=8)
def _waiting(counted: tuple[str, ...], limit: int) -> Prepared:
    """The statement for every viewer. To build its twenty parts costs more than to send them, so it is built once."""
    lists = [capped(listed(Wanted(code), ANYBODY), limit) for code in counted]
    own = packed(SavedView.position, SavedView.id, SavedView.name, SavedView.query)
    saved = select(own).where(SavedView.user_id == ANYBODY.id).scalar_subquery()
    return Prepared(select(saved, presence.everywhere(ANYBODY), calendars.IN_FORCE, *lists, *work.counts().values()))


def _read_views(told: str | None) -> tuple[Saved, ...]:
    lines = sorted(unpacked(told), key=lambda line: int(line[0]))
    return tuple(Saved(int(id_), name, query) for _, id_, name, query in lines)


def counts(lists: Sequence[Wanted], viewer: Viewer) -> list[int]:
    """How much there is in each of several lists, capped, in one statement."""
    if not lists:
        return []
    return list(session.execute(select(*(capped(listed(wanted, viewer)) for wanted in lists))).one())


def capped(statement: Select[InvoiceRequest], limit: int = COUNT_LIMIT) -> Any:
    """How many rows a list holds, `limit` standing for that many or more: a part of a statement."""
    some = statement.with_only_columns(InvoiceRequest.id).limit(limit).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
