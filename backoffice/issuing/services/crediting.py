"""Taking back what was invoiced: what one person proposed another confirms, and the worker makes the document.

`confirm` is the point of no return: it takes the number, freezes the credit note and gives the money back, or does
nothing at all. The document is rendered from the frozen snapshot outside any transaction, and `complete` records it and
queues the mail, as with invoices.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, update

from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, Conflict, Message
from backoffice.issuing.models import CreditNote, CreditNoteLine, CreditProposal, CreditReissue, Invoice
from backoffice.issuing.queries import credits as queries
from backoffice.issuing.rules import credits as rules
from backoffice.issuing.rules.credits import CREDIT_REASONS, CreditReason, ProposalState
from backoffice.issuing.services import entering, numbers, wishes
from backoffice.issuing.services.numbers import CannotIssue
from backoffice.issuing.services.proposals import ABOUT, CreditPlan, Wanted, decide, lock, plan
from backoffice.issuing.snapshots import Issuer
from backoffice.ledger.services import reservations as ledger
from backoffice.money import ZERO, format_amount
from backoffice.permissions import SYSTEM, Actor
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import reissuing, special
from backoffice.requests.services import states as requests

LINES_AT_ONCE = 1000


def confirm(actor: Actor, proposal_id: int, *, issuer: Issuer, now: datetime) -> CreditNote:
    """Make a proposal a credit note: its number, its frozen content and the money, all or nothing. Where an invoice is
    issued anew, the request for it is made here, with the very money that was taken back. What its customer asks
    for is granted where this does it, and waits on otherwise.

    Locks the request, then the account, then the series. Raises NotFound, Forbidden for its maker, Conflict when it is
    decided already or the clock or the page forbid it, Invalid where less is left by now.
    """
    proposal, invoice = lock(proposal_id)
    decide(proposal, actor, ProposalState.CONFIRMED, now)
    planned = plan(invoice, Wanted(proposal.reason, proposal.words, queries.amounts_of(proposal.id)))
    credited = invoice.gross - sum((line.left.gross_left for line in planned.lines), ZERO)
    money = ledger.credit(invoice.request_id, planned.by_recharge)
    anew = queries.reissue_of(proposal.id)
    following = _issue_anew(actor, proposal, anew, invoice, money, now) if anew is not None else None
    note = _number(planned, proposal, issuer)
    # A month's journal and its register of credit notes speak of the same moment.
    money.enter(note.issued_at)
    session.flush()
    wishes.grant(
        actor, session.get_one(InvoiceRequest, invoice.request_id), left=invoice.gross - credited - note.gross,
        reissued_to=anew.header_id if anew is not None else None, now=now,
    )  # fmt: skip
    audit.record(
        actor, "credit.confirm", ABOUT, invoice.number, at=now, reason=planned.words,
        before={"proposal": proposal.id, "credited": credited},
        after={"credit_note": note.number, "net": note.net, "tax": note.tax, "credited": credited + note.gross,
               "reissued_as": following},
    )  # fmt: skip
    return note


def complete(note_id: int, sha256: str, size: int, *, now: datetime) -> bool:
    """Record the document, tell the timeline and queue the mail with the PDF; False when that was done before."""
    recorded = rows_changed(
        session.execute(
            update(CreditNote)
            .where(CreditNote.id == note_id, CreditNote.pdf_sha256.is_(None))
            .values(pdf_sha256=sha256, pdf_size=size)
            .execution_options(synchronize_session=False)
        )
    )
    if not recorded:
        return False
    note = session.get_one(CreditNote, note_id, populate_existing=True)
    proposal, invoice = session.get_one(CreditProposal, note.proposal_id), session.get_one(Invoice, note.invoice_id)
    invoice_request = session.get_one(InvoiceRequest, invoice.request_id)
    amount, following = format_amount(note.gross), queries.followed_by(invoice_request.id)
    requests.add_event(
        invoice_request.id, "credited", SYSTEM, at=now, credit_note=note.number, amount=amount, why=proposal.reason,
        **({"reissued_as": following} if following else {}),
    )  # fmt: skip
    requests.tell(
        invoice_request,
        "credited",
        now=now,
        to_copies=True,
        invoice_number=invoice.number,
        credit_note_number=note.number,
        issued_on=note.issued_on.isoformat(),
        amount=amount,
        left=format_amount(invoice.gross - queries.credited(invoice.id)),
        reason=CREDIT_REASONS[CreditReason(proposal.reason)],
        remarks=proposal.words,
        attachment_sha256=sha256,
        attachment_name=f"{note.number}.pdf",
    )
    entering.enter(CreditNote, note_id, now=now)
    return True


def note_failure(note_id: int, fault: Message) -> None:
    """Write down why the document cannot be made: a work item, and the worker leaves it alone until it is retried."""
    of = select(CreditNote.proposal_id).where(CreditNote.id == note_id).scalar_subquery()
    session.execute(update(CreditProposal).where(CreditProposal.id == of).values(issue_fault=fault.packed()))


def retry(proposal_id: int) -> bool:
    """Let the worker try to make the document again; False when there is nothing to retry."""
    return bool(
        rows_changed(
            session.execute(
                update(CreditProposal)
                .where(CreditProposal.id == proposal_id, CreditProposal.issue_fault.is_not(None))
                .values(issue_fault=None)
            )
        )
    )


def _issue_anew(
    actor: Actor, proposal: CreditProposal, wanted: CreditReissue, invoice: Invoice, money: ledger.Credited,
    now: datetime,
) -> str:  # fmt: skip
    """The request that takes an invoice's place, with the money that was taken back; its number."""
    amount = sum(money.freed.values(), ZERO)
    if amount <= ZERO:
        raise Conflict(Message(N_("Nothing of this invoice could be invoiced again: it was refunded or taken back.")))
    former = session.get_one(InvoiceRequest, invoice.request_id)
    made = reissuing.begin(actor, former, wanted.header_id, amount, token=f"reissue-{proposal.id}", now=now)
    money.pass_on(made.id, amount)
    special.check(made)
    wanted.request_id = made.id
    session.flush()
    return made.number


def _number(planned: CreditPlan, proposal: CreditProposal, issuer: Issuer) -> CreditNote:
    """Take the number and freeze what stands on the document."""
    invoice = planned.invoice
    try:
        taken = numbers.take(rules.SERIES)
        if taken.on < invoice.issued_on:
            told = N_("The clock went back: the last invoice is dated %(last)s.")
            raise CannotIssue(Message(told, last=invoice.issued_on), code="clock-gone-back")
        url = issuer.verify_url(taken.number)
        snapshot = planned.snapshot(number=taken.number, issued_at=taken.at, verify_url=url)
        numbers.refuse_undrawable(snapshot)
    except CannotIssue as fault:
        raise Conflict(fault.message, code=fault.code) from fault
    note = CreditNote(
        number=taken.number, series=taken.series, period=taken.period, sequence=taken.sequence,
        proposal_id=proposal.id, invoice_id=invoice.id, account_id=invoice.account_id,
        issued_at=taken.at, issued_on=taken.on, snapshot=dict(snapshot), template=snapshot["template"],
        net=-Decimal(snapshot["net"]), tax=-Decimal(snapshot["tax"]), gross=-Decimal(snapshot["gross"]),
    )  # fmt: skip
    session.add(note)
    session.flush()
    lines = [
        {"note_id": note.id, "line_id": line.id, "net": share.net, "tax": share.tax, "gross": share.gross}
        for line, share in planned.taken
    ]
    # As few statements as there is room for: with each PostgreSQL checks what is left.
    for begin in range(0, len(lines), LINES_AT_ONCE):
        session.execute(insert(CreditNoteLine).values(lines[begin : begin + LINES_AT_ONCE]))
    return note
