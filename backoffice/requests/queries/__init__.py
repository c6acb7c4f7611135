"""Reads of invoice requests. Lists are statements for keyset paging; single reads are bound to whoever may see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import load_only

from backoffice import clock
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.money import ZERO
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent, RequestNote, in_state, is_open
from backoffice.requests.rules import Action, State, is_request_number

# What a row of a list shows: the frozen header and the remarks stay in the database.
LIST_COLUMNS = (
    InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.account_id, InvoiceRequest.header_name,
    InvoiceRequest.amount, InvoiceRequest.state, InvoiceRequest.submitted_at, InvoiceRequest.submitted_on,
    InvoiceRequest.due_on, InvoiceRequest.due_at, InvoiceRequest.flagged_at, InvoiceRequest.invoice_id,
    InvoiceRequest.invoice_number, InvoiceRequest.issued_at, InvoiceRequest.issued_on, InvoiceRequest.decided_at,
    InvoiceRequest.issue_error,
)  # fmt: skip


def rows() -> Select[InvoiceRequest]:
    """Requests with what a row of a list shows."""
    return select(InvoiceRequest).options(load_only(*LIST_COLUMNS))


def requests_of(
    account_id: int, *, states: Collection[str] = (), since: date | None = None, until: date | None = None
) -> Select[InvoiceRequest]:
    """The account's requests for a list newest first; dates are local application dates, both included."""
    return in_period(with_states(rows().where(InvoiceRequest.account_id == account_id), states), since, until)


def with_states(statement: Select[InvoiceRequest], states: Collection[str]) -> Select[InvoiceRequest]:
    """Narrow a list to some states; none named means all."""
    return statement.where(InvoiceRequest.state.in_(list(states))) if states else statement


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
    statement = select(InvoiceRequest).where(InvoiceRequest.number == number)
    if account_id is not None:
        statement = statement.where(InvoiceRequest.account_id == account_id)
    found = session.scalars(statement).one_or_none()
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
    return _in_force(request_id, Decision.verdict != Action.FIRST_APPROVE)


def first_approval(request_id: int) -> Decision | None:
    """The first of two approvals, if it was given and holds."""
    return _in_force(request_id, Decision.verdict == Action.FIRST_APPROVE)


def _in_force(request_id: int, condition: ColumnElement[bool]) -> Decision | None:
    held = select(Decision).where(Decision.request_id == request_id, Decision.revoked_at.is_(None), condition)
    return session.scalars(held).one_or_none()


def gross_since(account_id: int, since: datetime) -> Decimal:
    """What an account has applied for since an instant and was not rejected or withdrawn, in major units."""
    counted = select(func.sum(InvoiceRequest.amount)).where(
        InvoiceRequest.account_id == account_id,
        InvoiceRequest.submitted_at >= since,
        InvoiceRequest.state.in_((State.PENDING, State.APPROVED, State.ISSUED)),
    )
    return session.scalar(counted) or ZERO


def open_count(*states: State) -> int:
    """How many open requests there are (in these states); served by the partial indexes on open requests."""
    statement = select(func.count()).select_from(InvoiceRequest)
    statement = statement.where(in_state(*states) if states else is_open())
    return session.scalar(statement) or 0


def followed_by(request_id: int) -> str | None:
    """Number of the newest request that resubmits this one."""
    return session.scalar(
        select(InvoiceRequest.number)
        .where(InvoiceRequest.resubmission_of_id == request_id)
        .order_by(InvoiceRequest.id.desc())
        .limit(1)
    )


def number_of(request_id: int | None) -> str | None:
    """The public number of a request known by its id."""
    if request_id is None:
        return None
    return session.scalar(select(InvoiceRequest.number).where(InvoiceRequest.id == request_id))


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
