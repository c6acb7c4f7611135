"""What became of a promise is written down once, when its request is closed, by the calendar it was promised by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select

from backoffice import clock
from backoffice.database import session, upsert_into
from backoffice.requests.models import Decision, Hold, InvoiceRequest
from backoffice.requests.rules import Action, State
from backoffice.sla import rules
from backoffice.sla.models import Outcome
from backoffice.sla.rules import Step
from backoffice.sla.services import steps
from backoffice.sla.services.steps import Steps

BATCH = 1000
_COLUMNS = (
    InvoiceRequest.id, InvoiceRequest.state, InvoiceRequest.amount, InvoiceRequest.submitted_at, InvoiceRequest.due_at,
    InvoiceRequest.due_on, InvoiceRequest.closed_at, InvoiceRequest.calendar_version_id, InvoiceRequest.paused_seconds,
    InvoiceRequest.resubmission_of_id, InvoiceRequest.number, InvoiceRequest.submitted_on,
    InvoiceRequest.header["kind"].as_string().label("header_kind"),
)  # fmt: skip


class _Given(NamedTuple):
    """A verdict: whose, why, and when."""

    by: int | None
    reason: str | None
    at: datetime | None


def waiting(since: datetime, limit: int = BATCH) -> Sequence[Any]:
    """Requests closed from `since` on that have no outcome yet, the first closed one first."""
    has_one = exists().where(Outcome.request_id == InvoiceRequest.id)
    closed = select(*_COLUMNS).where(InvoiceRequest.closed_at >= since, ~has_one)
    return session.execute(closed.order_by(InvoiceRequest.closed_at, InvoiceRequest.id).limit(limit)).all()


def freeze(closed: Sequence[Any]) -> list[dict[str, Any]]:
    """Write the outcomes of `waiting` requests; returns them. One that is there already stays as it is."""
    if not closed:
        return []
    numbers = {row.id: row.number for row in closed}
    by, reopened, looked = _verdicts(numbers)
    claimed, asked = steps.claimed_first(numbers), _asked(numbers)
    chains = _chains(closed)
    measured = Steps({row.calendar_version_id for row in closed}, steps.versions_behind(closed))
    outcomes = []
    for row in closed:
        first, attempt = chains[row.id]
        seconds = measured.between(row, row.submitted_at, row.closed_at) or 0
        given = by.get(row.id, _Given(None, None, None))
        looks = [at[row.id] for at in (looked, claimed, asked) if row.id in at]
        judged = rules.verdict(row.state, row.closed_at, row.due_at)
        outcomes.append({
            "request_id": row.id, "state": row.state, "verdict": judged,
            "due_on": row.due_on, "closed_on": clock.local_date(row.closed_at, clock.zone()),
            "header_kind": row.header_kind, "band": rules.band_of(row.amount), "amount": row.amount,
            "calendar_version_id": row.calendar_version_id, "seconds": seconds,
            "paused_seconds": min(row.paused_seconds, seconds), "first_submitted_at": first, "attempt": attempt,
            "chain_seconds": measured.between(row, first, row.closed_at) if attempt > 1 else seconds,
            "reviewer_id": given.by, "reopened_of_id": reopened.get(row.id), "reason": given.reason,
            "gross_verdict": rules.verdict(row.state, row.closed_at, measured.due_without_pauses(row)),
            **_steps(row, measured, min(looks, default=None), given.at),
        })  # fmt: skip
    session.execute(upsert_into(Outcome).on_conflict_do_nothing(index_elements=["request_id"]), outcomes)
    return outcomes


def _steps(row: Any, measured: Steps, looked_at: datetime | None, decided_at: datetime | None) -> dict[str, Any]:
    """The steps of what was issued or rejected; the clock never stands still before the first or after the verdict."""
    issued, withdrawn = row.state == State.ISSUED, row.state == State.WITHDRAWN
    decision = measured.between(row, row.submitted_at, decided_at)
    return measured.columns(row, {
        Step.FIRST_LOOK: None if withdrawn else measured.between(row, row.submitted_at, looked_at),
        Step.DECISION: None if decision is None or withdrawn else max(0, decision - row.paused_seconds),
        Step.ISSUE: measured.between(row, decided_at, row.closed_at) if issued else None,
    })  # fmt: skip


def _verdicts(request_ids: Collection[int]) -> tuple[dict[int, _Given], dict[int, int], dict[int, datetime]]:
    """The verdict in force, whose was taken back last before it, and when the first of all was given."""
    given = session.execute(
        select(Decision.request_id, Decision.decided_by, Decision.reason, Decision.revoked_at)
        .add_columns(Decision.decided_at, Decision.verdict)
        .where(Decision.request_id.in_(request_ids))
        .order_by(Decision.id)
    )
    in_force: dict[int, _Given] = {}
    revoked: dict[int, int] = {}
    looked: dict[int, datetime] = {}
    for request_id, person, reason, revoked_at, at, verdict in given:
        looked[request_id] = min(looked.get(request_id, at), at)
        if verdict == Action.FIRST_APPROVE:
            continue
        if revoked_at is None:
            in_force[request_id] = _Given(person, reason, at)
        else:
            revoked[request_id] = person
    return in_force, revoked, looked


def _asked(request_ids: Collection[int]) -> dict[int, datetime]:
    """When the first question to the customer was asked."""
    asked = select(Hold.request_id, func.min(Hold.asked_at)).where(Hold.request_id.in_(request_ids))
    return {request_id: at for request_id, at in session.execute(asked.group_by(Hold.request_id))}  # noqa: C416


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
