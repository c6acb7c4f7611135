"""Who works on what: claim, touch, release, take over, hand to somebody, and the next one that claims itself.

A claim is a courtesy with an end: it keeps two people from reading the same request, and ends by itself
`CLAIM_MINUTES` after the last touch. Decisions rest on the state table, not on claims.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update

from backoffice.accounts import queries as accounts
from backoffice.accounts.models import User
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission, Role
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest, in_state
from backoffice.requests.rules import ABOUT, CLAIM_MINUTES, State
from backoffice.requests.services import states
from backoffice.review.queries import upcoming
from backoffice.review.services.competence import for_decision, moved_on, refuse_claimed, refuse_second

CLAIM = timedelta(minutes=CLAIM_MINUTES)
_TRIES = 5


def claim(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Say that one works on a pending request, or go on doing so.

    Raises Forbidden as decisions do, and for whoever gave the first approval while the second is wanted: they would
    keep it from those who may give it. Conflict when it is not pending any more or somebody else works on it.
    """
    invoice_request = _for_work(actor, number)
    if not _set(actor, invoice_request, upcoming.free_for(actor, now), now):
        _refuse(actor, invoice_request, now)
    return invoice_request


def take_over(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Work on a pending request that somebody else has claimed; both stand in the audit log. Raises as `claim`."""
    invoice_request = _for_work(actor, number)
    if not _set(actor, invoice_request, InvoiceRequest.id == invoice_request.id, now):
        _refuse(actor, invoice_request, now)
    return invoice_request


def _for_work(actor: Actor, number: str) -> InvoiceRequest:
    invoice_request = for_decision(actor, number)
    first = requests.standing_first(invoice_request.id) if invoice_request.can_be_decided else None
    if first is not None and first.decided_by == actor.id:
        raise Forbidden(Message(N_("You gave the first approval. Somebody else has to give the second one.")))
    return invoice_request


def assign(actor: Actor, number: str, to: int, *, now: datetime) -> InvoiceRequest:
    """Hand a pending request to a reviewer, whoever had it.

    Raises Invalid (field `assignee`) for somebody who may not decide on it, or not give the second approval that it
    waits for; else as `claim`.
    """
    invoice_request = for_decision(actor, number)
    person = colleague(to)
    if invoice_request.applicant_id == person.id:
        raise Invalid({"assignee": [Message(N_("Nobody decides on what they or their own account applied for."))]})
    first = requests.first_approval(invoice_request.id)
    if requests.standing_first(invoice_request.id) is not None:
        _refuse_useless(person, invoice_request, first)
    if not _set(person.actor(), invoice_request, requests.first_unchanged(first), now, by=actor):
        _refuse(actor, invoice_request, now)
    return invoice_request


def _refuse_useless(person: User, invoice_request: InvoiceRequest, first: Decision | None) -> None:
    try:
        if first is not None:
            refuse_second(person.actor(), invoice_request, first)
    except Forbidden:
        told = N_("A second approval is wanted, and %(who)s may not give it. Choose somebody else.")
        raise Invalid({"assignee": [Message(told, who=person.name)]}) from None


def colleagues(invoice_request: InvoiceRequest, first: Decision | None) -> list[User]:
    """Everybody to whom the request may be handed, by their names: nobody who gave the standing `first` approval."""
    left_out = {invoice_request.applicant_id, first.decided_by if first is not None else None}
    people = [one for one in accounts.active_people(Role.REVIEWER) if one.id not in left_out]
    return sorted(people, key=lambda one: (one.name, one.id))


def colleague(person_id: int) -> User:
    """Somebody to whom requests can be handed. Raises Invalid (field `assignee`)."""
    person = next((one for one in accounts.active_people(Role.REVIEWER) if one.id == person_id), None)
    if person is None:
        raise Invalid({"assignee": [Message(N_("Choose somebody who decides on requests."))]})
    return person


def unassign(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Let nobody work on a pending request, whoever had it. Raises as `claim`."""
    invoice_request = for_decision(actor, number)
    before = invoice_request.claimed_by_label  # also of a claim that has run out: whatever changes is told of
    pending = update(InvoiceRequest).where(InvoiceRequest.id == invoice_request.id, in_state(State.PENDING))
    if not rows_changed(session.execute(pending.values(states.UNCLAIMED))):
        _refuse(actor, invoice_request, now)
    session.refresh(invoice_request)
    if before is not None:
        audit.record(actor, "request.release", ABOUT, number, at=now, before={"claimed_by": before})
    return invoice_request


def release(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest | None:
    """Let somebody else work on it; None where one had not claimed it: it is left as it is."""
    invoice_request = for_decision(actor, number)
    own = update(InvoiceRequest).where(
        InvoiceRequest.id == invoice_request.id, InvoiceRequest.claimed_by_id == actor.id
    )
    if not rows_changed(session.execute(own.values(states.UNCLAIMED))):
        return None
    session.refresh(invoice_request)
    audit.record(actor, "request.release", ABOUT, number, at=now, before={"claimed_by": actor.label})
    return invoice_request


def touch(actor: Actor, number: str, *, now: datetime) -> bool:
    """Let one's claim last from now on anew; False when it is not one's own any more."""
    invoice_request = for_decision(actor, number)
    still = update(InvoiceRequest).where(
        InvoiceRequest.id == invoice_request.id,
        InvoiceRequest.claimed_by_id == actor.id,
        InvoiceRequest.claim_ends_at > now,
    )
    kept = bool(rows_changed(session.execute(still.values(claim_ends_at=now + CLAIM))))
    session.refresh(invoice_request)
    return kept


def claim_next(actor: Actor, *, now: datetime, after: str | None = None) -> InvoiceRequest | None:
    """Claim the most urgent pending request that nobody works on; None when nothing is left.

    With `after`, what one has just looked at, it is the one behind that. Of two who ask at once each gets one of their
    own.
    """
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    for _ in range(_TRIES):
        wanted = upcoming.waiting_for(actor, now) if after is None else upcoming.behind(actor, now, after)
        candidate = session.scalars(wanted).first()
        if candidate is None:
            return None
        if _set(actor, candidate, upcoming.free_for(actor, now), now):
            return candidate
    return None


def _set(
    holder: Actor,
    invoice_request: InvoiceRequest,
    condition: ColumnElement[bool],
    now: datetime,
    by: Actor | None = None,
) -> bool:
    before, former = invoice_request.claimant(now), invoice_request.claimed_by_label
    claimed = update(InvoiceRequest).where(InvoiceRequest.id == invoice_request.id, in_state(State.PENDING), condition)
    values = {"claimed_by_id": holder.id, "claimed_by_label": holder.label, "claim_ends_at": now + CLAIM}
    if not rows_changed(session.execute(claimed.values(values))):
        return False
    session.refresh(invoice_request)
    if before != holder.id:
        audit.record(
            by or holder, "request.claim", ABOUT, invoice_request.number, at=now,
            before={"claimed_by": None if before is None else former}, after={"claimed_by": holder.label},
        )  # fmt: skip
    return True


def _refuse(actor: Actor, invoice_request: InvoiceRequest, now: datetime) -> None:
    session.refresh(invoice_request)
    refuse_claimed(actor, invoice_request, now=now)
    told = Conflict(Message(N_("This request has been decided meanwhile.")), code="state-changed")
    raise moved_on(invoice_request, told)
