"""What the steps of an application share: whose draft it is, its addresses, and what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import clock
from backoffice.database import tried_twice
from backoffice.errors import N_, Invalid, Message
from backoffice.portal import services
from backoffice.portal.forms import application_of
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries.drafts import Writer
from backoffice.portal.views.plumbing import account_id
from backoffice.requests.services import applying, supporting
from backoffice.requests.services.applying import Application, Plan
from backoffice.web import offers
from backoffice.web.guards import current_actor

_SHORT = 40  # characters of each text
UNDO = timedelta(minutes=2)


def writer() -> Writer:
    """Whoever is signed in, as the owner of drafts."""
    return Writer(account_id(), current_user.id)


def to_form(key: str, *, check: bool = False) -> Response:
    """The way to the form of a draft; with `check` it says what is wrong with it now."""
    return redirect(url_for("portal.application", key=key, check=1 if check else None), 303)


def to_review(key: str, *, changed: str | None = None) -> Response:
    """The way to the step before Submit; `changed` is what moved meanwhile, "typed" or "around"."""
    return redirect(url_for("portal.review_application", key=key, changed=changed), 303)


def application(draft: ApplicationDraft) -> Application:
    """What a draft says, for the services."""
    return application_of(draft.fields, draft.follows, supporting.of(draft))


def planned(draft: ApplicationDraft) -> Plan:
    """What submitting a draft would do now. Raises what `applying.plan` does, and Invalid while a file is missing."""
    if draft.file_fault:
        raise Invalid({"support_file": [Message(draft.file_fault)]})
    return applying.plan(current_actor(), application(draft), now=clock.now())


def not_here() -> Response:
    """From an address that leads to no application of this person's to one that does."""
    flash(gettext("This application is not here any more, or it is somebody else's."), "warning")
    return redirect(url_for("portal.apply"), 303)


def store(key: str, content: services.Content, *, since: str, discarded: bool = False) -> str:
    """Keep what was typed, in a transaction of its own; of two that bring the same new key at once both are kept.

    Returns the key it is kept under: a new one where another window has written something else meanwhile. `discarded`:
    it is thrown away in the same transaction, so it never stands there as an unfinished one.
    """

    def keep() -> tuple[str, list[ApplicationDraft]]:
        kept = services.keep(writer(), key, content, since=since, now=clock.now()).key
        if discarded:
            services.discard(writer(), kept, now=clock.now())
        return kept, services.make_room(writer(), now=clock.now())

    kept, gone = tried_twice(keep)
    say_gave_way(gone)
    # Written to, it is not thrown away any more.
    offers.withdraw_offer(url_for("portal.restore_application", key=kept))
    return kept


def say_gave_way(gone: Sequence[ApplicationDraft]) -> None:
    """Tell which unfinished applications were thrown away because there were too many, and offer each back."""
    for draft in gone:
        said = " · ".join(filter(None, (in_short(draft.fields[name]) for name in ("amount", "remarks"))))
        told = Message(
            N_("There are at most %(most)d unfinished applications, so the oldest was thrown away: %(said)s"),
            most=services.MOST_DRAFTS, said=said or Message(N_("No amount yet")),
        )  # fmt: skip
        offers.offer(url_for("portal.restore_application", key=draft.key), clock.now() + UNDO, told)


def in_short(typed: str) -> str:
    """The beginning of a text, on one line."""
    said = " ".join(typed.split())
    return said if len(said) <= _SHORT else f"{said[: _SHORT - 1]}…"


def fork(draft: ApplicationDraft) -> str:
    """Begin a further application with what a draft says; returns its key."""
    content = services.Content(draft.fields, draft.follows, supporting.of(draft), draft.file_fault)
    return store(services.new_word(), content, since="")
