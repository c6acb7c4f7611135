"""What the desk reads: the queue, one request with everything a verdict needs, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased, load_only

from backoffice.accounts.models import Account
from backoffice.database import Instant, session
from backoffice.errors import NotFound
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import Reservation
from backoffice.money import ZERO
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest, RequestEvent, in_state, is_open
from backoffice.requests.queries import LIST_COLUMNS
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, OPEN_STATES, State, is_request_number
from backoffice.review.queries import work

# Counts beside a title or in the navigation stop here, so that they cost the same however much is waiting.
COUNT_LIMIT = 1000
PREVIOUS_SHOWN = 5

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


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request and the facts a verdict rests on."""

    request: InvoiceRequest
    account: Account
    current_header: InvoiceHeader
    decision: Decision | None
    short: Decimal
    follows: str | None
    followed_by: str | None
    next_number: str | None
    parts: list[ledger.Part]
    events: list[RequestEvent]
    previous: list[InvoiceRequest]

    @property
    def holds_money(self) -> bool:
        """Whether its amount is reserved or invoiced: rejected and withdrawn requests gave theirs back."""
        return self.request.is_open or self.request.is_issued

    @property
    def balance_after(self) -> Decimal:
        """What the account may still invoice beside this request; below zero after a refund."""
        return self.account.recharged - self.account.reserved - self.account.invoiced

    @property
    def balance_before(self) -> Decimal:
        """What the account could invoice if this request were not there."""
        return self.balance_after + (self.request.amount if self.holds_money else ZERO)

    @property
    def header_changes(self) -> list[str]:
        """Names of the header's fields whose present value differs from the one frozen at submission."""
        frozen = self.request.header
        # A request from before a field was kept says nothing of it: that is no change.
        known = [name for name in FROZEN_HEADER_FIELDS if name in frozen]
        return [name for name in known if frozen[name] != getattr(self.current_header, name)]

    def is_own_of(self, actor: Actor) -> bool:
        """Whether `actor` or their account applied for it: nobody decides on that (services refuse it too)."""
        return self.request.applicant_id == actor.id or self.request.account_id == actor.account_id


def dossier(number: str) -> Dossier:
    """The request with this number and what belongs to it, in four statements. Raises NotFound."""
    if not is_request_number(number):
        raise NotFound
    former, later, following = (aliased(InvoiceRequest) for _ in range(3))
    followed_by = (
        select(later.number)
        .where(later.resubmission_of_id == InvoiceRequest.id)
        .order_by(later.id.desc())
        .limit(1)
        .correlate(InvoiceRequest)
        .scalar_subquery()
    )
    waiting_after = select(following.number).where(
        in_state(State.PENDING, entity=following),
        tuple_(following.due_at, following.id) > tuple_(InvoiceRequest.due_at, InvoiceRequest.id),
    )
    next_number = (
        waiting_after.order_by(following.due_at, following.id).limit(1).correlate(InvoiceRequest).scalar_subquery()
    )
    row = session.execute(
        select(
            InvoiceRequest, Account, InvoiceHeader, Decision, Reservation.short, former.number, followed_by, next_number
        )
        .join(Account, Account.id == InvoiceRequest.account_id)
        .join(InvoiceHeader, InvoiceHeader.id == InvoiceRequest.header_id)
        .outerjoin(Decision, and_(Decision.request_id == InvoiceRequest.id, Decision.revoked_at.is_(None)))
        .outerjoin(Reservation, Reservation.request_id == InvoiceRequest.id)
        .outerjoin(former, former.id == InvoiceRequest.resubmission_of_id)
        .where(InvoiceRequest.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound
    found, account, header, decision, short, follows, followed, following_number = row
    return Dossier(
        request=found,
        account=account,
        current_header=header,
        decision=decision,
        short=short or ZERO,
        follows=follows,
        followed_by=followed,
        next_number=following_number,
        parts=ledger.parts_of(found.id),
        events=requests.timeline(found.id),
        previous=_previous(found),
    )


def _previous(shown: InvoiceRequest) -> list[InvoiceRequest]:
    """The account's requests before this one, newest first."""
    return list(
        session.scalars(
            select(InvoiceRequest)
            .where(
                InvoiceRequest.account_id == shown.account_id,
                tuple_(InvoiceRequest.submitted_at, InvoiceRequest.id)
                < tuple_(literal(shown.submitted_at, Instant()), literal(shown.id)),
            )
            .options(load_only(*LIST_COLUMNS))
            .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
            .limit(PREVIOUS_SHOWN)
        )
    )


def _capped(statement: Select[InvoiceRequest]) -> Any:
    some = statement.with_only_columns(InvoiceRequest.id).limit(COUNT_LIMIT).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
