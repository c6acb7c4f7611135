"""Apply for an invoice: fill in the form. Every button keeps what was typed and leads to an address of its own."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid
from backoffice.extensions import limiter
from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels, services, uploads
from backoffice.portal.forms import ApplyForm, application_of, begin, defaults_of, of_draft, values_of
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import comparison, dossier
from backoffice.portal.queries import drafts as queries
from backoffice.portal.services import Content
from backoffice.portal.views import drafting
from backoffice.portal.views.drafting import to_form, to_review, writer
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import COPIES_LIMIT
from backoffice.requests.services import applying
from backoffice.requests.services.applying import AlreadySubmitted
from backoffice.requests.services.supporting import SupportingFile
from backoffice.web import drafts
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import LOGIN_ENDPOINT, current_actor, guard
from backoffice.web.limits import who_asks

_NOT_KEPT = N_("The file was not kept. Please choose it again.")


@blueprint.url_value_preprocessor
def _read_large_files(endpoint: str | None, _values: object) -> None:
    # Before anything reads the form, the CSRF check among them. Whoever cannot apply sends no more than elsewhere.
    if endpoint == "portal.apply" and request.method == "POST" and current_user.can(Permission.APPLY):
        request.max_content_length = uploads.READ_BYTES


def keep_typed() -> Response | None:
    """An application that arrives after its session ended: the way to the sign-in page, and back to what was typed.

    Its sender has only shown that the form was made for its owner: a new file is not taken from them.
    """
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    form = ApplyForm()
    fault = _NOT_KEPT if uploads.is_enclosed() else None
    content = Content(form.short_typed(), form.follows, file_fault=fault, rescued=True)
    with transaction():
        key = services.rescue(owner, form.ensure_key(), content, enclosed=bool(form.enclosed.data), now=clock.now())
    return redirect(url_for(LOGIN_ENDPOINT, next=url_for("portal.apply", resume=key))) if key else None


@blueprint.route("/invoices/apply", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
@limiter.limit(uploads.LIMIT, key_func=who_asks, methods=["POST"], exempt_when=lambda: not uploads.is_enclosed())
def apply() -> Any:
    """The application form; what is sent is kept as a draft, and the button that was pressed says what comes next."""
    if request.method != "POST":
        return _begin()
    form = ApplyForm()
    if form.resubmit.data:
        dossier.own_request(account_id(), form.resubmit.data)
    action = request.form.get("action", "")
    known = queries.find(writer(), form.ensure_key())
    if action in ("cancel", "anew"):
        return _give_up(form, action)
    form.follow_header(headers.headers_of(account_id()), _usual_email())
    if action == "all":
        form.amount.data = f"{ledger.balance(account_id()).invoiceable:.2f}"
    content = _content(form, known, action)
    if known is not None and known.has_ended:
        if _is_what_was_made(known, content):
            return to_review(known.key)
        form.draft.data = services.new_word()
    drafting.store(form.draft.data, content if content.fits else _shortened(form, content))
    if not content.fits:
        return _page(form, queries.draft_of(writer(), form.draft.data), check=True), 422
    return _next(action, queries.draft_of(writer(), form.draft.data))


@blueprint.get("/invoices/apply/<key>")
@guard(Permission.APPLY)
def application_draft(key: str) -> str:
    """The form as its writer left it; with ?check it says what is wrong with it now."""
    draft = queries.draft_of(writer(), key)
    return _page(_form_of(draft), draft, check="check" in request.args)


def _begin() -> Any:
    """The form as it is first shown: prefilled, as it was left, or a rejected request once more."""
    if "resubmit" in request.args:
        return _resubmit(request.args["resubmit"])
    draft = None
    if "resume" in request.args:
        draft = queries.unfinished(writer(), request.args["resume"]) or queries.newest(writer())
    elif "amount" not in request.args:
        draft = queries.newest_following(writer(), None)
    if draft is not None:
        if draft.rescued and "resume" in request.args:
            _welcome_back(whole=not (draft.fields.get("lost") or draft.file_fault))
        return _page(_form_of(draft), draft, continued="resume" not in request.args)
    usable = headers.headers_of(account_id())
    chosen = next((header for header in usable if header.is_default or len(usable) == 1), None)
    form = begin({"amount": request.args.get("amount", "")[:60], **_prefilled(chosen)})
    _choose_header(form)
    return _page(form)


def _resubmit(number: str) -> Any:
    former = dossier.own_request(account_id(), number)
    if not former.can_resubmit:
        flash(gettext("Only a rejected request can be resubmitted."), "warning")
        return redirect(address(former.number), 303)
    if (follower := requests.followed_by(former.id)) is not None:
        flash(gettext("%(former)s was resubmitted already: this is it.", former=former.number), "warning")
        return redirect(address(follower), 303)
    draft = queries.newest_following(writer(), former.number)
    if draft is not None:
        return _page(_form_of(draft), draft, continued=True)
    return _page(begin(values_of(former)))


def _welcome_back(*, whole: bool) -> None:
    if whole:
        flash(gettext("You are signed in again. What you typed is still here."), "success")
    else:
        flash(
            gettext("You are signed in again. What could be kept is still here; look at the marked fields."), "warning"
        )


def _form_of(draft: ApplicationDraft) -> ApplyForm:
    form = of_draft(draft)
    _choose_header(form)
    return form


def _choose_header(form: ApplyForm) -> None:
    """Whoever comes from a header they made or changed goes on with that one."""
    if "header" in request.args:
        form.header_id.data = request.args["header"]
        form.follow_header(headers.headers_of(account_id()), _usual_email())


def _prefilled(header: InvoiceHeader | None) -> dict[str, str]:
    chosen = str(header.id) if header else ""
    return {"header_id": chosen, "defaults_of": chosen, **defaults_of(header, _usual_email())}


def _usual_email() -> str:
    return requests.last_email(account_id(), current_user.id) or str(current_user.email)


def _content(form: ApplyForm, known: ApplicationDraft | None, action: str) -> Content:
    """What the draft is to hold: what was typed, and the file that was chosen now or before.

    A file that was refused is not passed over in silence: it is asked for until another is chosen, or until somebody
    says that it goes on without.
    """
    file = services.file_so_far(writer(), known, form.follows)
    fault = services.file_fault_so_far(known, file, enclosed=bool(form.enclosed.data))
    if action == "remove-file":
        file = None
    elif action == "without-file":
        fault = None
    try:
        chosen = uploads.received(form.support_file.data)
    except Invalid as refusal:
        fault = refusal.fields["support_file"][0].msgid
    else:
        file, fault = (chosen, None) if chosen is not None else (file, fault)
    return Content(form.typed(), form.follows, file, fault)


def _is_what_was_made(known: ApplicationDraft, content: Content) -> bool:
    """Whether a form that made its request says the same once more; another application says so, and begins anew."""
    said = application_of(content.typed, content.follows, content.file)
    try:
        applying.repeated(current_actor(), said, known.submit_token)
    except AlreadySubmitted as former:
        say_submitted(former.number)
        return False
    return True


def say_submitted(number: str) -> None:
    """Tell that the form has made a request, and that what follows is a second one."""
    told = gettext(
        "You have already submitted %(number)s with this form. Submit again to make a second request.", number=number
    )
    flash(told, "warning")


def _shortened(form: ApplyForm, content: Content) -> Content:
    # Much more text than any field takes: the answer itself shows it once more, the draft goes without.
    return Content(form.short_typed(), content.follows, content.file, content.file_fault)


def _next(action: str, draft: ApplicationDraft) -> Response:
    """Where the button leads."""
    if action in ("new-header", "edit-header"):
        return redirect(_header_address(draft, action), 303)
    if action in ("all", "remove-file", "edit"):
        return to_form(draft.key)
    try:
        drafting.planned(draft)
    except (Invalid, Conflict):
        return to_form(draft.key, check=True)
    return to_review(draft.key)


def _give_up(form: ApplyForm, action: str) -> Response:
    with transaction():
        services.give_up(writer(), form.draft.data)
    if action == "cancel":
        return redirect(url_for("portal.invoices"), 303)
    return redirect(url_for("portal.apply", resubmit=form.follows), 303)


def _header_address(draft: ApplicationDraft, action: str) -> str:
    header_id = whole_number(draft.fields["header_id"])
    there = {header.id for header in headers.headers_of(account_id())}
    if action != "edit-header" or header_id is None or header_id not in there:
        return url_for("headers.new", next="apply", draft=draft.key)
    former = _former(draft.follows)
    fields = comparison.complaint_about(former).fields if former else ()
    wrong = [name for name in fields if name in labels.header_fields]
    return url_for(
        "headers.edit", header_id=header_id, next="apply", draft=draft.key, _anchor=wrong[0] if wrong else None
    )


def _former(number: str | None) -> InvoiceRequest | None:
    return dossier.own_request(account_id(), number) if number else None


def _explain(form: ApplyForm, file: SupportingFile | None) -> None:
    """Put beside each field what is wrong with it now."""
    try:
        applying.plan(current_actor(), application_of(form.typed(), form.follows, file), now=clock.now())
    except Invalid as refusal:
        apply_errors(form, refusal)
    except Conflict as refusal:
        # What it wanted to follow cannot be followed any more: it may still be submitted on its own.
        form.resubmit.data = ""
        form.form_errors.append(translate(refusal.message))


def _page(
    form: ApplyForm, draft: ApplicationDraft | None = None, *, check: bool = False, continued: bool = False
) -> str:
    account = account_id()
    usable = headers.headers_of(account)
    file = services.file_so_far(writer(), draft, form.follows)
    if draft is not None:
        form.say_lost(draft.fields.get("lost", "").split())
    made = queries.made_of(draft) if draft is not None else None
    if check and made is None:
        _explain(form, file)
    if draft is not None and draft.file_fault:
        form.support_file.errors = [gettext(draft.file_fault)]
    form.offer(usable, _usual_email())
    form.ensure_key()
    form.enclosed.data = "1" if file else ""
    form.owner.data = drafts.owner_of(current_user.id)
    former = _former(form.follows)
    return render_template(
        "portal/apply.html",
        form=form,
        draft=draft,
        made=made,
        continued=continued,
        # Which words of the server these are; the page keeps its own only while they are newer.
        version=f"{draft.updated_at.isoformat() if draft else ''}{request.args.get('header', '')}",
        usable=usable,
        balance=ledger.balance(account),
        minimum=policies.minimum_amount(clock.today()),
        promised_on=applying.promised(clock.now())[0],
        complaint=comparison.complaint_about(former) if former else None,
        labels=labels,
        file=file,
        copies_limit=COPIES_LIMIT,
    )
