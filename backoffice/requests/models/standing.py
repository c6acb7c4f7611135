"""While what a mail about a request says is so: one that was not sent by then is not sent at all."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from backoffice.delivery.models import Message, holds_while
from backoffice.requests.models.holds import Hold
from backoffice.requests.models.invoice_request import InvoiceRequest, in_state
from backoffice.requests.rules import APPROVED, ASKED, REMINDED, State


def _approved() -> ColumnElement[bool]:
    """The approval that it tells of is in force: given anew it is another one, and once it is issued the invoice says
    more."""
    found = select(InvoiceRequest.id).where(
        InvoiceRequest.id == Message.about_id,
        in_state(State.APPROVED),
        InvoiceRequest.issuable_at <= Message.created_at,
    )
    return found.correlate(Message).exists()


def _asked() -> ColumnElement[bool]:
    """The question waits for its answer."""
    found = select(Hold.id).where(
        Hold.request_id == Message.about_id, Hold.ended_at.is_(None), Hold.asked_at <= Message.created_at
    )
    return found.correlate(Message).exists()


holds_while(APPROVED, _approved())
for _template in (ASKED, REMINDED):
    holds_while(_template, _asked())
