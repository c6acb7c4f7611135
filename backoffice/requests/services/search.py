"""Keep requests findable: one row beside each, written in the transaction that makes the request."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from backoffice import text
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, RequestSearch

BATCH = 5000


def remember(invoice_request: InvoiceRequest) -> None:
    """Make a new request findable."""
    session.add(RequestSearch(**_row(invoice_request.id, invoice_request.header_name, invoice_request.header)))


def catch_up() -> int:
    """Make findable what was written in bulk after the last findable request, a batch of it; returns how many."""
    last = session.scalar(select(func.max(RequestSearch.request_id))) or 0
    rows = session.execute(
        select(InvoiceRequest.id, InvoiceRequest.header_name, InvoiceRequest.header)
        .where(InvoiceRequest.id > last)
        .order_by(InvoiceRequest.id)
        .limit(BATCH)
    ).all()
    if rows:
        session.execute(insert(RequestSearch), [_row(*row) for row in rows])
    return len(rows)


def _row(request_id: int, name: str, header: dict[str, str]) -> dict[str, object]:
    normalised = text.normalised(name)
    grams = " ".join(text.pairs(normalised))
    return {"request_id": request_id, "name": normalised, "grams": grams, "tax_id": header.get("tax_id", "").upper()}
