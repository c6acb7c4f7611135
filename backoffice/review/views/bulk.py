"""Acts on many requests: the requests chosen in a list, the page that asks once more, the run and its results."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from flask import Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_login import current_user

from backoffice import clock, scheduling
from backoffice.accounts import queries as accounts
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid
from backoffice.issuing.queries import stops
from backoffice.permissions import Permission, Role
from backoffice.review import labels
from backoffice.review.forms import BulkApproveForm, BulkAssignForm, BulkRejectForm
from backoffice.review.models import BulkRun
from backoffice.review.queries import bulk as queries
from backoffice.review.queries.bulk import Chosen
from backoffice.review.queries.queue import Wanted
from backoffice.review.rules import BULK_LIMIT, CHOSEN_ACTIONS, BulkAction, BulkOutcome
from backoffice.review.services import bulk as services
from backoffice.review.services.bulk import Order
from backoffice.review.views import bulk_beside, bulk_offer, queue, rejection, ticks, told
from backoffice.review.views.plumbing import INVALID, blueprint
from backoffice.web import asides, drafts, kept_forms
from backoffice.web.errors import translate
from backoffice.web.formatting import amount
from backoffice.web.forms import Form, apply_errors, form_token, whole_number
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import KeptForm, keep_typed
from backoffice.web.paging import PageRequest, paginate

_HISTORY, _LATEST = 30, 15
# What stays selected once a run is over.
_STAY = (BulkOutcome.REFUSED, BulkOutcome.LEFT)
_FORMS: dict[BulkAction, type[KeptForm]] = {
    BulkAction.APPROVE: BulkApproveForm,
    BulkAction.REJECT: BulkRejectForm,
    BulkAction.ASSIGN: BulkAssignForm,
}


@blueprint.get("/bulk", endpoint="bulk_runs")
@guard(Permission.SEE_QUEUE)
def runs() -> str:
    """What the person has had done to many requests, the last first; auditors and managers see everybody's."""
    page = paginate(
        session, queries.runs(current_actor()), [(BulkRun.id, "desc")], PageRequest.of(request.args), size=_HISTORY
    )
    return render_template(
        "review/bulk_runs.html",
        page=page,
        links=page.links(request.path),
        tallies=queries.tallies_of([run.id for run in page.items]),
        labels=labels,
        outcomes=BulkOutcome,
    )


@blueprint.get("/bulk/matching", endpoint="bulk_matching")
@guard(Permission.DECIDE)
def matching() -> Response:
    """How many requests of a list can be chosen all together and their sum, in words for the list's bar."""
    found = queries.matching(_wanted(), queue.viewer())
    if found.more:
        label = gettext("The %(limit)d most urgent of all that match", limit=BULK_LIMIT)
    else:
        label = gettext("All %(count)d that match", count=len(found.rows))
    return jsonify(label=label, said=_said(found))


@blueprint.route("/bulk/new", methods=["GET", "POST"], endpoint="new_bulk")
@guard(Permission.DECIDE)
def ask() -> ResponseReturnValue:
    """Show what is about to be done to how many requests, and ask for what goes with it. Nothing is done yet.

    Comes from a list, which sends its filters or the numbers ticked in it, or from a run's results.
    """
    action = _action(request.values.get("action"))
    if action is None:
        return redirect(url_for("review.queue"), 303)
    found = (
        queries.matching(_wanted(), queue.viewer())
        if "all" in request.args
        else queries.chosen(request.values.getlist("number"))
    )
    if not found.rows:
        flash(gettext("Tick the requests first."), "warning")
        return redirect(ticks.ticked_in(request.values, []).address, 303)
    shown = page(action, _form(action, formdata=None, data=_before(action)), found)
    return answered(shown, found) if request.method == "POST" else shown


@blueprint.get("/bulk/start", endpoint="kept_bulk")
@guard(Permission.DECIDE)
def kept() -> ResponseReturnValue:
    """The page that asks once more, for whoever comes back to what they sent after their session's end."""
    sent = drafts.kept(current_user.id, cookie=drafts.SHORT_COOKIE)
    action, numbers = _action(sent.get("action")), sent.get("numbers", "").split()
    if action is None or not numbers:
        flash(gettext("Tick the requests first."), "warning")
        return redirect(url_for("review.queue"), 303)
    form = kept_forms.begin(_FORMS[action], {})
    if isinstance(form, BulkApproveForm):
        form.take_back(sent)
    return page(action, _offering(form), queries.chosen(numbers), sent=sent)


@blueprint.post("/bulk/start", endpoint="start_bulk")
@guard(Permission.DECIDE, rescue=keep_typed)
def start() -> ResponseReturnValue:
    """Let the worker do it; the same form sent twice is one run."""
    action = _action(request.form.get("action"))
    if action is None:
        return redirect(url_for("review.queue"), 303)
    form = _form(action)
    numbers = request.form.get("numbers", "").split()
    if asides.is_asked():
        return cast(
            ResponseReturnValue,
            kept_forms.step_aside(None, lambda: page(action, form, queries.chosen(numbers), sent=request.form)),
        )
    order = Order(
        action,
        numbers,
        form_token(request.form.get("token")),
        _arguments(form),
        follows=whole_number(request.form.get("follows")),
        seen=_seen_then(request.form),
    )
    try:
        with transaction():
            run = services.start(current_actor(), order, now=clock.now())
            run_id, is_meant = run.id, services.is_meant(run, order)
            rejected = queries.pending(numbers) if action == BulkAction.REJECT else []
    except Invalid as invalid:
        apply_errors(form, invalid)
        found = queries.chosen(numbers)
        return answered(page(action, form, found, sent=request.form), found, INVALID)
    if not is_meant:
        flash(gettext("This selection had been sent before. What you typed since then was not taken."), "warning")
    bulk_offer.begun(run_id, rejected)
    return kept_forms.done(redirect(url_for("review.bulk_run", run_id=run_id), 303))


@blueprint.get("/bulk/<int:run_id>", endpoint="bulk_run")
@guard(Permission.SEE_QUEUE)
def show(run_id: int) -> str:
    """How far a run is, then what became of each request."""
    run = queries.visible(current_actor(), run_id)
    own = run.started_by_id == current_user.id
    undoable = queries.undoable(run, now=clock.now()) if own and not run.is_unfinished else []
    rows = [] if run.is_unfinished else _failed_first(run)
    return render_template(
        "review/bulk.html",
        own=own,
        rows=rows,
        ticked=request.args.getlist("number") or [row.number for row in rows if row.outcome in _STAY],
        undoable=len(undoable),
        stop=stops.current() if run.action == BulkAction.APPROVE and not run.is_unfinished else None,
        undo_token=form_token(None),
        actions=CHOSEN_ACTIONS,
        **_moving(run),
    )


@blueprint.get("/bulk/<int:run_id>/progress", endpoint="bulk_progress")
@guard(Permission.SEE_QUEUE)
def progress(run_id: int) -> str:
    """The part of a run's page that moves, for its script."""
    return render_template("review/bulk_progress.html", **_moving(queries.visible(current_actor(), run_id)))


@blueprint.post("/bulk/<int:run_id>/stop", endpoint="stop_bulk")
@guard(Permission.DECIDE)
def stop(run_id: int) -> ResponseReturnValue:
    """Stop one's own run; what was not done stays undone."""
    try:
        with transaction():
            services.stop(current_actor(), run_id, now=clock.now())
        flash(gettext("Stopped. What was not done stays as it is."), "success")
    except Conflict as conflict:
        flash(translate(conflict.message), "info")
    return redirect(url_for("review.bulk_run", run_id=run_id), 303)


@blueprint.post("/bulk/<int:run_id>/undo", endpoint="undo_bulk")
@guard(Permission.DECIDE)
def undo(run_id: int) -> ResponseReturnValue:
    """Take those approvals of one's own run back that still can be: a run of its own."""
    try:
        with transaction():
            token = form_token(request.form.get("token"))
            undoing = services.undo(current_actor(), run_id, token=token, now=clock.now()).id
    except Conflict as conflict:
        flash(translate(conflict.message), "warning")
        return redirect(url_for("review.bulk_run", run_id=run_id), 303)
    bulk_offer.undone(run_id)
    return redirect(url_for("review.bulk_run", run_id=undoing), 303)


def _moving(run: BulkRun) -> dict[str, Any]:
    """What the moving part of a run's page shows."""
    tallies = {"first" if tally.first else tally.outcome: tally for tally in queries.tallies(run.id)}
    total = sum(tally.number for tally in tallies.values())
    left = tallies[None].number if None in tallies else 0
    return {
        "run": run,
        "tallies": tallies,
        "total": total,
        "sum": sum(tally.amount for tally in tallies.values()),
        "done": total - left,
        "latest": queries.latest(run.id, _LATEST) if run.is_unfinished else [],
        "worker_is_alive": scheduling.worker_is_alive(clock.now()),
        "assignee": _name_of(run.arguments.get("assignee")) if run.action == BulkAction.ASSIGN else None,
        "labels": labels,
        "outcomes": BulkOutcome,
    }


def _failed_first(run: BulkRun) -> list[Any]:
    order = {BulkOutcome.REFUSED: 0, BulkOutcome.LEFT: 1, None: 2, BulkOutcome.ALREADY: 3}
    return sorted(session.execute(queries.items(run.id)), key=lambda row: order.get(row.outcome, 4))


def page(
    action: BulkAction,
    form: Form,
    found: Chosen,
    *,
    sent: Mapping[str, str] | None = None,
    letter: rejection.Letter | None = None,
    asked_for_letter: bool = False,
) -> str:
    """The page that asks once more; `sent` is what came back of one that was drawn before: it was seen so far.

    What it says of how far a request was seen is true: it shows what was said about each, and what has happened since.
    """
    seen_then, news = _seen_then(sent or {}), changed(found, sent or {})
    sent = request.values if sent is None else sent
    viewer, ticked = queue.viewer(), ticks.ticked_in(sent, found.numbers)
    return render_template(
        "review/bulk_new.html",
        action=action,
        form=form,
        chosen=found,
        seen=[seen_then.get(number, word) for number, word in found.seen.items()],
        selection=_selection(found),
        limit=BULK_LIMIT,
        decided=found.decided(),
        held=found.held(),
        others=found.others(viewer),
        changed=news,
        told=told.of(found, seen_then, news) if action != BulkAction.ASSIGN else {},
        short=found.short(),
        known=bulk_beside.known(found, viewer),
        evidence=bulk_beside.evidence(found, action),
        evidence_limit=bulk_beside.WITH_EVIDENCE,
        ready=list(rejection.offers_to_many(found.locales)) if action == BulkAction.REJECT else [],
        letter=letter,
        asked_for_letter=asked_for_letter,
        stop=stops.current() if action == BulkAction.APPROVE else None,
        token=form_token(sent.get("token")),
        follows=whole_number(sent.get("follows")),
        back=ticked.address,
        picks=ticked.kept_as,
        list=ticked.query,
        labels=labels,
    )


def answered(shown: str, found: Chosen, status: int = 200) -> ResponseReturnValue:
    """The page as the answer to a form: `kept` shows it once more to whoever asks for it, in another language say."""
    seen = {**found.seen, **_seen_then(request.form)}
    numbers, words = " ".join(found.numbers), " ".join(seen[number] for number in found.numbers)
    answer = make_response(shown, status)
    return kept_forms.keep_shown(answer, url_for("review.kept_bulk"), numbers=numbers, seen=words)


def changed(found: Chosen, sent: Mapping[str, str]) -> set[str]:
    """The numbers of those that have changed since the form was drawn that was `sent`."""
    then = _seen_then(sent)
    return {number for number, word in found.seen.items() if then.get(number, word) != word}


def _seen_then(sent: Mapping[str, str]) -> dict[str, str]:
    """How far each request was seen, by its number: a form that was drawn for them says it in their order."""
    numbers, words = sent.get("numbers", "").split(), sent.get("seen", "").split()
    return dict(zip(numbers, words, strict=True)) if len(words) == len(numbers) else {}


def _selection(found: Chosen) -> str:
    """Stands for exactly these requests: what was typed for them is never shown for others."""
    return sha256(" ".join(sorted(found.numbers)).encode()).hexdigest()[:16]


def _said(found: Chosen) -> str:
    return str(ngettext(
        "%(num)d request, %(sum)s", "%(num)d requests, %(sum)s", len(found.rows), sum=amount(found.amount)
    ))  # fmt: skip


def _action(sent: str | None) -> BulkAction | None:
    return next((action for action in CHOSEN_ACTIONS if action == sent), None)


def _form(action: BulkAction, **given: Any) -> Form:
    return _offering(_FORMS[action](**given))


def _offering(form: Form) -> Form:
    """The form with its choice of colleagues, where it has one."""
    if isinstance(form, BulkAssignForm):
        form.offer((person.id, person.name) for person in accounts.active_people(Role.REVIEWER))
    return form


def _arguments(form: Form) -> dict[str, Any]:
    """What was typed, as the service takes it; whoever is no colleague is nobody's id."""
    given = {name: form[name].data for name in ("reason", "remarks") if name in form}
    if isinstance(form, BulkApproveForm):
        given["leave_doubtful"] = form.leaves_doubtful
    if isinstance(form, BulkAssignForm):
        chosen = form.assignee.data
        given["assignee"] = None if chosen == form.NOBODY else whole_number(chosen) or 0
    return given


def _before(action: BulkAction) -> dict[str, Any]:
    """What went with the run that is to be done again; words of another act are none for this one."""
    follows = whole_number(request.values.get("follows"))
    if follows is None:
        return {}
    run = queries.own(current_user.id, follows)
    if run.action != action:
        return {}
    # To approve what has doubts is wanted anew each time.
    return {name: given for name, given in run.arguments.items() if name != "leave_doubtful"}


def _name_of(person_id: int | None) -> str:
    return gettext("Nobody") if person_id is None else accounts.user(person_id).name


def _wanted() -> Wanted:
    return queue.wanted_by(queue.FILTERS.parse_whole(request.args))
