"""Apply for an invoice: fill in, look at everything once more, submit."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import BackofficeError, Conflict, Invalid
from backoffice.extensions import limiter
from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.services import draft_snapshot
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels, uploads
from backoffice.portal.forms import CARRIED, ApplyForm, begin, defaults_of, fingerprint, values_of
from backoffice.portal.queries import comparison
from backoffice.portal.queries import dossier as queries
from backoffice.portal.views.plumbing import account_id, address, blueprint, issuer
from backoffice.requests import queries as requests
from backoffice.requests.rules import COPIES_LIMIT
from backoffice.requests.services import applying
from backoffice.requests.services.applying import AlreadySubmitted, Application, Plan
from backoffice.web import drafts
from backoffice.web.errors import translate
from backoffice.web.formatting import day as format_day
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import LOGIN_ENDPOINT, current_actor, guard
from backoffice.web.limits import who_asks


def keep_typed() -> Response | None:
    """An application that arrives after its session ended: the way to the sign-in page, and back to what was typed."""
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    form = ApplyForm()
    typed, lost = form.typed()
    if getattr(form.support_file.data, "filename", ""):
        lost.append("support_file")
    answer = redirect(url_for(LOGIN_ENDPOINT, next=url_for("portal.apply", resume=1)))
    for left_out in ((), ("copies",), ("remarks",), ("copies", "remarks")):
        waiting = {name: value for name, value in typed.items() if name not in left_out}
        told = " ".join([*lost, *(name for name in left_out if typed.get(name))])
        if drafts.keep(answer, owner, {**waiting, "lost": told, "rescued": "1"}):
            return answer
    return None


@blueprint.route("/invoices/apply", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
@limiter.limit(uploads.LIMIT, key_func=who_asks, methods=["POST"], exempt_when=lambda: not uploads.is_enclosed())
def apply() -> Any:
    """Apply for an invoice: fill in, look at everything once more, submit.

    The button that was pressed says which step comes next; every step carries what was typed.
    """
    if request.method != "POST":
        return _begin()
    steps = {
        "submit": _submit, "edit": _form_page, "all": _fill_all, "remove-file": _form_page,
        "new-header": _leave_for_header, "edit-header": _leave_for_header,
    }  # fmt: skip
    form = ApplyForm()
    if form.resubmit.data:
        queries.own_request(account_id(), form.resubmit.data)
    form.follow_header(headers.headers_of(account_id()), _usual_email())
    action = request.form.get("action", "")
    if not _take_file(form, remove=action == "remove-file"):
        return _refused_file(form)
    return steps.get(action, _review)(form)


def _begin() -> Any:
    """The form as it is first shown: prefilled, continued after a new header, or a rejected request once more."""
    usable = headers.headers_of(account_id())
    values: dict[str, Any] = {"amount": request.args.get("amount", "")[:60]}
    if "resubmit" in request.args:
        former = queries.own_request(account_id(), request.args["resubmit"])
        if not former.can_resubmit:
            flash(gettext("Only a rejected request can be resubmitted."), "warning")
            return redirect(address(former.number), 303)
        values |= values_of(former)
    elif "resume" in request.args and (draft := drafts.kept(current_user.id)):
        values |= draft
        if draft.get("rescued"):
            _welcome_back(whole="lost" not in draft)
    else:
        chosen = next((header for header in usable if header.is_default or len(usable) == 1), None)
        values |= _prefilled(chosen)
    form = begin(values)
    if "header" in request.args:
        form.header_id.data = request.args["header"]
        form.follow_header(usable, _usual_email())
    form.say_lost(str(values.get("lost", "")).split())
    return _form_page(form)


def _welcome_back(*, whole: bool) -> None:
    if whole:
        flash(gettext("You are signed in again. What you typed is still here."), "success")
    else:
        flash(
            gettext("You are signed in again. What could be kept is still here; look at the marked fields."), "warning"
        )


def _prefilled(header: InvoiceHeader | None) -> dict[str, str]:
    chosen = str(header.id) if header else ""
    return {"header_id": chosen, "defaults_of": chosen, **defaults_of(header, _usual_email())}


def _usual_email() -> str:
    return requests.last_email(account_id(), current_user.id) or str(current_user.email)


def _take_file(form: ApplyForm, *, remove: bool) -> bool:
    """Keep a file that was chosen just now, so that no later step asks for it; False when it is refused."""
    if remove:
        form.support.data = ""
        return True
    try:
        file = uploads.received(form.support_file.data)
    except Invalid as refusal:
        apply_errors(form, refusal)
        return False
    if file is not None:
        form.support.data = uploads.word_of(file, account_id())
    elif form.support.data and _file(form) is None:
        form.support.data = ""
        form.support_file.errors = [gettext("The file is not here any more. Please choose it again.")]
        return False
    return True


def _file(form: ApplyForm) -> Any:
    return uploads.read(form.support.data, account_id())


def _application(form: ApplyForm) -> Application:
    return form.application(_file(form))


def _refused_file(form: ApplyForm) -> tuple[str, int]:
    """The form with the sentence beside the file, and what else is wrong beside the other fields."""
    with suppress(Conflict):
        try:
            applying.plan(current_actor(), _application(form), now=clock.now())
        except Invalid as refusal:
            apply_errors(form, refusal)
    return _form_page(form, 422)


def _form_page(form: ApplyForm, status: int = 200) -> tuple[str, int]:
    account = account_id()
    usable = headers.headers_of(account)
    form.offer(usable, _usual_email())
    _complete(form)
    former = queries.own_request(account, form.resubmit.data) if form.resubmit.data else None
    page = render_template(
        "portal/apply.html",
        form=form,
        # What the server answers with is newer than what the page keeps: it was sent just now, or has a new header.
        fresh=request.method == "POST" or "header" in request.args,
        usable=usable,
        balance=ledger.balance(account),
        minimum=policies.minimum_amount(clock.today()),
        promised_on=applying.promised(clock.now())[0],
        complaint=comparison.complaint_about(former) if former else None,
        labels=labels,
        file=_file(form),
        copies_limit=COPIES_LIMIT,
    )
    return page, status


def _complete(form: ApplyForm) -> None:
    form.ensure_token()
    form.owner.data = drafts.owner_of(current_user.id)


def _fill_all(form: ApplyForm) -> Any:
    form.amount.data = f"{ledger.balance(account_id()).invoiceable:.2f}"
    return _form_page(form)


def _leave_for_header(form: ApplyForm) -> Any:
    """Off to a new header, or to the one that has to change; what was typed comes along, or says why it cannot."""
    draft = form.draft()
    if not draft:
        return _form_page(form, 422)
    answer = redirect(_header_address(form), 303)
    if not drafts.keep(answer, current_user.id, draft):
        form.remarks.errors = [gettext("This is too much text to take along. Shorten it, and write the rest later.")]
        return _form_page(form, 422)
    return answer


def _header_address(form: ApplyForm) -> str:
    header_id = whole_number(form.header_id.data)
    there = {header.id for header in headers.headers_of(account_id())}
    if request.form.get("action") != "edit-header" or header_id is None or header_id not in there:
        return url_for("headers.new", next="apply")
    former = queries.own_request(account_id(), form.resubmit.data) if form.resubmit.data else None
    wrong = comparison.complaint_about(former).fields if former else ()
    return url_for("headers.edit", header_id=header_id, next="apply", _anchor=wrong[0] if wrong else None)


def _review(form: ApplyForm, status: int = 200) -> Any:
    """Everything once more before it is submitted, with the invoice as it will look."""
    try:
        plan = applying.plan(current_actor(), _application(form), now=clock.now())
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    return _review_page(form, plan, status=status)


def _review_page(form: ApplyForm, plan: Plan, *, changed: bool = False, status: int = 200) -> tuple[str, int]:
    _complete(form)
    snapshot = _draft(plan)
    page = render_template(
        "portal/review.html",
        form=form,
        carried_fields=CARRIED,
        plan=plan,
        snapshot=snapshot,
        seen=fingerprint(plan, snapshot),
        changed=changed,
        comparison=comparison.compare(plan),
        labels=labels,
        left=ledger.balance(plan.account_id).invoiceable - plan.amount,
    )
    return page, 409 if changed else status


def _draft(plan: Plan) -> Snapshot:
    return draft_snapshot(plan, issuer=issuer(), now=clock.now())


def _submit(form: ApplyForm) -> Any:
    """Make the request. The same form sent twice leads to the request it made the first time."""
    form.ensure_token()
    try:
        known = applying.repeated(current_actor(), _application(form), form.submit_token.data)
        if known is not None:
            return redirect(address(known.number), 303)
        plan = applying.plan(current_actor(), _application(form), now=clock.now())
        seen = request.form.get("seen", "")
        if seen != fingerprint(plan, _draft(plan)):
            return _review_page(form, plan, changed=bool(seen))
        number, due_on = _make(form)
    except AlreadySubmitted as former:
        return _review_another(form, former.number)
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    told = gettext("Your request is submitted. We finish it by %(day)s.", day=format_day(due_on).striptags())
    flash(told, "success")
    answer = make_response(redirect(address(number), 303))
    drafts.forget(answer)
    return answer


def _review_another(form: ApplyForm, former: str) -> Any:
    """Another application than the one this form has made a request of: once more, as a form of its own."""
    form.submit_token.data = ""
    told = gettext(
        "You have already submitted %(number)s with this form. Submit again to make a second request.", number=former
    )
    flash(told, "warning")
    return _review(form, status=409)


def _make(form: ApplyForm) -> tuple[str, Any]:
    """Apply in one transaction; of two that send the same form at once, the second finds the first's."""
    language = get_locale()
    for last in (False, True):
        try:
            with transaction():
                made = applying.apply(
                    current_actor(),
                    _application(form),
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
