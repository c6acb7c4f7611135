"""The customer's first page: what can be invoiced, what is invoiced, and the list of requests."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from backoffice import database
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.portal import labels
from backoffice.portal.queries import invoices as queries
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests import queries as requests
from backoffice.requests.queries import entries, shortages
from backoffice.requests.rules import OPEN_STATES
from backoffice.web import exports
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, Text
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

LIST_FILTERS = (
    Text("q", lazy_gettext("Number, header or amount")),
    Choice("status", lazy_gettext("Status"), list(labels.statuses.items())),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    AmountRange("amount", lazy_gettext("Amount"), "min", "max"),
    Choice("short", lazy_gettext("Missing money"), [("1", lazy_gettext("Taken by a refund"))]),
)
FILTERS = FilterSet(*LIST_FILTERS)


def wanted(filters: FilterState) -> queries.Wanted:
    """What the filters of the list ask for."""
    dates, amounts = filters["date"], filters["amount"]
    return queries.Wanted(
        filters["status"], dates.low, dates.high, amounts.low, amounts.high, filters["q"], bool(filters["short"])
    )


@blueprint.get("/invoices")
@guard(Permission.SEE_OWN_INVOICES)
def invoices() -> str:
    """What can be invoiced, what is invoiced, and the account's requests, newest first."""
    account = account_id()
    filters = FILTERS.parse(request.args)
    listed = queries.listed(account, wanted(filters))
    page = paginate(database.session, listed, queries.ORDER, PageRequest.of(request.args), whole=requests.rows())
    issued = [item.number for item in page.items if item.is_issued]
    archive = url_for("portal.archive")
    balance, credited = issuing.balance(account), entries.credited(page.items)
    files = exports.files_of(filters, "portal.export_invoices")
    if credited:
        address = url_for("portal.export_invoices", extension="csv")
        files.append((gettext("Credit notes as CSV"), filters.url(address, {"part": "notes"})))
    return render_template(
        "portal/invoices.html",
        balance=balance,
        total=issuing.total(account, filters["status"], balance) if filters.narrowed_by == {"status"} else None,
        short=shortages.total(account) if filters.narrowed_by == {"short"} else None,
        missing=shortages.missing(page.items) if balance.short else {},
        filters=filters,
        page=page,
        credited=credited,
        links=page.links(request.path, filters.query),
        open_states=[state.value for state in OPEN_STATES],
        issued=issued,
        archive_of_page=url_for("portal.archive", number=issued),
        archive_of_all=filters.url(archive),
        exports=files,
    )
