"""What must hold about numbers, invoices and documents."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, or_, select

from backoffice import storage
from backoffice.database import session
from backoffice.errors import BackofficeError
from backoffice.issuing.models import Invoice, InvoiceLine, InvoiceSeries
from backoffice.ledger.models import Allocation, ReservationState
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State


def check() -> Iterator[str]:
    """Yield a sentence for each gap, repeat, wrong total, missing or damaged document."""
    yield from _numbers()
    yield from _totals()
    yield from _requests()
    yield from _documents()


def _numbers() -> Iterator[str]:
    counted = (
        select(
            Invoice.series,
            Invoice.period,
            func.count().label("count"),
            func.count(Invoice.sequence.distinct()).label("different"),
            func.min(Invoice.sequence).label("first"),
            func.max(Invoice.sequence).label("last"),
        )
        .group_by(Invoice.series, Invoice.period)
        .subquery()
    )
    for series, period, last_number, count, different, first, last in session.execute(
        select(
            InvoiceSeries.series, InvoiceSeries.period, InvoiceSeries.last_number,
            counted.c.count, counted.c.different, counted.c.first, counted.c.last,
        ).outerjoin(counted, and_(counted.c.series == InvoiceSeries.series, counted.c.period == InvoiceSeries.period))
    ):  # fmt: skip
        if (count or 0) != last_number or (last_number and (first, last) != (1, last_number)):
            yield f"series {series}-{period}: {count or 0} invoices, yet the last number taken is {last_number}"
        if count != different:
            yield f"series {series}-{period}: {count} invoices share {different} numbers, one was taken more than once"
    later = (
        select(
            Invoice.number,
            Invoice.issued_at,
            func.lag(Invoice.issued_on)
            .over(partition_by=Invoice.series, order_by=(Invoice.period, Invoice.sequence))
            .label("before"),
            Invoice.issued_on,
        )
    ).subquery()
    for (number,) in session.execute(select(later.c.number).where(later.c.before > later.c.issued_on)):
        yield f"invoice {number}: it is dated before the one in front of it"


def _totals() -> Iterator[str]:
    sums = (
        select(
            InvoiceLine.invoice_id,
            func.sum(InvoiceLine.net).label("net"),
            func.sum(InvoiceLine.tax).label("tax"),
            func.sum(InvoiceLine.gross).label("gross"),
        )
        .group_by(InvoiceLine.invoice_id)
        .subquery()
    )
    for (number,) in session.execute(
        select(Invoice.number)
        .outerjoin(sums, sums.c.invoice_id == Invoice.id)
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .where(
            or_(
                sums.c.gross.is_(None),
                sums.c.net != Invoice.net,
                sums.c.tax != Invoice.tax,
                sums.c.gross != Invoice.gross,
                InvoiceRequest.amount != Invoice.gross,
            )
        )
    ):
        yield f"invoice {number}: lines, totals and the request's amount differ"
    allocated = (
        select(Allocation.request_id, func.sum(Allocation.amount).label("total"))
        .where(Allocation.state == ReservationState.SETTLED)
        .group_by(Allocation.request_id)
        .subquery()
    )
    for (number,) in session.execute(
        select(Invoice.number)
        .outerjoin(allocated, allocated.c.request_id == Invoice.request_id)
        .where(or_(allocated.c.total.is_(None), allocated.c.total != Invoice.gross))
    ):
        yield f"invoice {number}: what the ledger counts as invoiced differs from its gross"


def _requests() -> Iterator[str]:
    for (number,) in session.execute(
        select(InvoiceRequest.number)
        .outerjoin(Invoice, Invoice.id == InvoiceRequest.invoice_id)
        .where(
            InvoiceRequest.state == State.ISSUED,
            or_(Invoice.id.is_(None), Invoice.number != InvoiceRequest.invoice_number, Invoice.pdf_sha256.is_(None)),
        )
    ):
        yield f"request {number}: it is issued without a whole invoice of the same number"
    claimed = exists().where(InvoiceRequest.invoice_id == Invoice.id, InvoiceRequest.id == Invoice.request_id)
    for (number,) in session.execute(select(Invoice.number).where(~claimed)):
        yield f"invoice {number}: its request does not know it"


def _documents() -> Iterator[str]:
    for number, sha256 in session.execute(
        select(Invoice.number, Invoice.pdf_sha256)
        .where(Invoice.pdf_sha256.is_not(None))
        .execution_options(yield_per=500)
    ):
        try:
            storage.get(sha256 or "")
        except BackofficeError as error:
            yield f"invoice {number}: {error}"
