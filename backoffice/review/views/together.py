"""Working beside others: who looks at a request now, and handing it to a colleague."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import CLAIM_MINUTES
from backoffice.review.forms import AssignForm
from backoffice.review.queries import dossier as queries
from backoffice.review.queries import presence as looking_now
from backoffice.review.queries.dossier import Dossier
from backoffice.review.queries.seen import Seen, news_since
from backoffice.review.services import claims, competence, presence
from backoffice.review.views.onward import again
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.review.views.queue import said_of, viewer, worked_on_by
from backoffice.review.views.request import assign_form, may_decide, refused, stage_of
from backoffice.web import offers
from backoffice.web.errors import translate
from backoffice.web.formatting import instant
from backoffice.web.forms import apply_errors, whole_number
from backoffice.web.guards import current_actor, guard


@blueprint.post("/<number>/looking")
@guard(Permission.BE_SEEN, passive=True)
def looking(number: str) -> Any:
    """An open page says three times a minute that it is, and hears who else looks and whether the request moved on.

    With `leaving` the page was closed. With `active` somebody was at it, which lets their own claim last.
    """
    actor, now = current_actor(), clock.now()
    if "leaving" in request.form:
        with transaction():
            presence.leave(actor, number)
        return BaseResponse(status=204)
    with transaction():
        found = presence.look(actor, number, now=now)
        if "active" in request.form and found.claimant(now) == actor.id:
            claims.touch(actor, number, now=now)
        return jsonify(_heard(found))


def _heard(found: InvoiceRequest) -> dict[str, str | None]:
    """What a page hears: who looks, until when one's own claim lasts, and what happened since the page was drawn."""
    now, me = clock.now(), current_actor().id
    news = _news(found, now)
    return {
        "looking": said_of(looking_now.at(found.id, viewer())),
        "claim": _until(found) if found.claimant(now) == me else None,
        "news": translate(news) if news is not None else None,
    }


def _news(found: InvoiceRequest, now: datetime) -> Message | None:
    """What happened since the page was drawn; `mine` in its form: it shows that its reader works on the request."""
    moved_on = request.form.get("stage", stage_of(found)) != stage_of(found)
    if moved_on and (decided := competence.what_happened(found)) is not None:
        return decided
    looked = Seen.of(request.form.get("seen", ""))
    if looked is not None and (happened := news_since(found.id, looked, current_actor().id)) is not None:
        return happened
    if moved_on:
        return Message(N_("This request waits for a decision again."))
    if "mine" in request.form and found.claimant(now) not in (None, current_actor().id):
        return Message(N_("%(who)s works on this request now."), who=found.claimed_by_label)
    return None


@blueprint.get("/looking")
@guard(Permission.SEE_QUEUE, passive=True)
def lookers() -> Response:
    """Who looks at what and who works on what, by numbers of requests: an open list asks three times a minute."""
    works = {number: worked_on_by(*who) for number, who in looking_now.claims_by_number(clock.now()).items()}
    looks = {number: said_of(names) for number, names in looking_now.by_number(viewer()).items()}
    return jsonify(
        {number: {"works": works.get(number, ""), "looks": looks.get(number, "")} for number in {**works, **looks}}
    )


def _until(found: InvoiceRequest) -> str:
    return str(gettext("You work on this until %(time)s.", time=instant(found.claim_ends_at).striptags()))


@blueprint.route("/<number>/assign", methods=["GET", "POST"])
@guard(Permission.DECIDE)
def assign(number: str) -> Any:
    """Hand a pending request to a colleague, whoever has it."""
    dossier = queries.dossier(number)
    form = assign_form(dossier.request, dossier.first)
    if request.method != "POST":
        if not may_decide(dossier):
            return redirect(url_for("review.invoice_request", number=number))
        return _page(dossier, form)
    try:
        with transaction():
            handed = claims.assign(current_actor(), number, whole_number(form.assignee.data) or 0, now=clock.now())
            told = gettext("%(who)s works on this request now.", who=handed.claimed_by_label)
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(queries.dossier(number), form), INVALID
    except (Conflict, Forbidden) as refusal:
        return refused(number, refusal)
    offers.done(N_("The last thing you did was to hand over %(number)s. It cannot be undone."), number=number)
    flash(told, "success")
    return again(number)


def _page(dossier: Dossier, form: AssignForm) -> str:
    return render_template("review/assign.html", dossier=dossier, form=form, claim_minutes=CLAIM_MINUTES)
