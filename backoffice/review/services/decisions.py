"""A reviewer's verdicts: approve (alone, or with a second person), reject, undo, return to the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from backoffice import clock, text
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.ledger import queries as ledger_queries
from backoffice.ledger.services import reservations as ledger
from backoffice.permissions import Actor
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests import queries as requests_queries
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import FIELDS, REASON_LABELS, REMARKS_LIMIT, Action, Reason
from backoffice.requests.services import pauses
from backoffice.requests.services import states as requests
from backoffice.review import rules
from backoffice.review.services.competence import for_decision, refuse_claimed, refuse_second


def approve(actor: Actor, number: str, *, remarks: str = "", now: datetime, undo_seconds: int = 0) -> InvoiceRequest:
    """Approve a pending request; the worker may issue it once the undo window (`undo_seconds`) is over.

    Where four eyes are wanted, the first approval changes no state: the request stays pending and waits for somebody
    else's. Raises Forbidden on one's own account's request and for a second approval that somebody else has to give,
    Conflict naming who decided first, who works on it or the missing money, Invalid for unusable remarks.
    """
    cleaned = checked_remarks(remarks)
    invoice_request = for_decision(actor, number)
    refuse_claimed(actor, invoice_request, now=now)
    first = _standing_first_approval(actor, invoice_request, now)
    if first is None and needs_second(invoice_request, now=now):
        return _approve_first(actor, invoice_request, cleaned, now)
    if first is not None:
        refuse_second(actor, invoice_request, first)
    values = {"decided_at": now, "issuable_at": now + timedelta(seconds=undo_seconds)}
    _decide(actor, invoice_request, Action.APPROVE, now, values, Decision(verdict=Action.APPROVE, remarks=cleaned))
    ledger.check_whole(invoice_request.id)
    requests.add_event(invoice_request.id, "approved", actor, at=now, remarks=cleaned)
    return invoice_request


def needs_second(invoice_request: InvoiceRequest, *, now: datetime) -> bool:
    """Four eyes: whether the request's amount, or the account's of the last seven days, reaches the threshold."""
    threshold = policies.value(PolicyKey.FOUR_EYES_THRESHOLD, clock.local_date(now, clock.zone()))
    week = requests_queries.gross_since(invoice_request.account_id, now - rules.FOUR_EYES_WINDOW)
    return rules.needs_second(invoice_request.amount, week, threshold)


def reject(
    actor: Actor,
    number: str,
    *,
    reason: str | Collection[str],
    remarks: str,
    now: datetime,
    fields: Collection[str] = (),
) -> InvoiceRequest:
    """Reject a pending request with coded reasons and remarks for the customer, and give its money back.

    `fields` are what the reviewer points at beside what the reasons speak of. Raises Invalid when reason or remarks are
    missing or unusable, Forbidden and Conflict as `approve` does.
    """
    reasons = [reason] if isinstance(reason, str) else list(dict.fromkeys(reason))
    cleaned = checked_rejection(reasons, remarks, fields)
    invoice_request = for_decision(actor, number)
    refuse_claimed(actor, invoice_request, now=now)
    verdict = Decision(
        verdict=Action.REJECT, reason=reasons[0], further_reasons=reasons[1:], fields=list(fields), remarks=cleaned
    )
    _decide(actor, invoice_request, Action.REJECT, now, {"decided_at": now}, verdict)
    _revoke(requests_queries.first_approval(invoice_request.id), actor, "rejected", now)
    told = [REASON_LABELS[Reason(code)] for code in reasons]
    requests.add_event(
        invoice_request.id, "rejected", actor, at=now, remarks=cleaned, reason=reasons[0], further_reasons=reasons[1:]
    )
    requests.tell(invoice_request, "rejected", now=now, reason=told[0], further_reasons=told[1:], remarks=cleaned)
    return invoice_request


def undo(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Take one's own approval back while its undo window lasts; the request is pending again, where it was.

    A first approval before it stays. Raises Forbidden for somebody else's approval, Conflict when the window is over.
    """
    invoice_request = for_decision(actor, number)
    decision = requests_queries.decision_in_force(invoice_request.id)
    if decision is not None and decision.verdict == Action.APPROVE and decision.decided_by != actor.id:
        raise Forbidden(Message(N_("Only whoever approved can undo it. You can return the request to the queue.")))
    before = requests_queries.first_approval(invoice_request.id)
    try:
        requests.change_state(
            invoice_request,
            Action.UNDO,
            actor,
            now=now,
            values={
                "decided_at": None,
                "issuable_at": None,
                "second_wanted_at": before.decided_at if before is not None else None,
            },
            only_if=(InvoiceRequest.invoice_id.is_(None), InvoiceRequest.issuable_at > now),
        )
    except Conflict:
        told = N_(
            "The time to undo is over. While the invoice has no number, the request can be returned to the queue."
        )
        raise Conflict(Message(told), code="too-late-to-undo") from None
    _revoke(decision, actor, "undone", now)
    requests.add_event(invoice_request.id, "undone", actor, at=now)
    return invoice_request


def return_to_queue(actor: Actor, number: str, *, why: str, now: datetime) -> InvoiceRequest:
    """Put an approved request that has no number yet back into the queue; every approval of it is revoked.

    Raises Invalid (field `why`) without a reason, Conflict once a number was taken or when it is not approved.
    """
    wanted = Message(N_("Say why it goes back to the queue."))
    cleaned = text.of_field("why", why, max_length=REMARKS_LIMIT, multiline=True, empty=wanted)
    invoice_request = for_decision(actor, number)
    decision = requests_queries.decision_in_force(invoice_request.id)
    try:
        requests.change_state(
            invoice_request,
            Action.RETURN,
            actor,
            now=now,
            values={"decided_at": None, "issuable_at": None, "issue_error": None, "issue_fault": None},
            reason=cleaned,
            only_if=(InvoiceRequest.invoice_id.is_(None),),
        )
    except Conflict:
        told = N_("Only an approved request without an invoice number can be returned to the queue.")
        raise Conflict(Message(told), code="not-returnable") from None
    _revoke(decision, actor, cleaned, now)
    _revoke(requests_queries.first_approval(invoice_request.id), actor, cleaned, now)
    requests.add_event(invoice_request.id, "returned", actor, at=now)
    return invoice_request


def revoke_first(actor: Actor, invoice_request: InvoiceRequest, *, why: str, now: datetime) -> None:
    """Let the first of two approvals hold no more, if there is one: what it rested on has changed."""
    first = requests_queries.first_approval(invoice_request.id)
    if first is not None:
        _revoke(first, actor, why, now)
        invoice_request.second_wanted_at = None
        session.flush()


def _approve_first(actor: Actor, invoice_request: InvoiceRequest, remarks: str, now: datetime) -> InvoiceRequest:
    ledger.check_whole(invoice_request.id)
    verdict = Decision(verdict=Action.FIRST_APPROVE, remarks=remarks, basis=_basis(invoice_request))
    values = {"second_wanted_at": now, **requests.UNCLAIMED}
    _decide(actor, invoice_request, Action.FIRST_APPROVE, now, values, verdict)
    pauses.end(invoice_request, pauses.DECIDED, now=now)
    requests.add_event(invoice_request.id, "first_approved", actor, at=now)
    return invoice_request


def _standing_first_approval(actor: Actor, invoice_request: InvoiceRequest, now: datetime) -> Decision | None:
    """The first approval, if it still speaks of the same money; otherwise it is revoked here."""
    first = requests_queries.first_approval(invoice_request.id)
    if first is None or first.basis == _basis(invoice_request):
        return first
    revoke_first(actor, invoice_request, why="its recharges have changed", now=now)
    return None


def _basis(invoice_request: InvoiceRequest) -> str:
    parts = sorted((part.recharge.id, part.amount) for part in ledger_queries.parts_of(invoice_request.id))
    return sha256(repr([(recharge, f"{amount:.2f}") for recharge, amount in parts]).encode()).hexdigest()


def _decide(
    actor: Actor,
    invoice_request: InvoiceRequest,
    action: Action,
    now: datetime,
    values: Mapping[str, object],
    verdict: Decision,
) -> None:
    """Change the state and write the verdict; the loser of a race is told who decided."""
    waiting = (InvoiceRequest.second_wanted_at.is_(None),) if action is Action.FIRST_APPROVE else ()
    try:
        requests.change_state(
            invoice_request, action, actor, now=now, values=values, reason=verdict.remarks or None, only_if=waiting
        )
    except Conflict as conflict:
        raise _told_who(invoice_request, conflict) from None
    verdict.request_id, verdict.decided_at = invoice_request.id, now
    verdict.decided_by, verdict.decided_by_label = actor.id, actor.label  # type: ignore[assignment]
    session.add(verdict)
    try:
        session.flush()
    except IntegrityError as error:  # the partial unique indexes: one decision in force, whatever the code did
        raise Conflict from error


def _revoke(decision: Decision | None, actor: Actor, why: str, now: datetime) -> None:
    if decision is None:
        return
    held = update(Decision).where(Decision.id == decision.id, Decision.revoked_at.is_(None))
    if not rows_changed(session.execute(held.values(revoked_at=now, revoked_by=actor.id, revoked_why=why))):
        raise Conflict
    session.refresh(decision)


def _told_who(invoice_request: InvoiceRequest, conflict: Conflict) -> Conflict:
    decision = requests_queries.decision_in_force(invoice_request.id) or requests_queries.first_approval(
        invoice_request.id
    )
    if decision is None:
        return conflict
    return Conflict(
        Message(
            N_("%(who)s has decided on this request already."),
            who=decision.decided_by_label,
        ),
        code="already-decided",
    )


def checked_rejection(reasons: list[str], remarks: str, fields: Collection[str]) -> str:
    """The cleaned remarks of a rejection. Raises Invalid by field when it lacks something or names what is unknown."""
    faults: dict[str, list[Message]] = {}
    if not reasons or not set(reasons) <= set(Reason):
        faults["reason"] = [Message(N_("Choose a reason."))]
    if not set(fields) <= set(FIELDS):
        faults["fields"] = [Message(N_("Choose fields of the application."))]
    if not remarks.strip():
        faults["remarks"] = [Message(N_("Tell the customer what to correct."))]
    if faults:
        raise Invalid(faults)
    return checked_remarks(remarks)


def checked_remarks(value: str) -> str:
    """The remarks for the customer without what nobody can see. Raises Invalid (field `remarks`)."""
    return text.of_field("remarks", value, max_length=REMARKS_LIMIT, multiline=True)
