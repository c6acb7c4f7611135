"""What must hold about flags."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists, select

from backoffice.database import session
from backoffice.requests.models import InvoiceRequest
from backoffice.sla.models import Flag


def check() -> Iterator[str]:
    """Yield a sentence for each flag without its request's mark, or mark without its flag."""
    flagged = exists().where(Flag.request_id == InvoiceRequest.id, Flag.withdrawn_at.is_(None))
    for (number,) in session.execute(
        select(InvoiceRequest.number).where(InvoiceRequest.flagged_at.is_not(None) != flagged)
    ):
        yield f"request {number}: its overdue mark and its flags differ"
    for (number,) in session.execute(
        select(InvoiceRequest.number)
        .join(Flag, Flag.request_id == InvoiceRequest.id)
        .where(Flag.flagged_at < Flag.due_at)
    ):
        yield f"request {number}: it was flagged before it was due"
