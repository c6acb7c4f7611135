"""What the platform told of the account, entry by entry, and what became of each."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import lazy_gettext
from sqlalchemy import select

from backoffice import database
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.queries import entries as queries
from backoffice.permissions import Permission
from backoffice.portal import labels
from backoffice.portal.queries import bills
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.queries import entries as behind
from backoffice.web import exports
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, OneOf, Text
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

FILTERS = FilterSet(
    Text("q", lazy_gettext("Exact ID"), max_length=120),
    OneOf("kind", lazy_gettext("Type"), list(labels.kinds.items())),
    OneOf("status", lazy_gettext("Status"), list(labels.entry_statuses.items())),
    DateRange("date", lazy_gettext("Date"), "from", "to"),
    AmountRange("amount", lazy_gettext("Amount"), "min", "max"),
    Choice("free", lazy_gettext("Money left"), [("1", lazy_gettext("In no request or invoice yet"))]),
    Choice("debt", lazy_gettext("Invoice debt"), [("1", lazy_gettext("Invoiced and refunded later"))]),
    OneOf(
        "taken",
        lazy_gettext("Refunds"),
        [("yes", lazy_gettext("Taken off")), ("no", lazy_gettext("Not taken off yet"))],
    ),
)


def wanted(filters: FilterState) -> queries.Wanted:
    """What the filters of the list ask for."""
    dates, amounts = filters["date"], filters["amount"]
    return queries.Wanted(
        kind=filters["kind"],
        status=filters["status"],
        since=dates.low,
        until=dates.high,
        least=amounts.low,
        most=amounts.high,
        search=filters["q"],
        free=bool(filters["free"]),
        debt=bool(filters["debt"]),
        taken=filters["taken"],
    )


@blueprint.get("/bills/entries")
@guard(Permission.SEE_OWN_INVOICES)
def entries() -> str:
    """The account's entries, newest first."""
    filters = FILTERS.parse(request.args)
    asked = wanted(filters)
    listed = queries.listed(account_id(), asked)
    page = paginate(database.session, listed, queries.ORDER, PageRequest.of(request.args), whole=select(LedgerEntry))
    return render_template(
        "portal/bills/entries.html",
        filters=filters,
        page=page,
        total=queries.total(account_id(), asked),
        totals=queries.totals(account_id(), asked),
        sums_of=labels.kind_sums,
        links=page.links(request.path, filters.query),
        kinds=labels.kinds,
        statuses=labels.entry_statuses,
        exports=exports.files_of(filters, "portal.export_entries"),
    )


@blueprint.get("/bills/entries/<int:entry_id>")
@guard(Permission.SEE_OWN_INVOICES)
def entry(entry_id: int) -> str:
    """One entry: its facts, and which invoices and refunds it belongs to."""
    opened = behind.opened(entry_id, account_id())
    return render_template(
        "portal/bills/entry.html",
        opened=opened,
        month=bills.Month.of(opened.entry.occurred_on),
        kinds=labels.kinds,
        statuses=labels.entry_statuses,
    )


@blueprint.get("/bills/entries/<int:entry_id>/<any(uses, refunds, requests):part>")
@guard(Permission.SEE_OWN_INVOICES)
def entry_part(entry_id: int, part: str) -> str:
    """One whole list behind an entry: what a recharge was used for, its refunds, or what a refund touched."""
    shown = behind.entry(entry_id, account_id())
    listing = behind.listing(shown, part)
    page = paginate(database.session, listing.statement, listing.order, PageRequest.of(request.args), key=listing.key)
    return render_template(
        "portal/bills/part.html",
        entry=shown,
        part=part,
        page=page,
        links=page.links(request.path),
        kinds=labels.kinds,
        statuses=labels.entry_statuses,
    )
