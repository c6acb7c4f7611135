"""The end of a question to the customer, and what the time until then does to the promised day (design/domain.md 5)."""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy import update

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import rows_changed, session
from backoffice.requests import queries
from backoffice.requests.models import Hold, InvoiceRequest

ANSWERED, NO_ANSWER, RESUMED, DECIDED, WITHDRAWN = "answered", "no_answer", "resumed", "decided", "withdrawn"
_DAY = 24 * 60 * 60


def end(
    invoice_request: InvoiceRequest, outcome: str, *, now: datetime, answer: str | None = None, by: str | None = None
) -> Hold | None:
    """End the open question of a request; None when there is none (any more).

    The clock runs on from `now`. The promised day moves on by all the business time in which it stood still, rounded
    up to the end of a business day, and never back; a flag that was set before stays.
    """
    hold = queries.open_hold(invoice_request.id)
    if hold is None:
        return None
    paused = _business_seconds(hold.clock_stopped_at, now)
    ended = update(Hold).where(Hold.id == hold.id, Hold.ended_at.is_(None))
    if not rows_changed(
        session.execute(
            ended.values(ended_at=now, outcome=outcome, answer=answer, answered_by_label=by, paused_seconds=paused)
        )
    ):
        return None
    session.refresh(hold)
    invoice_request.held_at = invoice_request.paused_at = None
    _move_on(invoice_request, paused)
    session.flush()
    return hold


def extension_days(paused_seconds: int) -> int:
    """By how many business days a pause moves a promise: any time up to 24 hours is one day more."""
    return math.ceil(paused_seconds / _DAY)


def _move_on(invoice_request: InvoiceRequest, paused: int) -> None:
    before = invoice_request.paused_seconds
    invoice_request.paused_seconds = before + paused
    days = extension_days(before + paused) - extension_days(before)
    if days:
        moved = calendars.current_calendar().add_business_days(invoice_request.due_on, days)
        invoice_request.due_on, invoice_request.due_at = moved, calendar_rules.due_at(moved, clock.zone())


def _business_seconds(start: datetime | None, end: datetime) -> int:
    if start is None:  # the question never reached the customer's server: the clock ran on
        return 0
    return math.ceil(calendars.current_calendar().business_seconds_between(start, end, clock.zone()))
