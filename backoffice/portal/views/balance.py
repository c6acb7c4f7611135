"""Why the Invoiceable Amount is what it is: line by line, on any past day, and movement by movement."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext, lazy_gettext

from backoffice import clock, database
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels
from backoffice.portal.queries import balance as queries
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.queries import entries
from backoffice.requests.rules import OPEN_STATES
from backoffice.web.filters import DateRange, FilterSet, OneOf
from backoffice.web.forms import parse_day
from backoffice.web.guards import guard
from backoffice.web.paging import Page, PageRequest, paginate

LINES = FilterSet(
    OneOf("figure", lazy_gettext("Figure"), list(labels.figures.items())),
    DateRange("date", lazy_gettext("Booked"), "from", "to"),
)


@blueprint.get("/invoices/balance")
@guard(Permission.SEE_OWN_INVOICES)
def balance() -> str:
    """The explanation of today's amount, the figures of a day in the past if one is asked for, and the statement."""
    account, today = account_id(), clock.today()
    typed = request.args.get("on", "").strip()[:40]
    asked = parse_day(typed) if typed else None
    error = _fault(typed, asked is None, asked is not None and asked > today)
    page = _page(entries.Lines())
    return render_template(
        "portal/balance.html",
        explained=queries.explanation(account, minimum=policies.minimum_amount(today)),
        open_states=[state.value for state in OPEN_STATES],
        typed=typed,
        error=error,
        asked=asked,
        then=issuing.balance_on(account, asked) if asked and not error else None,
        today=today,
        page=page,
        links=page.links(request.path, [("on", typed)] if typed else []),
        movements=labels.movements,
    )


@blueprint.get("/invoices/statement")
@guard(Permission.SEE_OWN_INVOICES)
def statement() -> str:
    """The account's journal, of one figure and between two days if asked for, and what it adds up to."""
    filters = LINES.parse(request.args)
    wanted = entries.Lines(filters["figure"], filters["date"].low, filters["date"].high)
    page = _page(wanted)
    return render_template(
        "portal/statement.html",
        filters=filters,
        figure=wanted.figure,
        moved=issuing.moved(account_id(), wanted),
        page=page,
        links=page.links(request.path, filters.query),
        movements=labels.movements,
        figures=labels.figures,
    )


def _page(wanted: entries.Lines) -> Page[Any]:
    return paginate(
        database.session,
        entries.statement(account_id(), wanted),
        entries.STATEMENT_ORDER,
        PageRequest.of(request.args),
        key=entries.place_in_statement,
    )


def _fault(typed: str, unreadable: bool, ahead: bool) -> str:
    if typed and unreadable:
        return str(gettext("End of the day: enter a date from 1970 on as year-month-day, for example 2026-11-23."))
    return str(gettext("This day has not ended yet: choose one that has passed, or today.")) if ahead else ""
