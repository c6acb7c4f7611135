"""The notice that a request is approved: mailed only to whom the invoice keeps waiting (design/domain.md 6)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select

from backoffice.database import session
from backoffice.delivery.models import Message as Mail
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import ABOUT, APPROVED, LATE_ISSUE_MINUTES, State
from backoffice.requests.services.states import tell

_LATE = timedelta(minutes=LATE_ISSUE_MINUTES)
# An approval that was returned and given again is another one, of which the mail of the first says nothing.
_TOLD = (
    select(Mail.id)
    .where(Mail.about_type == ABOUT, Mail.about_id == InvoiceRequest.id, Mail.template == APPROVED)
    .where(Mail.created_at >= InvoiceRequest.issuable_at)
    .correlate(InvoiceRequest)
    .exists()
)


def waiting(now: datetime, limit: int) -> Select[int]:
    """The ids of approved requests that could have been issued 15 minutes ago, of whose approval nobody was told; the
    longest waiting first."""
    late = select(InvoiceRequest.id).where(*_is_late(now), ~_TOLD)
    return late.order_by(InvoiceRequest.issuable_at, InvoiceRequest.id).limit(limit)


def tell_approved(request_ids: Collection[int], *, now: datetime) -> int:
    """Queue the notice to the receiving address of each of these requests that still waits; returns how many.

    They are locked first and looked at again behind that, so that of two workers one tells them. What is being issued
    at this moment, and so in other hands, is left: its invoice says more.
    """
    of_these = select(InvoiceRequest.id).where(InvoiceRequest.id.in_(request_ids), *_is_late(now))
    locked = session.scalars(of_these.order_by(InvoiceRequest.id).with_for_update(skip_locked=True)).all()
    still = session.scalars(select(InvoiceRequest).where(InvoiceRequest.id.in_(locked), ~_TOLD)).all()
    for invoice_request in still:
        tell(invoice_request, APPROVED, now=now)
    return len(still)


def _is_late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return in_state(State.APPROVED), InvoiceRequest.issuable_at <= now - _LATE
