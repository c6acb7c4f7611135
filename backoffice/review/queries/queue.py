"""The queue: which requests a list shows, in which order, how many wait, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import load_only

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.money import ZERO
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest, in_state, is_open
from backoffice.requests.queries import LIST_COLUMNS
from backoffice.requests.rules import OPEN_STATES, State
from backoffice.review.queries import work

# Counts beside a title or in the navigation stop here, so that they cost the same however much is waiting.
COUNT_LIMIT = 1000

Order = list[tuple[Any, Literal["asc", "desc"]]]


@dataclass(frozen=True, slots=True)
class QueueView:
    """Which part of the requests a list shows; `state` None means all of them. Dates are local and inclusive."""

    state: State | None = State.PENDING
    overdue: bool = False
    flagged: bool = False
    since: date | None = None
    until: date | None = None

    @property
    def by_urgency(self) -> bool:
        """Whether the list is worked off, most urgent first; history is read newest first."""
        return self.state in OPEN_STATES or (self.state is None and self.overdue and not self.flagged)

    @property
    def order(self) -> Order:
        """The list's order for keyset paging."""
        if self.by_urgency:
            return [(InvoiceRequest.due_at, "asc"), (InvoiceRequest.id, "asc")]
        return [(InvoiceRequest.submitted_at, "desc"), (InvoiceRequest.id, "desc")]

    def key(self, row: Any) -> Sequence[Any]:
        """A row's values in `order`."""
        shown: InvoiceRequest = row[0]
        return (shown.due_at if self.by_urgency else shown.submitted_at, shown.id)


def queue(view: QueueView, *, now: datetime) -> Select[Any]:
    """The requests of a view, each with its customer account's name, for keyset paging in `view.order`."""
    statement = requests.in_period(select(InvoiceRequest), view.since, view.until)
    if view.state is not None:
        statement = statement.where(in_state(view.state))
    late = [
        *([_overdue(view.state, now)] if view.overdue else []),
        *([InvoiceRequest.flagged_at.is_not(None)] if view.flagged else []),
    ]
    return with_account(statement.where(or_(*late)) if late else statement)


def _overdue(state: State | None, now: datetime) -> ColumnElement[bool]:
    past_due = InvoiceRequest.due_at <= now
    return past_due if state in OPEN_STATES else and_(is_open(), past_due)


def with_account(statement: Select[InvoiceRequest]) -> Select[Any]:
    """The statement's requests as a list shows them, each followed by the name of its customer account."""
    # Not a join: SQLite would weigh other orders of the two tables and give up the index that holds the list's order.
    name = select(Account.name).where(Account.id == InvoiceRequest.account_id).scalar_subquery()
    return statement.options(load_only(*LIST_COLUMNS)).add_columns(name.label("account_name"))


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


def capped_count(statement: Select[InvoiceRequest]) -> int:
    """How many rows a list holds, `COUNT_LIMIT` standing for that many or more."""
    return session.scalar(select(_capped(statement))) or 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a verdict: pending requests, and those of them past their promised day; and open work. Capped."""

    pending: int
    overdue: int
    work: int


def waiting(now: datetime) -> Waiting:
    """The counts that every page of the desk shows, in one statement over partial indexes."""
    pending = select(InvoiceRequest).where(in_state(State.PENDING))
    queue = (_capped(pending), _capped(pending.where(InvoiceRequest.due_at <= now)))
    in_queue, overdue, *open_work = session.execute(select(*queue, *work.counts())).one()
    return Waiting(in_queue, overdue, sum(open_work))


def most_urgent(actor: Actor) -> str | None:
    """Number of the pending request that `actor` may decide on and whose promise ends first."""
    pending = select(InvoiceRequest.number).where(in_state(State.PENDING), InvoiceRequest.applicant_id != actor.id)
    return session.scalar(pending.order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(1))


def _capped(statement: Select[InvoiceRequest]) -> Any:
    some = statement.with_only_columns(InvoiceRequest.id).limit(COUNT_LIMIT).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
