"""What became of a promise is written down once, when its request is closed, by the calendar it was promised by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session, upsert_into
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import Action
from backoffice.sla import rules
from backoffice.sla.models import Outcome

BATCH = 1000
_COLUMNS = (
    InvoiceRequest.id, InvoiceRequest.state, InvoiceRequest.amount, InvoiceRequest.submitted_at, InvoiceRequest.due_at,
    InvoiceRequest.due_on, InvoiceRequest.closed_at, InvoiceRequest.calendar_version_id, InvoiceRequest.paused_seconds,
    InvoiceRequest.resubmission_of_id, InvoiceRequest.header["kind"].as_string().label("header_kind"),
)  # fmt: skip


def waiting(since: datetime, limit: int = BATCH) -> Sequence[Any]:
    """Requests closed from `since` on that have no outcome yet, the first closed one first."""
    has_one = exists().where(Outcome.request_id == InvoiceRequest.id)
    closed = select(*_COLUMNS).where(InvoiceRequest.closed_at >= since, ~has_one)
    return session.execute(closed.order_by(InvoiceRequest.closed_at, InvoiceRequest.id).limit(limit)).all()


def freeze(closed: Sequence[Any]) -> list[dict[str, Any]]:
    """Write the outcomes of `waiting` requests; returns them. One that is there already stays as it is."""
    if not closed:
        return []
    by, reopened = _verdicts([row.id for row in closed])
    chains = _chains(closed)
    versions = {row.calendar_version_id for row in closed}
    used = {one: calendars.calendar_of(calendars.version(one)) for one in versions}
    outcomes = []
    for row in closed:
        first, attempt = chains[row.id]
        seconds = _seconds(used[row.calendar_version_id], row.submitted_at, row.closed_at)
        reviewer, reason = by.get(row.id, (None, None))
        outcomes.append({
            "request_id": row.id, "state": row.state, "verdict": rules.verdict(row.state, row.closed_at, row.due_at),
            "due_on": row.due_on, "closed_on": clock.local_date(row.closed_at, clock.zone()),
            "header_kind": row.header_kind, "band": rules.band_of(row.amount), "amount": row.amount,
            "calendar_version_id": row.calendar_version_id, "seconds": seconds,
            "paused_seconds": min(row.paused_seconds, seconds), "first_submitted_at": first, "attempt": attempt,
            "chain_seconds": _seconds(used[row.calendar_version_id], first, row.closed_at) if attempt > 1 else seconds,
            "reviewer_id": reviewer, "reopened_of_id": reopened.get(row.id), "reason": reason,
        })  # fmt: skip
    session.execute(upsert_into(Outcome).on_conflict_do_nothing(index_elements=["request_id"]), outcomes)
    return outcomes


def _seconds(calendar: BusinessCalendar, start: datetime, end: datetime) -> int:
    return round(calendar.business_seconds_between(start, end, clock.zone()))


def _verdicts(request_ids: Collection[int]) -> tuple[dict[int, tuple[int, str | None]], dict[int, int]]:
    """Who gave the verdict in force and the reason of a rejection, and whose verdict was taken back last before it."""
    given = session.execute(
        select(Decision.request_id, Decision.decided_by, Decision.reason, Decision.revoked_at)
        .where(Decision.request_id.in_(request_ids), Decision.verdict != Action.FIRST_APPROVE)
        .order_by(Decision.id)
    )
    in_force: dict[int, tuple[int, str | None]] = {}
    revoked: dict[int, int] = {}
    for request_id, person, reason, revoked_at in given:
        if revoked_at is None:
            in_force[request_id] = person, reason
        else:
            revoked[request_id] = person
    return in_force, revoked


def _chains(closed: Sequence[Any]) -> dict[int, tuple[datetime, int]]:
    """When the first of the applications was submitted that each request repeats, and how many there were in all."""
    found = {row.id: (row.submitted_at, 1) for row in closed}
    former = {row.id: row.resubmission_of_id for row in closed if row.resubmission_of_id is not None}
    while former:
        asked = select(InvoiceRequest.id, InvoiceRequest.submitted_at, InvoiceRequest.resubmission_of_id)
        rows = {row.id: row for row in session.execute(asked.where(InvoiceRequest.id.in_(set(former.values()))))}
        found |= {one: (rows[before].submitted_at, found[one][1] + 1) for one, before in former.items()}
        former = {
            one: further for one, before in former.items() if (further := rows[before].resubmission_of_id) is not None
        }
    return found
