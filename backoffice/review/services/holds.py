"""The reviewer's side of a question to the customer; its rules stand in `requests.services.holds`."""

from __future__ import annotations

from datetime import datetime

from backoffice.database import session
from backoffice.errors import Conflict
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import Ending
from backoffice.requests.services import holds
from backoffice.requests.services.approvals import revoke
from backoffice.review.queries.overtaken import question_ended
from backoffice.review.services import competence, four_eyes
from backoffice.review.services.competence import (
    for_decision,
    moved_on,
    overtaken,
    refuse_claimed,
    refuse_decided,
    refuse_unseen,
)


def hold(actor: Actor, number: str, *, question: str, seen: str = "", now: datetime) -> InvoiceRequest:
    """Ask the customer, by mail and on their page; a first approval holds no more.

    `seen` is the word of the page that the question was written on (`queries.seen`). Raises what decisions raise,
    Invalid (field `question`), and Conflict when a question is open already.
    """
    invoice_request = for_decision(actor, number)
    refuse_decided(invoice_request)
    if invoice_request.is_held:
        raise moved_on(invoice_request, Conflict())
    refuse_claimed(actor, invoice_request, now=now)
    first = four_eyes.standing(actor, invoice_request, now)
    # The row is locked before its news are read: what comes after them waits, and meets a request on hold.
    session.refresh(invoice_request, with_for_update=True)
    if invoice_request.can_be_decided and not invoice_request.is_held:
        refuse_unseen(actor, invoice_request, seen)
    try:
        holds.ask(actor, invoice_request, question, first=first, now=now)
    except Conflict as conflict:
        session.refresh(invoice_request)
        raise moved_on(invoice_request, conflict) from None
    if first is not None:
        revoke(first, actor, Ending.ASKED, now)
    return invoice_request


def resume(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Put the request back into the queue without an answer.

    Whoever asked may do so whoever works on it meanwhile: the question is theirs, and a claim decides on nothing.
    Raises Conflict when no question is open any more, saying how it ended, or when somebody else works on the request
    that another one asked about.
    """
    invoice_request = for_decision(actor, number)
    waiting = requests.open_hold(invoice_request.id)
    if waiting is not None and waiting.asked_by != actor.id:
        refuse_claimed(actor, invoice_request, now=now, told=competence.PUT_BACK)
    try:
        holds.resume(actor, invoice_request, now=now)
    except Conflict as conflict:
        session.refresh(invoice_request)
        raise overtaken(invoice_request, conflict, question_ended(invoice_request.id)) from None
    return invoice_request
