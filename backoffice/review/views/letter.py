"""The rejection's form on its way: a ready text put into the remarks, and the mail as the customer would get it."""

from __future__ import annotations

from typing import Any

from flask import request

from backoffice.delivery.messages import render
from backoffice.errors import Forbidden, Invalid
from backoffice.permissions import Permission
from backoffice.review.forms import RejectForm
from backoffice.review.queries import dossier as queries
from backoffice.review.services import decisions
from backoffice.review.views import rejection
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.review.views.request import refused
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard


@blueprint.post("/<number>/reject/draft", endpoint="draft_rejection")
@guard(Permission.DECIDE)
def draft_rejection(number: str) -> Any:
    """The form again: with the ready text that `insert` names, or with the mail. Nothing is changed."""
    form, dossier = RejectForm(), queries.dossier(number)
    if "insert" in request.form:
        wanted = request.form["insert"]
        for offer in rejection.offers(dossier.request):
            if offer.key == wanted:
                form.put(offer.reason, offer.text)
        return rejection.page(dossier, form)
    try:
        return rejection.page(dossier, form, _letter(number, form))
    except Invalid as invalid:
        apply_errors(form, invalid)
        return rejection.page(dossier, form), INVALID
    except Forbidden as refusal:
        return refused(number, refusal, reject_form=form)


def _letter(number: str, form: RejectForm) -> rejection.Letter:
    invoice_request, told = decisions.letter(current_actor(), number, **form.given)
    rendered = render("rejected", invoice_request.locale, told)
    return rejection.Letter(invoice_request.email, rendered.subject, rendered.text)
