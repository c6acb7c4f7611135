"""Apply for an invoice: fill in the form. Every button keeps what was typed and leads to an address of its own."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid, NotFound
from backoffice.extensions import limiter
from backoffice.ledger import queries as ledger
from backoffice.ledger.rules import PARTS_LIMIT
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.portal import labels, services, uploads
from backoffice.portal.forms import ApplyForm, application_of, begin, of_draft
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import comparison, dossier
from backoffice.portal.queries import drafts as queries
from backoffice.portal.services import Content
from backoffice.portal.views import drafting, leaving
from backoffice.portal.views.beginning import Usual, beginning, choose_header, removed_header, usual
from backoffice.portal.views.drafting import to_form, to_review, writer
from backoffice.portal.views.plumbing import account_id, address, blueprint
from backoffice.portal.views.unfinished import about
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import COPIES_LIMIT
from backoffice.requests.services import applying, promises
from backoffice.requests.services.applying import AlreadySubmitted
from backoffice.requests.services.supporting import SupportingFile
from backoffice.web import asides, drafts
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import say_too_long
from backoffice.web.limits import who_asks

_CARRIED = ("amount", "resubmit", "header")
_LONGEST_WORD = 60
_RESTORE = "restore-header-"


@blueprint.url_value_preprocessor
def _read_large_files(endpoint: str | None, _values: object) -> None:
    # Before anything reads the form, the CSRF check among them. Whoever cannot apply sends no more than elsewhere.
    if endpoint == "portal.application" and request.method == "POST" and current_user.can(Permission.APPLY):
        request.max_content_length = uploads.READ_BYTES


@blueprint.get("/invoices/apply")
@guard(Permission.APPLY)
def apply() -> Response:
    """Begin an application: each has an address of its own from its first page on, so no two windows share one.

    A rejected request is resubmitted once: whoever has begun that goes on with it.
    """
    number = request.args.get("resubmit")
    if number is not None and (elsewhere := _followed_elsewhere(number)) is not None:
        return elsewhere
    draft = queries.following(writer(), number) if number is not None else None
    key = draft.key if draft is not None else services.new_word()
    return redirect(url_for("portal.application", key=key, **_carried(), new=1), 303)


def _carried() -> dict[str, Any]:
    """What the address says an application begins with."""
    return {name: request.args[name][:_LONGEST_WORD] for name in _CARRIED if name in request.args}


def _followed_elsewhere(number: str) -> Response | None:
    """Where to go instead when a request cannot be resubmitted, or was already; NotFound for another account's."""
    former = dossier.own_request(account_id(), number)
    if not former.can_resubmit:
        flash(gettext("Only a rejected request can be resubmitted."), "warning")
        return redirect(address(former.number), 303)
    if (follower := requests.followed_by(former.id)) is not None:
        flash(gettext("%(former)s was resubmitted already: this is it.", former=former.number), "warning")
        return redirect(address(follower), 303)
    return None


def keep_typed() -> Response | None:
    """An application whose session has ended: what was typed is kept, and the way leads back to it.

    Its sender has only shown that the form was made for its owner: a new file is not taken from them.
    """
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    form, key = ApplyForm(), str((request.view_args or {})["key"])
    fault = leaving.NOT_KEPT if uploads.is_enclosed() else None
    content = Content(form.short_typed(), form.follows, file_fault=fault, rescued=True)
    enclosed, since = bool(form.enclosed.data), form.words.data or ""
    with transaction():
        kept = services.rescue(owner, key, content, since=since, enclosed=enclosed, now=clock.now())
    return drafts.way_back(owner, url_for("portal.application", key=kept, back=1)) if kept is not None else None


@blueprint.route("/invoices/apply/<key>", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=keep_typed)
@limiter.limit(uploads.LIMIT, key_func=who_asks, methods=["POST"], exempt_when=lambda: not uploads.is_enclosed())
def application(key: str) -> Any:
    """The application form; what is sent is kept as a draft, and the button that was pressed says what comes next.

    With ?check it says what is wrong with it now. With ?new nothing has to be kept there yet.
    """
    if request.method == "POST":
        return _written(key, queries.find(writer(), key))
    try:
        draft = queries.find(writer(), key)
    except NotFound:
        return drafting.not_here()
    if draft is None and "new" not in request.args:
        return drafting.not_here()
    if draft is not None and draft.discarded_at is not None:
        return render_template("portal/discarded.html", draft=draft, about=about(draft, usual().headers))
    if "header" in request.args and "onto" not in request.args:
        # It is chosen over the words that stand there now: later ones have chosen for themselves.
        onto = draft.words if draft is not None else ""
        new = request.args.get("new")
        return redirect(url_for("portal.application", key=key, **_carried(), onto=onto, new=new), 303)
    return _shown(key, draft)


def _shown(key: str, draft: ApplicationDraft | None) -> Any:
    given = usual()
    if draft is not None:
        form = of_draft(draft)
        if draft.rescued and "back" in request.args:
            _welcome_back(whole=not (draft.fields.get("lost") or draft.file_fault))
    elif (number := request.args.get("resubmit")) is not None:
        if (elsewhere := _followed_elsewhere(number)) is not None:
            return elsewhere
        form = begin(beginning(number, given))
    else:
        form = begin({**beginning(None, given), "amount": request.args.get("amount", "")[:_LONGEST_WORD]})
    choose_header(form, draft, given)
    return _page(form, key, draft, given, check="check" in request.args)


def _written(key: str, draft: ApplicationDraft | None) -> Any:
    """Keep what was typed, and go where the button leads."""
    form = ApplyForm()
    if form.resubmit.data:
        dossier.own_request(account_id(), form.resubmit.data)
    action, since, given = request.form.get("action", ""), form.words.data or "", usual()
    if action == "cancel":
        return leaving.cancelled(key, form, draft, given)
    if asides.is_asked():
        content = leaving.left(form, draft)
        if content.fits:
            return leaving.stepped_aside(key, form, content, draft, given)
        say_too_long()
        return _page(form, key, draft, given, check=True), 422
    form.follow_header(given.headers, given.email)
    if action == "all":
        form.amount.data = f"{ledger.room(account_id()).at_once:.2f}"
    content = leaving.content_of(form, draft, action)
    if draft is not None and draft.has_ended:
        if _is_what_was_made(draft, content):
            return to_review(key)
        key, since = services.new_word(), ""
    kept = drafting.store(key, content if content.fits else leaving.shortened(form, content), since=since)
    if not content.fits:
        return _page(form, kept, queries.draft_of(writer(), kept), given, check=True), 422
    if kept != key:
        flash(
            gettext(
                "Another window has written to this application meanwhile. What you typed here has become an "
                "application of its own; the other one is among the unfinished ones."
            ),
            "warning",
        )
        return to_form(kept, check=action == "review")
    return _next(action, queries.draft_of(writer(), kept), given)


def _welcome_back(*, whole: bool) -> None:
    if whole:
        flash(gettext("You are signed in again. What you typed is still here."), "success")
    else:
        flash(
            gettext("You are signed in again. What could be kept is still here; look at the marked fields."), "warning"
        )


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


def _next(action: str, draft: ApplicationDraft, given: Usual) -> Response:
    """Where the button leads."""
    if action.startswith(_RESTORE) and (removed := whole_number(action.removeprefix(_RESTORE))) is not None:
        return redirect(url_for("headers.edit", header_id=removed, next="apply", draft=draft.key), 303)
    if action in ("new-header", "edit-header"):
        return redirect(_header_address(draft, action, given), 303)
    if action in ("all", "remove-file", "edit"):
        return to_form(draft.key)
    try:
        drafting.planned(draft)
    except (Invalid, Conflict):
        return to_form(draft.key, check=True)
    return to_review(draft.key)


def _header_address(draft: ApplicationDraft, action: str, given: Usual) -> str:
    header_id = whole_number(draft.fields["header_id"])
    there = {header.id for header in given.headers}
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


def _page(form: ApplyForm, key: str, draft: ApplicationDraft | None, given: Usual, *, check: bool) -> str:
    file = services.file_so_far(writer(), draft, form.follows)
    if draft is not None:
        form.say_lost(draft.fields.get("lost", "").split())
    made = queries.made_of(draft) if draft is not None else None
    if check and made is None:
        _explain(form, file)
    if draft is not None and draft.file_fault:
        form.support_file.errors = [gettext(draft.file_fault)]
    removed = removed_header(form.header_id.data, given)
    if removed is not None:
        form.say_removed(removed)
    form.offer(given.headers, given.email)
    form.words.data = draft.words if draft is not None else ""
    form.enclosed.data = "1" if file else ""
    form.owner.data = drafts.owner_of(current_user.id)
    former = _former(form.follows)
    return render_template(
        "portal/apply.html",
        form=form,
        key=key,
        draft=draft,
        made=made,
        unfinished=[about(other, given.headers) for other in queries.unfinished(writer()) if other.key != key],
        most_unfinished=services.MOST_DRAFTS,
        # Which words of the server these are; the page keeps its own only while they are newer.
        version=f"{form.words.data}{request.args.get('header', '')}",
        usable=given.headers,
        removed=removed,
        room=ledger.room(account_id()),
        parts_limit=PARTS_LIMIT,
        minimum=policies.minimum_amount(clock.today()),
        promise=promises.promised(clock.now()),
        complaint=comparison.complaint_about(former) if former else None,
        labels=labels,
        file=file,
        copies_limit=COPIES_LIMIT,
    )
