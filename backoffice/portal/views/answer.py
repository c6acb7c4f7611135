"""The answer to a question about a request."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid
from backoffice.permissions import Permission
from backoffice.portal.forms import AnswerForm
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.requests import queries as requests
from backoffice.requests.models import Hold, InvoiceRequest
from backoffice.requests.rules import ANSWER_LIMIT
from backoffice.requests.services import holds
from backoffice.text import folded
from backoffice.web import asides, kept_forms, offers
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed


@blueprint.route("/invoices/<number>/answer", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
def answer(number: str) -> Any:
    """Answer what we asked about a request; any person of the account may."""
    found = queries.own_request(account_id(), number)
    hold = requests.open_hold(found.id)
    if hold is None:
        typed = request.form.get("answer") or kept_forms.begin(AnswerForm, {}).answer.data or ""
        if typed.strip():
            return _too_late(found, typed)
        flash(gettext("No question waits for an answer here any more."), "info")
        return kept_forms.done(redirect(address(number), 303))
    if request.method != "POST":
        return _page(found, hold, kept_forms.begin(AnswerForm, {}))
    form = AnswerForm()
    if asides.is_asked():
        return kept_forms.step_aside({"answer": ""}, lambda: _page(found, hold, form))
    try:
        with transaction():
            question = whole_number(form.question.data or "")
            holds.answer(current_actor(), number, form.answer.data or "", now=clock.now(), question=question)
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(queries.own_request(account_id(), number), requests.open_hold(found.id), form, 422)
    except Conflict as conflict:
        found, hold = queries.own_request(account_id(), number), requests.open_hold(found.id)
        if conflict.code != holds.ANOTHER_QUESTION or hold is None:
            return _too_late(found, form.answer.data or "")
        form.answer.errors = [translate(conflict.message)]
        return _page(found, hold, form, 409)
    flash(gettext("Thank you. We go on with your request."), "success")
    offers.done(N_("The last thing you did was to answer a question about %(number)s. Answers stay."), number=number)
    return kept_forms.done(redirect(address(number), 303))


def _too_late(found: InvoiceRequest, typed: str) -> Any:
    """Somebody answered first, or the question ended: what was typed is shown once more, to be copied.

    Not to whoever pressed twice: their answer is the one that was sent.
    """
    if _is_sent(found, typed):
        flash(gettext("Your answer is sent."), "success")
        return kept_forms.done(redirect(address(found.number), 303))
    page = render_template("portal/answer_late.html", invoice_request=found, typed=typed[:ANSWER_LIMIT])
    return kept_forms.done(make_response(page, 409))


def _is_sent(found: InvoiceRequest, typed: str) -> bool:
    """Whether the last answer to a question about the request is this one, by this person."""
    answers = [event for event in requests.timeline(found.id) if event.kind == "answered"]
    if not answers or answers[-1].actor_label != current_actor().label:
        return False
    return folded(answers[-1].data.get("remarks", "")) == folded(typed)


def _page(found: InvoiceRequest, hold: Hold | None, form: AnswerForm, status: int = 200) -> Any:
    return render_template("portal/answer.html", invoice_request=found, hold=hold, form=form), status
