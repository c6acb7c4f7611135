"""Applications that somebody has begun: how they are told apart, thrown away and put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Message, NotFound
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Permission
from backoffice.portal import services
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import drafts as queries
from backoffice.portal.views.drafting import UNDO, in_short, not_here, say_gave_way, to_form, writer
from backoffice.portal.views.plumbing import address, blueprint
from backoffice.web import offers
from backoffice.web.guards import LOGIN_ENDPOINT, guard, safe_target


@dataclass(frozen=True, slots=True)
class About:
    """What tells one unfinished application from another: the amount and the remarks as they were typed."""

    key: str
    written_at: datetime
    amount: str
    header: str | None
    remarks: str
    follows: str | None


def about(draft: ApplicationDraft, usable: Sequence[InvoiceHeader]) -> About:
    """A draft in short, with the name of its header among those that can be used."""
    typed = draft.fields
    return About(
        draft.key,
        draft.updated_at,
        amount=in_short(typed["amount"]),
        header=next((header.name for header in usable if str(header.id) == typed["header_id"]), None),
        remarks=in_short(typed["remarks"]),
        follows=draft.follows,
    )


def come_back() -> Response | None:
    """A press after the session ended: the way leads through the sign-in page to the application it speaks of."""
    if current_user.is_authenticated:
        return None
    page = url_for("portal.application", key=(request.view_args or {})["key"])
    return redirect(url_for(LOGIN_ENDPOINT, next=page))


@blueprint.post("/invoices/apply/<key>/discard")
@guard(Permission.APPLY, rescue=come_back)
def discard_application(key: str) -> Response:
    """Throw an unfinished application away; for a while one press puts it back."""
    elsewhere = _changed(services.discard, key)
    if elsewhere is None:
        offer_back(key)
    return elsewhere or redirect(safe_target(request.args.get("next")) or url_for("portal.apply"), 303)


@blueprint.post("/invoices/apply/<key>/restore")
@guard(Permission.APPLY, rescue=come_back)
def restore_application(key: str) -> Response:
    """Put back what was thrown away, and go on with it."""
    offers.withdraw_offer(url_for("portal.restore_application", key=key))
    return _changed(services.restore, key) or to_form(key)


def _changed(change: Callable[..., None], key: str) -> Response | None:
    """Put it aside or back; where to go instead when it is not here any more, or was submitted meanwhile."""
    try:
        with transaction():
            change(writer(), key, now=clock.now())
            gone = services.make_room(writer(), now=clock.now())
    except NotFound:
        return not_here()
    except Conflict:
        return _to_made(key)
    say_gave_way(gone)
    return None


def _to_made(key: str) -> Response:
    """The way to the request that another window has made of it meanwhile."""
    made = queries.made_of(queries.draft_of(writer(), key))
    if made is None:
        return to_form(key)
    flash(gettext("This application was submitted as %(number)s.", number=made.number), "warning")
    return redirect(address(made.number), 303)


def offer_back(key: str) -> None:
    """Offer on the pages that follow to put a discarded application back."""
    undo = url_for("portal.restore_application", key=key)
    offers.offer(undo, clock.now() + UNDO, Message(N_("The application is thrown away.")))
