"""The queue's lists as files, with the view, the filters and the order of the page."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext
from sqlalchemy import Select

from backoffice import clock
from backoffice.database import session
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review import labels
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import Listed, Wanted
from backoffice.review.views.plumbing import blueprint
from backoffice.review.views.queue import FILTERS, viewer, wanted_by
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.guards import guard
from backoffice.web.paging import every_row

COLUMNS = (
    Column(lazy_gettext("Request"), "code", lambda row: row.number),
    Column(lazy_gettext("Customer account"), "text", lambda row: row.account),
    Column(lazy_gettext("Invoice Header"), "text", lambda row: row.header_name),
    Column(lazy_gettext("Header type"), "text", lambda row: labels.kinds[row.kind]),
    Column(lazy_gettext("Tax ID"), "code", lambda row: row.tax_id),
    Column(lazy_gettext("Amount"), "amount", lambda row: row.amount),
    Column(lazy_gettext("Short"), "amount", lambda row: row.short),
    Column(lazy_gettext("Status"), "text", lambda row: labels.request_statuses[row.state]),
    Column(lazy_gettext("Invoice number"), "code", lambda row: row.invoice_number),
    Column(lazy_gettext("Applied"), "instant", lambda row: row.submitted_at),
    Column(lazy_gettext("Due"), "day", lambda row: row.due_on),
    Column(lazy_gettext("Flagged"), "instant", lambda row: row.flagged_at),
    Column(lazy_gettext("On hold"), "instant", lambda row: row.held_at),
    Column(lazy_gettext("Assignee"), "text", lambda row: _assignee(row)),
    Column(lazy_gettext("Receiving Email"), "text", lambda row: row.email),
    Column(lazy_gettext("Remarks"), "text", lambda row: row.remarks),
)


def _assignee(row: Any) -> str | None:
    listed = Listed._make(row[: len(Listed._fields)])
    return listed.claimed_by_label if listed.claimant(clock.now()) is not None else None


@blueprint.get("/queue.<any(csv, xlsx):extension>")
@guard(Permission.SEE_QUEUE)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_queue(extension: str) -> Response:
    """The requests of one view as a file."""
    wanted = wanted_by(FILTERS.parse_whole(request.args))
    rows = every_row(session, _whole(wanted), wanted.order)
    today = clock.today()
    name = exports.dated(str(labels.views[wanted.view]), today)
    return exports.answer(extension, COLUMNS, rows, name=name, ascii_name=f"requests-{wanted.view}-{today.isoformat()}")


def _whole(wanted: Wanted) -> Select[Any]:
    """The rows of a list with what a file holds beside what the page shows."""
    header = InvoiceRequest.header
    return queries.queue(wanted, viewer()).add_columns(
        header["kind"].as_string().label("kind"), header["tax_id"].as_string().label("tax_id"),
        InvoiceRequest.flagged_at, InvoiceRequest.email, InvoiceRequest.remarks,
    )  # fmt: skip
