"""One request of the customer's: its page, withdraw, correct the address, send again, downloads."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask_babel import gettext

from backoffice import clock, storage
from backoffice.database import transaction
from backoffice.delivery.rules import attachment_name
from backoffice.errors import N_, Conflict, Invalid, Message, NotFound
from backoffice.issuing import queries as issuing
from backoffice.issuing.queries import credits
from backoffice.issuing.queries import official as official_records
from backoffice.issuing.services import documents
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels
from backoffice.portal.forms import RecipientsForm, SendAgainForm
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import COPIES_LIMIT, State
from backoffice.requests.services import changes, promises, recipients, supporting
from backoffice.web import asides, kept_forms, offers
from backoffice.web.downloads import attachment
from backoffice.web.errors import translate
from backoffice.web.formatting import amount as format_amount
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.interface import status_label
from backoffice.web.kept_forms import keep_typed

_PROMISED_OTHERWISE = "promised-otherwise"


@blueprint.get("/invoices/<number>")
@guard(Permission.SEE_OWN_INVOICES)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and what can be done now; with ?print, the same for paper."""
    dossier = queries.dossier(account_id(), number)
    shown = dossier.request
    return render_template(
        "portal/request.html",
        dossier=dossier,
        unsure=promises.provisional_of(shown) if shown.is_open else (),
        labels=labels,
        on_paper="print" in request.args,
        withdrawal=_withdrawal(shown),
        now=clock.now(),
    )


@blueprint.route("/invoices/<number>/withdraw", methods=["GET", "POST"])
@guard(Permission.APPLY)
def withdraw(number: str) -> Any:
    """Take a pending request back; the page asks once, for browsers that do not open the dialog.

    It asks once more where what can be invoiced afterwards is not what it said.
    """
    found = queries.own_request(account_id(), number)
    if not found.can_withdraw:
        flash(_too_late(found), "warning")
        return redirect(address(number), 303)
    if request.method != "POST":
        return _withdraw_page(found)
    try:
        with transaction():
            withdrawn = changes.withdraw(current_actor(), number, now=clock.now())
            left = queries.withdrawal(withdrawn, least=policies.minimum_amount(clock.today()))
            if left.word != request.form.get("promised"):
                raise Conflict(Message(N_("What can be invoiced afterwards has changed")), code=_PROMISED_OTHERWISE)
    except Conflict as conflict:
        found = queries.own_request(account_id(), number)
        if conflict.code == _PROMISED_OTHERWISE:
            return _withdraw_page(found, refusal=translate(conflict.message)), 409
        flash(_too_late(found), "warning")
        return redirect(address(number), 303)
    flash(_withdrawn(left), "success")
    offers.done(N_("The last thing you did was to withdraw %(number)s. It stays so; apply anew."), number=number)
    return redirect(address(number), 303)


def _withdraw_page(found: InvoiceRequest, *, refusal: str | None = None) -> str:
    return render_template(
        "portal/withdraw.html", invoice_request=found, withdrawal=_withdrawal(found), refusal=refusal
    )


def _withdrawn(left: queries.Withdrawal) -> str:
    """What is said once it is done: what can be invoiced, or why nothing can."""
    if left.after:
        told = gettext("The request is withdrawn. You can invoice %(amount)s now.", amount=format_amount(left.after))
    elif left.left > 0:
        told = gettext(
            "The request is withdrawn. %(left)s is left, less than the smallest amount of %(least)s.",
            left=format_amount(left.left),
            least=format_amount(left.least),
        )
    else:
        told = gettext("The request is withdrawn. There is nothing to invoice until new recharges come.")
    return str(told)


def _withdrawal(found: InvoiceRequest) -> queries.Withdrawal | None:
    """What its dialog tells; nothing is read for a request that cannot be withdrawn."""
    return queries.withdrawal(found, least=policies.minimum_amount(clock.today())) if found.can_withdraw else None


def _too_late(found: InvoiceRequest) -> str:
    if found.state == State.WITHDRAWN:
        return str(gettext("This request is withdrawn already."))
    return str(gettext("This request is %(status)s and cannot be withdrawn.", status=status_label(found.state)))


@blueprint.route("/invoices/<number>/correct", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
def correct(number: str) -> Any:
    """Correct the receiving address and the copies while the request is pending."""
    found = queries.own_request(account_id(), number)
    if not found.can_correct:
        flash(_too_late_to_correct(found), "warning")
        return kept_forms.done(redirect(address(number), 303))
    if request.method != "POST":
        return _correct_page(found, kept_forms.begin(RecipientsForm, _recipients(found)))
    form = RecipientsForm()
    if asides.is_asked():
        return kept_forms.step_aside(_recipients(found), lambda: _correct_page(found, form))
    try:
        with transaction():
            recipients.correct(
                current_actor(),
                number,
                email=form.email.data or "",
                copies=form.copies.data or "",
                over=form.seen.data,
                now=clock.now(),
            )
    except Invalid as refusal:
        apply_errors(form, refusal)
        found = queries.own_request(account_id(), number)
        if refusal.code == recipients.CHANGED:
            form.seen.data = recipients.seen(found)
        return _correct_page(found, form, 422)
    except Conflict:
        flash(_too_late_to_correct(queries.own_request(account_id(), number)), "warning")
        return kept_forms.done(redirect(address(number), 303))
    flash(gettext("The address is corrected. Mails about this request go there from now on."), "success")
    offers.done(
        N_("The last thing you did was to correct the address of %(number)s. You can correct it again there."),
        number=number,
    )
    return kept_forms.done(redirect(address(number), 303))


def _correct_page(found: InvoiceRequest, form: RecipientsForm, status: int = 200) -> Any:
    page = render_template("portal/correct.html", invoice_request=found, form=form, copies_limit=COPIES_LIMIT)
    return page, status


def _recipients(found: InvoiceRequest) -> dict[str, str]:
    return {"email": found.email, "copies": ", ".join(found.copies), "seen": recipients.seen(found)}


def _too_late_to_correct(found: InvoiceRequest) -> str:
    told = gettext(
        "This request is %(status)s; its address cannot be corrected here.", status=status_label(found.state)
    )
    return str(told)


@blueprint.route("/invoices/<number>/send-again", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
def send_again(number: str) -> Any:
    """Mail the issued invoice once more, to a corrected address where the first did not take it."""
    found = queries.own_request(account_id(), number)
    if request.method != "POST":
        failed = request.args.get("to", "") or found.email
        return _send_again_page(found, kept_forms.begin(SendAgainForm, {"to": failed, "email": failed}))
    form = SendAgainForm()
    form.to.data = form.to.data or found.email
    if asides.is_asked():
        return kept_forms.step_aside({"email": form.to.data}, lambda: _send_again_page(found, form))
    try:
        with transaction():
            recipients.send_again(
                current_actor(), number, recipient=form.to.data, email=form.email.data or "", now=clock.now()
            )
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _send_again_page(queries.own_request(account_id(), number), form, 422)
    except Conflict as refusal:
        flash(translate(refusal.message), "warning")
        return kept_forms.done(redirect(address(number), 303))
    flash(gettext("The invoice is on its way to %(address)s.", address=form.email.data), "success")
    offers.done(N_("The last thing you did was to send an invoice again. A mail cannot be taken back."))
    return kept_forms.done(redirect(address(number), 303))


def _send_again_page(found: InvoiceRequest, form: SendAgainForm, status: int = 200) -> Any:
    if not found.is_issued:
        raise NotFound
    mail = queries.last_mail(found, form.to.data or "")
    if mail is None:
        flash(gettext("The invoice does not go to that address any more. This is how it stands now."), "warning")
        return kept_forms.done(redirect(address(found.number), 303))
    return render_template("portal/send_again.html", invoice_request=found, form=form, mail=mail), status


@blueprint.get("/invoices/<number>/supporting-file")
@guard(Permission.SEE_OWN_INVOICES)
def supporting_file(number: str) -> Response:
    """What was enclosed with the request, as a download."""
    file = supporting.found(queries.own_request(account_id(), number))
    return attachment(storage.get(file.sha256), file.type, file.name)


@blueprint.get("/invoices/<number>/credit-notes/<note>")
@guard(Permission.SEE_OWN_INVOICES)
def credit_note(number: str, note: str) -> Response:
    """A credit note on the request's invoice, byte for byte as it was stored and mailed."""
    found = queries.own_request(account_id(), number)
    document = credits.document_of(found.id, note)
    name = attachment_name(f"{document.number} {found.header_name}")
    return attachment(storage.get(document.sha256), "application/pdf", f"{name}.pdf", f"{document.number}.pdf")


@blueprint.get("/invoices/<number>/download")
@guard(Permission.SEE_OWN_INVOICES)
def download(number: str) -> Response:
    """The issued invoice, byte for byte as it was stored and mailed."""
    found = queries.own_request(account_id(), number)
    document = issuing.document_of(found.id)
    name = attachment_name(f"{document.number} {found.header_name}")
    return attachment(storage.get(document.sha256), "application/pdf", f"{name}.pdf", f"{document.number}.pdf")


@blueprint.get("/invoices/<number>/download.xml")
@guard(Permission.SEE_OWN_INVOICES)
def download_xml(number: str) -> Response:
    """The same invoice for accounting software: the XML inside the stored PDF, byte for byte."""
    found = queries.own_request(account_id(), number)
    document, content = documents.xml_document(found.id)
    name = attachment_name(f"{document.number} {found.header_name}")
    return attachment(content, "application/xml", f"{name}.xml", f"{document.number}.xml")


@blueprint.get("/invoices/<number>/official")
@guard(Permission.SEE_OWN_INVOICES)
def official(number: str) -> Response:
    """What a tax platform issued for the invoice, as finance recorded it last."""
    found = official_records.file_of(queries.own_request(account_id(), number).id)
    return attachment(storage.get(found.file_sha256 or ""), found.file_type or "", found.file_name or "official")
