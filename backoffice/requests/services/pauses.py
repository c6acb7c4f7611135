"""The end of a question to the customer, and what the time until then does to the promised day (design/domain.md 5)."""

from __future__ import annotations

import math
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select, update

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.database import rows_changed, session
from backoffice.delivery import queries as mails
from backoffice.delivery import services as delivery
from backoffice.delivery.rules import WAITING_STATES
from backoffice.errors import Conflict
from backoffice.permissions import SYSTEM
from backoffice.requests import queries
from backoffice.requests.models import Decision, Hold, InvoiceRequest
from backoffice.requests.rules import ABOUT, ASKED, REMINDED, extension_days
from backoffice.requests.services.promises import values_of

ANSWERED, NO_ANSWER, RESUMED, DECIDED, WITHDRAWN = "answered", "no_answer", "resumed", "decided", "withdrawn"


def end(
    invoice_request: InvoiceRequest, outcome: str, *, now: datetime, answer: str | None = None, by: str | None = None
) -> Hold | None:
    """End the open question of a request; None when there is none (any more).

    The clock runs on from `now`. The promised day moves on by all the business time in which it stood still, rounded
    up to the end of a business day, and never back. A clock that had run out before the question came was never
    stopped: nothing moves, and a flag stays. A mail of the question that has not gone out yet is stopped.
    """
    hold = queries.open_hold(invoice_request.id)
    if hold is None:
        return None
    paused = max(hold.paused_seconds, _paused_seconds(hold, invoice_request.due_at, now))
    more = paused - hold.paused_seconds
    ended = update(Hold).where(Hold.id == hold.id, Hold.ended_at.is_(None))
    if not rows_changed(
        session.execute(
            ended.values(ended_at=now, outcome=outcome, answer=answer, answered_by_label=by, paused_seconds=paused)
        )
    ):
        return None
    session.refresh(hold)
    invoice_request.held_at = invoice_request.paused_at = None
    _move_on(invoice_request, more)
    stop_mails(hold.request_id, (ASKED, REMINDED), "the question is closed", since=hold.asked_at, now=now)
    session.flush()
    return hold


def end_if_held(invoice_request: InvoiceRequest, outcome: str, *, now: datetime) -> None:
    """The same where the row, read under its lock, says that a question is open; nothing is looked for otherwise."""
    if invoice_request.is_held:
        end(invoice_request, outcome, now=now)


def _paused_seconds(hold: Hold, due_at: datetime, now: datetime) -> int:
    """Business time in which a question has stopped the clock.

    It ran while an approval held that was undone, and was not stopped again where the promised day was over by then.
    """
    if hold.clock_stopped_at is None:  # the question never reached the customer's server, or too late
        return 0
    undone = select(Decision.decided_at, Decision.revoked_at).where(
        Decision.request_id == hold.request_id, Decision.decided_at >= hold.asked_at, Decision.revoked_at.is_not(None)
    )
    stood, since = 0, hold.clock_stopped_at
    for decided_at, revoked_at in session.execute(undone.order_by(Decision.id)):
        if revoked_at is not None and revoked_at > since:
            stood += _stood(since, max(since, decided_at), due_at)
            since = revoked_at
    return stood + _stood(since, now, due_at)


def _stood(since: datetime, until: datetime, due_at: datetime) -> int:
    return _business_seconds(since, until) if since < due_at else 0


def stop_mails(request_id: int, templates: Collection[str], why: str, *, since: datetime, now: datetime) -> None:
    """Nobody has to read any more what is over; a mail that is being sent at this moment arrives."""
    for mail in mails.about(ABOUT, request_id):
        if mail.template in templates and mail.created_at >= since and mail.state in WAITING_STATES:
            with suppress(Conflict):
                delivery.cancel(SYSTEM, mail.id, reason=why, now=now)


def _move_on(invoice_request: InvoiceRequest, paused: int) -> None:
    before = invoice_request.paused_seconds
    invoice_request.paused_seconds = before + paused
    days = extension_days(before + paused) - extension_days(before)
    if days:
        moved = calendars.current_calendar().add_business_days(invoice_request.due_on, days)
        for name, value in values_of(moved).items():
            setattr(invoice_request, name, value)


def _business_seconds(start: datetime, end: datetime) -> int:
    return math.ceil(calendars.current_calendar().business_seconds_between(start, end, clock.zone()))
