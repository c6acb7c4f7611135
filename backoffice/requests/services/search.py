"""Keep requests findable: rows beside each, written in the transaction that makes or corrects the request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import delete, func, insert, select

from backoffice import text
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, RequestCopy, RequestSearch

BATCH = 5000


def remember(invoice_request: InvoiceRequest) -> None:
    """Make a new request findable."""
    session.add(RequestSearch(**_row(invoice_request.id, invoice_request.header_name, invoice_request.header)))
    session.add_all(RequestCopy(**row) for row in _copies(invoice_request.id, invoice_request.copies))


def remember_copies(invoice_request: InvoiceRequest) -> None:
    """Find the request by the addresses that get its copies now, and by no former ones."""
    session.execute(delete(RequestCopy).where(RequestCopy.request_id == invoice_request.id))
    session.add_all(RequestCopy(**row) for row in _copies(invoice_request.id, invoice_request.copies))


def catch_up() -> int:
    """Make findable what was written in bulk after the last findable request, a batch of it; returns how many."""
    last = session.scalar(select(func.max(RequestSearch.request_id))) or 0
    rows = session.execute(
        select(InvoiceRequest.id, InvoiceRequest.header_name, InvoiceRequest.header, InvoiceRequest.copies)
        .where(InvoiceRequest.id > last)
        .order_by(InvoiceRequest.id)
        .limit(BATCH)
    ).all()
    if rows:
        session.execute(insert(RequestSearch), [_row(*row[:3]) for row in rows])
        if copies := [copy for row in rows for copy in _copies(row.id, row.copies)]:
            session.execute(insert(RequestCopy), copies)
    return len(rows)


def _row(request_id: int, name: str, header: dict[str, str]) -> dict[str, object]:
    normalised = text.normalised(name)
    grams = " ".join(text.pairs(normalised))
    return {"request_id": request_id, "name": normalised, "grams": grams, "tax_id": header.get("tax_id", "").upper()}


def _copies(request_id: int, copies: Iterable[str]) -> Iterator[dict[str, object]]:
    for address in {copy.lower() for copy in copies}:
        yield {"address": address, "request_id": request_id}
