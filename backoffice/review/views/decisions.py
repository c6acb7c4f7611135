"""The verdicts, and the way on to the next request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, url_for

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.issuing.queries import stops
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review.forms import ApproveForm, NoteForm, RejectForm, SeenForm
from backoffice.review.queries import dossier as queries
from backoffice.review.queries.seen import SHOWN
from backoffice.review.services import decisions as services
from backoffice.review.services import notes
from backoffice.review.views import alone, rejection, remembered
from backoffice.review.views.onward import address_of, came_from, onward
from backoffice.review.views.plumbing import INVALID, blueprint, issuer, keep_with_list
from backoffice.review.views.request import DECIDED, begun_forms, may_decide, page_of, read, refused, too_late
from backoffice.web import asides, kept_forms, offers
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard


@blueprint.get("/<number>/approve")
@guard(Permission.DECIDE)
def approve_form(number: str) -> Any:
    """The request's page for whoever comes back to an approval that came after their session's end."""
    forms, dossier = begun_forms(), read(number)
    return page_of(dossier, **forms) if may_decide(dossier) else too_late(dossier, DECIDED, **forms)


@blueprint.post("/<number>/approve")
@guard(Permission.DECIDE, rescue=keep_with_list)
def approve(number: str) -> Any:
    """Approve and go on to the next most urgent request; a refusal shows the page again with what was typed.

    Without scripts a note that was typed beside it comes along, and is saved with the approval.
    """
    form, note = ApproveForm(), NoteForm()
    page = url_for("review.invoice_request", number=number)
    if asides.is_asked():
        shown = address_of(number, came_from())
        began = {"remarks": "", "tax_id_reason": "", "note": ""}
        return kept_forms.step_aside(began, lambda: page_of(read(number), approve_form=form, note_form=note), shown)
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    try:
        with transaction():
            decided = services.approve(
                current_actor(),
                number,
                remarks=form.remarks.data or "",
                tax_id_reason=form.tax_id_reason.data or "",
                **_sight(number, form),
                now=clock.now(),
                undo_seconds=settings.undo_seconds,
            )
            with_note = bool((note.note.data or "").strip())
            if with_note:
                notes.add(current_actor(), number, note.note.data, now=clock.now())
            told, until = _facts(decided), decided.issuable_at
    except (Invalid, Conflict, Forbidden) as refusal:
        return refused(number, refusal, approve_form=form, note_form=note)
    if until is None:
        # It can be undone longer than that, on its page: until somebody gives the second.
        until = clock.now() + timedelta(seconds=settings.undo_seconds)
        said = [
            Message(N_("First approval: %(number)s, %(amount)s, %(name)s. Somebody else gives the second."), **told)
        ]
    else:
        said = [Message(N_("Approved: %(number)s, %(amount)s, %(name)s. The invoice follows by itself."), **told)]
        if stops.current() is not None:
            said.append(Message(N_("Issuing is stopped: it waits until somebody lets it go on.")))
    if with_note:
        said.append(Message(N_("The note is saved.")))
    _tell_approved(number, said, until)
    return kept_forms.done(onward(number), page)


@blueprint.get("/<number>/reject")
@guard(Permission.DECIDE)
def reject_form(number: str) -> Any:
    """The page of the rejection's form, for browsers that do not open the dialog."""
    dossier = read(number)
    form = alone.begun(RejectForm)
    if may_decide(dossier):
        return rejection.page(dossier, form)
    return too_late(dossier, DECIDED, reject_form=form)


@blueprint.post("/<number>/reject")
@guard(Permission.DECIDE, rescue=keep_with_list)
def reject(number: str) -> Any:
    """Reject with reason and remarks and go on to the next most urgent request."""
    form = RejectForm()
    if asides.is_asked():
        began = {"remarks": "", "reason": "", "pointed": ""}
        return kept_forms.step_aside(began, lambda: rejection.page(read(number), form))
    try:
        with transaction():
            decided = services.reject(
                current_actor(),
                number,
                **_sight(number, form),
                now=clock.now(),
                **form.given,
            )
            told = _facts(decided)
    except Invalid as invalid:
        # The own page also after the dialog: it shows its errors with and without JavaScript.
        apply_errors(form, invalid)
        return rejection.page(queries.dossier(number), form), INVALID
    except (Conflict, Forbidden) as refusal:
        return refused(number, refusal, reject_form=form)
    last = N_("The last thing you did was to reject %(number)s. It cannot be undone: the customer is told.")
    offers.withdraw_offer(url_for("review.undo", number=number))
    offers.done(last, number=number)
    rejected = Message(N_("Rejected: %(number)s, %(amount)s, %(name)s. The customer is told why by email."), **told)
    flash(translate(rejected), "success")
    return kept_forms.done(onward(number))


def _sight(number: str, form: SeenForm) -> dict[str, Any]:
    """How far the form's page saw the request, and what this process remembers that its checks said there."""
    seen, _, mark = (form.seen.data or "").partition(SHOWN)
    return {"seen": seen, "checked": remembered.recall(current_actor(), number, mark), "currency": issuer().currency}


def _facts(decided: InvoiceRequest) -> dict[str, object]:
    # The name ends a sentence, and many a name ends with a full stop of its own.
    name = decided.header_name.removesuffix(".")
    return {"number": decided.number, "amount": decided.amount, "name": name}


def _tell_approved(number: str, said: Sequence[Message], until: datetime) -> None:
    """Say it; while the approval can be taken back, with the button that does."""
    offers.offer(url_for("review.undo", number=number), until, *said)
    if until <= clock.now():
        flash(" ".join(map(translate, said)), "success")
