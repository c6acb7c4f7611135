"""How the books of an account compare with the slow ones: its figures, its recharges, its requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select

from backoffice.database import session
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries
from backoffice.ledger.models import (
    Allocation,
    LedgerEntry,
    LedgerMovement,
    MovementKind,
    Reservation,
    ReservationState,
)
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO, from_minor
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import entries
from tests.ledger.platform import Account


def the_books_agree(account: Account, unfinished: Collection[str]) -> None:
    """Everything the product says of an account is what the slow books say; `unfinished` are the requests that have
    their number and no document yet."""
    session.rollback()
    _figures_agree(account, unfinished)
    _recharges_agree(account)
    _requests_agree(account, unfinished)
    _journal_agrees(account)


def the_statements_agree(account_id: int, first: date, last: date) -> None:
    """What each statement says of its lines, how many they are and what they add up to, is what it lists."""
    # Credited before its issue, an amount is in progress no more, and the journal has no line that says so.
    early = (
        select(LedgerMovement.id)
        .join(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .where(LedgerMovement.account_id == account_id, LedgerMovement.kind == MovementKind.CREDIT)
        .where(or_(InvoiceRequest.closed_at.is_(None), InvoiceRequest.closed_at > LedgerMovement.at))
    )
    credited_early = session.scalar(early.limit(1)) is not None
    for since, until in ((None, None), (None, first), (first, last), (last, None)):
        for figure in ("", *FIGURES):
            for booked in (False, True):
                if credited_early and figure == "reserved" and not booked:
                    continue
                wanted = entries.Lines(figure, since, until, booked)
                lines = [row[0].moved for row in session.execute(entries.statement(account_id, wanted))]
                told = issuing.moved(account_id, wanted)
                name = figure or "balance"
                listed = sum((getattr(line, name) for line in lines), ZERO)
                assert (told.number, getattr(told.figures, name)) == (len(lines), listed), wanted
                assert not told.more


def _figures_agree(account: Account, unfinished: Collection[str]) -> None:
    books = account.books
    told = {name: from_minor(cents) for name, cents in books.figures().items()}
    figures = queries.balance(account.account_id)
    assert {name: getattr(figures, name) for name in FIGURES} == told
    assert figures.difference == 0
    assert figures.invoiceable == from_minor(books.invoiceable())
    assert queries.invoice_debt(account.account_id) == told["debt"]
    aside = queries.not_invoiceable(account.account_id)
    assert (aside.pending, aside.waiting_refunds, aside.grants, aside.consumption) == tuple(
        map(from_minor, books.not_invoiceable())
    )
    unissued = (
        from_minor(sum(each.parts.values()) - sum(each.credited.values()))
        for each in books.requests
        if each.name in unfinished
    )
    assert issuing.balance(account.account_id) == issuing.as_listed(figures, sum(unissued, ZERO))


def _recharges_agree(account: Account) -> None:
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.account_id == account.account_id, LedgerEntry.kind == "recharge")
        .execution_options(populate_existing=True)
    )
    found = {row.external_id: (row.free, row.status) for row in rows if row.status == "completed"}
    assert found == {
        account.id_of(each.name): (from_minor(account.books.free(each)), each.status)
        for each in account.books.completed()
    }


def _requests_agree(account: Account, unfinished: Collection[str]) -> None:
    rows = session.execute(
        select(
            InvoiceRequest.number,
            InvoiceRequest.state,
            Reservation.short,
            LedgerEntry.external_id,
            Allocation.amount,
        )
        .join(Reservation, Reservation.request_id == InvoiceRequest.id)
        .outerjoin(
            Allocation,
            (Allocation.request_id == InvoiceRequest.id) & (Allocation.state != ReservationState.RELEASED),
        )
        .outerjoin(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(InvoiceRequest.account_id == account.account_id)
    )
    found: dict[str, tuple[str, Decimal, dict[str, Decimal]]] = {}
    for number, state, short, recharge, amount in rows:
        found.setdefault(number, (state, short, {}))[2].update({recharge: amount} if recharge else {})
    assert found == {
        request.name: (
            "approved" if request.name in unfinished else request.state,
            from_minor(request.short),
            {account.id_of(name): from_minor(cents) for name, cents in request.parts.items()},
        )
        for request in account.books.requests
    }


def _journal_agrees(account: Account) -> None:
    """What the lines of the journal that name an entry or a request add up to is what became of it."""
    lines = session.execute(
        select(LedgerMovement, LedgerEntry.external_id, InvoiceRequest.number)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerMovement.entry_id)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .where(LedgerMovement.account_id == account.account_id)
    ).all()
    of_requests, of_entries = defaultdict(Figures), defaultdict(Figures)
    missing: dict[tuple[str, str], Decimal] = {}
    for line, entry, request in lines:
        of_requests[request] += line.moved
        of_entries[entry] += line.moved
        if line.kind == MovementKind.REALLOCATE:
            missing[entry, request] = missing.get((entry, request), ZERO) + line.short
    books = account.books
    for each in books.requests:
        found = of_requests[each.name]
        invoiced = each.cents - sum(each.credited.values()) if each.state == "issued" else 0
        assert (found.reserved, found.invoiced, found.short) == tuple(
            map(from_minor, (each.cents if each.holds else 0, invoiced, each.short))
        ), each
    for recharge in books.recharges:
        told = recharge.cents if recharge.status == "completed" else 0
        assert of_entries[account.id_of(recharge.name)].recharged == from_minor(told), recharge
    for refund in books.refunds:
        taken = refund.cents if refund.taken else 0
        assert of_entries[account.id_of(refund.name)].refunded == from_minor(taken), refund
    assert missing == {
        (account.id_of(refund.name), request): from_minor(cents)
        for refund in books.refunds
        for request, cents in refund.missing.items()
    }
