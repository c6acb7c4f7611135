"""A reviewer's verdicts: approve and reject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from backoffice import text
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.ledger.services import reservations as ledger
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests_queries
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import REASON_LABELS, REMARKS_LIMIT, Action, Reason
from backoffice.requests.services import states as requests


def approve(actor: Actor, number: str, *, remarks: str = "", now: datetime, undo_seconds: int = 0) -> InvoiceRequest:
    """Approve a pending request; the worker may issue it once the undo window (`undo_seconds`) is over.

    Raises Forbidden on one's own account's request, Conflict naming who decided first or the missing money, Invalid
    for unusable remarks.
    """
    cleaned = _remarks(remarks)
    invoice_request = _for_decision(actor, number)
    values = {"decided_at": now, "issuable_at": now + timedelta(seconds=undo_seconds)}
    _decide(actor, invoice_request, Action.APPROVE, now, values, cleaned, None)
    ledger.check_whole(invoice_request.id)
    requests.add_event(invoice_request.id, "approved", actor, at=now, remarks=cleaned)
    return invoice_request


def reject(actor: Actor, number: str, *, reason: str, remarks: str, now: datetime) -> InvoiceRequest:
    """Reject a pending request with a coded reason and remarks for the customer, and give its money back.

    Raises Invalid when reason or remarks are missing, Forbidden and Conflict as `approve` does.
    """
    faults: dict[str, list[Message]] = {}
    if reason not in set(Reason):
        faults["reason"] = [Message(N_("Choose a reason."))]
    if not remarks.strip():
        faults["remarks"] = [Message(N_("Tell the customer what to correct."))]
    if faults:
        raise Invalid(faults)
    cleaned = _remarks(remarks)
    invoice_request = _for_decision(actor, number)
    _decide(actor, invoice_request, Action.REJECT, now, {"decided_at": now}, cleaned, Reason(reason))
    requests.add_event(invoice_request.id, "rejected", actor, at=now, remarks=cleaned, reason=reason)
    requests.tell(invoice_request, "rejected", now=now, reason=REASON_LABELS[Reason(reason)], remarks=cleaned)
    return invoice_request


def _decide(
    actor: Actor,
    invoice_request: InvoiceRequest,
    action: Action,
    now: datetime,
    values: Mapping[str, object],
    remarks: str,
    reason: Reason | None,
) -> None:
    try:
        requests.change_state(invoice_request, action, actor, now=now, values=values, reason=remarks or None)
    except Conflict as conflict:
        raise _told_who(invoice_request, conflict) from None
    session.add(
        Decision(
            request_id=invoice_request.id,
            verdict=action,
            decided_by=actor.id,
            decided_by_label=actor.label,
            decided_at=now,
            reason=reason,
            remarks=remarks,
        )
    )
    try:
        session.flush()
    except IntegrityError as error:  # the partial unique index: one decision in force, whatever the code did
        raise Conflict from error


def _for_decision(actor: Actor, number: str) -> InvoiceRequest:
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    invoice_request = requests_queries.by_number(number)
    if invoice_request.applicant_id == actor.id or invoice_request.account_id == actor.account_id:
        raise Forbidden(Message(N_("Nobody decides on what they or their own account applied for.")))
    return invoice_request


def _told_who(invoice_request: InvoiceRequest, conflict: Conflict) -> Conflict:
    decision = requests_queries.decision_in_force(invoice_request.id)
    if decision is None:
        return conflict
    return Conflict(
        Message(
            N_("%(who)s has decided on this request already."),
            who=decision.decided_by_label,
        ),
        code="already-decided",
    )


def _remarks(value: str) -> str:
    try:
        return text.clean(value, max_length=REMARKS_LIMIT, multiline=True)
    except text.TextError as error:
        raise Invalid({"remarks": [error.message]}) from None
