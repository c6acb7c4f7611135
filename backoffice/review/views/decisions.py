"""The verdicts, and the way on to the next request."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review.forms import ApproveForm, RejectForm
from backoffice.review.queries import dossier as queries
from backoffice.review.queries import queue
from backoffice.review.services import decisions as services
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.review.views.request import may_decide, page_of
from backoffice.web.errors import status_of
from backoffice.web.formatting import amount as format_amount
from backoffice.web.forms import Form, apply_errors
from backoffice.web.guards import current_actor, guard


@blueprint.post("/<number>/approve")
@guard(Permission.DECIDE)
def approve(number: str) -> Any:
    """Approve and go on to the next most urgent request; a refusal shows the page again with what was typed."""
    form = ApproveForm()
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    try:
        with transaction():
            decided = services.approve(
                current_actor(),
                number,
                remarks=form.remarks.data or "",
                now=clock.now(),
                undo_seconds=settings.undo_seconds,
            )
            told = _facts(decided)
    except (Invalid, Conflict, Forbidden) as refusal:
        return _refused(number, refusal, approve_form=form)
    return _next(gettext("Approved: %(number)s, %(amount)s, %(name)s. The invoice follows by itself.", **told))


@blueprint.get("/<number>/reject")
@guard(Permission.DECIDE)
def reject_form(number: str) -> Any:
    """The page of the rejection's form, for browsers that do not open the dialog."""
    dossier = queries.dossier(number)
    if not may_decide(dossier):
        return redirect(url_for("review.invoice_request", number=number))
    return render_template("review/reject.html", dossier=dossier, reject_form=RejectForm())


@blueprint.post("/<number>/reject")
@guard(Permission.DECIDE)
def reject(number: str) -> Any:
    """Reject with reason and remarks and go on to the next most urgent request."""
    form = RejectForm()
    try:
        with transaction():
            decided = services.reject(
                current_actor(),
                number,
                reason=form.reason.data or "",
                remarks=form.remarks.data or "",
                now=clock.now(),
            )
            told = _facts(decided)
    except Invalid as invalid:
        # The own page also after the dialog: it shows its errors with and without JavaScript.
        apply_errors(form, invalid)
        dossier = queries.dossier(number)
        return render_template("review/reject.html", dossier=dossier, reject_form=form), INVALID
    except (Conflict, Forbidden) as refusal:
        return _refused(number, refusal, reject_form=form)
    return _next(gettext("Rejected: %(number)s, %(amount)s, %(name)s. The customer is told why by email.", **told))


def _refused(number: str, refusal: BackofficeError, **forms: Form) -> tuple[str, int]:
    """The page again after a refusal, and the status that belongs to it."""
    if isinstance(refusal, Invalid):
        for form in forms.values():
            apply_errors(form, refusal)
        return page_of(number, **forms), INVALID
    return page_of(number, refusal=refusal, **forms), status_of(refusal)


def _facts(decided: InvoiceRequest) -> dict[str, str]:
    return {"number": decided.number, "amount": format_amount(decided.amount), "name": decided.header_name}


def _next(told: str) -> BaseResponse:
    flash(told, "success")
    following = queue.most_urgent(current_actor())
    if following is None:
        return redirect(url_for("review.queue"), 303)
    return redirect(url_for("review.invoice_request", number=following), 303)
