"""What must hold about numbers, invoices and documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, Subquery, and_, exists, func, or_, select, union_all

from backoffice import storage
from backoffice.database import missing_triggers, session
from backoffice.errors import BackofficeError
from backoffice.issuing.models import (
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    CreditProposalLine,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    IssuingStop,
    OfficialRecord,
)
from backoffice.issuing.rules.credits import ProposalState
from backoffice.ledger.models import Allocation, ReservationState
from backoffice.money import ZERO
from backoffice.policies.models import Policy
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State

FIGURES = ("net", "tax", "gross")


def check() -> Iterator[str]:
    """Yield a sentence for each gap, repeat, wrong total, missing or damaged document."""
    yield from _numbers()
    yield from _totals()
    yield from _requests()
    yield from _documents()
    yield from _stops()
    yield from _credit_notes()
    yield from _credited_lines()
    yield from _credited_money()
    yield from _guards()


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
        )
        .group_by(taken.c.series, taken.c.period)
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
    later = select(
        taken.c.number,
        func.lag(taken.c.issued_on)
        .over(partition_by=taken.c.series, order_by=(taken.c.period, taken.c.sequence))
        .label("before"),
        taken.c.issued_on,
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
    for word, kind in (("invoice", Invoice), ("credit note", CreditNote)):
        for number, sha256 in session.execute(
            select(kind.number, kind.pdf_sha256).where(kind.pdf_sha256.is_not(None)).execution_options(yield_per=500)
        ):
            try:
                storage.get(sha256 or "")
            except BackofficeError as error:
                yield f"{word} {number}: {error}"
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


def _credit_notes() -> Iterator[str]:
    lines = _summed(select(CreditNoteLine.note_id.label("of"), *_figures(CreditNoteLine)))
    wrong = or_(lines.c.of.is_(None), *(lines.c[name] != getattr(CreditNote, name) for name in FIGURES))
    for number in session.scalars(select(CreditNote.number).outerjoin(lines, lines.c.of == CreditNote.id).where(wrong)):
        yield f"credit note {number}: its lines and its totals differ"
    asked = (
        select(CreditProposalLine.proposal_id.label("of"), func.sum(CreditProposalLine.gross).label("gross"))
        .group_by(CreditProposalLine.proposal_id)
        .subquery()
    )
    same = and_(CreditProposal.state == ProposalState.CONFIRMED, CreditProposal.invoice_id == CreditNote.invoice_id)
    for number in session.scalars(
        select(CreditNote.number)
        .join(CreditProposal, CreditProposal.id == CreditNote.proposal_id)
        .outerjoin(asked, asked.c.of == CreditProposal.id)
        .where(or_(~same, asked.c.gross.is_(None), asked.c.gross != CreditNote.gross))
    ):
        yield f"credit note {number}: it is not what was proposed and confirmed"
    for proposal_id in session.scalars(
        select(CreditProposal.id)
        .outerjoin(CreditNote, CreditNote.proposal_id == CreditProposal.id)
        .where(CreditProposal.state == ProposalState.CONFIRMED, CreditNote.id.is_(None))
    ):
        yield f"proposal {proposal_id}: it is confirmed, and there is no credit note"
    alone = and_(
        CreditProposal.decided_by == CreditProposal.proposed_by, CreditProposal.state != ProposalState.WITHDRAWN
    )
    for proposal_id in session.scalars(select(CreditProposal.id).where(alone)):
        yield f"proposal {proposal_id}: one person proposed and decided"


def _credited_lines() -> Iterator[str]:
    taken = _summed(select(CreditNoteLine.line_id.label("of"), *_figures(CreditNoteLine)))
    beyond = or_(*(taken.c[name] > getattr(InvoiceLine, name) for name in FIGURES))
    for number, position in session.execute(
        select(Invoice.number, InvoiceLine.position)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(taken, taken.c.of == InvoiceLine.id)
        .where(beyond)
    ):
        yield f"invoice {number}: more is credited of its line {position} than it says"
    elsewhere = (
        select(CreditNote.number)
        .join(CreditNoteLine, CreditNoteLine.note_id == CreditNote.id)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.line_id)
        .where(InvoiceLine.invoice_id != CreditNote.invoice_id)
    )
    for number in session.scalars(elsewhere.distinct()):
        yield f"credit note {number}: a line of it is of another invoice"


def _credited_money() -> Iterator[str]:
    """Of each part what the ledger says is credited, less what the notes took: nothing is left."""
    told = union_all(
        select(Allocation.request_id, Allocation.recharge_id, Allocation.credited.label("credited")).where(
            Allocation.credited != ZERO
        ),
        select(Invoice.request_id, InvoiceLine.recharge_id, (ZERO - CreditNoteLine.gross).label("credited"))
        .select_from(CreditNoteLine)
        .join(InvoiceLine, InvoiceLine.id == CreditNoteLine.line_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id),
    ).subquery()
    differing = (
        select(told.c.request_id)
        .group_by(told.c.request_id, told.c.recharge_id)
        .having(func.sum(told.c.credited) != ZERO)
        .order_by(told.c.request_id)
    )
    for request_id in dict.fromkeys(session.scalars(differing)):
        yield f"request id {request_id}: the ledger and the credit notes differ on what is credited"


def _guards() -> Iterator[str]:
    guards = {
        "credit_note": (("credit_note_no_delete", "credit_note_no_update"), ("credit_note_frozen",)),
        "credit_note_line": (
            ("credit_note_line_no_delete", "credit_note_line_no_update", "credit_note_line_within"),
            ("credit_note_line_frozen", "credit_note_line_within"),
        ),
    }
    for table, triggers in guards.items():
        for name in missing_triggers(table, *triggers):
            yield f"credit notes: the trigger {name} is missing, they could be edited or take too much"


def _figures(of: Any) -> list[Any]:
    return [func.sum(getattr(of, name)).label(name) for name in FIGURES]


def _summed(sums: Select[Any]) -> Subquery:
    return sums.group_by(sums.selected_columns.of).subquery()


def _stops() -> Iterator[str]:
    for kind in (Invoice, CreditNote):
        within = and_(
            kind.issued_at > IssuingStop.stopped_at,
            or_(IssuingStop.ended_at.is_(None), kind.issued_at < IssuingStop.ended_at),
        )
        for (number,) in session.execute(select(kind.number).join(IssuingStop, within)):
            yield f"{number}: it got its number while issuing was stopped"
