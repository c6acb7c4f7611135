"""Once the invoice is issued: its customer asks to take it back or for another header, and may think better of it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid
from backoffice.headers import queries as headers
from backoffice.issuing.services import wishes
from backoffice.permissions import Permission
from backoffice.portal.forms import CorrectionForm
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.web import kept_forms
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed


@blueprint.route("/invoices/<number>/correction", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
def correction(number: str) -> Any:
    """Ask finance for a correction of an issued invoice, with the reason."""
    queries.own_request(account_id(), number)
    form = CorrectionForm()
    if not form.is_submitted():
        return _page(number, kept_forms.begin(CorrectionForm, {}))
    try:
        with transaction():
            wishes.ask(
                current_actor(), number, kind=form.kind.data or "", header_id=whole_number(form.header_id.data),
                words=form.words.data or "", now=clock.now(),
            )  # fmt: skip
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(number, form, 422)
    except Conflict as conflict:
        flash(translate(conflict.message), "warning")
    else:
        flash(gettext("Finance looks at it. You read here and by mail what comes of it."), "success")
    return kept_forms.done(redirect(address(number), 303))


@blueprint.post("/invoices/<number>/correction/withdraw")
@guard(Permission.APPLY)
def withdraw_correction(number: str) -> Any:
    """Let go of it while finance has not decided."""
    try:
        with transaction():
            wishes.withdraw(current_actor(), number, now=clock.now())
    except Conflict as conflict:
        flash(translate(conflict.message), "warning")
    else:
        flash(gettext("You ask for no correction any more. The invoice stays as it is."), "success")
    return redirect(address(number), 303)


def _page(number: str, form: CorrectionForm, status: int = 200) -> Any:
    form.offer(headers.headers_of(account_id()))
    found = queries.own_request(account_id(), number)
    return render_template("portal/correction.html", invoice_request=found, form=form), status
