"""Why a request is promised for its day."""

from __future__ import annotations

from flask import render_template

from backoffice import clock
from backoffice.permissions import Permission
from backoffice.portal.queries import dossier
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.queries import due as queries
from backoffice.web.guards import guard


@blueprint.get("/invoices/<number>/due")
@guard(Permission.SEE_OWN_INVOICES)
def due(number: str) -> str:
    """Each day from the application to the promised one, counted or passed over."""
    found = dossier.own_request(account_id(), number)
    return render_template("portal/due.html", shown=found, told=queries.explanation(found, now=clock.now()))
