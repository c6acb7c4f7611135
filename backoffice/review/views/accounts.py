"""An account's ledger for finance: its figures now and then, its requests, its statement."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.requests.queries import entries, shortages
from backoffice.requests.rules import OPEN_STATES
from backoffice.review import labels
from backoffice.review.queries import accounts as queries
from backoffice.review.queries.queue import Listed
from backoffice.review.views.plumbing import blueprint, urgency_of
from backoffice.web.filters import Choice, DateRange, FilterSet, FilterState, OneOf
from backoffice.web.forms import parse_day
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

LINES = FilterSet(
    OneOf("figure", lazy_gettext("Figure"), list(labels.figures.items())),
    DateRange("date", lazy_gettext("Booked"), "from", "to"),
    Choice("booked", lazy_gettext("Invoices"), [("1", lazy_gettext("From their number on, as reconciled"))]),
)
REQUESTS = FilterSet(
    Choice("status", lazy_gettext("Status"), list(labels.request_statuses.items())),
    Choice("short", lazy_gettext("Missing money"), [("1", lazy_gettext("Taken by a refund"))]),
)


@blueprint.get("/accounts")
@guard(Permission.SEE_BOOKS)
def accounts() -> Any:
    """All customer accounts by code; a code that is typed leads to its account."""
    typed = request.args.get("code", "").strip()[:32]
    if typed:
        try:
            return redirect(url_for("review.account", code=queries.by_code(typed).code))
        except NotFound:
            pass  # the page says so beside the field
    page = paginate(session, queries.accounts(), queries.ORDER, PageRequest.of(request.args))
    return render_template("review/accounts.html", typed=typed, page=page, links=page.links(request.path))


@blueprint.get("/accounts/<code>")
@guard(Permission.SEE_BOOKS)
def account(code: str) -> str:
    """One account: its figures, each with the list behind it, and those of a past day if one is asked for."""
    found, today = queries.by_code(code), clock.today()
    typed = request.args.get("on", "").strip()[:40]
    asked = parse_day(typed) if typed else None
    error = _fault(typed, unreadable=asked is None, ahead=asked is not None and asked > today)
    return render_template(
        "review/account.html",
        account=found,
        books=queries.books(found.id),
        open_states=[state.value for state in OPEN_STATES],
        typed=typed,
        error=error,
        asked=asked,
        then=queries.figures_on(found.id, asked) if asked and not error else None,
        today=today,
        requests=request_base(),
    )


@blueprint.get("/accounts/<code>/requests")
@guard(Permission.SEE_BOOKS)
def account_requests(code: str) -> str:
    """The account's requests, newest first."""
    found, filters = queries.by_code(code), REQUESTS.parse(request.args)
    listed = queries.requests_of(found, filters["status"], short=bool(filters["short"]))
    page = paginate(session, listed, queries.REQUESTS_ORDER, PageRequest.of(request.args), key=queries.place_of_request)
    urgent, credited = urgency_of(), entries.credited(page.items)
    return render_template(
        "review/account_requests.html",
        account=found,
        filters=filters,
        rows=[(row, urgent(row), None, credited.get(row.id)) for row in map(Listed._make, page.items)],
        total=_total(found.id, filters),
        short=shortages.total(found.id) if filters.narrowed_by == {"short"} else None,
        links=page.links(request.path, filters.query),
        linked=request_base() is not None,
    )


def _total(account_id: int, filters: FilterState) -> issuing.Total | None:
    """What the list adds up to where its states alone narrow it and a figure opens it."""
    if filters.narrowed_by != {"status"}:
        return None
    return issuing.total(account_id, filters["status"], issuing.balance(account_id))


@blueprint.get("/accounts/<code>/statement")
@guard(Permission.SEE_BOOKS)
def account_statement(code: str) -> str:
    """The account's journal, of one figure and between two days if asked for, and what it adds up to.

    What the reconciliation opens has the signs and counts the invoices as it does.
    """
    found, filters = queries.by_code(code), LINES.parse(request.args)
    booked = bool(filters["booked"])
    wanted = entries.Lines(filters["figure"], filters["date"].low, filters["date"].high, booked)
    page = paginate(
        session,
        entries.statement(found.id, wanted),
        entries.STATEMENT_ORDER,
        PageRequest.of(request.args),
        key=entries.place_in_statement,
    )
    return render_template(
        "review/account_statement.html",
        account=found,
        filters=filters,
        figure=wanted.figure,
        booked=booked,
        moved=issuing.moved(found.id, wanted),
        page=page,
        links=page.links(request.path, filters.query),
        labels=labels,
        entry_base=entry_base(),
        requests=request_base(),
    )


def request_base() -> str | None:
    """The address below which requests open, None for whoever may not open them."""
    return url_for("review.queue") if current_user.can(Permission.SEE_QUEUE) else None


def entry_base() -> str:
    """The address below which entries open by their ids."""
    return url_for("review.entry", entry_id=0).removesuffix("/0")


def _fault(typed: str, *, unreadable: bool, ahead: bool) -> str:
    if typed and unreadable:
        return str(gettext("Enter a date as year-month-day, for example 2026-11-23."))
    return str(gettext("This day has not ended yet: choose one that has passed, or today.")) if ahead else ""
