"""One mail about a request: what became of it, send it again or to a corrected address, end the link in it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext

from backoffice import clock
from backoffice.database import transaction
from backoffice.delivery import queries as delivery
from backoffice.delivery import services
from backoffice.delivery.models import Message
from backoffice.errors import Conflict, Invalid
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import recipients
from backoffice.review import labels
from backoffice.review.forms import MailForm
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.web import kept_forms
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard


@blueprint.get("/mails/<int:message_id>")
@guard(Permission.DECIDE)
def mail(message_id: int) -> Any:
    """The mail with the server's words, and what can be done about it."""
    found = requests.mail_to_customer(message_id)
    return _page(found, kept_forms.begin(MailForm, {"email": found.recipient}))


@blueprint.post("/mails/<int:message_id>")
@guard(Permission.DECIDE, rescue=kept_forms.keep_typed)
def mend_mail(message_id: int) -> Any:
    """Send it once more, to the address in the form."""
    found, form = requests.mail_to_customer(message_id), MailForm()
    try:
        with transaction():
            recipients.mend(current_actor(), message_id, email=form.email.data or "", now=clock.now())
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(found, form), INVALID
    except Conflict as conflict:
        flash(translate(conflict.message), "error")
    else:
        flash(gettext("The mail is on its way to %(address)s.", address=(form.email.data or "").strip()), "success")
    return kept_forms.done(redirect(url_for("review.invoice_request", number=_request(found).number), 303))


@blueprint.post("/mails/<int:message_id>/end-link")
@guard(Permission.DECIDE)
def end_link(message_id: int) -> Any:
    """Let the link in it give the document to nobody any more."""
    requests.mail_to_customer(message_id)
    try:
        with transaction():
            services.end_link(current_actor(), message_id, now=clock.now())
    except Conflict as conflict:
        flash(translate(conflict.message), "error")
    else:
        flash(gettext("The link in this mail has ended. The invoice is as it was."), "success")
    return redirect(url_for("review.mail", message_id=message_id), 303)


def _request(found: Message) -> InvoiceRequest:
    return requests.by_number(requests.number_of(found.about_id) or "")


def _page(found: Message, form: MailForm) -> str:
    ended, holds = not found.is_open, delivery.holds(found)
    return render_template(
        "review/mail.html",
        mail=found,
        invoice_request=_request(found),
        form=form,
        may_send=ended and not delivery.was_followed(found.id) and holds,
        holds=holds,
        has_link=found.has_open_link(clock.now()),
        labels=labels,
    )
