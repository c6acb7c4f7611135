"""The desk's say in credit notes: who may propose one, who may confirm it, and what an invoice debt asks for."""

from __future__ import annotations

from datetime import datetime

from backoffice.issuing.models import CreditNote, CreditProposal
from backoffice.issuing.queries import credits as queries
from backoffice.issuing.services import Issuer, crediting, proposals, wishes
from backoffice.issuing.services.proposals import Wanted
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.review.services import competence


def propose(actor: Actor, number: str, wanted: Wanted, *, now: datetime) -> CreditProposal:
    """Propose a credit note on an issued request; a colleague confirms it.

    Raises NotFound, Forbidden for people who may not decide on this request, and what `proposals.propose` raises.
    """
    return proposals.propose(actor, competence.for_decision(actor, number), wanted, now=now)


def reissue(actor: Actor, number: str, *, header_id: int, reason: str, words: str, now: datetime) -> CreditProposal:
    """Propose to take an invoice back and issue it anew with another header. Raises as `propose` does."""
    invoice_request = competence.for_decision(actor, number)
    return proposals.reissue(actor, invoice_request, header_id=header_id, reason=reason, words=words, now=now)


def confirm(actor: Actor, proposal_id: int, *, issuer: Issuer, now: datetime) -> CreditNote:
    """Confirm what a colleague proposed: from now on there is only forward.

    Raises what `crediting.confirm` raises, and Forbidden for whoever is no second pair of eyes.
    """
    competence.refuse_checker(actor, _of(actor, proposal_id))
    return crediting.confirm(actor, proposal_id, issuer=issuer, now=now)


def decline(actor: Actor, proposal_id: int, *, remarks: str, now: datetime) -> CreditProposal:
    """Turn down what a colleague proposed, with remarks for them. Raises as `confirm` does."""
    _of(actor, proposal_id)
    return proposals.decline(actor, proposal_id, remarks=remarks, now=now)


def withdraw(actor: Actor, proposal_id: int, *, now: datetime) -> CreditProposal:
    """Take one's own proposal back while nobody has looked at it. Raises as `confirm` does."""
    _of(actor, proposal_id)
    return proposals.withdraw(actor, proposal_id, now=now)


def decline_wish(actor: Actor, number: str, *, remarks: str, now: datetime) -> None:
    """Say no to what the customer of an issued request asks for. Raises as `propose`, and as `wishes.decline`."""
    wishes.decline(actor, competence.for_decision(actor, number), remarks=remarks, now=now)


def retry(actor: Actor, proposal_id: int) -> bool:
    """Let the worker make the document of a credit note again; False when nothing failed. Raises as `confirm` does."""
    _of(actor, proposal_id)
    return crediting.retry(proposal_id)


def _of(actor: Actor, proposal_id: int) -> InvoiceRequest:
    """The request that a proposal is about, for somebody who may decide on it."""
    return competence.for_decision(actor, requests.number_of(queries.request_of(proposal_id)) or "")
