"""A reviewer's verdicts: approve (alone, or with a second person), reject, undo, return to the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from backoffice import text
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Message
from backoffice.ledger.services import reservations as ledger
from backoffice.permissions import Actor
from backoffice.requests import queries as requests_queries
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import REMARKS_LIMIT, Action, Ending
from backoffice.requests.services import holds, pauses, special
from backoffice.requests.services import states as requests
from backoffice.requests.services.approvals import revoke
from backoffice.review.checks.kept import Checked
from backoffice.review.queries.overtaken import approval_ended
from backoffice.review.services import competence, four_eyes
from backoffice.review.services.acceptance import refuse_unexplained
from backoffice.review.services.competence import (
    for_decision,
    moved_on,
    overtaken,
    refuse_claimed,
    refuse_decided,
    refuse_second,
    refuse_unseen,
    what_happened,
)
from backoffice.review.services.grounds import checked_rejection, checked_remarks
from backoffice.review.services.sight import CURRENCY, Sight, keep, sight_of

NOT_RETURNABLE = N_("Only an approved request without an invoice number can be returned to the queue.")


def approve(
    actor: Actor,
    number: str,
    *,
    remarks: str = "",
    tax_id_reason: str = "",
    seen: str = "",
    checked: Checked | None = None,
    currency: str = CURRENCY,
    now: datetime,
    undo_seconds: int = 0,
) -> InvoiceRequest:
    """Approve a pending request; the worker may issue it once the undo window (`undo_seconds`) is over.

    Where four eyes are wanted, the first approval changes no state: the request stays pending and waits for somebody
    else's. `tax_id_reason` says why a tax ID is right whose check digit does not fit; the customer does not read it.
    `seen` is the word of the page that the verdict rests on (`queries.seen`), `checked` what the checks said there: it
    is kept with the verdict. Who brings none has it worked out here, for an installation with this `currency`.
    Raises Forbidden on one's own account's request and for a second approval that somebody else has to give, Conflict
    naming who decided first, who works on it, what the page did not show yet, the missing money or money that takes no
    VAT special, Invalid for unusable remarks, or no reason for a doubtful tax ID.
    """
    invoice_request = for_decision(actor, number)
    refuse_decided(invoice_request)
    given = {
        "remarks": checked_remarks(remarks),
        "tax_id_reason": text.of_field("tax_id_reason", tax_id_reason, max_length=REMARKS_LIMIT, multiline=True),
    }
    refuse_claimed(actor, invoice_request, now=now)
    first = four_eyes.standing(actor, invoice_request, now)
    refuse_unexplained(invoice_request, given["tax_id_reason"], first)
    is_first = first is None and four_eyes.needs_second(invoice_request, now=now)
    if first is not None:
        refuse_second(actor, invoice_request, first)
    sight = sight_of(number, seen, checked, now=now, currency=currency)
    if is_first:
        return _approve_first(actor, invoice_request, given, now, sight)
    values = {"decided_at": now, "issuable_at": now + timedelta(seconds=undo_seconds)}
    verdict = Decision(verdict=Action.APPROVE, **given)
    _decide(actor, invoice_request, Action.APPROVE, now, values, verdict, sight, first)
    _refuse_uncovered(invoice_request)
    # What the first of two approvers wrote was for the customer as well, who hears of the approval only now.
    told = dict.fromkeys([first.remarks if first is not None else "", given["remarks"]])
    requests.add_event(invoice_request.id, "approved", actor, at=now, remarks="\n\n".join(filter(None, told)))
    return invoice_request


def reject(
    actor: Actor,
    number: str,
    *,
    reason: str | Collection[str],
    remarks: str,
    seen: str = "",
    checked: Checked | None = None,
    currency: str = CURRENCY,
    now: datetime,
    fields: Collection[str] | None = None,
) -> InvoiceRequest:
    """Reject a pending request with coded reasons and remarks for the customer, and give its money back.

    `fields` are what the reviewer points at; unless given, what the reasons speak of; the rest is as for `approve`.
    Raises Invalid when reason or remarks are missing or unusable, Forbidden and Conflict as `approve` does.
    """
    invoice_request = for_decision(actor, number)
    refuse_decided(invoice_request)
    given = checked_rejection(reason, remarks, fields)
    refuse_claimed(actor, invoice_request, now=now)
    first = four_eyes.standing(actor, invoice_request, now)
    verdict = Decision(
        verdict=Action.REJECT,
        reason=given.reasons[0],
        further_reasons=list(given.reasons[1:]),
        fields=list(given.fields),
        remarks=given.remarks,
    )
    sight = sight_of(number, seen, checked, now=now, currency=currency)
    _decide(actor, invoice_request, Action.REJECT, now, {"decided_at": now}, verdict, sight, first)
    requests.add_event(
        invoice_request.id,
        "rejected",
        actor,
        at=now,
        remarks=verdict.remarks,
        reason=verdict.reason,
        further_reasons=verdict.further_reasons,
    )
    requests.tell(invoice_request, "rejected", now=now, **given.told)
    return invoice_request


def letter(
    actor: Actor,
    number: str,
    *,
    reason: str | Collection[str],
    remarks: str,
    fields: Collection[str] | None = None,
) -> tuple[InvoiceRequest, dict[str, Any]]:
    """The request, and what the customer's mail would be told if it were rejected like this; nothing is changed.

    Raises as `reject` does, but for Conflict: what was typed may be looked at in any state.
    """
    given = checked_rejection(reason, remarks, fields)
    invoice_request = for_decision(actor, number)
    return invoice_request, requests.context_of(invoice_request, **given.told)


def undo(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Take one's own approval back while its undo window lasts; the request is pending again, where it was.

    A first approval before it stays, and a question to the customer that it closed is open again. The first of two can
    be taken back as long as nobody gave the second, also while a colleague works on it: it is one's own, and they hear
    of it before their verdict counts. Raises Forbidden for somebody else's approval, Conflict when the window is over,
    when nothing was approved (any more), and for a rejection; they name who was it and when.
    """
    invoice_request = for_decision(actor, number)
    decision = requests_queries.decision_in_force(invoice_request.id)
    if decision is not None and decision.verdict == Action.REJECT:
        told = N_("A rejection cannot be undone: the customer has been told. They can apply again.")
        own_rejection = Conflict(Message(told), code="rejected")
        raise own_rejection if decision.decided_by == actor.id else moved_on(invoice_request, own_rejection)
    before = requests_queries.first_approval(invoice_request.id)
    if decision is None:
        four_eyes.refuse_void(invoice_request, before)
    own = decision or before
    if own is not None and own.decided_by != actor.id:
        raise _somebody_elses(invoice_request)
    if decision is None and before is not None:
        _take_first_back(actor, invoice_request, before, Ending.TAKEN_BACK, now)
        holds.reopen(invoice_request, before.decided_at, now=now)
        return invoice_request
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
            said=_taken_back(decision),
            only_if=(InvoiceRequest.invoice_id.is_(None), InvoiceRequest.issuable_at > now),
        )
    except Conflict:
        raise _not_undone(invoice_request, decision) from None
    if decision is not None:
        revoke(decision, actor, Ending.TAKEN_BACK, now)
        holds.reopen(invoice_request, decision.decided_at, now=now)
    requests.add_event(invoice_request.id, "undone", actor, at=now)
    return invoice_request


def _somebody_elses(invoice_request: InvoiceRequest) -> Forbidden:
    """Who approved, when, and what is left to do about it; once it has a number, nothing is."""
    approved = what_happened(invoice_request)
    if invoice_request.invoice_id is not None:
        return Forbidden(approved)
    told = N_("%(what)s Only whoever approved last can undo it. You can return the request to the queue.")
    return Forbidden(Message(told, what=approved))


def _not_undone(invoice_request: InvoiceRequest, decision: Decision | None) -> Conflict:
    """Why there was no approval to take back, or that it is too late for it."""
    session.refresh(invoice_request)
    if decision is None:
        nothing = N_("No approval of this request holds now: there is nothing to undo.")
        none_left = Conflict(Message(nothing), code="not-approved")
        return overtaken(invoice_request, none_left, approval_ended(invoice_request.id))
    late = N_("The time to undo is over. While the invoice has no number, the request can be returned to the queue.")
    return Conflict(Message(late), code="too-late-to-undo")


def return_to_queue(actor: Actor, number: str, *, why: str, seen: str = "", now: datetime) -> InvoiceRequest:
    """Put a request whose approval, or the first of two, should not hold back into the queue; all are revoked.

    Raises Invalid (field `why`) without a reason, Conflict once a number was taken, when nobody has approved it, while
    a colleague works on the second approval, or for what the page did not show yet.
    """
    wanted = Message(N_("Say why it goes back to the queue."))
    cleaned = text.of_field("why", why, max_length=REMARKS_LIMIT, multiline=True, empty=wanted)
    invoice_request = for_decision(actor, number)
    decision = requests_queries.decision_in_force(invoice_request.id)
    first = requests_queries.first_approval(invoice_request.id)
    refuse_claimed(actor, invoice_request, now=now, told=competence.PUT_BACK)
    if decision is None and first is not None:
        four_eyes.refuse_void(invoice_request, first)
        _take_first_back(actor, invoice_request, first, cleaned, now, seen)
        return invoice_request
    try:
        requests.change_state(
            invoice_request,
            Action.RETURN,
            actor,
            now=now,
            values={"decided_at": None, "issuable_at": None, "issue_error": None, "issue_fault": None},
            reason=cleaned,
            said=_taken_back(decision, first),
            only_if=(InvoiceRequest.invoice_id.is_(None),),
        )
    except Conflict:
        refuse_unseen(actor, invoice_request, seen)
        refusal = Conflict(Message(NOT_RETURNABLE), code="not-returnable")
        session.refresh(invoice_request)
        if invoice_request.invoice_id is None:
            refusal = overtaken(invoice_request, refusal, approval_ended(invoice_request.id))
        raise refusal from None
    refuse_unseen(actor, invoice_request, seen)
    for approval in (decision, first):
        if approval is not None:
            revoke(approval, actor, cleaned, now)
    requests.add_event(invoice_request.id, "returned", actor, at=now)
    return invoice_request


def _take_first_back(
    actor: Actor, invoice_request: InvoiceRequest, first: Decision, why: str, now: datetime, seen: str = ""
) -> None:
    """The first of two approvals holds no more, by a reviewer's will. Raises Conflict naming who was faster."""
    try:
        requests.change_state(
            invoice_request,
            Action.TAKE_BACK,
            actor,
            now=now,
            values={"second_wanted_at": None},
            reason=why,
            said=_taken_back(first),
            only_if=(InvoiceRequest.second_wanted_at.is_not(None),),
        )
    except Conflict as conflict:
        session.refresh(invoice_request)
        raise overtaken(invoice_request, conflict, approval_ended(invoice_request.id)) from None
    refuse_unseen(actor, invoice_request, seen)
    revoke(first, actor, why, now)


def _approve_first(
    actor: Actor, invoice_request: InvoiceRequest, given: Mapping[str, str], now: datetime, sight: Sight
) -> InvoiceRequest:
    _refuse_uncovered(invoice_request)
    verdict = Decision(verdict=Action.FIRST_APPROVE, **given, basis=four_eyes.basis_of(invoice_request))
    values = {"second_wanted_at": now, **requests.UNCLAIMED}
    _decide(actor, invoice_request, Action.FIRST_APPROVE, now, values, verdict, sight, None)
    pauses.end_if_held(invoice_request, pauses.DECIDED, now=now)
    requests.add_event(invoice_request.id, "first_approved", actor, at=now)
    return invoice_request


def _refuse_uncovered(invoice_request: InvoiceRequest) -> None:
    """Raises Conflict while the money behind it does not make the invoice that was asked for."""
    ledger.check_whole(invoice_request.id)
    special.check(invoice_request)


def _decide(
    actor: Actor,
    invoice_request: InvoiceRequest,
    action: Action,
    now: datetime,
    values: Mapping[str, object],
    verdict: Decision,
    sight: Sight,
    first: Decision | None,
) -> None:
    """Change the state and write the verdict with what the checks said; a rejection ends the first approval. Who loses
    a race is told who won.

    `first` is the first approval that the verdict reckons with: it is there still, or there is none still.
    Only then is it sure that nothing more happens to the request: what was not seen is looked for behind the change.
    """
    verdict.request_id, verdict.decided_at = invoice_request.id, now
    verdict.decided_by, verdict.decided_by_label = actor.id, actor.label  # type: ignore[assignment]
    ends = first if action is Action.REJECT else None
    before, after = requests_queries.first_told(ends)
    try:
        requests.change_state(
            invoice_request, action, actor, now=now, values=values, reason=verdict.remarks or None,
            only_if=(requests_queries.first_unchanged(first),),
            said=({"verdict": None, **before}, {**_told_audit(verdict), **sight.told_audit, **after}),
        )  # fmt: skip
    except Conflict as conflict:
        session.refresh(invoice_request)
        raise moved_on(invoice_request, conflict) from None
    refuse_unseen(actor, invoice_request, sight.seen)
    session.add(verdict)
    try:
        session.flush()
    except IntegrityError as error:  # the partial unique indexes: one decision in force, whatever the code did
        raise Conflict from error
    keep(verdict, sight)
    if ends is not None:
        revoke(ends, actor, Ending.REJECTED, now)


def _told_audit(verdict: Decision) -> dict[str, Any]:
    """What the audit log keeps of a verdict; a revoked one stood there before."""
    if verdict.verdict != Action.REJECT:
        told = {"verdict": verdict.verdict, "decided_by": verdict.decided_by_label}
        return {**told, "tax_id_reason": verdict.tax_id_reason} if verdict.tax_id_reason else told
    return {
        "verdict": verdict.verdict,
        "decided_by": verdict.decided_by_label,
        "reasons": verdict.reasons,
        "fields": verdict.fields,
    }


def _taken_back(decision: Decision | None, first: Decision | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = requests_queries.first_told(first)
    return {**(_told_audit(decision) if decision is not None else {}), **before}, {"verdict": None, **after}
