"""The one way in which a request's state changes, its timeline, and the mails about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update

from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.delivery import services as delivery
from backoffice.errors import N_, Conflict, Message
from backoffice.ledger.services import reservations as ledger
from backoffice.money import format_amount
from backoffice.permissions import Actor
from backoffice.requests import queries, rules
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.requests.rules import Action, Ending, Money, State
from backoffice.requests.services import approvals, pauses

UNCLAIMED = dict.fromkeys(("claimed_by_id", "claimed_by_label", "claim_ends_at"))
# The inner facts of a pending request end with it.
_NO_LONGER_PENDING = UNCLAIMED | dict.fromkeys(("held_at", "paused_at", "second_wanted_at"))
_HOW_A_HOLD_ENDS = {Action.WITHDRAW: pauses.WITHDRAWN}
# The UPDATE says how the row stands behind it, so the object is what another read would make of it.
_READ_ANEW = {"populate_existing": True, "synchronize_session": False}
# What the customer does ends a first approval: there is nothing left to approve, or its giver has not seen the address.
_HOW_A_FIRST_ENDS = {Action.WITHDRAW: Ending.WITHDRAWN, Action.CORRECT: Ending.OTHER_ADDRESS}


def change_state(
    invoice_request: InvoiceRequest,
    action: Action,
    actor: Actor,
    *,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    reason: str | None = None,
    said: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
    only_if: tuple[ColumnElement[bool], ...] = (),
    then: Callable[[], Mapping[str, Any]] | None = None,
) -> None:
    """Apply one line of the state table by conditional UPDATE, move the money it says, and write the audit event.

    The UPDATE names the state the line starts from, and what else must hold (`only_if`), so of two who act at once one
    changes a row and the other gets Conflict. `values` are further columns to set with it, `said` what the audit event
    tells of them, before and after; `then` changes what follows from it and returns what is told of that. A question to
    the customer that is open ends when the request leaves Pending, a first approval when the customer acts.
    """
    before, line = next((start, line) for (start, possible), line in rules.TRANSITIONS.items() if possible is action)
    leaving = _NO_LONGER_PENDING if before is State.PENDING and line.to is not State.PENDING else {}
    ending, issuable_at = _HOW_A_FIRST_ENDS.get(action), invoice_request.issuable_at
    cleared = {**leaving, **({} if ending is None else {"second_wanted_at": None}), **(values or {})}
    changed = (
        update(InvoiceRequest)
        .where(InvoiceRequest.id == invoice_request.id, InvoiceRequest.state == before, *only_if)
        .values({"state": line.to, "closed_at": now if line.stops_clock else None, **cleared})
        .returning(InvoiceRequest)
    )
    if session.scalars(changed, execution_options=_READ_ANEW).one_or_none() is None:
        raise Conflict(Message(N_("This request has been decided meanwhile.")), code="state-changed")
    if leaving:
        pauses.end(invoice_request, _HOW_A_HOLD_ENDS.get(action, pauses.DECIDED), now=now)
    if action is Action.RETURN and issuable_at is not None:
        pauses.stop_mails(invoice_request.id, (rules.APPROVED,), "no longer approved", since=issuable_at, now=now)
    ended = approvals.end_first(invoice_request.id, actor, ending, now) if ending is not None else None
    told = queries.first_told(ended)
    if line.money is Money.RELEASE:
        ledger.release(invoice_request.id, at=now)
    followed = then() if then is not None else {}
    audit.record(
        actor,
        f"request.{action}",
        "invoice_request",
        invoice_request.number,
        at=now,
        before={"state": before, **said[0], **told[0]},
        after={"state": line.to, **said[1], **told[1], **followed},
        reason=reason,
    )


def add_event(request_id: int, kind: str, actor: Actor, *, at: datetime, **data: Any) -> None:
    """Write one line of the request's timeline."""
    session.add(
        RequestEvent(
            request_id=request_id,
            at=at,
            kind=kind,
            actor_label=actor.label,
            actor_role=actor.role,
            data=data,
        )
    )


def context_of(invoice_request: InvoiceRequest, **facts: Any) -> dict[str, Any]:
    """What a mail about the request is told: which one it is, and the facts of its kind."""
    return {
        "request_number": invoice_request.number,
        "header_name": invoice_request.header_name,
        "amount": format_amount(invoice_request.amount),
        **facts,
    }


def tell(
    invoice_request: InvoiceRequest, template: str, *, now: datetime, to_copies: bool = False, **facts: Any
) -> None:
    """Queue a mail about the request to its receiving address, in the applicant's language, with the change.

    With `to_copies` each of its copies gets a mail of its own: what became of one says nothing of another.
    """
    attachment = {name: facts.pop(name) for name in ("attachment_sha256", "attachment_name") if name in facts}
    context = context_of(invoice_request, **facts)
    for recipient in invoice_request.recipients if to_copies else [invoice_request.email]:
        delivery.queue(
            template,
            recipient,
            invoice_request.locale,
            context,
            at=now,
            about=(rules.ABOUT, invoice_request.id),
            **attachment,
        )
