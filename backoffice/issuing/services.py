"""Issuing, in steps that can each be repeated.

`number_invoice` is the point of no return (transaction 1): it takes the number, freezes the invoice and moves the
money. `render_document` works outside any transaction from the frozen snapshot. `complete` (transaction 2) records the
document, marks the request Issued and queues the mail. A crash between any two is mended by running the rest again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from backoffice import clock, glyphs, storage
from backoffice.database import rows_changed, session
from backoffice.errors import N_, BackofficeError, Conflict, Invalid, Message
from backoffice.issuing import rules, snapshots
from backoffice.issuing.models import Invoice, InvoiceLine, InvoiceSeries
from backoffice.issuing.pdf import checking
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

INVOICE_SERIES = "INV"


class CannotIssue(BackofficeError):
    """This request cannot become an invoice as things stand; a reviewer has to act."""

    code = "cannot-issue"


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
    taken = _take_number(INVOICE_SERIES)
    # A month's journal and its register of invoices speak of the same moment.
    settlement.enter(taken.at)
    snapshot = snapshots.snapshot_of(
        invoice_request, parts, number=taken.number, issued_at=taken.at, issued_on=taken.on, issuer=issuer
    )
    _refuse_undrawable(snapshot)
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


def complete(invoice_id: int, sha256: str, size: int, *, now: datetime) -> bool:
    """Record the document, mark the request Issued and queue the mail with the PDF; False when that was done before."""
    invoice = session.get_one(Invoice, invoice_id, populate_existing=True)
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """A number, and the moment at which it was taken."""

    series: str
    sequence: int
    at: datetime
    on: date

    @property
    def period(self) -> str:
        """Numbers begin anew each local year."""
        return _period(self.on)

    @property
    def number(self) -> str:
        """The number as it is printed."""
        return f"{self.series}-{self.period}-{self.sequence:06d}"


def _period(day: date) -> str:
    return f"{day:%Y}"


def _take_number(series: str) -> _Taken:
    """Increment-and-return on the locked row of the series and period; never max+1, never a database sequence.

    The clock is read under the lock. Two workers that read it before would take numbers in another order than their
    moments, and around midnight the later date would shut the earlier one out.
    """
    _lock_series(series)
    now = clock.now()
    on = clock.local_date(now, clock.zone())
    _begin_period(series, _period(on))
    _refuse_clock_gone_back(series, _period(on), on)
    sequence: int = session.execute(
        update(InvoiceSeries)
        .where(InvoiceSeries.series == series, InvoiceSeries.period == _period(on))
        .values(last_number=InvoiceSeries.last_number + 1, last_issued_on=on)
        .returning(InvoiceSeries.last_number)
    ).scalar_one()
    return _Taken(series, sequence, now, on)


def _lock_series(series: str) -> None:
    """Wait until nobody else takes a number of the series. Its periods are all locked before a new one is begun."""
    begun = session.scalars(
        select(InvoiceSeries.period)
        .where(InvoiceSeries.series == series)
        .order_by(InvoiceSeries.period)
        .with_for_update()
    ).all()
    if not begun:
        # The very first number: whoever else wants to be first waits here for the row instead.
        _begin_period(series, _period(clock.today()))


def _begin_period(series: str, period: str) -> None:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(
        dialect.insert(InvoiceSeries).values(series=series, period=period, last_number=0).on_conflict_do_nothing()
    )


def _refuse_clock_gone_back(series: str, period: str, issued_on: date) -> None:
    """Numbers are chronological: none before the series' last date, none in a period once a later one has begun."""
    rows = session.execute(
        select(InvoiceSeries.period, InvoiceSeries.last_issued_on)
        .where(InvoiceSeries.series == series, InvoiceSeries.period >= period)
        .order_by(InvoiceSeries.period)
    ).all()
    for begun, last in rows:
        if begun > period or (last is not None and last > issued_on):
            raise CannotIssue(
                Message(N_("The clock went back: the last invoice is dated %(last)s."), last=last or begun),
                code="clock-gone-back",
            )


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


def _refuse_undrawable(snapshot: rules.Snapshot) -> None:
    """What no template can draw must not get a number: nothing could be put right behind it."""
    missing = glyphs.missing("".join(text for _, text in checking.texts(snapshot)))
    if missing:
        raise CannotIssue(
            Message(N_("No font can print these characters: %(characters)s"), characters=" ".join(missing)),
            code="missing-glyph",
        )
    try:
        checking.check(snapshot)
    except Invalid as fault:
        raise CannotIssue(fault.reason, code="undrawable") from fault
