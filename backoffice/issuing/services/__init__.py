"""Issuing, in steps that can each be repeated.

`number_invoice` is the point of no return (transaction 1): it takes the number, freezes the invoice and moves the
money. `render_document` works outside any transaction from the frozen snapshot. `complete` (transaction 2) records the
document, marks the request Issued and queues the mail. A crash between any two is mended by running the rest again.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, update

from backoffice import storage
from backoffice.database import rows_changed, session
from backoffice.errors import Conflict, Message
from backoffice.issuing import rules, snapshots
from backoffice.issuing.models import Invoice, InvoiceLine
from backoffice.issuing.services import entering, numbers
from backoffice.issuing.services.numbers import CannotIssue as CannotIssue
from backoffice.issuing.snapshots import Issuer as Issuer
from backoffice.issuing.snapshots import draft_of as draft_of
from backoffice.issuing.snapshots import draft_snapshot as draft_snapshot
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.services import reservations as ledger
from backoffice.permissions import SYSTEM
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import Action, State
from backoffice.requests.services import special
from backoffice.requests.services import states as requests

# As wide as any: what is asked of a draft is what would be asked of the invoice.
_ANY_NUMBER = "INV-0000-000000"


def number_invoice(request_id: int, *, issuer: Issuer) -> Invoice | None:
    """Take the next number for an approved request and freeze its invoice; None when another worker already did.

    Locks the request, then the account, then the series, and reads the clock only then: that is the moment of issue.
    Raises CannotIssue when money, its tax, the clock or the page forbid it; nothing is taken then, no number is lost.
    """
    invoice_request = _lock_approved(request_id)
    if invoice_request is None:
        return None
    try:
        settlement = ledger.settle(invoice_request.id)
        special.check(invoice_request, [recharge for _, recharge in settlement.parts])
    except Conflict as conflict:
        raise CannotIssue(conflict.message) from conflict
    parts = [(recharge, allocation.amount) for allocation, recharge in settlement.parts]
    taken = numbers.take(rules.INVOICE_SERIES)
    # A month's journal and its register of invoices speak of the same moment.
    settlement.enter(taken.at)
    snapshot = snapshots.snapshot_of(
        invoice_request, parts, number=taken.number, issued_at=taken.at, issued_on=taken.on, issuer=issuer
    )
    numbers.refuse_undrawable(snapshot)
    invoice = Invoice(
        number=taken.number,
        series=taken.series,
        period=taken.period,
        sequence=taken.sequence,
        request_id=invoice_request.id,
        account_id=invoice_request.account_id,
        issued_at=taken.at,
        issued_on=taken.on,
        snapshot=dict(snapshot),
        net=Decimal(snapshot["net"]),
        tax=Decimal(snapshot["tax"]),
        gross=Decimal(snapshot["gross"]),
        template=snapshot["template"],
    )
    session.add(invoice)
    session.flush()
    _add_lines(invoice, snapshot, parts)
    invoice_request.invoice_id = invoice.id
    invoice_request.issue_error = invoice_request.issue_fault = None
    session.flush()
    return invoice


def _lock_approved(request_id: int) -> InvoiceRequest | None:
    """The request, if it waits for its number and no other worker has it in hand."""
    return session.scalars(
        select(InvoiceRequest)
        .where(
            InvoiceRequest.id == request_id, InvoiceRequest.state == State.APPROVED, InvoiceRequest.invoice_id.is_(None)
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def render_document(snapshot: rules.Snapshot) -> tuple[str, int]:
    """Render the frozen snapshot, put the PDF into the store and return its sha256 and size in bytes.

    Needs no transaction. The same snapshot gives the same bytes, so doing it twice stores one document.
    """
    from backoffice.issuing.pdf import render

    document = render(snapshot)
    return storage.put(document), len(document)


def render_draft(snapshot: rules.Snapshot) -> bytes:
    """The PDF of a snapshot without a number, marked as a draft on every page. It is kept nowhere."""
    from backoffice.issuing.pdf import render

    assert snapshot["number"] is None, "an invoice with a number is no draft"
    return render(snapshot)


def foreseen(draft: rules.Snapshot) -> Message | None:
    """Why issuing would refuse what this draft shows, told before anybody approves it; None where it would not."""
    try:
        numbers.refuse_undrawable({**draft, "number": _ANY_NUMBER})
    except CannotIssue as refusal:
        return refusal.message
    return None


def complete(invoice_id: int, sha256: str, size: int, *, now: datetime) -> bool:
    """Record the document, mark the request Issued and queue the mail with the PDF; False when that was done before."""
    facts = Invoice.request_id, Invoice.number, Invoice.issued_at, Invoice.issued_on
    invoice = session.execute(select(*facts).where(Invoice.id == invoice_id)).one()
    invoice_request = session.get_one(InvoiceRequest, invoice.request_id, populate_existing=True)
    if invoice_request.state == State.ISSUED:
        return False
    try:
        requests.change_state(
            invoice_request,
            Action.ISSUE,
            SYSTEM,
            now=now,
            values={"invoice_number": invoice.number, "issued_at": invoice.issued_at, "issued_on": invoice.issued_on},
        )
    except Conflict:
        return False
    session.execute(
        update(Invoice)
        .where(Invoice.id == invoice_id, Invoice.pdf_sha256.is_(None))
        .values(pdf_sha256=sha256, pdf_size=size)
    )
    requests.add_event(invoice_request.id, "issued", SYSTEM, at=now, invoice_number=invoice.number)
    requests.tell(
        invoice_request,
        "issued",
        now=now,
        to_copies=True,
        invoice_number=invoice.number,
        issued_on=invoice.issued_on.isoformat(),
        attachment_sha256=sha256,
        attachment_name=f"{invoice.number}.pdf",
    )
    entering.enter(Invoice, invoice_id, now=now)
    return True


def note_failure(request_id: int, reason: Message) -> None:
    """Write on the request why it cannot be issued; the queue shows it and the worker leaves it alone until retried."""
    session.execute(
        update(InvoiceRequest)
        .where(InvoiceRequest.id == request_id)
        .values(issue_error=str(reason), issue_fault=reason.packed())
    )


def retry(request_id: int) -> bool:
    """Let the worker try a failed issue again; False when there is nothing to retry."""
    changed = rows_changed(
        session.execute(
            update(InvoiceRequest)
            .where(
                InvoiceRequest.id == request_id,
                InvoiceRequest.state == State.APPROVED,
                InvoiceRequest.issue_error.is_not(None),
            )
            .values(issue_error=None, issue_fault=None)
        )
    )
    return bool(changed)


def _add_lines(invoice: Invoice, snapshot: rules.Snapshot, parts: list[tuple[LedgerEntry, Decimal]]) -> None:
    session.execute(
        insert(InvoiceLine),
        [
            {
                "invoice_id": invoice.id,
                "position": line["position"],
                "recharge_id": recharge.id,
                "description": line["description"],
                "tax_kind": line["tax_kind"],
                "rate": line["rate"],
                "net": Decimal(line["net"]),
                "tax": Decimal(line["tax"]),
                "gross": Decimal(line["gross"]),
            }
            for line, (recharge, _) in zip(snapshot["lines"], parts, strict=True)
        ],
    )
