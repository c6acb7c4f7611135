"""The customer's lists as files, under the same filters as on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Select
from sqlalchemy.orm import undefer

from backoffice import clock, database
from backoffice.errors import NotFound
from backoffice.extensions import limiter
from backoffice.ledger.models import EntryKind
from backoffice.ledger.queries import entries
from backoffice.permissions import Permission
from backoffice.portal import labels
from backoffice.portal.queries import bills, invoices
from backoffice.portal.views import bills as bill_pages
from backoffice.portal.views import entries as entry_pages
from backoffice.portal.views import invoices as invoice_pages
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.models import InvoiceRequest
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.guards import guard
from backoffice.web.paging import Order, batches

limit = limiter.shared_limit(exports.EXPORTS, scope="exports", key_func=limits.who_asks)

INVOICES = (
    Column(lazy_gettext("Request"), "code", lambda item: item.number),
    Column(lazy_gettext("Invoice number"), "code", lambda item: item.invoice_number),
    Column(lazy_gettext("Invoice Header"), "text", lambda item: item.header_name),
    Column(lazy_gettext("Tax ID"), "code", lambda item: item.header.get("tax_id")),
    Column(lazy_gettext("Amount"), "amount", lambda item: item.amount),
    Column(lazy_gettext("Status"), "text", lambda item: labels.statuses[item.state]),
    Column(lazy_gettext("Application date"), "day", lambda item: item.submitted_on),
    Column(lazy_gettext("Issue date"), "day", lambda item: item.issued_on),
    Column(lazy_gettext("Applicant"), "text", lambda item: item.applicant_label),
    Column(lazy_gettext("Receiving Email"), "text", lambda item: item.email),
    Column(lazy_gettext("Remarks"), "text", lambda item: item.remarks),
)
ENTRIES = (
    Column(lazy_gettext("Date"), "instant", lambda item: item.occurred_at),
    Column(lazy_gettext("Type"), "text", lambda item: labels.kinds[item.kind]),
    Column(lazy_gettext("ID"), "code", lambda item: item.external_id),
    Column(lazy_gettext("Status"), "text", lambda item: labels.entry_statuses[item.status]),
    Column(lazy_gettext("Amount"), "amount", lambda item: item.amount),
    Column(lazy_gettext("Refunded"), "amount", lambda item: _of_recharge(item, item.refunded)),
    Column(lazy_gettext("Reserved"), "amount", lambda item: _of_recharge(item, item.reserved)),
    Column(lazy_gettext("Invoiced"), "amount", lambda item: _of_recharge(item, item.invoiced)),
    Column(lazy_gettext("Refund of"), "code", lambda item: item.refund_of),
    Column(lazy_gettext("Channel"), "text", lambda item: item.channel),
    Column(lazy_gettext("Payer"), "text", lambda item: item.payer_name),
    Column(lazy_gettext("Bank reference"), "code", lambda item: item.bank_reference),
    Column(lazy_gettext("Description"), "text", lambda item: item.description),
)


def _of_recharge(entry: Any, figure: Any) -> Any:
    return figure if entry.kind == EntryKind.RECHARGE else None


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
    """The filtered list of requests."""
    wanted = invoice_pages.wanted(invoice_pages.FILTERS.parse(request.args))
    columns = (InvoiceRequest.header, InvoiceRequest.applicant_label, InvoiceRequest.email, InvoiceRequest.remarks)
    statement = invoices.listed(account_id(), wanted).options(*(undefer(column) for column in columns))
    return _answer(extension, INVOICES, _rows(statement, invoices.ORDER), gettext("Invoices"), "invoices")


@blueprint.get("/bills/entries/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_OWN_INVOICES)
@limit
def export_entries(extension: str) -> Response:
    """The filtered list of entries."""
    wanted = entry_pages.wanted(entry_pages.FILTERS.parse(request.args))
    rows = _rows(entries.listed(account_id(), wanted), entries.ORDER)
    return _answer(extension, ENTRIES, rows, gettext("Entries"), "entries")


@blueprint.get("/bills/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_OWN_INVOICES)
@limit
def export_bill(extension: str) -> Response:
    """A month day by day."""
    month, _months = bill_pages.month_asked_for()
    if request.args.get("month", str(month)) != str(month):
        raise NotFound  # a file of another month than the one asked for would be filed under the wrong name
    days = bills.bill(account_id(), month).days
    name = f"{gettext('Bill')} {month}"
    return exports.answer(extension, _day_columns(), sorted(days.items()), name=name, ascii_name=f"bill-{month}")


def _answer(extension: str, columns: Any, rows: Iterator[Any], name: str, ascii_name: str) -> Response:
    today = clock.today()
    return exports.answer(
        extension, columns, rows, name=exports.dated(name, today), ascii_name=f"{ascii_name}-{today.isoformat()}"
    )


def _rows(statement: Select[Any], order: Order) -> Iterator[Any]:
    """All rows, a batch in memory at a time; between two batches neither snapshot nor connection is held."""
    for batch in batches(database.session, statement, order):
        yield from batch
        database.session.rollback()
