"""What one request looks like to the people who applied for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from backoffice.database import session
from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message
from backoffice.ledger import queries as ledger
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest, RequestEvent


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request with everything its page says. `mail` is the newest mail that carries the invoice, if any."""

    request: InvoiceRequest
    parts: list[ledger.Part]
    short: Decimal
    events: Sequence[RequestEvent]
    decision: Decision | None
    mail: Message | None
    follows: str | None
    followed_by: str | None


def own_request(account_id: int, number: str) -> InvoiceRequest:
    """The request `number` of the account. Raises NotFound, for another account's too."""
    return requests.by_number(number, account_id=account_id)


def dossier(account_id: int, number: str) -> Dossier:
    """Everything about the account's request `number`. Raises NotFound as `own_request` does."""
    found = own_request(account_id, number)
    return Dossier(
        request=found,
        parts=ledger.parts_of(found.id),
        short=ledger.short_of(found.id),
        events=requests.timeline(found.id),
        decision=requests.decision_in_force(found.id),
        mail=delivery.latest("invoice_request", found.id, "issued"),
        follows=requests.number_of(found.resubmission_of_id),
        followed_by=requests.followed_by(found.id),
    )


def submitted_with(account_id: int, submit_token: str) -> InvoiceRequest | None:
    """The request that a form with this token has already made: a second Submit leads to it."""
    return session.scalars(
        select(InvoiceRequest).where(
            InvoiceRequest.account_id == account_id, InvoiceRequest.submit_token == submit_token
        )
    ).one_or_none()
