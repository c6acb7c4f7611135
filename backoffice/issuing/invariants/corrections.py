"""What must hold about invoices that are issued anew, and about what customers ask for once their invoice is issued."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from backoffice.contradictions import Contradiction, found
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.models import CorrectionWish, CreditNote, CreditProposal, CreditReissue, Invoice
from backoffice.issuing.rules.credits import ProposalState, WishKind, WishState
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.requests.rules import ABOUT, State


def check() -> Iterator[str]:
    """Yield a sentence for each link between an invoice and what took its place that does not hold, and for each wish
    that says another thing than what became of it."""
    yield from found(_links, _taken_back, _wishes, _answers)
    yield from _followers()


def _links() -> Iterator[Contradiction]:
    """A request follows a confirmed proposal and no other: of the same account, for the header that was proposed."""
    confirmed = CreditProposal.state == ProposalState.CONFIRMED
    made = CreditReissue.request_id.is_not(None)
    proposals = select(CreditProposal.id).join(CreditReissue, CreditReissue.proposal_id == CreditProposal.id)
    yield Contradiction(
        "proposal {}: whether it is confirmed and whether a request follows differ", proposals.where(confirmed != made)
    )
    foreign = (
        proposals.join(Invoice, Invoice.id == CreditProposal.invoice_id)
        .join(InvoiceHeader, InvoiceHeader.id == CreditReissue.header_id)
        .where(InvoiceHeader.account_id != Invoice.account_id)
    )
    yield Contradiction("proposal {}: it names a header of another account", foreign)


def _followers() -> Iterator[str]:
    former = aliased(InvoiceRequest)
    said = and_(RequestEvent.request_id == InvoiceRequest.id, RequestEvent.kind == "submitted")
    for row in session.execute(
        select(
            InvoiceRequest.number, RequestEvent.data, former.number.label("former"),
            or_(
                InvoiceRequest.account_id != Invoice.account_id,
                InvoiceRequest.header_id != CreditReissue.header_id,
                InvoiceRequest.id == Invoice.request_id,
                CreditNote.id.is_(None),
                InvoiceRequest.amount > CreditNote.gross,
            ).label("another"),
        )
        .join(CreditReissue, CreditReissue.request_id == InvoiceRequest.id)
        .join(CreditProposal, CreditProposal.id == CreditReissue.proposal_id)
        .join(Invoice, Invoice.id == CreditProposal.invoice_id)
        .join(former, former.id == Invoice.request_id)
        .outerjoin(CreditNote, CreditNote.proposal_id == CreditProposal.id)
        .outerjoin(RequestEvent, said)
    ):  # fmt: skip
        if row.another:
            yield f"request {row.number}: it is not what was to follow the invoice that was taken back"
        if (row.data or {}).get("reissue_of") != row.former:
            yield f"request {row.number}: its timeline does not name the request whose place it takes"


def _taken_back() -> Iterator[Contradiction]:
    credited = (
        select(CreditNote.invoice_id, func.sum(CreditNote.gross).label("gross"))
        .group_by(CreditNote.invoice_id)
        .subquery()
    )
    yield Contradiction(
        "invoice {}: it was issued anew, and not all of it was taken back",
        select(Invoice.number)
        .join(CreditProposal, CreditProposal.invoice_id == Invoice.id)
        .join(CreditReissue, CreditReissue.proposal_id == CreditProposal.id)
        .outerjoin(credited, credited.c.invoice_id == Invoice.id)
        .where(CreditReissue.request_id.is_not(None), func.coalesce(credited.c.gross, ZERO) != Invoice.gross),
    )


def _wishes() -> Iterator[Contradiction]:
    """Somebody asks about an issued invoice of their account, once at a time, and the timeline says so."""
    asked = exists().where(
        RequestEvent.request_id == CorrectionWish.request_id,
        RequestEvent.kind == CorrectionWish.kind + literal("_asked"),
        RequestEvent.at == CorrectionWish.asked_at,
    )
    other = aliased(CorrectionWish)
    two = exists().where(
        other.request_id == CorrectionWish.request_id, other.id != CorrectionWish.id, other.state == WishState.OPEN
    )
    header = InvoiceHeader.id == CorrectionWish.header_id
    faults = (
        (InvoiceRequest.state != State.ISSUED, "a correction is asked for, and it is not issued"),
        (
            InvoiceHeader.account_id != InvoiceRequest.account_id,
            "another account's header is asked for",
        ),
        (and_(CorrectionWish.state == WishState.OPEN, two), "two corrections of it are asked for at once"),
        (not_(asked), "its timeline does not say that a correction was asked for"),
    )
    for fault, sentence in faults:
        about = select(InvoiceRequest.number).join(CorrectionWish, CorrectionWish.request_id == InvoiceRequest.id)
        yield Contradiction(f"request {{}}: {sentence}", about.outerjoin(InvoiceHeader, header).where(fault).distinct())


def _answers() -> Iterator[Contradiction]:
    """A credit note that does what is asked for grants it, and nothing else does; a refusal is mailed."""
    before = aliased(CreditNote)
    taken = (
        select(func.sum(before.gross))
        .where(before.invoice_id == CreditNote.invoice_id, before.id <= CreditNote.id)
        .correlate(CreditNote)
        .scalar_subquery()
    )
    done = or_(
        and_(CorrectionWish.kind == WishKind.RETURN, taken == Invoice.gross),
        and_(
            CorrectionWish.header_id == CreditReissue.header_id,
            CreditReissue.request_id.is_not(None),
        ),
    )
    does = (
        select(CreditNote.id)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .join(CreditProposal, CreditProposal.id == CreditNote.proposal_id)
        .outerjoin(CreditReissue, CreditReissue.proposal_id == CreditProposal.id)
        .where(Invoice.request_id == CorrectionWish.request_id, CreditProposal.state == ProposalState.CONFIRMED, done)
        .correlate(CorrectionWish)
    )
    since = does.where(CreditProposal.decided_at > CorrectionWish.asked_at).exists()
    then = does.where(CreditProposal.decided_at == CorrectionWish.closed_at).exists()
    mailed = exists().where(
        Message.about_type == ABOUT,
        Message.about_id == CorrectionWish.request_id,
        Message.template == "correction_declined",
        Message.created_at == CorrectionWish.closed_at,
    )
    state = CorrectionWish.state
    faults = (
        (and_(state == WishState.OPEN, since), "it was credited as its customer asked, and the wish is still open"),
        (
            and_(state == WishState.GRANTED, not_(then)),
            "what its customer asked for was granted by no credit note that does it",
        ),
        (and_(state == WishState.DECLINED, not_(mailed)), "its customer was not told that a correction was declined"),
    )
    for fault, sentence in faults:
        about = select(InvoiceRequest.number).join(CorrectionWish, CorrectionWish.request_id == InvoiceRequest.id)
        yield Contradiction(f"request {{}}: {sentence}", about.where(fault).distinct())
