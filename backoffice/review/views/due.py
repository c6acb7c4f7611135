"""Why a request is promised for its day, for whoever answers for it."""

from __future__ import annotations

from flask import render_template

from backoffice import clock
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.queries import due as queries
from backoffice.review.views.plumbing import blueprint
from backoffice.web.guards import guard


@blueprint.get("/<number>/due")
@guard(Permission.SEE_QUEUE)
def due(number: str) -> str:
    """Each day from the application to the promised one, counted or passed over."""
    found = requests.by_number(number)
    return render_template("review/due.html", shown=found, told=queries.explanation(found, now=clock.now()))
