"""Apply for an invoice: fill in, look at everything once more, submit."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import BackofficeError, Conflict, Invalid
from backoffice.headers import queries as headers
from backoffice.issuing.services import draft_snapshot
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal.forms import ApplyForm, begin, fingerprint, values_of
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint, issuer
from backoffice.requests import queries as requests
from backoffice.requests.rules import REASON_FIELDS, REASON_LABELS
from backoffice.requests.services import applying
from backoffice.requests.services.applying import Plan
from backoffice.web.errors import translate
from backoffice.web.formatting import day as format_day
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard

# What was typed waits here, in the signed cookie, while a header is being made.
DRAFT = "application"


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
        queries.own_request(account_id(), form.resubmit.data)
    return steps.get(request.form.get("action", ""), _review)(form)


def _begin() -> Any:
    """The form as it is first shown: prefilled, continued after a new header, or a rejected request once more."""
    draft = session.pop(DRAFT, None) if "resume" in request.args else None
    values: dict[str, Any] = {
        "email": requests.last_email(account_id(), current_user.id) or current_user.email,
        "amount": request.args.get("amount", "")[:60],
        **(draft or {}),
    }
    if "resubmit" in request.args:
        former = queries.own_request(account_id(), request.args["resubmit"])
        if not former.can_resubmit:
            flash(gettext("Only a rejected request can be resubmitted."), "warning")
            return redirect(address(former.number), 303)
        values |= values_of(former)
    if "header" in request.args:
        values["header_id"] = request.args["header"]
    return _form_page(begin(values))


def _form_page(form: ApplyForm, status: int = 200) -> tuple[str, int]:
    account = account_id()
    usable = headers.headers_of(account)
    if form.header_id.data is None and usable:
        form.header_id.data = str(usable[0].id) if usable[0].is_default or len(usable) == 1 else ""
    form.offer(usable)
    form.ensure_token()
    former = queries.own_request(account, form.resubmit.data) if form.resubmit.data else None
    page = render_template(
        "portal/apply.html",
        form=form,
        usable=usable,
        balance=ledger.balance(account),
        minimum=policies.minimum_amount(clock.today()),
        promised_on=applying.promised(clock.now())[0],
        former=former,
        verdict=requests.decision_in_force(former.id) if former else None,
        reason_labels=REASON_LABELS,
        reason_fields=REASON_FIELDS,
    )
    return page, status


def _fill_all(form: ApplyForm) -> Any:
    form.amount.data = f"{ledger.balance(account_id()).invoiceable:.2f}"
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
        plan = applying.plan(current_actor(), form.application(), now=clock.now())
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
        snapshot=draft_snapshot(plan, issuer=issuer(), now=now),
        seen=fingerprint(plan),
        changed=changed,
        left=ledger.balance(plan.account_id).invoiceable - plan.amount,
    )
    return page, 409 if changed else 200


def _submit(form: ApplyForm) -> Any:
    """Make the request. The same form sent twice leads to the request it made the first time."""
    form.ensure_token()
    known = queries.submitted_with(account_id(), form.submit_token.data)
    if known is not None:
        return redirect(address(known.number), 303)
    try:
        plan = applying.plan(current_actor(), form.application(), now=clock.now())
        seen = request.form.get("seen", "")
        if seen != fingerprint(plan):
            return _review_page(form, plan, changed=bool(seen))
        number, due_on = _make(form)
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    session.pop(DRAFT, None)
    told = gettext("Your request is submitted. We finish it by %(day)s.", day=format_day(due_on).striptags())
    flash(told, "success")
    return redirect(address(number), 303)


def _make(form: ApplyForm) -> tuple[str, Any]:
    """Apply in one transaction; of two that send the same form at once, the second finds the first's."""
    language = get_locale()
    for last in (False, True):
        try:
            with transaction():
                made = applying.apply(
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
