"""The answer to a question about a request."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid
from backoffice.permissions import Permission
from backoffice.portal.forms import AnswerForm
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.requests import queries as requests
from backoffice.requests.services import holds
from backoffice.web import kept_forms
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed


@blueprint.route("/invoices/<number>/answer", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
def answer(number: str) -> Any:
    """Answer what we asked about a request; any person of the account may."""
    found = queries.own_request(account_id(), number)
    hold = requests.open_hold(found.id)
    form = AnswerForm() if request.method == "POST" else kept_forms.begin(AnswerForm, {})
    if request.method != "POST" and hold is not None:
        return render_template("portal/answer.html", invoice_request=found, hold=hold, form=form)
    try:
        if request.method == "POST":
            with transaction():
                holds.answer(current_actor(), number, form.answer.data or "", now=clock.now())
            flash(gettext("Thank you. We go on with your request."), "success")
        else:
            flash(gettext("No question waits for an answer here any more."), "info")
    except Invalid as invalid:
        apply_errors(form, invalid)
        return render_template("portal/answer.html", invoice_request=found, hold=hold, form=form), 422
    except Conflict as refusal:
        flash(translate(refusal.message), "warning")
    return kept_forms.done(redirect(address(number), 303))
