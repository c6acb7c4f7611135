"""Reads of invoice requests. Lists are statements for keyset paging; single reads are bound to whoever may see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, bindparam, cast, exists, func, select, union
from sqlalchemy.orm import load_only

from backoffice import clock
from backoffice.database import Id, Instant, session
from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message
from backoffice.engines import PLANNED_ONCE
from backoffice.errors import NotFound
from backoffice.ledger.models import LedgerMovement, Reservation
from backoffice.money import ZERO
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent, RequestNote, in_state, is_open
from backoffice.requests.rules import ABOUT, TO_CUSTOMERS, Action, State, is_request_number
from backoffice.steering import beside

# What a row of a list shows: the frozen header and the remarks stay in the database.
LIST_COLUMNS = (
    InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.account_id, InvoiceRequest.header_name,
    InvoiceRequest.amount, InvoiceRequest.state, InvoiceRequest.submitted_at, InvoiceRequest.submitted_on,
    InvoiceRequest.due_on, InvoiceRequest.due_at, InvoiceRequest.flagged_at, InvoiceRequest.invoice_id,
    InvoiceRequest.invoice_number, InvoiceRequest.issued_at, InvoiceRequest.issued_on, InvoiceRequest.decided_at,
    InvoiceRequest.issue_error, InvoiceRequest.held_at,
)  # fmt: skip


# Each verdict asks these: built once.
_BY_NUMBER = select(InvoiceRequest).where(InvoiceRequest.number == bindparam("number"))
_IN_FORCE = select(Decision).where(Decision.request_id == bindparam("request_id"), Decision.revoked_at.is_(None))
_DECIDED, _FIRST = (
    _IN_FORCE.where(condition)
    for condition in (Decision.verdict != Action.FIRST_APPROVE, Decision.verdict == Action.FIRST_APPROVE)
)


def rows() -> Select[InvoiceRequest]:
    """Requests with what a row of a list shows."""
    return select(InvoiceRequest).options(load_only(*LIST_COLUMNS))


def requests_of(
    account_id: int,
    *,
    states: Collection[str] = (),
    since: date | None = None,
    until: date | None = None,
    short: bool = False,
) -> Select[InvoiceRequest]:
    """The account's requests for a list newest first, with what a row of a list shows; see `of_account`."""
    listed = of_account(account_id, states=states, since=since, until=until, short=short)
    return listed.options(load_only(*LIST_COLUMNS))


def of_account(
    account_id: int,
    *,
    states: Collection[str] = (),
    since: date | None = None,
    until: date | None = None,
    short: bool = False,
) -> Select[InvoiceRequest]:
    """The account's requests for a list newest first; dates are local application dates, both included.

    With `short` only those that a refund left without money: they are few, and found by the ledger's index of these.
    """
    account, state, at = (InvoiceRequest.account_id, InvoiceRequest.state, InvoiceRequest.submitted_at)
    statement = select(InvoiceRequest)
    if short:
        account, state, at = beside(account), beside(state), beside(at)
        lacking = select(Reservation.request_id).where(Reservation.account_id == account_id, Reservation.short > 0)
        statement = statement.where(InvoiceRequest.id.in_(lacking))
    statement = statement.where(account == account_id)
    if states:
        statement = statement.where(state.in_(list(states)))
    return in_period(statement, since, until, at)


def in_period(
    statement: Select[InvoiceRequest],
    since: date | None,
    until: date | None,
    submitted_at: Any = InvoiceRequest.submitted_at,
) -> Select[InvoiceRequest]:
    """Narrow a list to requests submitted between two local dates, inclusive, by the index on the instant.

    A list in another order passes `submitted_at` as it is to be compared beside that order's index.
    """
    zone = clock.zone()
    if since is not None:
        statement = statement.where(submitted_at >= clock.start_of_day(since, zone))
    if until is not None and until < date.max:
        statement = statement.where(submitted_at < clock.start_of_day(until + timedelta(days=1), zone))
    return statement


def by_number(number: str, *, account_id: int | None = None) -> InvoiceRequest:
    """The request with this number; with `account_id`, only if it is that account's. Raises NotFound."""
    if not is_request_number(number):
        raise NotFound
    statement = _BY_NUMBER if account_id is None else _BY_NUMBER.where(InvoiceRequest.account_id == account_id)
    found = session.scalars(statement, {"number": number}, execution_options=PLANNED_ONCE).one_or_none()
    if found is None:
        raise NotFound
    return found


def timeline(request_id: int) -> list[RequestEvent]:
    """The request's events, oldest first."""
    return list(
        session.scalars(select(RequestEvent).where(RequestEvent.request_id == request_id).order_by(RequestEvent.id))
    )


def notes_of(request_id: int) -> list[RequestNote]:
    """The internal notes on a request, oldest first."""
    return list(
        session.scalars(select(RequestNote).where(RequestNote.request_id == request_id).order_by(RequestNote.id))
    )


def open_hold(request_id: int) -> Hold | None:
    """The question to the customer that waits for its answer."""
    return session.scalars(select(Hold).where(Hold.request_id == request_id, Hold.ended_at.is_(None))).one_or_none()


def decision_in_force(request_id: int) -> Decision | None:
    """The verdict that holds, if there is one."""
    return _held(_DECIDED, request_id)


def first_approval(request_id: int) -> Decision | None:
    """The first of two approvals, if it was given and not taken back; `standing_first` says whether it still counts."""
    return _held(_FIRST, request_id)


def standing_first(request_id: int) -> Decision | None:
    """The first of two approvals of a pending request, if it speaks of the money that pays for the request now."""
    return _held(_IN_FORCE.where(is_standing_first()), request_id)


def is_standing_first() -> ColumnElement[bool]:
    """SQL predicate of verdicts that are a first approval, not taken back, that speaks of the money that is there."""
    return and_(
        Decision.verdict == Action.FIRST_APPROVE,
        Decision.revoked_at.is_(None),
        Decision.basis == basis_of(Decision.request_id),
    )


def first_told(first: Decision | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the audit log tells, before and after, of a change that ends a first approval; nothing without one."""
    return ({}, {}) if first is None else ({"first_approval": first.decided_by_label}, {"first_approval": None})


def first_unchanged(first: Decision | None) -> ColumnElement[bool]:
    """What a change must hold to that was decided on by this first approval: none was given or ended meanwhile."""
    wanted = InvoiceRequest.second_wanted_at
    return wanted.is_(None) if first is None else wanted.is_not(None)


def basis_of(request_id: Any) -> ScalarSelect[str]:
    """The last movement of a request's money, as an expression: what a first approval rests on.

    Each change of a reservation is a line of the journal, so another line is another allocation.
    """
    last = select(cast(func.max(LedgerMovement.id), String)).where(LedgerMovement.request_id == request_id)
    return last.scalar_subquery()


def basis_lost_at(first: Decision) -> datetime | None:
    """When the money moved on that a first approval rested on; None while it has not."""
    moved = select(func.min(LedgerMovement.at)).where(LedgerMovement.request_id == first.request_id)
    return session.scalar(moved.where(LedgerMovement.id > int(first.basis or 0)))


def first_stands(request_id: Any, *further: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL predicate of requests whose first approval is in force and still speaks of the same money."""
    return exists().where(Decision.request_id == request_id, is_standing_first(), *further)


def _held(decision: Select[Decision], request_id: int) -> Decision | None:
    return session.scalars(decision, {"request_id": request_id}, execution_options=PLANNED_ONCE).one_or_none()


def gross_around(account_id: int, since: datetime, until: datetime, *, granted_since: datetime) -> Select[Decimal]:
    """The sum of what an account applied for between two instants, both included, or was granted from a third one on.

    A statement; its one value is in major units. Each request counts once, what was rejected or withdrawn does not.
    """
    shown = select(InvoiceRequest.id, InvoiceRequest.amount).where(InvoiceRequest.account_id == account_id)
    standing = InvoiceRequest.state.in_((State.PENDING, State.APPROVED, State.ISSUED))
    granted = shown.where(InvoiceRequest.decided_at >= granted_since)
    # Issued comes after decided: by that day the index finds what was granted without looking at years of invoices.
    counted = union(
        shown.where(InvoiceRequest.submitted_at.between(since, until), standing),
        granted.where(InvoiceRequest.state == State.APPROVED),
        granted.where(in_state(State.ISSUED), InvoiceRequest.issued_at >= granted_since),
    ).subquery()
    return select(func.sum(counted.c.amount))


def gross_sum(account_id: int, since: datetime, until: datetime, *, granted_since: datetime) -> Decimal:
    """The sum that `gross_around` says, in major units; its statement is built once."""
    values = {"account_id": account_id, "since": since, "until": until, "granted_since": granted_since}
    return session.scalar(_gross(), values, execution_options=PLANNED_ONCE) or ZERO


@cache
def _gross() -> Select[Decimal]:
    instants = {name: bindparam(name, type_=Instant()) for name in ("since", "until", "granted_since")}
    return gross_around(bindparam("account_id", type_=Id), **instants)  # type: ignore[arg-type]


def open_count(*states: State) -> int:
    """How many open requests there are (in these states); served by the partial indexes on open requests."""
    statement = select(func.count()).select_from(InvoiceRequest)
    statement = statement.where(in_state(*states) if states else is_open())
    return session.scalar(statement) or 0


def followed_by(request_id: int, *, besides: int | None = None) -> str | None:
    """Number of the request that resubmits this one."""
    return session.scalar(follower_of(request_id).where(InvoiceRequest.id.is_distinct_from(besides)))


def follower_of(request_id: Any, entity: Any = InvoiceRequest) -> Select[str]:
    """The number of what resubmits a request, as a statement; one that was withdrawn does not any more."""
    return (
        select(entity.number)
        .where(entity.resubmission_of_id == request_id, entity.state != State.WITHDRAWN)
        .order_by(entity.id.desc())
        .limit(1)
    )


def number_of(request_id: int | None) -> str | None:
    """The public number of a request known by its id."""
    if request_id is None:
        return None
    return session.scalar(select(InvoiceRequest.number).where(InvoiceRequest.id == request_id))


def mail_to_customer(message_id: int) -> Message:
    """A mail about a request that goes to its customer. Raises NotFound, for a notice to colleagues too."""
    found = delivery.one(message_id)
    if found.about_type != ABOUT or found.template not in TO_CUSTOMERS:
        raise NotFound
    return found


def last_email(account_id: int, applicant_id: int) -> str:
    """The receiving address of the person's last application, or nothing."""
    return (
        session.scalar(
            select(InvoiceRequest.email)
            .where(InvoiceRequest.account_id == account_id, InvoiceRequest.applicant_id == applicant_id)
            .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
            .limit(1)
        )
        or ""
    )
