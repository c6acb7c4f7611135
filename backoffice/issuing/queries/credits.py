"""Reads of credit notes and of what people propose to take back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.issuing.models import (
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    CreditProposalLine,
    CreditReissue,
    Invoice,
    InvoiceLine,
)
from backoffice.issuing.queries import Document
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules.credits import LineLeft, ProposalState
from backoffice.ledger.models import LedgerEntry
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest

# Made once: an alias that is made anew costs the statement around it as much as running it.
_NOTE, _TAKEN = aliased(CreditNote), aliased(CreditNote)


@dataclass(frozen=True, slots=True)
class Creditable:
    """A line of an issued invoice with what is left of it."""

    id: int
    position: int
    recharge_id: int
    external_id: str
    occurred_on: str
    description: str
    left: LineLeft


def invoice_of(request_id: int) -> Invoice:
    """The invoice of an issued request. Raises NotFound for any other."""
    invoice = session.scalars(
        select(Invoice)
        .join(InvoiceRequest, InvoiceRequest.invoice_id == Invoice.id)
        .where(InvoiceRequest.id == request_id, InvoiceRequest.invoice_number.is_not(None))
    ).one_or_none()
    if invoice is None:
        raise NotFound
    return invoice


def invoice_by_id(invoice_id: int) -> Invoice:
    """One invoice. Raises NotFound."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound
    return invoice


def creditable(invoice: Invoice) -> list[Creditable]:
    """The lines of an invoice in their order, each with what credit notes took back of it."""
    taken = (
        select(
            CreditNoteLine.line_id,
            func.sum(CreditNoteLine.net).label("net"),
            func.sum(CreditNoteLine.gross).label("gross"),
        )
        .join(CreditNote, CreditNote.id == CreditNoteLine.note_id)
        .where(CreditNote.invoice_id == invoice.id)
        .group_by(CreditNoteLine.line_id)
        .subquery()
    )
    rows = session.execute(
        select(InvoiceLine, taken.c.net, taken.c.gross)
        .outerjoin(taken, taken.c.line_id == InvoiceLine.id)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.position)
    )
    printed = {line["position"]: line for line in cast("Snapshot", invoice.snapshot)["lines"]}
    return [
        Creditable(
            line.id,
            line.position,
            line.recharge_id,
            printed[line.position]["external_id"],
            printed[line.position]["occurred_on"],
            line.description,
            LineLeft(line.tax_kind, Decimal(line.rate), line.net, line.gross, net or ZERO, gross or ZERO),
        )
        for line, net, gross in rows
    ]


def reissuable(lines: Sequence[Creditable]) -> Decimal:
    """What could be invoiced again if all that is left of these lines were taken back: less what was refunded."""
    recharges = select(LedgerEntry).where(LedgerEntry.id.in_([line.recharge_id for line in lines]))
    debts = {recharge.id: recharge.debt for recharge in session.scalars(recharges)}
    return sum((max(ZERO, line.left.gross_left - debts[line.recharge_id]) for line in lines), ZERO)


def credited(invoice_id: int) -> Decimal:
    """What credit notes took back of an invoice, tax included."""
    return session.scalar(select(func.sum(CreditNote.gross)).where(CreditNote.invoice_id == invoice_id)) or ZERO


def whole_credit(shown: Any, by: Any = None) -> Any:
    """Scalar subquery: the number of the credit note by which a request's invoice was taken back whole.

    NULL while anything of it is left and where there is no invoice. `shown` is the table of requests around it, or an
    alias; `by` an instant: what was taken back later does not count. An invoice is as high as its request.
    """
    known = () if by is None else (by,)
    return (
        select(_NOTE.number)
        .where(
            _NOTE.invoice_id == shown.invoice_id,
            *(_NOTE.issued_at <= one for one in known),
            taken_of(shown, by) >= shown.amount,
        )
        .order_by(_NOTE.id.desc())
        .limit(1)
        .correlate(shown)
        .scalar_subquery()
    )


def taken_of(shown: Any, by: Any = None) -> Any:
    """Scalar subquery: what credit notes took back of a request's invoice, tax included; NULL where none did. Asked for
    as `whole_credit` is."""
    return _of_notes(func.sum(_TAKEN.gross), shown, by)


def numbers_of(shown: Any, by: Any = None) -> Any:
    """Scalar subquery: the numbers of the credit notes that `taken_of` adds up, in no order."""
    return _of_notes(func.aggregate_strings(_TAKEN.number, ", "), shown, by)


def _of_notes(figure: Any, shown: Any, by: Any) -> Any:
    known = () if by is None else (by,)
    found = select(figure).where(_TAKEN.invoice_id == shown.invoice_id, *(_TAKEN.issued_at <= one for one in known))
    return found.correlate(shown).scalar_subquery()


def notes_of(invoice_id: int) -> list[CreditNote]:
    """The credit notes of an invoice, in the order of their numbers."""
    notes = select(CreditNote).where(CreditNote.invoice_id == invoice_id)
    return list(session.scalars(notes.order_by(CreditNote.id)))


def notes_of_requests(request_ids: Collection[int]) -> dict[int, list[CreditNote]]:
    """The credit notes with a document of these requests, by their ids."""
    rows = session.execute(
        select(Invoice.request_id, CreditNote)
        .join(CreditNote, CreditNote.invoice_id == Invoice.id)
        .where(Invoice.request_id.in_(request_ids), CreditNote.pdf_sha256.is_not(None))
        .order_by(CreditNote.id)
    )
    found: dict[int, list[CreditNote]] = {}
    for request_id, note in rows:
        found.setdefault(request_id, []).append(note)
    return found


def document_of(request_id: int, number: str) -> Document:
    """The document of a credit note on a request's invoice. Raises NotFound for another request's and until it is
    made."""
    row = session.execute(
        select(CreditNote.number, CreditNote.pdf_sha256, CreditNote.pdf_size)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(Invoice.request_id == request_id, CreditNote.number == number)
    ).one_or_none()
    if row is None or row.pdf_sha256 is None:
        raise NotFound
    return Document(row.number, row.pdf_sha256, row.pdf_size)


def proposal(proposal_id: int) -> CreditProposal:
    """What somebody proposed to take back. Raises NotFound."""
    found = session.get(CreditProposal, proposal_id)
    if found is None:
        raise NotFound
    return found


def request_of(proposal_id: int) -> int:
    """The id of the request whose invoice a proposal is about. Raises NotFound."""
    found = session.scalar(
        select(Invoice.request_id)
        .join(CreditProposal, CreditProposal.invoice_id == Invoice.id)
        .where(CreditProposal.id == proposal_id)
    )
    if found is None:
        raise NotFound
    return found


def open_proposal(invoice_id: int) -> CreditProposal | None:
    """The proposal on an invoice that waits for its checker."""
    return session.scalars(open_proposals().where(CreditProposal.invoice_id == invoice_id)).one_or_none()


def open_proposals() -> Select[CreditProposal]:
    """Proposals that wait for their checker, worded as the partial index that serves it."""
    return select(CreditProposal).where(CreditProposal.state == ProposalState.OPEN)


def faulty() -> Select[CreditProposal]:
    """Confirmed ones whose document could not be made."""
    return select(CreditProposal).where(CreditProposal.issue_fault.is_not(None))


def proposals_of(invoice_id: int) -> list[CreditProposal]:
    """Everything that was proposed to take back of an invoice, oldest first."""
    found = select(CreditProposal).where(CreditProposal.invoice_id == invoice_id)
    return list(session.scalars(found.order_by(CreditProposal.id)))


def amounts_of(proposal_id: int) -> dict[int, Decimal]:
    """What a proposal takes back, by line of the invoice."""
    rows = session.execute(
        select(CreditProposalLine.line_id, CreditProposalLine.gross).where(
            CreditProposalLine.proposal_id == proposal_id
        )
    )
    return {row.line_id: row.gross for row in rows}


def note_of(proposal_id: int) -> CreditNote | None:
    """The credit note that a proposal became."""
    return session.scalars(select(CreditNote).where(CreditNote.proposal_id == proposal_id)).one_or_none()


def reissue_of(proposal_id: int) -> CreditReissue | None:
    """What is to follow a proposal that takes all back, where something is."""
    return session.get(CreditReissue, proposal_id)


def follows(request_id: int) -> str | None:
    """The number of the request whose invoice was taken back for this one to take its place."""
    return session.scalar(
        select(InvoiceRequest.number)
        .join(Invoice, Invoice.request_id == InvoiceRequest.id)
        .join(CreditProposal, CreditProposal.invoice_id == Invoice.id)
        .join(CreditReissue, CreditReissue.proposal_id == CreditProposal.id)
        .where(CreditReissue.request_id == request_id)
    )


def followed_by(request_id: int) -> str | None:
    """The number of the request that took the place of this one's invoice."""
    return session.scalar(
        select(InvoiceRequest.number)
        .join(CreditReissue, CreditReissue.request_id == InvoiceRequest.id)
        .join(CreditProposal, CreditProposal.id == CreditReissue.proposal_id)
        .join(Invoice, Invoice.id == CreditProposal.invoice_id)
        .where(Invoice.request_id == request_id)
    )


def unrendered(limit: int) -> list[tuple[int, Snapshot]]:
    """Numbered credit notes without a document, except those that failed: their ids and snapshots, oldest first."""
    rows = session.execute(
        select(CreditNote.id, CreditNote.snapshot)
        .join(CreditProposal, CreditProposal.id == CreditNote.proposal_id)
        .where(CreditNote.pdf_sha256.is_(None), CreditProposal.issue_fault.is_(None))
        .order_by(CreditNote.id)
        .limit(limit)
    )
    return [(row.id, row.snapshot) for row in rows]


def is_rendered(note_id: int) -> bool:
    """Whether a credit note has its document by now."""
    return session.scalar(select(CreditNote.pdf_sha256).where(CreditNote.id == note_id)) is not None
