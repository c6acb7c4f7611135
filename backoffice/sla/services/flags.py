"""Flagging overdue requests: once per request and promised date, safe with any number of workers."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from backoffice.accounts import queries as accounts
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import Instant, rows_changed, session
from backoffice.delivery import services as delivery
from backoffice.money import format_amount
from backoffice.permissions import SYSTEM, Role
from backoffice.prepared import Prepared
from backoffice.requests.models import InvoiceRequest, is_overdue
from backoffice.requests.rules import State
from backoffice.requests.services import states as requests
from backoffice.sla.models import Flag

BATCH = 200


def is_any_due(*, now: datetime) -> bool:
    """Whether an open request is past its due instant and not flagged yet."""
    return bool(_due_now().rows(session.connection(), {"now": now}))


@cache
def _due_now() -> Prepared:
    return Prepared(select(InvoiceRequest.id).where(*_unflagged(bindparam("now", type_=Instant()))).limit(1))


def _unflagged(now: Any) -> tuple[ColumnElement[bool], ...]:
    return is_overdue(now), InvoiceRequest.flagged_at.is_(None)


def flag_overdue(*, now: datetime, limit: int = BATCH) -> list[InvoiceRequest]:
    """Flag up to `limit` open requests whose due instant has passed, oldest promise first, and tell the managers.

    Each row is changed by an UPDATE that repeats the question, so of two workers one flags and the other moves on.
    Returns the requests this call flagged; fewer than `limit` means that none is left.
    """
    candidates = session.scalars(
        select(InvoiceRequest).where(*_unflagged(now)).order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(limit)
    ).all()
    flagged = [candidate for candidate in candidates if _flag(candidate, now)]
    if flagged:
        _tell_managers(flagged, now)
    return flagged


def _flag(invoice_request: InvoiceRequest, now: datetime) -> bool:
    changed = rows_changed(
        session.execute(
            update(InvoiceRequest)
            .where(InvoiceRequest.id == invoice_request.id, *_unflagged(now))
            .values(flagged_at=now)
        )
    )
    if not changed:
        return False
    session.add(Flag(request_id=invoice_request.id, due_at=invoice_request.due_at, flagged_at=now))
    requests.add_event(invoice_request.id, "flagged", SYSTEM, at=now, due_on=invoice_request.due_on.isoformat())
    return True


def _tell_managers(flagged: list[InvoiceRequest], now: datetime) -> None:
    calendar = calendars.current_calendar()
    lines = [line_of(one, calendar) for one in flagged]
    for manager in accounts.active_people(Role.MANAGER):
        delivery.queue(
            "flagged",
            manager.email,
            manager.locale or "en",
            {"count": len(lines), "requests": lines, "person": manager.name},
            at=now,
            about=("invoice_request", flagged[0].id),
        )


def line_of(invoice_request: InvoiceRequest, calendar: BusinessCalendar) -> dict[str, Any]:
    """What a mail's list says of one request; `calendar` says which years on the way to its day are provisional."""
    return {
        "request_number": invoice_request.number,
        "header_name": invoice_request.header_name,
        "amount": format_amount(invoice_request.amount),
        "due_on": invoice_request.due_on.isoformat(),
        "approved": invoice_request.state == State.APPROVED,
        "provisional": list(calendar.provisional_between(invoice_request.submitted_on, invoice_request.due_on)),
    }
