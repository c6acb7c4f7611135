"""The rejection's form on its way: a ready text put into the remarks, and the mail as the customer would get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from backoffice.delivery.messages import render
from backoffice.delivery.rules import known_locale
from backoffice.errors import Forbidden, Invalid
from backoffice.permissions import Permission
from backoffice.review.forms import BulkRejectForm, RejectForm
from backoffice.review.queries.bulk import chosen
from backoffice.review.rules import BulkAction
from backoffice.review.services import decisions, grounds
from backoffice.review.views import bulk, queue, rejection
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.review.views.request import DECIDED, read, refused, too_late
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed


def keep_on_form() -> Response | None:
    """What was typed waits at the form itself, which alone is shown to whoever asks for it."""
    number, opened_from = (request.view_args or {})["number"], request.form.get("list") or None
    return keep_typed(page=url_for("review.reject_form", number=number, list=opened_from))


@blueprint.post("/<number>/reject/draft", endpoint="draft_rejection")
@guard(Permission.DECIDE, rescue=keep_on_form)
def draft_rejection(number: str) -> Any:
    """The form again: with the ready text that `insert` names, or with the mail. Nothing is changed.

    Where no verdict is wanted any more the request's page says why, with what was typed to be copied away.
    """
    form, dossier = RejectForm(), read(number)
    if not dossier.request.can_be_decided:
        return too_late(dossier, DECIDED, reject_form=form)
    if "insert" in request.form:
        wanted = request.form["insert"]
        for offer in rejection.offers(dossier.request):
            if offer.key == wanted:
                form.put(offer.reason, offer.text)
        return rejection.page(dossier, form)
    try:
        return rejection.page(dossier, form, _letter(number, form.given))
    except Invalid as invalid:
        apply_errors(form, invalid)
        return rejection.page(dossier, form), INVALID
    except Forbidden as refusal:
        return refused(number, refusal, reject_form=form)


@blueprint.post("/bulk/draft", endpoint="draft_bulk_rejection")
@guard(Permission.DECIDE, rescue=lambda: keep_typed(page=url_for("review.kept_bulk")))
def draft_bulk_rejection() -> ResponseReturnValue:
    """The form of a bulk rejection again: with a ready text, or with the mail to one of the customers."""
    form = BulkRejectForm()
    found = chosen(request.form.get("numbers", "").split())
    if not found.rows:
        return redirect(url_for("review.queue"), 303)
    if "insert" in request.form:
        for offer in rejection.offers_to_many(found.locales):
            if offer.key == request.form["insert"]:
                form.put(offer.reason, offer.text)
        return bulk.answered(bulk.page(BulkAction.REJECT, form, found, sent=request.form), found)
    try:
        numbers = found.likely(queue.viewer(), bulk.changed(found, request.form))
        letter = _letter_to_one(numbers, form)
        if letter is None:
            grounds.checked_rejection(form.reason.data or "", form.remarks.data or "", None)
    except Invalid as invalid:
        apply_errors(form, invalid)
        return bulk.answered(bulk.page(BulkAction.REJECT, form, found, sent=request.form), found, INVALID)
    shown = bulk.page(BulkAction.REJECT, form, found, sent=request.form, letter=letter, asked_for_letter=True)
    return bulk.answered(shown, found)


def _letter_to_one(numbers: Sequence[str], form: BulkRejectForm) -> rejection.Letter | None:
    """The mail about the first of them that the reviewer may decide on, else none."""
    given = {"reason": [form.reason.data] if form.reason.data else [], "remarks": form.remarks.data or ""}
    for number in numbers:
        with suppress(Forbidden):
            return _letter(number, given)
    return None


def _letter(number: str, given: Mapping[str, Any]) -> rejection.Letter:
    """The mail that a rejection with what is `given` would send. Raises Invalid, Forbidden."""
    invoice_request, told = decisions.letter(current_actor(), number, **given)
    rendered = render("rejected", invoice_request.locale, told)
    language = rejection.LANGUAGES[known_locale(invoice_request.locale)]
    return rejection.Letter(invoice_request.email, rendered.subject, rendered.text, language)
