"""What the checks of a request look at, beside its dossier: four statements, each bounded however much there is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import literal, literal_column, or_, select, tuple_, union
from sqlalchemy.orm import aliased

from backoffice.accounts.models import User
from backoffice.database import Instant, session
from backoffice.ledger.models import Allocation, EntryStatus, LedgerEntry
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review.checks.facts import WINDOW, Facts, Former, LastInvoice, Paid, Refund
from backoffice.review.queries.dossier import Dossier

# Made once: an alias that is made anew costs the statement around it as much as running it.
_REFUND, _RECHARGE = aliased(LedgerEntry), aliased(LedgerEntry)

PAYER, ADDRESS = "payer", "address"


def facts(dossier: Dossier, *, now: datetime) -> Facts:
    """The plain facts that `checks.panel.run` judges."""
    shown = dossier.request
    history = tuple(Former(*row) for row in session.execute(earlier(shown)))
    last = session.execute(last_invoice(shown, now)).first()
    known: dict[str, set[str]] = {PAYER: set(), ADDRESS: {one.email for one in history}}
    for kind, text in session.execute(known_words(shown, now)):
        known[kind].add(text)
    return Facts(
        amount=shown.amount,
        header=shown.header,
        header_id=shown.header_id,
        email=shown.email,
        copies=tuple(shown.copies),
        remarks=shown.remarks,
        submitted_at=shown.submitted_at,
        submitted_on=shown.submitted_on,
        account_name=dossier.account.name,
        holds_money=dossier.holds_money,
        balance_before=dossier.balance_before,
        balance_after=dossier.balance_after,
        short=dossier.short,
        debt=dossier.account.debt,
        parts=tuple(
            Paid(part.recharge.external_id, part.amount, part.recharge.channel, part.recharge.payer_name)
            for part in dossier.parts
        ),
        payers_known=frozenset(known[PAYER]),
        addresses_known=frozenset(known[ADDRESS]),
        last_invoice=LastInvoice(*last) if last is not None else None,
        history=history,
        refunds=tuple(
            Refund(row.external_id, row.recharge, row.amount, row.occurred_on, row.status == EntryStatus.COMPLETED)
            for row in session.execute(refunds(shown))
        ),
    )


def earlier(shown: InvoiceRequest) -> Any:
    """The account's requests before this one, newest first."""
    return (
        select(
            InvoiceRequest.number, InvoiceRequest.state, InvoiceRequest.amount, InvoiceRequest.header_id,
            InvoiceRequest.header_name, InvoiceRequest.email, InvoiceRequest.remarks, InvoiceRequest.submitted_on,
        )
        .where(
            InvoiceRequest.account_id == shown.account_id,
            tuple_(InvoiceRequest.submitted_at, InvoiceRequest.id)
            < tuple_(literal(shown.submitted_at, Instant()), literal(shown.id)),
        )
        .order_by(InvoiceRequest.submitted_at.desc(), InvoiceRequest.id.desc())
        .limit(WINDOW)
    )  # fmt: skip


def _invoices(shown: InvoiceRequest, now: datetime) -> Any:
    """The account's last invoices before this one's, by the index on what was issued: so many and no more."""
    return (
        select(
            InvoiceRequest.id, InvoiceRequest.header_id, InvoiceRequest.header_name, InvoiceRequest.invoice_number,
            InvoiceRequest.issued_at, InvoiceRequest.issued_on, InvoiceRequest.header,
        )
        .where(
            InvoiceRequest.account_id == shown.account_id,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at < (shown.issued_at or now),
        )
        .order_by(InvoiceRequest.issued_at.desc(), InvoiceRequest.id.desc())
        .limit(WINDOW)
        .subquery()
    )  # fmt: skip


def last_invoice(shown: InvoiceRequest, now: datetime) -> Any:
    """The newest of the account's last invoices that was made out with the same header."""
    invoices = _invoices(shown, now)
    return (
        select(invoices.c.invoice_number, invoices.c.issued_on, invoices.c.header)
        .where(invoices.c.header_id == shown.header_id)
        .order_by(invoices.c.issued_at.desc(), invoices.c.id.desc())
        .limit(1)
    )


def known_words(shown: InvoiceRequest, now: datetime) -> Any:
    """Who paid for the last invoices with the same header name, and the addresses of the account's people."""
    invoices = _invoices(shown, now)
    payers: Any = (
        select(literal_column(f"'{PAYER}'").label("kind"), LedgerEntry.payer_name)
        .select_from(invoices)
        .join(Allocation, Allocation.request_id == invoices.c.id)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(invoices.c.header_name == shown.header_name, LedgerEntry.payer_name != "")
    )
    people: Any = select(literal_column(f"'{ADDRESS}'").label("kind"), User.email).where(
        User.account_id == shown.account_id
    )
    return union(payers, people)


def refunds(shown: InvoiceRequest) -> Any:
    """Refunds since the application, and those on their way, of every recharge the request took or takes money from.

    A recharge that a refund took out of the request stays among its allocations, as released.
    """
    refund, recharge = _REFUND, _RECHARGE
    return (
        select(
            refund.external_id, recharge.external_id.label("recharge"), refund.amount, refund.occurred_on, refund.status
        )
        .distinct()
        .select_from(Allocation)
        .join(recharge, recharge.id == Allocation.recharge_id)
        # The kind is written out: so the partial index on refunds serves it.
        .join(
            refund,
            (refund.source == recharge.source)
            & (refund.refund_of == recharge.external_id)
            & (refund.kind == literal_column("'refund'")),
        )
        .where(
            Allocation.request_id == shown.id,
            or_(
                refund.status == EntryStatus.PENDING,
                (refund.status == EntryStatus.COMPLETED)
                & ((refund.occurred_at >= shown.submitted_at) | (refund.created_at >= shown.submitted_at)),
            ),
        )
        .order_by(refund.occurred_on, refund.external_id)
        .limit(WINDOW)
    )
