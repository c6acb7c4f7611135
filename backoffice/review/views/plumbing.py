"""What the desk's pages share."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, current_app, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.config import Settings
from backoffice.issuing.services import Issuer
from backoffice.review.rules import urgency
from backoffice.web.kept_forms import keep_typed

blueprint = Blueprint("review", __name__, url_prefix="/review")
# The status of a form that is shown again with its errors.
INVALID = 422


def urgency_of() -> Any:
    """A function for templates: the urgency of a request at this moment, as a tag's kind, or None."""
    now, today = clock.now(), clock.today()

    def tag(shown: Any) -> str | None:
        found = urgency(shown.state, shown.due_at, shown.due_on, now=now, today=today)
        # A plain word: rows are looked up by it, and a member of an enumeration is hashed in Python.
        return found and found.value

    return tag


def issuer() -> Issuer:
    """What this installation adds to every invoice."""
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return Issuer(currency=settings.currency, external_url=settings.external_url)


def keep_with_list() -> Response | None:
    """What was typed waits for whoever signs in again, and their way back names the list that the form came from."""
    return keep_typed("list")


def keep_on_page() -> Response | None:
    """The same for a form that stands on the request's own page, among the other words typed there."""
    number = (request.view_args or {})["number"]
    opened_from = request.form.get("list") or None
    return keep_typed(page=url_for("review.invoice_request", number=number, list=opened_from))


def arguments(query: str) -> MultiDict[str, str]:
    """The arguments of a query string that came with a form; none where it is no query string."""
    try:
        return MultiDict(parse_qsl(query, max_num_fields=100))
    except ValueError:
        return MultiDict()
