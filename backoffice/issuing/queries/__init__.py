"""Reads of invoices and of the work of issuing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select, union_all

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.issuing.models import Invoice
from backoffice.issuing.rules import Snapshot, encloses_xml
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import Allocation, LedgerMovement, Reservation, ReservationState, moves
from backoffice.ledger.queries import journal
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.queries import entries
from backoffice.requests.rules import OPEN_STATES, State
from backoffice.steering import beside, word

# Lines of a statement are counted up to so many: a page costs the same however many there are.
LINES_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Document:
    """An issued invoice's PDF in the store."""

    number: str
    sha256: str
    size: int


def document_of(request_id: int) -> Document:
    """The document of an issued request. Raises NotFound until it is issued."""
    row = session.execute(
        select(Invoice.number, Invoice.pdf_sha256, Invoice.pdf_size)
        .join(InvoiceRequest, InvoiceRequest.invoice_id == Invoice.id)
        .where(InvoiceRequest.id == request_id, InvoiceRequest.state == State.ISSUED)
    ).one_or_none()
    if row is None or row.pdf_sha256 is None:
        raise NotFound
    return Document(row.number, row.pdf_sha256, row.pdf_size)


def has_xml(request_id: int) -> bool:
    """Whether the invoice of a request has its document and brings its XML."""
    template = session.scalar(
        select(Invoice.template).where(Invoice.request_id == request_id, Invoice.pdf_sha256.is_not(None))
    )
    return template is not None and encloses_xml(template)


def issuable(now: datetime, limit: int, *, numbered: bool = False) -> list[tuple[int, bool]]:
    """Approved requests whose undo window is over and which did not fail, longest waiting first: their ids, and whether
    they have their number.

    One that a refund left short waits until money covers it; then it is issued without anybody's doing. With
    `numbered`, only those that have their number and wait for their document.
    """
    begun = InvoiceRequest.invoice_id.is_not(None)
    asked = (
        select(InvoiceRequest.id, begun.label("begun"))
        .join(Reservation, Reservation.request_id == InvoiceRequest.id)
        .where(
            in_state(State.APPROVED),
            Reservation.short == 0,
            InvoiceRequest.issuable_at <= now,
            InvoiceRequest.issue_error.is_(None),
        )
    )
    if numbered:
        asked = asked.where(begun)
    rows = session.execute(asked.order_by(InvoiceRequest.issuable_at, InvoiceRequest.id).limit(limit))
    return [(row.id, bool(row.begun)) for row in rows]


def is_numbered(request_id: int) -> bool:
    """Whether a request has its number by now."""
    return session.scalar(select(InvoiceRequest.invoice_id).where(InvoiceRequest.id == request_id)) is not None


def numbered_invoice(request_id: int) -> tuple[int, Snapshot] | None:
    """Id and snapshot of the invoice a request got in transaction 1, if it got one."""
    row = session.execute(select(Invoice.id, Invoice.snapshot).where(Invoice.request_id == request_id)).one_or_none()
    return None if row is None else (row.id, row.snapshot)


def being_issued(account_id: int) -> Decimal:
    """What of the account has its number and is not issued yet, less credits: the document is made, or failed.

    The books count it as invoiced from the number on, while lists show the request as approved until it is issued.
    """
    return (
        session.scalar(
            select(func.sum(Allocation.amount - Allocation.credited))
            .join(InvoiceRequest, InvoiceRequest.id == Allocation.request_id)
            .where(
                InvoiceRequest.account_id == account_id,
                in_state(State.APPROVED),
                InvoiceRequest.invoice_id.is_not(None),
                Allocation.state == ReservationState.SETTLED,
            )
        )
        or ZERO
    )


def being_issued_on(account_id: int, day: date) -> Decimal:
    """What of the account was `being_issued` at the end of a local day: whatever is issued later, it says the same."""
    return session.scalar(_unissued(account_id, day, func.sum(LedgerMovement.invoiced))) or ZERO


def _unissued(account_id: int, day: date | None, *columns: Any) -> Select[Any]:
    """The lines of the account's invoices that were being issued at the end of a local day, or are now."""
    of_account = select(InvoiceRequest.id).where(InvoiceRequest.account_id == account_id)
    numbered = of_account.where(in_state(State.APPROVED), InvoiceRequest.invoice_id.is_not(None))
    lines = select(*columns).where(LedgerMovement.kind.in_(entries.OF_INVOICES))
    if day is None:
        return lines.where(LedgerMovement.request_id.in_(numbered))
    end = clock.start_of_day(day + timedelta(days=1), clock.zone())
    # Each half is read by an index of its own, and both find few.
    unissued = union_all(
        numbered,
        of_account.where(in_state(State.ISSUED), InvoiceRequest.issued_at < end, InvoiceRequest.closed_at >= end),
    )
    return lines.where(LedgerMovement.request_id.in_(unissued.scalar_subquery()), LedgerMovement.at < end)


def balance(account_id: int) -> Figures:
    """The account's figures now as its lists of requests show them. Raises NotFound."""
    return as_listed(ledger.balance(account_id), being_issued(account_id))


def balance_on(account_id: int, day: date) -> Figures:
    """The account's figures at the end of a local day, as its statement up to that day adds up."""
    return as_listed(ledger.balance_on(account_id, day), being_issued_on(account_id, day))


@dataclass(frozen=True, slots=True)
class Moved:
    """What a statement adds up to, and how many lines it has; `more` where they are more than are counted."""

    figures: Figures
    number: int
    more: bool


def moved(account_id: int, wanted: entries.Lines) -> Moved:
    """Sum and number of the lines of an account's statement, in one statement whose cost does not grow with them.

    The sum is what stood at its end less what stood before its beginning. Of invoices' lines that count from when they
    were issued (`entries.statement`), those that did not yet count at either end are taken off what was booked.
    """
    of_invoices = wanted.figure in ("reserved", "invoiced") and not wanted.booked
    listed = entries.ids_of_lines(account_id, replace(wanted, booked=wanted.booked or of_invoices))
    counted = listed.limit(LINES_COUNTED + 1).subquery()
    asked = select(select(func.count()).select_from(counted).scalar_subquery().label("number"), *ledger.COUNTERS)
    asked = asked.select_from(Account).where(Account.id == account_id)
    before = None if wanted.since is None else wanted.since - timedelta(days=1)
    for name, day in (("ended", wanted.until), ("began", before)):
        if day is not None:
            line = journal.stood(account_id, day, name)
            asked = asked.outerjoin(line, line.c.account_id == Account.id)
            asked = asked.add_columns(*(line.c[each].label(f"{name}_{each}") for each in FIGURES))
        if of_invoices and (day is not None or name == "ended"):
            money = _unissued(account_id, day, func.coalesce(func.sum(LedgerMovement.invoiced), ZERO))
            number = _unissued(account_id, day, func.count()).where(moves(wanted.figure))
            asked = asked.add_columns(
                money.scalar_subquery().label(f"{name}_unissued"), number.scalar_subquery().label(f"{name}_lines")
            )
    row = session.execute(asked).one()
    told = row._mapping
    figures = ledger.figures_of(row) if wanted.until is None else _then(told, "ended")
    if before is not None:
        figures -= _then(told, "began")
    unissued = told.get("ended_unissued", ZERO) - told.get("began_unissued", ZERO)
    number = row.number - told.get("ended_lines", 0) + told.get("began_lines", 0)
    more = row.number > LINES_COUNTED
    return Moved(as_listed(figures, unissued), LINES_COUNTED if more else number, more)


def _then(told: Mapping[Any, Any], name: str) -> Figures:
    return Figures(*(told[f"{name}_{each}"] or ZERO for each in FIGURES))


def as_listed(figures: Figures, unissued: Decimal) -> Figures:
    """The books' figures with what is `being_issued` still in progress, as its request is on every list."""
    return figures + Figures(reserved=unissued, invoiced=-unissued)


@dataclass(frozen=True, slots=True)
class Total:
    """How many requests a list holds, what they are over, and what of it credit notes took back, in major units."""

    number: int
    amount: Decimal
    credited: Decimal

    @property
    def left(self) -> Decimal:
        """What the figure says that opens the list."""
        return self.amount - self.credited


def total(account_id: int, states: Collection[str], figures: Figures) -> Total | None:
    """What the list of the account's requests in these states adds up to, where one of its `figures` opens that list.

    Read from the account's index alone; the parts are looked at only where something was credited.
    """
    opened_by: list[tuple[Collection[str], Decimal]] = [
        ((State.ISSUED,), figures.invoiced),
        (OPEN_STATES, figures.reserved),
    ]
    figure = next((each for of_states, each in opened_by if set(of_states) == set(states)), None)
    if figure is None:
        return None
    listed = of_list(account_id, states)
    number, amount = session.execute(select(func.count(), func.sum(InvoiceRequest.amount)).where(*listed)).one()
    credited = None
    if (amount or ZERO) != figure:
        parts = select(func.sum(Allocation.credited)).join(InvoiceRequest, InvoiceRequest.id == Allocation.request_id)
        credited = session.scalar(parts.where(*listed, Allocation.credited > ZERO))
    return Total(number, amount or ZERO, credited or ZERO)


def of_list(account_id: int, states: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """SQL predicates of an account's requests in some states; beside the account no index of all states serves."""
    return InvoiceRequest.account_id == account_id, beside(InvoiceRequest.state).in_([word(each) for each in states])


@dataclass(frozen=True, slots=True)
class Register:
    """What the register of invoices holds for some days: how many, and their gross in major units."""

    number: int
    gross: Decimal


def register_between(first: date, last: date) -> Register:
    """Invoices dated from `first` to `last`, both included."""
    number, gross = session.execute(
        select(func.count(), func.sum(Invoice.gross)).where(Invoice.issued_on.between(first, last))
    ).one()
    return Register(number, gross or ZERO)


REGISTER_ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [
    (Invoice.issued_on, "desc"),
    (Invoice.sequence, "desc"),
    (Invoice.gross, "desc"),
    (Invoice.id, "desc"),
]


def register(first: date, last: date) -> Select[Any]:
    """These invoices, each with its request's number and its account's code, for a list in `REGISTER_ORDER`, which is
    that of the index of issue dates."""
    return (
        select(Invoice.id, Invoice.number, Invoice.issued_on, Invoice.sequence, Invoice.gross)
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == Invoice.account_id)
        .add_columns(InvoiceRequest.number.label("request"), InvoiceRequest.state, Account.code, Account.name)
        .where(Invoice.issued_on.between(first, last))
    )
