"""Look at everything once more, and submit: the second step of an application, at an address of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import tried_twice
from backoffice.errors import N_, BackofficeError, Conflict, Invalid, NotFound
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.services import draft_snapshot
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.portal import labels, services
from backoffice.portal.forms import fingerprint
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import comparison
from backoffice.portal.queries import drafts as queries
from backoffice.portal.views import drafting
from backoffice.portal.views.apply import say_submitted
from backoffice.portal.views.drafting import to_form, to_review, writer
from backoffice.portal.views.plumbing import address, blueprint, issuer
from backoffice.requests.rules import State
from backoffice.requests.services import applying
from backoffice.requests.services.applying import Plan
from backoffice.web import drafts, kept_forms, offers
from backoffice.web.errors import translate
from backoffice.web.formatting import day as format_day
from backoffice.web.guards import current_actor, guard

Terms = tuple[dict[str, Any], list[tuple[int, Decimal]], date]


@dataclass(frozen=True, slots=True)
class Made:
    """The request that a draft became; `due_on` only for whoever's Submit made it."""

    number: str
    due_on: date | None


def come_back() -> Response | None:
    """A Submit whose session has ended: everything is kept, so the way leads back to the same step."""
    owner = drafts.owner_in(request.form.get("owner"))
    if owner is None:
        return None
    if current_user.is_authenticated and current_user.id == owner:
        flash(gettext("You signed in again after this page was opened. Please look once more, then submit."), "warning")
    return drafts.way_back(owner, request.path)


@blueprint.route("/invoices/apply/<key>/review", methods=["GET", "POST"])
@guard(Permission.APPLY, rescue=come_back)
def review_application(key: str) -> Any:
    """Everything once more before it is submitted, with the invoice as it will look; afterwards, what became of it."""
    try:
        draft = queries.draft_of(writer(), key)
    except NotFound:
        return drafting.not_here()
    if draft.discarded_at is not None and not draft.has_ended:
        return to_form(key)
    if request.method == "POST":
        steps = {"submit": _submit, "edit": _edit, "again": _again}
        return steps.get(request.form.get("action", ""), _look)(draft)
    made = queries.made_of(draft)
    if made is not None:
        return render_template("portal/submitted.html", draft=draft, made=made)
    try:
        plan = drafting.planned(draft)
    except (Invalid, Conflict):
        return to_form(key, check=True)
    return _page(draft, plan)


def _page(draft: ApplicationDraft, plan: Plan) -> str:
    snapshot = _preview(plan)
    return render_template(
        "portal/review.html",
        draft=draft,
        plan=plan,
        snapshot=snapshot,
        seen=fingerprint(plan, snapshot),
        owner=drafts.owner_of(current_user.id),
        changed=request.args.get("changed"),
        comparison=comparison.compare(plan),
        labels=labels,
        left=ledger.balance(plan.account_id).invoiceable - plan.amount,
    )


def _preview(plan: Plan) -> Snapshot:
    return draft_snapshot(plan, issuer=issuer(), now=clock.now())


def _look(draft: ApplicationDraft) -> Response:
    return to_review(draft.key)


def _edit(draft: ApplicationDraft) -> Response:
    return to_form(draft.key)


def _again(draft: ApplicationDraft) -> Response:
    """A further application with the same words, looked at before it is sent."""
    return to_form(drafting.fork(draft))


def _submit(draft: ApplicationDraft) -> Response:
    """Make the request, if it is still what was looked at."""
    if draft.has_ended:
        return _submitted_before(draft)
    try:
        plan = drafting.planned(draft)
        seen = request.form.get("seen", "")
        made = _make(draft, _terms(plan)) if seen == fingerprint(plan, _preview(plan)) else None
    except (Invalid, Conflict) as refusal:
        return _refused(draft.key, refusal)
    if made is None:
        moved = "typed" if _is_rewritten(draft) else "around"
        return to_review(draft.key, changed=moved if seen else None)
    if made.due_on is None:
        return _to_made(draft, made.number)
    told = gettext("Your request is submitted. We finish it by %(day)s.", day=format_day(made.due_on).striptags())
    flash(told, "success")
    last = N_("The last thing you did was to submit %(number)s. While it is pending you can withdraw it there.")
    offers.done(last, number=made.number)
    kept_forms.accept()
    return redirect(address(made.number), 303)


def _is_rewritten(draft: ApplicationDraft) -> bool:
    """Whether the draft says something else than on the page that this Submit comes from."""
    return request.form.get("words", "") not in ("", draft.words)


def _submitted_before(draft: ApplicationDraft) -> Response:
    """The way to the request that was made; one that was withdrawn since is asked about before there is another."""
    made = queries.made_of(draft)
    if made is not None and made.state != State.WITHDRAWN:
        return _to_made(draft, made.number)
    if made is not None:
        say_submitted(made.number)
    kept_forms.accept()  # the words are the further draft's now
    return to_review(drafting.fork(draft))


def _to_made(draft: ApplicationDraft, number: str) -> Response:
    """The way to the request that another Submit has made; when that was of other words, it is said."""
    if _is_rewritten(draft):
        told = gettext(
            "After you looked, this application was written to once more and submitted as %(number)s, perhaps in "
            "another window. Please see whether it says what you want.",
            number=number,
        )
        flash(told, "warning")
    kept_forms.accept()
    return redirect(address(number), 303)


class _Moved(Exception):
    """What was about to be made is not what was looked at."""


def _terms(plan: Plan) -> Terms:
    """What others may move between a look and a Submit: the header's words, the recharges, the promised day."""
    return plan.frozen_header, [(part.recharge.id, part.amount) for part in plan.parts], plan.due_on


def _make(draft: ApplicationDraft, terms: Terms) -> Made | None:
    """Apply in one transaction; None when that would not be what was looked at: the draft, or what stands around it.

    Of two Submits at once the second waits for the draft and finds the request of the first. Should another form's
    request have taken the same number at that moment, the next free one is drawn.
    """
    language, looked_at = get_locale(), (draft.key, draft.updated_at)
    try:
        return tried_twice(lambda: _make_once(*looked_at, terms, locale=language.language if language else "en"))
    except _Moved:
        return None


def _make_once(key: str, looked_at: Any, terms: Terms, *, locale: str) -> Made | None:
    draft = queries.draft_of(writer(), key, locked=True)
    former = queries.made_of(draft)
    if former is not None:
        return Made(former.number, None)
    if draft.updated_at != looked_at:
        return None
    made = applying.apply(
        current_actor(),
        drafting.application(draft),
        submit_token=draft.submit_token,
        locale=locale,
        now=clock.now(),
    )
    # Behind the lock on the account: a colleague may have renamed the header, a refund may have come, since the look.
    if terms != (made.header, [(part.recharge.id, part.amount) for part in ledger.parts_of(made.id)], made.due_on):
        raise _Moved
    services.end(draft, made.id)
    return Made(made.number, made.due_on)


def _refused(key: str, refusal: BackofficeError) -> Response:
    """Where the sentence stands that says why: beside its field, or above the review when nothing is wrong any more."""
    try:
        drafting.planned(queries.draft_of(writer(), key))
    except (Invalid, Conflict):
        return to_form(key, check=True)
    flash(translate(refusal.message), "warning")
    return to_review(key)
