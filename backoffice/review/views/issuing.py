"""Issuing from the desk: stop it, let it go on, and try again what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid
from backoffice.issuing.queries import stops as queries
from backoffice.issuing.services import stops
from backoffice.permissions import Permission
from backoffice.review.forms import StopForm
from backoffice.review.services import issues
from backoffice.review.views.onward import again
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.web import asides, kept_forms
from backoffice.web.errors import translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed

# Stops are few; whoever wants them all has the audit log.
SHOWN = 50
CONFLICT = 409
_ACTS: dict[str, tuple[Callable[..., object], Any]] = {
    "stop": (stops.stop, lazy_gettext("Issuing is stopped. Nothing gets a number until somebody lets it go on.")),
    "resume": (stops.resume, lazy_gettext("Issuing goes on. What waited is issued within the next minutes.")),
}


@blueprint.get("/issuing")
@guard(Permission.SEE_BOOKS)
def issuing() -> str:
    """Whether issuing is stopped, by whom and why; the form that changes it; the stops there were."""
    return _page(kept_forms.begin(StopForm, {}))


@blueprint.post("/issuing")
@guard(Permission.STOP_ISSUING, rescue=keep_typed)
def change_issuing() -> Any:
    """Give out no number from now on, or let numbers be given out again, as the form's `act` says."""
    form = StopForm()
    if asides.is_asked():
        return kept_forms.step_aside({"reason": ""}, lambda: _page(form))
    verb, done = _ACTS.get(form.act.data or "", _ACTS["stop"])
    try:
        with transaction():
            verb(current_actor(), reason=form.reason.data or "")
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _page(form), INVALID
    except Conflict as conflict:
        return _page(form, conflict), CONFLICT
    flash(str(done), "success")
    return kept_forms.done(redirect(url_for("review.issuing"), 303))


@blueprint.post("/<number>/retry-issue")
@guard(Permission.DECIDE)
def retry_issue(number: str) -> Any:
    """Let the worker try a failed issue again."""
    try:
        with transaction():
            issues.retry(current_actor(), number, now=clock.now())
    except Conflict as conflict:
        flash(translate(conflict.message), "error")
    else:
        flash(gettext("The worker tries to issue %(number)s again.", number=number), "success")
        if queries.current() is not None:
            flash(gettext("Issuing is stopped: it waits until somebody lets it go on."), "info")
    return again(number)


def _page(form: StopForm, refusal: Conflict | None = None) -> str:
    """What somebody wrote for one act never stands in the form of the other: it is shown to be copied away."""
    stop, typed = queries.current(), form.reason.data
    if typed and form.act.data != ("stop" if stop is None else "resume"):
        form.reason.data = ""
    return render_template(
        "review/issuing.html",
        stop=stop,
        refusal=None if refusal is None else translate(refusal.message),
        typed=None if form.reason.data else typed,
        waiting=queries.waiting(),
        counted=queries.COUNTED,
        history=queries.history(SHOWN),
        form=form,
        may_stop=current_user.can(Permission.STOP_ISSUING),
    )
