"""The customer's first page: what can be invoiced, what is invoiced, and the list of requests."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import lazy_gettext

from backoffice import database
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import OPEN_STATES, State
from backoffice.web.filters import Choice, DateRange, FilterSet
from backoffice.web.guards import guard
from backoffice.web.paging import Order, PageRequest, paginate

STATUSES = {
    State.PENDING.value: lazy_gettext("Pending"),
    State.APPROVED.value: lazy_gettext("Approved"),
    State.ISSUED.value: lazy_gettext("Issued"),
    State.REJECTED.value: lazy_gettext("Rejected"),
    State.WITHDRAWN.value: lazy_gettext("Withdrawn"),
}
FILTERS = FilterSet(
    Choice("status", lazy_gettext("Status"), list(STATUSES.items())),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    carried=(),
)
ORDER: Order = [(InvoiceRequest.submitted_at, "desc"), (InvoiceRequest.id, "desc")]


@blueprint.get("/invoices")
@guard(Permission.SEE_OWN_INVOICES)
def invoices() -> str:
    """What can be invoiced, what is invoiced, and the account's requests, newest first."""
    account = account_id()
    filters = FILTERS.parse(request.args)
    wanted = requests.requests_of(
        account, states=filters["status"], since=filters["date"].low, until=filters["date"].high
    )
    page = paginate(database.session, wanted, ORDER, PageRequest.of(request.args))
    return render_template(
        "portal/invoices.html",
        balance=ledger.balance(account),
        filters=filters,
        page=page,
        links=page.links(request.path, filters.query),
        open_states=[state.value for state in OPEN_STATES],
    )
