"""Open requests follow the calendar: each is promised anew by the version in force, never for an earlier day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from backoffice.calendars import queries as calendars
from backoffice.database import session
from backoffice.permissions import SYSTEM
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.requests.services import promises as requests
from backoffice.requests.services.states import add_event
from backoffice.sla.models import Flag

BATCH = 200


def follow_calendar(*, now: datetime, limit: int = BATCH) -> int:
    """Look again at up to `limit` open requests that an older calendar version promised; returns how many.

    A later day is an event with the old and the new one, and takes a flag back: the history keeps both, and the sweep
    flags anew should the later day be over as well. What is closed keeps the day it was measured by.
    """
    version = calendars.current_version()
    behind = session.scalars(
        select(InvoiceRequest)
        .where(is_open(), InvoiceRequest.calendar_version_id != version.id)
        .order_by(InvoiceRequest.id)
        .limit(limit)
        .with_for_update()
    ).all()
    promises = requests.Promises(calendars.calendar_of(version))
    for one in behind:
        before = one.due_on
        if requests.renew(one, promises, version.id):
            days = {"before": before.isoformat(), "due_on": one.due_on.isoformat()}
            add_event(one.id, "due_moved", SYSTEM, at=now, calendar_version=version.id, **days)
            if one.flagged_at is not None:
                _take_flag_back(one, now)
    session.flush()
    return len(behind)


def _take_flag_back(invoice_request: InvoiceRequest, now: datetime) -> None:
    invoice_request.flagged_at = None
    session.execute(
        update(Flag).where(Flag.request_id == invoice_request.id, Flag.withdrawn_at.is_(None)).values(withdrawn_at=now)
    )
    add_event(invoice_request.id, "flag_withdrawn", SYSTEM, at=now, due_on=invoice_request.due_on.isoformat())
