"""One request of the customer's: its page, withdraw, download."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.database import transaction
from backoffice.delivery.rules import attachment_name
from backoffice.errors import Conflict
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import REASON_LABELS, Reason
from backoffice.requests.services import changes
from backoffice.web.guards import current_actor, guard
from backoffice.web.interface import status_label


@blueprint.get("/invoices/<number>")
@guard(Permission.SEE_OWN_INVOICES)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and what can be done now."""
    return render_template(
        "portal/request.html",
        dossier=queries.dossier(account_id(), number),
        reason_labels=REASON_LABELS,
        reason_of=_reason,
        now=clock.now(),
    )


def _reason(code: str | None) -> Reason | None:
    return next((reason for reason in Reason if reason == code), None)


@blueprint.route("/invoices/<number>/withdraw", methods=["GET", "POST"])
@guard(Permission.APPLY)
def withdraw(number: str) -> Any:
    """Take a pending request back; the page asks once, for browsers that do not open the dialog."""
    found = queries.own_request(account_id(), number)
    if request.method != "POST" and found.can_withdraw:
        return render_template("portal/withdraw.html", invoice_request=found)
    try:
        if request.method == "POST":
            with transaction():
                changes.withdraw(current_actor(), number, now=clock.now())
            flash(gettext("The request is withdrawn. Its amount can be invoiced again."), "success")
        else:
            flash(_too_late(found), "warning")
    except Conflict:
        flash(_too_late(queries.own_request(account_id(), number)), "warning")
    return redirect(address(number), 303)


def _too_late(found: InvoiceRequest) -> str:
    return str(gettext("This request is %(status)s and cannot be withdrawn.", status=status_label(found.state)))


@blueprint.get("/invoices/<number>/download")
@guard(Permission.SEE_OWN_INVOICES)
def download(number: str) -> BaseResponse:
    """The issued invoice, byte for byte as it was stored and mailed."""
    found = queries.own_request(account_id(), number)
    document = issuing.document_of(found.id)
    answer = Response(storage.get(document.sha256), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = _attachment(f"{document.number} {found.header_name}", document.number)
    return answer


def _attachment(name: str, ascii_name: str) -> str:
    """A Content-Disposition whose file name may be Chinese, with a plain one for old programs (RFC 6266, RFC 5987)."""
    encoded = quote(f"{attachment_name(name)}.pdf", safe="")
    return f"attachment; filename=\"{ascii_name}.pdf\"; filename*=UTF-8''{encoded}"
