"""What the people of a customer account do with a request they have submitted."""

from __future__ import annotations

from datetime import datetime

from backoffice.errors import Forbidden
from backoffice.permissions import Actor
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import Action
from backoffice.requests.services.states import add_event, change_state


def withdraw(actor: Actor, number: str, *, now: datetime) -> InvoiceRequest:
    """Take a pending request back and release its money; a first approval of it ends.

    Raises NotFound, or Conflict when it was decided already.
    """
    if actor.account_id is None:
        raise Forbidden
    invoice_request = queries.by_number(number, account_id=actor.account_id)
    change_state(invoice_request, Action.WITHDRAW, actor, now=now)
    add_event(invoice_request.id, "withdrawn", actor, at=now)
    return invoice_request
