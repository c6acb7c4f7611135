"""Why the Invoiceable Amount is what it is: line by line, on any past day, and movement by movement."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext

from backoffice import clock, database
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels
from backoffice.portal.queries import balance as queries
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.rules import OPEN_STATES
from backoffice.web.forms import parse_day
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate


@blueprint.get("/invoices/balance")
@guard(Permission.SEE_OWN_INVOICES)
def balance() -> str:
    """The explanation of today's amount, the figures of a day in the past if one is asked for, and the statement."""
    account, today = account_id(), clock.today()
    typed = request.args.get("on", "").strip()[:40]
    asked = parse_day(typed) if typed else None
    error = _fault(typed, asked is None, asked is not None and asked > today)
    page = paginate(
        database.session, queries.statement(account), queries.ORDER, PageRequest.of(request.args), key=queries.place
    )
    return render_template(
        "portal/balance.html",
        explained=queries.explanation(account, minimum=policies.minimum_amount(today)),
        open_states=[state.value for state in OPEN_STATES],
        typed=typed,
        error=error,
        asked=asked,
        then=ledger.balance_on(account, asked) if asked and not error else None,
        today=today,
        page=page,
        links=page.links(request.path, [("on", typed)] if typed else []),
        movements=labels.movements,
    )


def _fault(typed: str, unreadable: bool, ahead: bool) -> str:
    if typed and unreadable:
        return str(gettext("Enter a date as year-month-day, for example 2026-11-23."))
    return str(gettext("This day has not ended yet: choose one that has passed, or today.")) if ahead else ""
