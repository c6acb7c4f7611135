"""The customer's lists as files, under the same filters as on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Select
from sqlalchemy.orm import undefer

from backoffice import clock, database
from backoffice.errors import N_, Message, NotFound
from backoffice.extensions import limiter
from backoffice.issuing.models import CreditNote
from backoffice.issuing.queries import credits
from backoffice.ledger.models import EntryKind, EntryStatus
from backoffice.ledger.queries import entries
from backoffice.money import ZERO
from backoffice.permissions import Permission
from backoffice.portal import labels
from backoffice.portal.queries import bills, invoices
from backoffice.portal.views import bills as bill_pages
from backoffice.portal.views import entries as entry_pages
from backoffice.portal.views import invoices as invoice_pages
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import entries as behind
from backoffice.requests.queries import shortages
from backoffice.web import exports, limits
from backoffice.web.exports import Column, Sheet
from backoffice.web.filters import FilterSet, refuse_others
from backoffice.web.guards import guard
from backoffice.web.paging import Order, batches, every_row

limit = limiter.shared_limit(exports.EXPORTS, scope="exports", key_func=limits.who_asks)


@dataclass(frozen=True, slots=True)
class Listed:
    """A request with what credit notes took back of its invoice and what a refund took of its money while it is open;
    None where it has no invoice, or nothing is missing. `notes` are its credit notes that have a document."""

    request: InvoiceRequest
    credited: Decimal | None
    missing: Decimal | None
    notes: Sequence[CreditNote] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """A credit note and the request whose invoice it is on."""

    request: InvoiceRequest
    note: CreditNote


INVOICES = (
    Column(lazy_gettext("Request"), "code", lambda row: row.request.number),
    Column(lazy_gettext("Invoice number"), "code", lambda row: row.request.invoice_number),
    Column(lazy_gettext("Invoice Header"), "text", lambda row: row.request.header_name),
    Column(lazy_gettext("Tax ID"), "code", lambda row: row.request.header.get("tax_id")),
    Column(lazy_gettext("Amount"), "amount", lambda row: row.request.amount),
    Column(lazy_gettext("Credited"), "amount", lambda row: row.credited),
    Column(lazy_gettext("Credit notes"), "code", lambda row: ", ".join(note.number for note in row.notes)),
    Column(lazy_gettext("Status"), "text", lambda row: labels.statuses[row.request.state]),
    Column(lazy_gettext("Short"), "amount", lambda row: row.missing),
    Column(lazy_gettext("Application date"), "day", lambda row: row.request.submitted_on),
    Column(lazy_gettext("Issue date"), "day", lambda row: row.request.issued_on),
    Column(lazy_gettext("Applicant"), "text", lambda row: row.request.applicant_label),
    Column(lazy_gettext("Receiving Email"), "text", lambda row: row.request.email),
    Column(lazy_gettext("Remarks"), "text", lambda row: row.request.remarks),
)
# What a credit note takes back is negative, as on its document.
NOTES = (
    Column(lazy_gettext("Credit note"), "code", lambda row: row.note.number),
    Column(lazy_gettext("Issue date"), "day", lambda row: row.note.issued_on),
    Column(lazy_gettext("Invoice number"), "code", lambda row: row.request.invoice_number),
    Column(lazy_gettext("Request"), "code", lambda row: row.request.number),
    Column(lazy_gettext("Invoice Header"), "text", lambda row: row.request.header_name),
    Column(lazy_gettext("Reason"), "text", lambda row: labels.credit_reasons[row.note.snapshot["reason"]]),
    Column(lazy_gettext("Words on the credit note"), "text", lambda row: row.note.snapshot["remarks"]),
    Column(lazy_gettext("Net"), "amount", lambda row: -row.note.net),
    Column(lazy_gettext("Tax"), "amount", lambda row: -row.note.tax),
    Column(lazy_gettext("Amount"), "amount", lambda row: -row.note.gross),
)
LIST_FILTERS = FilterSet(*invoice_pages.LIST_FILTERS, beside=("part",))
# What a file holds of a request beside what a list shows.
_WHOLE = (InvoiceRequest.header, InvoiceRequest.applicant_label, InvoiceRequest.email, InvoiceRequest.remarks)
ENTRIES = (
    Column(lazy_gettext("Date"), "instant", lambda item: item.occurred_at),
    Column(lazy_gettext("Type"), "text", lambda item: labels.kinds[item.kind]),
    Column(lazy_gettext("ID"), "code", lambda item: item.external_id),
    Column(lazy_gettext("Status"), "text", lambda item: labels.entry_statuses[item.status]),
    Column(lazy_gettext("Amount"), "amount", lambda item: item.amount),
    Column(lazy_gettext("Refunded"), "amount", lambda item: _of_recharge(item, item.refunded)),
    Column(lazy_gettext("Reserved"), "amount", lambda item: _of_recharge(item, item.reserved)),
    Column(lazy_gettext("Invoiced"), "amount", lambda item: _of_recharge(item, item.invoiced)),
    Column(lazy_gettext("Spoken for"), "amount", lambda item: _of_recharge(item, item.reserved + item.invoiced)),
    Column(lazy_gettext("Free"), "amount", lambda item: _of_recharge(item, max(item.free, ZERO))),
    Column(lazy_gettext("Invoice debt"), "amount", lambda item: _of_recharge(item, item.debt)),
    Column(lazy_gettext("Refund of"), "code", lambda item: item.refund_of),
    Column(lazy_gettext("Channel"), "text", lambda item: item.channel),
    Column(lazy_gettext("Payer"), "text", lambda item: item.payer_name),
    Column(lazy_gettext("Bank reference"), "code", lambda item: item.bank_reference),
    Column(lazy_gettext("Description"), "text", lambda item: item.description),
)


def _of_recharge(entry: Any, figure: Any) -> Any:
    return figure if entry.kind == EntryKind.RECHARGE and entry.status == EntryStatus.COMPLETED else None


def _balance_columns(asked: bill_pages.Asked) -> list[Column]:
    return [
        Column(lazy_gettext("From the beginning to the end"), "text", lambda row: asked.steps[row[0]]),
        Column(lazy_gettext("Amount"), "amount", lambda row: row[1]),
    ]


def _day_columns() -> list[Column]:
    columns = [Column(lazy_gettext("Day"), "day", lambda row: row[0])]
    for kind in EntryKind:
        name = str(labels.kind_sums[kind])
        columns += [
            Column(name, "amount", lambda row, kind=kind: row[1].get(kind, bills.NOTHING).amount),  # type: ignore[misc]
            Column(
                gettext("%(kind)s: entries", kind=name),
                "number",
                lambda row, kind=kind: row[1].get(kind, bills.NOTHING).entries,  # type: ignore[misc]
            ),
        ]
    return columns


@blueprint.get("/invoices/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_OWN_INVOICES)
@limit
def export_invoices(extension: str) -> Response:
    """The filtered list of requests, and the credit notes on their invoices: a spreadsheet holds both, a CSV file the
    requests, or with `part=notes` the credit notes."""
    filters = LIST_FILTERS if extension == "csv" else invoice_pages.FILTERS
    wanted, part = invoice_pages.wanted(filters.parse_whole(request.args)), request.args.get("part", "")
    if part not in ("", "notes"):
        raise NotFound(Message(N_("This list has no part %(part)s."), part=part[:40]))
    statement = invoices.listed(account_id(), wanted).options(*map(undefer, _WHOLE))
    notes = Sheet(gettext("Credit notes"), NOTES, _notes(statement))
    if part:
        return _answer(extension, NOTES, notes.rows, f"{gettext('Invoices')} {notes.title}", "credit-notes")
    rows = _requests(statement, invoices.ORDER)
    return _answer(extension, INVOICES, rows, gettext("Invoices"), "invoices", further=(notes,))


@blueprint.get("/bills/entries/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_OWN_INVOICES)
@limit
def export_entries(extension: str) -> Response:
    """The filtered list of entries."""
    wanted = entry_pages.wanted(entry_pages.FILTERS.parse_whole(request.args))
    rows = every_row(database.session, entries.listed(account_id(), wanted), entries.ORDER)
    return _answer(extension, ENTRIES, rows, gettext("Entries"), "entries")


@blueprint.get("/bills/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_OWN_INVOICES)
@limit
def export_bill(extension: str) -> Response:
    """A month day by day, from its beginning to its end, and its invoices: a spreadsheet holds all three, a CSV file
    the one that is asked for (`part`), the days unless asked."""
    asked, part = bill_pages.asked_for(), request.args.get("part", "")
    refuse_others(request.args, ("month", "part") if extension == "csv" else ("month",))
    if asked.unknown:
        # A file of another month than the one asked for would be filed under the wrong name.
        raise NotFound(Message(N_("There is no bill of %(month)s."), month=asked.unknown))
    # A spreadsheet is whole before it leaves, so its sheets may be read from one state of the books.
    sheets = _bill_sheets(asked, at_once=extension == "xlsx")
    if part and part not in sheets:
        raise NotFound(Message(N_("A bill has no part %(part)s."), part=part[:40]))
    first, name, ascii_name = sheets[part or "days"], f"{gettext('Bill')} {asked.month}", f"bill-{asked.month}"
    if part:
        name, ascii_name = f"{name} {labels.bill_parts[part]}", f"{ascii_name}-{part}"
    further = [sheets[other] for other in ("balance", "invoiced")]
    return exports.answer(extension, first.columns, first.rows, name=name, ascii_name=ascii_name, further=further)


def _bill_sheets(asked: bill_pages.Asked, *, at_once: bool) -> dict[str, Sheet]:
    """The lists that make up a bill, by their word in the address; `at_once`: all from one state of the books."""
    bill = bills.bill(account_id(), asked.month)
    issued = bills.issued(account_id(), asked.month).options(*map(undefer, _WHOLE))
    return {
        "days": Sheet(str(labels.bill_parts["days"]), _day_columns(), sorted(bill.days.items())),
        "balance": Sheet(str(labels.bill_parts["balance"]), _balance_columns(asked), bill.steps.items()),
        "invoiced": Sheet(
            str(labels.bill_parts["invoiced"]), INVOICES, _requests(issued, bills.ISSUED_ORDER, at_once=at_once)
        ),
    }


def _answer(
    extension: str, columns: Any, rows: Iterable[Any], name: str, ascii_name: str, *, further: Sequence[Sheet] = ()
) -> Response:
    today = clock.today()
    names = {"name": exports.dated(name, today), "ascii_name": f"{ascii_name}-{today.isoformat()}"}
    return exports.answer(extension, columns, rows, **names, further=further)


def _requests(statement: Select[InvoiceRequest], order: Order, *, at_once: bool = False) -> Iterator[Listed]:
    """The same of requests, with what was credited and what is missing: at most three more statements for each batch.

    With `at_once` all of it, and what was read before, is of one moment.
    """
    for batch in batches(database.session, statement, order):
        credited, missing = behind.credited(batch), shortages.missing(batch)
        notes = credits.notes_of_requests(credited) if credited else {}
        for item in batch:
            taken = credited.get(item.id, ZERO) if item.is_issued else None
            yield Listed(item, taken, missing.get(item.id), notes.get(item.id, ()))
        if not at_once:
            database.session.rollback()


def _notes(statement: Select[InvoiceRequest]) -> Iterator[Noted]:
    """The credit notes on the invoices of these requests, in the order of the list."""
    for batch in batches(database.session, statement, invoices.ORDER):
        credited = behind.credited(batch)
        notes = credits.notes_of_requests(credited) if credited else {}
        for item in batch:
            yield from (Noted(item, note) for note in notes.get(item.id, ()))
        database.session.rollback()
