"""What must hold about numbers, invoices and documents."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import and_, exists, func, or_, select, union_all

from backoffice import storage
from backoffice.contradictions import Contradiction, found
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.errors import BackofficeError
from backoffice.issuing.invariants import corrections, credits
from backoffice.issuing.models import CreditNote, Invoice, InvoiceLine, InvoiceSeries, IssuingStop, OfficialRecord
from backoffice.issuing.queries import entered
from backoffice.ledger.models import Allocation, ReservationState
from backoffice.policies.models import Policy
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.requests.rules import ABOUT, State


def check() -> Iterator[str]:
    """Yield a sentence for each gap, repeat, wrong total, missing or damaged document."""
    yield from _numbers()
    yield from found(_totals, _requests, _stops, _told)
    yield from _snapshots()
    yield from _documents()
    yield from credits.check()
    yield from corrections.check()
    yield from map(str, entered.differences())


def _numbers() -> Iterator[str]:
    columns = ("series", "period", "sequence", "number", "issued_on")
    taken = union_all(
        *(select(*(getattr(kind, name).label(name) for name in columns)) for kind in (Invoice, CreditNote))
    ).subquery()
    counted = (
        select(
            taken.c.series,
            taken.c.period,
            func.count().label("count"),
            func.count(taken.c.sequence.distinct()).label("different"),
            func.min(taken.c.sequence).label("first"),
            func.max(taken.c.sequence).label("last"),
            func.max(taken.c.issued_on).label("on"),
        )
        .group_by(taken.c.series, taken.c.period)
        .subquery()
    )
    same = and_(counted.c.series == InvoiceSeries.series, counted.c.period == InvoiceSeries.period)
    uncounted = select(counted.c.series, counted.c.period).outerjoin(InvoiceSeries, same)
    for series, period in session.execute(uncounted.where(InvoiceSeries.series.is_(None))):
        yield f"series {series}-{period}: numbers of it were taken, and nobody counts them"
    for series, period, last_number, last_on, count, different, first, last, on in session.execute(
        select(
            InvoiceSeries.series, InvoiceSeries.period, InvoiceSeries.last_number, InvoiceSeries.last_issued_on,
            counted.c.count, counted.c.different, counted.c.first, counted.c.last, counted.c.on,
        ).outerjoin(counted, same)
    ):  # fmt: skip
        if last_on != on:
            yield f"series {series}-{period}: its last number is dated {on}, yet it remembers {last_on}"
        if (count or 0) != last_number or (last_number and (first, last) != (1, last_number)):
            yield f"series {series}-{period}: {count or 0} invoices, yet the last number taken is {last_number}"
        if count != different:
            yield f"series {series}-{period}: {count} invoices share {different} numbers, one was taken more than once"
    later = select(
        taken.c.number,
        func.lag(taken.c.issued_on)
        .over(partition_by=taken.c.series, order_by=(taken.c.period, taken.c.sequence))
        .label("before"),
        taken.c.issued_on,
    ).subquery()
    for (number,) in session.execute(select(later.c.number).where(later.c.before > later.c.issued_on)):
        yield f"invoice {number}: it is dated before the one in front of it"


def _totals() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "invoice {}: lines, totals and the request's amount differ",
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
        ),
    )
    allocated = (
        select(Allocation.request_id, func.sum(Allocation.amount).label("total"))
        .where(Allocation.state == ReservationState.SETTLED)
        .group_by(Allocation.request_id)
        .subquery()
    )
    yield Contradiction(
        "invoice {}: what the ledger counts as invoiced differs from its gross",
        select(Invoice.number)
        .outerjoin(allocated, allocated.c.request_id == Invoice.request_id)
        .where(or_(allocated.c.total.is_(None), allocated.c.total != Invoice.gross)),
    )


def _requests() -> Iterator[Contradiction]:
    yield Contradiction(
        "request {}: it is issued without a whole invoice of the same number and date",
        select(InvoiceRequest.number)
        .outerjoin(Invoice, Invoice.id == InvoiceRequest.invoice_id)
        .where(
            InvoiceRequest.state == State.ISSUED,
            or_(
                Invoice.id.is_(None),
                Invoice.number != InvoiceRequest.invoice_number,
                Invoice.issued_on != InvoiceRequest.issued_on,
                Invoice.pdf_sha256.is_(None),
            ),
        ),
    )
    claimed = exists().where(InvoiceRequest.invoice_id == Invoice.id, InvoiceRequest.id == Invoice.request_id)
    yield Contradiction("invoice {}: its request does not know it", select(Invoice.number).where(~claimed))


def _snapshots() -> Iterator[str]:
    """What is printed is what is counted: number, date and sums of the frozen content, below zero on a credit note."""
    for word, kind, sign in (("invoice", Invoice, 1), ("credit note", CreditNote, -1)):
        for row in session.execute(
            select(
                kind.number, kind.series, kind.period, kind.sequence, kind.issued_on, kind.net, kind.tax, kind.gross,
                kind.snapshot,
            ).execution_options(yield_per=500)
        ):  # fmt: skip
            if (row.number, row.period) != (f"{row.series}-{row.period}-{row.sequence:06d}", f"{row.issued_on:%Y}"):
                yield f"{word} {row.number}: its number is not that of its place in its series"
            said = [Decimal(row.snapshot[name]) * sign for name in ("net", "tax", "gross")]
            printed = (row.snapshot["number"], row.snapshot["issued_on"], *said)
            if printed != (row.number, row.issued_on.isoformat(), row.net, row.tax, row.gross):
                yield f"{word} {row.number}: what is printed on it is not what is counted"


def _documents() -> Iterator[str]:
    for word, kind in (("invoice", Invoice), ("credit note", CreditNote)):
        made = select(kind.number, kind.pdf_sha256, kind.pdf_size).where(kind.pdf_sha256.is_not(None))
        for number, sha256, size in session.execute(made.execution_options(yield_per=500)):
            try:
                content = storage.get(sha256 or "")
            except BackofficeError as error:
                yield f"{word} {number}: {error}"
            else:
                if len(content) != size:
                    yield f"{word} {number}: its document has another length than was written down"
    for starts_on, seller in session.execute(
        select(Policy.starts_on, Policy.value).where(Policy.key == PolicyKey.SELLER)
    ):
        try:
            if "logo" in seller:
                storage.get(seller["logo"])
        except BackofficeError as error:
            yield f"logo of the seller from {starts_on}: {error}"
    recorded = select(Invoice.number, OfficialRecord.version, OfficialRecord.file_sha256).join(
        Invoice, Invoice.id == OfficialRecord.invoice_id
    )
    for number, version, sha256 in session.execute(recorded.where(OfficialRecord.file_sha256.is_not(None))):
        try:
            storage.get(sha256 or "")
        except BackofficeError as error:
            yield f"invoice {number}, official file {version}: {error}"


def _stops() -> Iterator[Contradiction]:
    for kind in (Invoice, CreditNote):
        within = and_(
            kind.issued_at > IssuingStop.stopped_at,
            or_(IssuingStop.ended_at.is_(None), kind.issued_at < IssuingStop.ended_at),
        )
        yield Contradiction(
            "{}: it got its number while issuing was stopped", select(kind.number).join(IssuingStop, within)
        )


def _told() -> Iterator[Contradiction]:
    """Whoever gets a document is told of it, with that document, in the mail queued by the change that made it."""
    noted = exists().where(RequestEvent.request_id == Invoice.request_id, RequestEvent.kind == "issued")
    issued = select(Invoice.number).join(InvoiceRequest, InvoiceRequest.invoice_id == Invoice.id)
    yield Contradiction(
        "invoice {}: its request's timeline does not say that it was issued",
        issued.where(InvoiceRequest.state == State.ISSUED, ~noted),
    )
    for word, kind, template in (("invoice", Invoice, "issued"), ("credit note", CreditNote, "credited")):
        mailed = exists().where(
            Message.about_type == ABOUT,
            Message.about_id == Invoice.request_id,
            Message.template == template,
            Message.attachment_sha256 == kind.pdf_sha256,
        )
        made = select(kind.number).where(kind.pdf_sha256.is_not(None))
        if kind is CreditNote:
            made = made.join(Invoice, Invoice.id == CreditNote.invoice_id)
        yield Contradiction(f"{word} {{}}: no mail brings its document", made.where(~mailed))
