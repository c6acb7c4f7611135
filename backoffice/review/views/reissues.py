"""Issuing anew in one step: an invoice is taken back, and a request with another header takes its place."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid
from backoffice.headers import queries as headers
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.rules.credits import CreditReason
from backoffice.permissions import Permission
from backoffice.review.forms import DeclineForm, ReissueForm
from backoffice.review.queries import credits as queries
from backoffice.review.services import competence, credits
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.web import kept_forms
from backoffice.web.errors import status_of, translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard


@blueprint.route("/<number>/reissue", methods=["GET", "POST"])
@guard(Permission.DECIDE, rescue=kept_forms.keep_typed)
def reissue(number: str) -> Any:
    """Propose to take all that is left back and to issue it anew; the account's headers are offered."""
    found = competence.for_decision(current_actor(), number)
    form = ReissueForm()
    if not form.is_submitted():
        wish = queries.of_request(found.id).wish
        asked = {"header_id": str(wish.header_id or ""), "words": wish.words} if wish and "wish" in request.args else {}
        return _page(number, kept_forms.begin(ReissueForm, asked))
    header_id = whole_number(form.header_id.data)
    try:
        if header_id is None:
            form.header_id.errors = [gettext("Choose an invoice header.")]
            return _page(number, form, INVALID)
        with transaction():
            made = credits.reissue(
                current_actor(), found.number, header_id=header_id, reason=CreditReason.HEADER,
                words=form.words.data or "", now=clock.now(),
            ).id  # fmt: skip
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(number, form, INVALID)
    except (Conflict, Forbidden) as refusal:
        session.rollback()
        return _page(number, form, status_of(refusal), refusal=refusal)
    flash(gettext("The credit note is proposed. A colleague has to confirm it."), "success")
    return kept_forms.done(redirect(url_for("review.credit_proposal", proposal_id=made), 303))


@blueprint.route("/<number>/correction", methods=["GET", "POST"])
@guard(Permission.DECIDE, rescue=kept_forms.keep_typed)
def decline_correction(number: str) -> Any:
    """Leave an invoice as it is though its customer asks for a correction, with remarks that are mailed to them."""
    found = competence.for_decision(current_actor(), number)
    form = DeclineForm()
    status = 200
    if form.is_submitted():
        try:
            with transaction():
                credits.decline_wish(current_actor(), number, remarks=form.remarks.data or "", now=clock.now())
        except Invalid as invalid:
            apply_errors(form, invalid)
            status = INVALID
        except Conflict as conflict:
            flash(translate(conflict.message), "warning")
            return kept_forms.done(redirect(url_for("review.invoice_request", number=number), 303))
        else:
            flash(gettext("The invoice stays as it is. The customer is told why."), "success")
            return kept_forms.done(redirect(url_for("review.invoice_request", number=number), 303))
    else:
        form = kept_forms.begin(DeclineForm, {})
    wish = queries.of_request(found.id).wish
    return render_template("review/decline_correction.html", invoice_request=found, wish=wish, form=form), status


def _page(number: str, form: ReissueForm, status: int = 200, *, refusal: BackofficeError | None = None) -> Any:
    found = competence.for_decision(current_actor(), number)
    about = queries.of_request(found.id)
    form.offer(headers.headers_of(found.account_id))
    page = render_template(
        "review/reissue.html",
        invoice_request=found,
        about=about,
        again=notes.reissuable(about.lines),
        form=form,
        refusal=translate(refusal.message) if refusal else None,
    )
    return page, status
