"""A tax ID whose check digit does not fit: real exceptions exist, so a reviewer may accept one, and says why."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, select

from backoffice.database import session
from backoffice.errors import N_, Invalid, Message
from backoffice.headers.rules import TaxIdOutcome, tax_id_of
from backoffice.issuing.queries import credits
from backoffice.requests.models import Decision, InvoiceRequest, RequestSearch, in_state
from backoffice.requests.rules import State


def refuse_unexplained(invoice_request: InvoiceRequest, reason: str, first: Decision | None) -> None:
    """Raises Invalid (field `tax_id_reason`) where an approval has to say why a tax ID is right, and does not."""
    if not reason and wants_reason(invoice_request, first):
        told = N_("The check digit of the tax ID does not fit. Open the request and say why it is right.")
        raise Invalid({"tax_id_reason": [Message(told)]})


def wants_reason(invoice_request: InvoiceRequest, first: Decision | None) -> bool:
    """Whether an approval has to say why the tax ID is right although its check digit does not fit.

    Not where the first of two approvals (`first`) said it, and not where an invoice of the customer bears the same tax
    ID because somebody said it then (design/domain.md 2); one that was taken back whole bears it no more. Remarks and
    notes say something else: they are no reason.
    """
    check = tax_id_of(invoice_request.header)
    if check is None or check.outcome != TaxIdOutcome.WRONG_CHECK_DIGIT or (first and first.tax_id_reason):
        return False
    return not session.scalar(select(_was_accepted(invoice_request, check.code)))


def _was_accepted(invoice_request: InvoiceRequest, tax_id: str) -> ColumnElement[bool]:
    return exists().where(
        RequestSearch.tax_id == tax_id,
        InvoiceRequest.id == RequestSearch.request_id,
        InvoiceRequest.account_id == invoice_request.account_id,
        in_state(State.ISSUED),
        credits.whole_credit(InvoiceRequest).is_(None),
        Decision.request_id == InvoiceRequest.id,
        Decision.revoked_at.is_(None),
        Decision.tax_id_reason != "",
    )
