"""The customer's pages: summary and list, apply with its review step, one request, withdraw, download."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, database, storage
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.delivery.rules import attachment_name
from backoffice.errors import BackofficeError, Conflict, Invalid
from backoffice.headers import queries as headers
from backoffice.issuing import queries as issuing
from backoffice.issuing.services import Issuer, draft_snapshot
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import queries
from backoffice.portal.forms import ApplyForm, begin, fingerprint, values_of
from backoffice.requests import queries as requests
from backoffice.requests import services
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import OPEN_STATES, REASON_FIELDS, REASON_LABELS, Reason, State
from backoffice.requests.services import Plan
from backoffice.web.errors import translate
from backoffice.web.filters import Choice, DateRange, FilterSet
from backoffice.web.formatting import day as format_day
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.interface import status_label
from backoffice.web.navigation import NavItem, register
from backoffice.web.paging import Order, PageRequest, paginate

blueprint = Blueprint("portal", __name__)

STATUSES = {
    State.PENDING.value: lazy_gettext("Pending"),
    State.APPROVED.value: lazy_gettext("Approved"),
    State.ISSUED.value: lazy_gettext("Issued"),
    State.REJECTED.value: lazy_gettext("Rejected"),
    State.WITHDRAWN.value: lazy_gettext("Withdrawn"),
}
FILTERS = FilterSet(
    Choice("status", lazy_gettext("Status"), list(STATUSES.items())),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    carried=(),
)
ORDER: Order = [(InvoiceRequest.submitted_at, "desc"), (InvoiceRequest.id, "desc")]

# What was typed waits here, in the signed cookie, while a header is being made.
DRAFT = "application"


def init(app: Flask) -> None:
    """Add the customer's page to the navigation of `app`."""
    register(
        app,
        NavItem("portal.invoices", lazy_gettext("Invoices"), "receipt-text", Permission.SEE_OWN_INVOICES, order=10),
    )


@blueprint.get("/invoices")
@guard(Permission.SEE_OWN_INVOICES)
def invoices() -> str:
    """What can be invoiced, what is invoiced, and the account's requests, newest first."""
    account_id = _account_id()
    filters = FILTERS.parse(request.args)
    wanted = requests.requests_of(
        account_id, states=filters["status"], since=filters["date"].low, until=filters["date"].high
    )
    page = paginate(database.session, wanted, ORDER, PageRequest.of(request.args))
    return render_template(
        "portal/invoices.html",
        balance=ledger.balance(account_id),
        filters=filters,
        page=page,
        links=page.links(request.path, filters.query),
        open_states=[state.value for state in OPEN_STATES],
    )


@blueprint.route("/invoices/apply", methods=["GET", "POST"])
@guard(Permission.APPLY)
def apply() -> Any:
    """Apply for an invoice: fill in, look at everything once more, submit.

    The button that was pressed says which step comes next; every step carries what was typed.
    """
    if request.method != "POST":
        return _begin()
    steps = {"submit": _submit, "edit": _form_page, "all": _fill_all, "new-header": _leave_for_header}
    form = ApplyForm()
    if form.resubmit.data:
        queries.own_request(_account_id(), form.resubmit.data)
    return steps.get(request.form.get("action", ""), _review)(form)


def _begin() -> Any:
    """The form as it is first shown: prefilled, continued after a new header, or a rejected request once more."""
    draft = session.pop(DRAFT, None) if "resume" in request.args else None
    values: dict[str, Any] = {
        "email": requests.last_email(_account_id(), current_user.id) or current_user.email,
        "amount": request.args.get("amount", "")[:60],
        **(draft or {}),
    }
    if "resubmit" in request.args:
        former = queries.own_request(_account_id(), request.args["resubmit"])
        if not former.can_resubmit:
            flash(gettext("Only a rejected request can be resubmitted."), "warning")
            return redirect(_address(former.number), 303)
        values |= values_of(former)
    if "header" in request.args:
        values["header_id"] = request.args["header"]
    return _form_page(begin(values))


def _form_page(form: ApplyForm, status: int = 200) -> tuple[str, int]:
    account_id = _account_id()
    usable = headers.headers_of(account_id)
    if form.header_id.data is None and usable:
        form.header_id.data = str(usable[0].id) if usable[0].is_default or len(usable) == 1 else ""
    form.offer(usable)
    form.ensure_token()
    former = queries.own_request(account_id, form.resubmit.data) if form.resubmit.data else None
    page = render_template(
        "portal/apply.html",
        form=form,
        usable=usable,
        balance=ledger.balance(account_id),
        minimum=policies.minimum_amount(clock.today()),
        promised_on=services.promised(clock.now())[0],
        former=former,
        verdict=requests.decision_in_force(former.id) if former else None,
        reason_labels=REASON_LABELS,
        reason_fields=REASON_FIELDS,
    )
    return page, status


def _fill_all(form: ApplyForm) -> Any:
    form.amount.data = f"{ledger.balance(_account_id()).invoiceable:.2f}"
    return _form_page(form)


def _leave_for_header(form: ApplyForm) -> Any:
    """Off to a new header; what was typed comes along, or stays here with the reason why it cannot."""
    draft = form.draft()
    if not draft:
        return _form_page(form, 422)
    session[DRAFT] = draft
    return redirect(url_for("headers.new", next="apply"), 303)


def _review(form: ApplyForm) -> Any:
    """Everything once more before it is submitted, with the invoice as it will look."""
    try:
        plan = services.plan(current_actor(), form.application(), now=clock.now())
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    return _review_page(form, plan)


def _review_page(form: ApplyForm, plan: Plan, *, changed: bool = False) -> tuple[str, int]:
    form.ensure_token()
    now = clock.now()
    page = render_template(
        "portal/review.html",
        form=form,
        plan=plan,
        snapshot=draft_snapshot(plan, issuer=_issuer(), now=now),
        seen=fingerprint(plan),
        changed=changed,
        left=ledger.balance(plan.account_id).invoiceable - plan.amount,
    )
    return page, 409 if changed else 200


def _submit(form: ApplyForm) -> Any:
    """Make the request. The same form sent twice leads to the request it made the first time."""
    form.ensure_token()
    known = queries.submitted_with(_account_id(), form.submit_token.data)
    if known is not None:
        return redirect(_address(known.number), 303)
    try:
        plan = services.plan(current_actor(), form.application(), now=clock.now())
        seen = request.form.get("seen", "")
        if seen != fingerprint(plan):
            return _review_page(form, plan, changed=bool(seen))
        number, due_on = _make(form)
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    session.pop(DRAFT, None)
    told = gettext("Your request is submitted. We finish it by %(day)s.", day=format_day(due_on).striptags())
    flash(told, "success")
    return redirect(_address(number), 303)


def _make(form: ApplyForm) -> tuple[str, Any]:
    """Apply in one transaction; of two that send the same form at once, the second finds the first's."""
    language = get_locale()
    for last in (False, True):
        try:
            with transaction():
                made = services.apply(
                    current_actor(),
                    form.application(),
                    submit_token=form.submit_token.data,
                    locale=language.language if language else "en",
                    now=clock.now(),
                )
                return made.number, made.due_on
        except IntegrityError:
            if last:
                raise
    raise AssertionError("the second try returns or raises")


def _refused(form: ApplyForm, refusal: BackofficeError) -> tuple[str, int]:
    """The form again with what was typed and the sentence beside the field it speaks of."""
    if isinstance(refusal, Invalid):
        apply_errors(form, refusal)
        return _form_page(form, 422)
    if refusal.code == "not-enough-money":
        form.amount.errors = [translate(refusal.message)]
        return _form_page(form, 409)
    # What it wanted to follow cannot be followed any more: it may still be submitted on its own.
    form.resubmit.data = ""
    form.form_errors.append(translate(refusal.message))
    return _form_page(form, 409)


@blueprint.get("/invoices/<number>")
@guard(Permission.SEE_OWN_INVOICES)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and what can be done now."""
    return render_template(
        "portal/request.html",
        dossier=queries.dossier(_account_id(), number),
        reason_labels=REASON_LABELS,
        reason_of=_reason,
        now=clock.now(),
    )


def _reason(code: str | None) -> Reason | None:
    return next((reason for reason in Reason if reason == code), None)


@blueprint.route("/invoices/<number>/withdraw", methods=["GET", "POST"])
@guard(Permission.APPLY)
def withdraw(number: str) -> Any:
    """Take a pending request back; the page asks once, for browsers that do not open the dialog."""
    found = queries.own_request(_account_id(), number)
    if request.method != "POST" and found.can_withdraw:
        return render_template("portal/withdraw.html", invoice_request=found)
    try:
        if request.method == "POST":
            with transaction():
                services.withdraw(current_actor(), number, now=clock.now())
            flash(gettext("The request is withdrawn. Its amount can be invoiced again."), "success")
        else:
            flash(_too_late(found), "warning")
    except Conflict:
        flash(_too_late(queries.own_request(_account_id(), number)), "warning")
    return redirect(_address(number), 303)


def _too_late(found: InvoiceRequest) -> str:
    return str(gettext("This request is %(status)s and cannot be withdrawn.", status=status_label(found.state)))


@blueprint.get("/invoices/<number>/download")
@guard(Permission.SEE_OWN_INVOICES)
def download(number: str) -> BaseResponse:
    """The issued invoice, byte for byte as it was stored and mailed."""
    found = queries.own_request(_account_id(), number)
    document = issuing.document_of(found.id)
    answer = Response(storage.get(document.sha256), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = _attachment(f"{document.number} {found.header_name}", document.number)
    return answer


def _attachment(name: str, ascii_name: str) -> str:
    """A Content-Disposition whose file name may be Chinese, with a plain one for old programs (RFC 6266, RFC 5987)."""
    encoded = quote(f"{attachment_name(name)}.pdf", safe="")
    return f"attachment; filename=\"{ascii_name}.pdf\"; filename*=UTF-8''{encoded}"


def _address(number: str) -> str:
    return url_for("portal.invoice_request", number=number)


def _account_id() -> int:
    """The customer account of whoever is signed in; the guard lets nobody in who has none."""
    account_id: int = current_user.account_id
    return account_id


def _issuer() -> Issuer:
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return Issuer(currency=settings.currency, external_url=settings.external_url)
