"""When an invoice has reached everybody's mail server, which is after its request was closed: the last of its steps."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, update

from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import ABOUT
from backoffice.sla.models import Outcome
from backoffice.sla.queries import lists
from backoffice.sla.rules import Step
from backoffice.sla.services.steps import Steps


def freeze(since: datetime, until: datetime) -> set[date]:
    """Write down how long the delivery took of what arrived between two instants; returns the days of its closing.

    An invoice has arrived when every recipient's server took it; one that is sent again later stays as it was measured.
    """
    issued = [Message.template == "issued", Message.about_type == ABOUT]
    arrived = select(Message.about_id).where(*issued, Message.accepted_at.between(since, until))
    found = session.execute(
        select(Outcome.request_id, Outcome.closed_on, Outcome.calendar_version_id, InvoiceRequest.closed_at)
        .add_columns(InvoiceRequest.submitted_on, func.max(Message.accepted_at).label("arrived_at"))
        .join(InvoiceRequest, InvoiceRequest.id == Outcome.request_id)
        .join(Message, Message.about_id == Outcome.request_id)
        .where(*issued, Message.accepted_at.is_not(None), Outcome.request_id.in_(arrived))
        .where(Outcome.delivery_minutes.is_(None), Outcome.request_id.not_in(lists.not_arrived()))
        .group_by(Outcome.request_id, Outcome.closed_on, Outcome.calendar_version_id)
        .group_by(InvoiceRequest.closed_at, InvoiceRequest.submitted_on)
    ).all()
    if not found:
        return set()
    steps = Steps({row.calendar_version_id for row in found})
    session.execute(
        update(Outcome),
        [
            {"request_id": row.request_id}
            | steps.columns(row, {Step.DELIVERY: steps.between(row, row.closed_at, row.arrived_at)})
            for row in found
        ],
    )
    return {row.closed_on for row in found}
