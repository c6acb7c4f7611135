"""What else a reviewer does with a request: claim it, ask the customer, take an approval back, write a note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Forbidden, Invalid
from backoffice.permissions import Permission
from backoffice.review.forms import ApproveForm, HoldForm, NoteForm, ReturnForm, SeenForm
from backoffice.review.queries import dossier as queries
from backoffice.review.services import claims, decisions, holds, notes
from backoffice.review.views import alone
from backoffice.review.views.onward import CLAIM, HEADING, NOTES, address_of, again, came_from, onward
from backoffice.review.views.plumbing import INVALID, blueprint, keep_on_page, keep_with_list
from backoffice.review.views.request import forms_beside, may_decide, may_return, page_of, read, refused, too_late
from backoffice.web import asides, kept_forms, offers
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard

_PUT_BACK = N_("The last thing you did was to put %(number)s back into the queue. It cannot be undone.")
_NOT_ASKED = N_("Nobody can be asked about this request any more.")


@blueprint.route("/<number>/hold", methods=["GET", "POST"])
@guard(Permission.DECIDE, rescue=keep_with_list)
def hold(number: str) -> Any:
    """Ask the customer; the form has a page of its own for browsers that do not open the dialog."""
    if request.method != "POST":
        begun, dossier = alone.begun(HoldForm), read(number)
        if may_decide(dossier) and not dossier.request.is_held:
            return _form_page("hold", number, begun)
        return too_late(dossier, _NOT_ASKED, hold_form=begun)
    form = HoldForm()
    if asides.is_asked():
        return kept_forms.step_aside({"question": ""}, lambda: _form_page("hold", number, form))
    try:
        with transaction():
            holds.hold(
                current_actor(), number, question=form.question.data or "", seen=form.seen.data or "", now=clock.now()
            )
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _form_page("hold", number, form, INVALID)
    except (Conflict, Forbidden) as refusal:
        return refused(number, refusal, hold_form=form)
    flash(gettext("The customer is asked. The request waits for the answer."), "success")
    said = N_(
        "The last thing you did was to ask about %(number)s. It cannot be undone: the question goes out by email."
    )
    offers.withdraw_offer(url_for("review.undo", number=number))
    offers.done(said, number=number)
    return kept_forms.done(onward(number))


@blueprint.post("/<number>/resume")
@guard(Permission.DECIDE)
def resume(number: str) -> Any:
    """Put a held request back into the queue: the answer is not needed any more."""
    return _act(number, holds.resume, gettext("The request is back in the queue."), last=_PUT_BACK)


@blueprint.post("/<number>/undo")
@guard(Permission.DECIDE)
def undo(number: str) -> Any:
    """Take one's own approval back within its window."""
    address = url_for("review.undo", number=number)
    try:
        with transaction():
            decisions.undo(current_actor(), number, now=clock.now())
    except (Conflict, Forbidden) as refusal:
        offers.miss_offer(address, refusal.message)
        return refused(number, refusal, **forms_beside(number))
    offers.withdraw_offer(address)
    flash(gettext("The approval is undone. The request is pending again."), "success")
    return again(number)


@blueprint.route("/<number>/return", methods=["GET", "POST"], endpoint="return_to_queue")
@guard(Permission.DECIDE, rescue=keep_with_list)
def return_to_queue(number: str) -> Any:
    """Put an approved request that has no number yet back into the queue, with a reason."""
    if request.method != "POST":
        begun, dossier = alone.begun(ReturnForm), read(number)
        if may_return(dossier):
            return _form_page("return", number, begun)
        return too_late(dossier, decisions.NOT_RETURNABLE, return_form=begun)
    form = ReturnForm()
    if asides.is_asked():
        return kept_forms.step_aside({"why": ""}, lambda: _form_page("return", number, form))
    try:
        with transaction():
            decisions.return_to_queue(
                current_actor(), number, why=form.why.data or "", seen=form.seen.data or "", now=clock.now()
            )
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _form_page("return", number, form, INVALID)
    except (Conflict, Forbidden) as refusal:
        return refused(number, refusal, return_form=form)
    offers.withdraw_offer(url_for("review.undo", number=number))
    offers.done(_PUT_BACK, number=number)
    flash(gettext("The request is back in the queue."), "success")
    return kept_forms.done(again(number))


@blueprint.route("/<number>/notes", methods=["GET", "POST"], endpoint="note")
@guard(Permission.DECIDE, rescue=keep_on_page)
def note(number: str) -> Any:
    """Write an internal note, in any state of the request; without scripts the words of an approval come along."""
    if request.method != "POST":
        return _form_page("note", number, kept_forms.begin(NoteForm, {}))
    form, page = NoteForm(), address_of(number, came_from())
    if asides.is_asked():
        return kept_forms.step_aside({"note": ""}, lambda: _form_page("note", number, form), page)
    answer = kept_forms.drop(again(number, NOTES), url_for("review.invoice_request", number=number))
    beside = {"approve_form": ApproveForm(), "note_form": form}
    if not kept_forms.keep_rest(answer, ("remarks", "tax_id_reason"), page):
        kept_forms.say_too_long()
        return page_of(read(number), **beside)
    try:
        with transaction():
            notes.add(current_actor(), number, form.note.data or "", now=clock.now())
    except Invalid as invalid:
        apply_errors(form, invalid)
        if any(request.form.get(name) for name in ("remarks", "tax_id_reason")):
            return page_of(read(number), **beside), INVALID
        return _form_page("note", number, form, INVALID)
    offers.done(N_("The last thing you did was to write a note on %(number)s. Notes stay."), number=number)
    flash(gettext("The note is saved."), "success")
    return kept_forms.done(answer)


@blueprint.post("/<number>/claim")
@guard(Permission.DECIDE)
def claim(number: str) -> Any:
    """Say that one works on it; with `take` also where somebody else does."""
    verb = claims.take_over if "take" in request.values else claims.claim
    return _act(number, verb, gettext("You work on this request now."), CLAIM)


@blueprint.post("/<number>/release")
@guard(Permission.DECIDE)
def release(number: str) -> Any:
    """Let somebody else work on it."""
    with transaction():
        released = claims.release(current_actor(), number, now=clock.now()) is not None
    if released:
        flash(gettext("Others can work on this request again."), "success")
    else:
        flash(gettext("You did not work on this request any more. Nothing was changed."), "info")
    return again(number, CLAIM)


@blueprint.post("/<number>/touch")
@guard(Permission.DECIDE)
def touch(number: str) -> Any:
    """Let one's claim last: the page says so while somebody types; 204 while it is one's own, else 409."""
    with transaction():
        kept = claims.touch(current_actor(), number, now=clock.now())
    return BaseResponse(status=204 if kept else 409)


@blueprint.post("/next", endpoint="claim_next")
@guard(Permission.DECIDE)
def claim_next() -> Any:
    """Claim the most urgent request that nobody works on, and open it; from a request's page the next one behind it.

    That is how the queue goes on for whoever leaves a request as it is; Skip goes on in the list it was opened from.
    """
    with transaction():
        found = claims.claim_next(current_actor(), now=clock.now(), after=request.args.get("after"))
        number = found.number if found is not None else None
    if number is None:
        flash(gettext("Nothing is left that nobody works on."), "info")
        return redirect(url_for("review.queue"), 303)
    return redirect(address_of(number), 303)


def _act(number: str, verb: Callable[..., Any], told: str, anchor: str = HEADING, last: str | None = None) -> Any:
    """A verb that needs no more than the request; back to its page. `last`: what z says about it."""
    try:
        with transaction():
            verb(current_actor(), number, now=clock.now())
    except (Conflict, Forbidden) as refusal:
        return refused(number, refusal, **forms_beside(number))
    if last is not None:
        offers.done(last, number=number)
    flash(told, "success")
    return again(number, anchor)


def _form_page(name: str, number: str, form: Any, status: int = 200) -> Any:
    dossier = queries.dossier(number)
    beside = alone.around(dossier, form) if isinstance(form, SeenForm) else {}
    return render_template(f"review/{name}.html", dossier=dossier, form=form, now=clock.now(), **beside), status
