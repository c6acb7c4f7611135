"""Who may decide on what: asked by every verb of the desk, whichever way it was called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Message
from backoffice.ledger.models import Allocation, LedgerCompletion, LedgerEntry, LedgerFile, ReservationState
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import Action, State
from backoffice.review.queries import seen
from backoffice.review.queries.seen import Seen

_DECIDED = {
    Action.FIRST_APPROVE.value: seen.FIRST_APPROVED,
    Action.APPROVE.value: N_("%(who)s approved this request at %(at)s."),
    Action.REJECT.value: N_("%(who)s rejected this request at %(at)s."),
}

_TAKE_OVER = N_("%(who)s works on this request. Take it over if you want to decide on it.")
PUT_BACK = N_("%(who)s works on this request. Take it over if you want to put it back into the queue.")

GAVE_FIRST = Message(N_("You gave the first approval. Somebody else has to give the second one."))


def for_decision(actor: Actor, number: str) -> InvoiceRequest:
    """The request, for somebody who may decide on it.

    Raises NotFound, and Forbidden for people without the permission and for what they or their own account applied for.
    """
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    invoice_request = requests.by_number(number)
    if invoice_request.is_own_of(actor):
        raise Forbidden(Message(N_("Nobody decides on what they or their own account applied for.")))
    return invoice_request


def refuse_decided(invoice_request: InvoiceRequest) -> None:
    """Raises Conflict naming who came first where no verdict is wanted any more, whatever else is wrong with it."""
    if not invoice_request.can_be_decided:
        raise moved_on(invoice_request, Conflict())


def refuse_claimed(actor: Actor, invoice_request: InvoiceRequest, *, now: datetime, told: str = _TAKE_OVER) -> None:
    """Raises Conflict (code `claimed`) naming who works on the request and what to do, unless it is the actor."""
    if invoice_request.claimant(now) not in (None, actor.id):
        raise Conflict(Message(told, who=invoice_request.claimed_by_label or ""), code="claimed")


def refuse_unseen(actor: Actor, invoice_request: InvoiceRequest, word: str) -> None:
    """Raises Conflict (code `changed`) saying what has happened since the page was drawn that the verdict came from.

    `word` is what that page carried; a caller that shows nothing, such as the command line, has none.
    """
    looked = Seen.of(word)
    news = seen.news_since(invoice_request.id, looked, actor.id) if looked is not None else None
    if news is not None:
        raise Conflict(news, code="changed")


def moved_on(invoice_request: InvoiceRequest, conflict: Conflict) -> Conflict:
    """The refusal of whoever came second, with who was first and when; `conflict` itself where nobody was."""
    told = what_happened(invoice_request)
    code = "held" if invoice_request.is_held else "already-decided"
    return conflict if told is None else Conflict(told, code=code)


def overtaken(invoice_request: InvoiceRequest, conflict: Conflict, ended: Message | None) -> Conflict:
    """The refusal of whoever wants to take back what is over: who decided since and when, or else what `ended` it."""
    decided = moved_on(invoice_request, conflict)
    if decided is not conflict or ended is None:
        return decided
    return Conflict(Message(N_("%(told)s %(what)s"), told=conflict.message, what=ended), code=conflict.code)


def what_happened(invoice_request: InvoiceRequest) -> Message | None:
    """Who decided on the request, took it away or asked the customer, and when; None while everything is open."""
    if invoice_request.state == State.WITHDRAWN and invoice_request.closed_at is not None:
        return Message(N_("The customer withdrew this request at %(at)s."), at=invoice_request.closed_at)
    found = requests.decision_in_force(invoice_request.id) or requests.standing_first(invoice_request.id)
    if found is None:
        waiting = requests.open_hold(invoice_request.id)
        told = N_("%(who)s asked the customer at %(at)s. The question waits for its answer.")
        return Message(told, who=waiting.asked_by_label, at=waiting.asked_at) if waiting is not None else None
    return Message(_DECIDED[found.verdict], who=found.decided_by_label, at=found.decided_at)


def refuse_second(actor: Actor, invoice_request: InvoiceRequest, first: Decision) -> None:
    """Four eyes: raises Forbidden for whoever approved first, changed the header, or imported one of the recharges."""
    if first.decided_by == actor.id:
        raise Forbidden(GAVE_FIRST)
    if _has_changed_header(actor, invoice_request):
        raise Forbidden(Message(N_("You have changed the header of this request. Somebody else has to approve it.")))
    if _has_imported(actor, invoice_request):
        raise Forbidden(Message(N_("You have imported a recharge of this request. Somebody else has to approve it.")))


def _has_changed_header(actor: Actor, invoice_request: InvoiceRequest) -> bool:
    changed = exists().where(
        AuditEvent.object_type == "invoice_header",
        AuditEvent.object_id == str(invoice_request.header_id),
        AuditEvent.actor_id == actor.id,
    )
    return bool(session.scalar(select(changed)))


def refuse_checker(actor: Actor, invoice_request: InvoiceRequest) -> None:
    """Four eyes on a credit note: raises Forbidden for whoever changed the header of the request or imported one of its
    recharges. The maker is refused where the proposal is decided."""
    if _has_changed_header(actor, invoice_request):
        raise Forbidden(Message(N_("You have changed the header of this request. Somebody else has to confirm it.")))
    if _has_imported(actor, invoice_request, ReservationState.SETTLED):
        raise Forbidden(Message(N_("You have imported a recharge of this request. Somebody else has to confirm it.")))


def _has_imported(
    actor: Actor, invoice_request: InvoiceRequest, state: ReservationState = ReservationState.OPEN
) -> bool:
    """Whether a file of the actor's told, or completed, a recharge that pays for the request."""
    imported = (
        select(LedgerEntry.id)
        .join(Allocation, Allocation.recharge_id == LedgerEntry.id)
        .outerjoin(LedgerCompletion, LedgerCompletion.entry_id == LedgerEntry.id)
        .join(LedgerFile, LedgerFile.id.in_((LedgerEntry.file_id, LedgerCompletion.file_id)))
        .where(
            Allocation.request_id == invoice_request.id,
            Allocation.state == state,
            LedgerFile.imported_by_id == actor.id,
        )
        .limit(1)
    )
    return session.scalar(imported) is not None
