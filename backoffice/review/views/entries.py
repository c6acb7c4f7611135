"""The entries of an account for finance, and one entry with everything behind it."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session
from backoffice.extensions import limiter
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.queries import entries as queries
from backoffice.money import ZERO
from backoffice.permissions import Permission
from backoffice.requests.queries import entries as behind
from backoffice.review import labels
from backoffice.review.queries import accounts
from backoffice.review.views.accounts import entry_base, request_base
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, FilterState, OneOf, Text
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, every_row, paginate

FILTERS = FilterSet(
    Text("q", lazy_gettext("Exact ID"), max_length=120),
    OneOf("kind", lazy_gettext("Type"), list(labels.entry_kinds.items())),
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
COLUMNS = (
    Column(lazy_gettext("Date"), "instant", lambda item: item.occurred_at),
    Column(lazy_gettext("Type"), "text", lambda item: labels.entry_kinds[item.kind]),
    Column(lazy_gettext("ID"), "code", lambda item: item.external_id),
    Column(lazy_gettext("Source"), "code", lambda item: item.source),
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
    return figure if entry.kind == "recharge" and entry.status == "completed" else None


def _wanted(filters: FilterState) -> queries.Wanted:
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


@blueprint.get("/accounts/<code>/entries")
@guard(Permission.SEE_BOOKS)
def account_entries(code: str) -> str:
    """The account's entries, newest first."""
    account, filters = accounts.by_code(code), FILTERS.parse(request.args)
    asked = _wanted(filters)
    listed = queries.listed(account.id, asked)
    page = paginate(session, listed, queries.ORDER, PageRequest.of(request.args), whole=select(LedgerEntry))
    return render_template(
        "review/account_entries.html",
        account=account,
        filters=filters,
        page=page,
        total=queries.total(account.id, asked),
        totals=queries.totals(account.id, asked),
        links=page.links(request.path, filters.query),
        labels=labels,
        entry_base=entry_base(),
        exports=exports.files_of(filters, "review.export_account_entries", code=code),
    )


@blueprint.get("/accounts/<code>/entries/export.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_account_entries(code: str, extension: str) -> Response:
    """The filtered list of the account's entries as a file."""
    account = accounts.by_code(code)
    rows = every_row(session, queries.listed(account.id, _wanted(FILTERS.parse_whole(request.args))), queries.ORDER)
    today = clock.today()
    name = exports.dated(f"{gettext('Entries')} {account.code}", today)
    return exports.answer(extension, COLUMNS, rows, name=name, ascii_name=f"entries-{today.isoformat()}")


@blueprint.get("/entries/<int:entry_id>")
@guard(Permission.SEE_BOOKS)
def entry(entry_id: int) -> str:
    """One entry: what the platform told and in which file, what became of it, and what it moved."""
    opened = behind.opened(entry_id)
    listing = behind.journal(opened.entry)
    page = paginate(session, listing.statement, listing.order, PageRequest.of(request.args), key=listing.key)
    return render_template(
        "review/entry.html",
        opened=opened,
        origin=accounts.origin(opened.entry),
        page=page,
        links=page.links(request.path),
        labels=labels,
        entry_base=entry_base(),
        requests=request_base(),
        may_import=current_user.can(Permission.ADMINISTER),
    )


@blueprint.get("/entries/<int:entry_id>/<any(uses, refunds, requests):part>")
@guard(Permission.SEE_BOOKS)
def entry_part(entry_id: int, part: str) -> str:
    """One whole list behind an entry: what a recharge was used for, its refunds, or what a refund touched."""
    shown = behind.entry(entry_id)
    listing = behind.listing(shown, part)
    page = paginate(session, listing.statement, listing.order, PageRequest.of(request.args), key=listing.key)
    return render_template(
        "review/entry_part.html",
        entry=shown,
        part=part,
        page=page,
        links=page.links(request.path),
        labels=labels,
        entry_base=entry_base(),
        requests=request_base(),
    )
