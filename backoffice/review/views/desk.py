"""The desk: the queue, one request with its evidence, and the two verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.delivery import queries as delivery
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid, Message
from backoffice.headers.rules import TaxIdOutcome, tax_id_of
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State
from backoffice.requests.services import supporting
from backoffice.review import labels, services
from backoffice.review.forms import ApproveForm, RejectForm
from backoffice.review.queries import desk as queries
from backoffice.review.queries.desk import QueueView
from backoffice.review.rules import urgency
from backoffice.review.views.plumbing import blueprint
from backoffice.web.downloads import attachment
from backoffice.web.errors import status_of, translate
from backoffice.web.filters import Choice, DateRange, FilterSet, FilterState
from backoffice.web.formatting import amount as format_amount
from backoffice.web.forms import Form, apply_errors
from backoffice.web.guards import current_actor, guard
from backoffice.web.paging import PageRequest, paginate

ALL = "all"
INVALID = 422
FILTERS = FilterSet(
    Choice("only", lazy_gettext("Only"), [("overdue", lazy_gettext("Overdue")), ("flagged", lazy_gettext("Flagged"))]),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    carried=("status",),
)
TABS = {
    State.PENDING.value: lazy_gettext("Pending"),
    State.APPROVED.value: lazy_gettext("Approved"),
    State.ISSUED.value: lazy_gettext("Issued"),
    State.REJECTED.value: lazy_gettext("Rejected"),
    State.WITHDRAWN.value: lazy_gettext("Withdrawn"),
    ALL: lazy_gettext("All"),
}


def waiting() -> queries.Waiting:
    """The queue's counts, read once per page: the navigation and the title show the same numbers."""
    if "review_waiting" not in g:
        g.review_waiting = queries.waiting(clock.now())
    counts: queries.Waiting = g.review_waiting
    return counts


@blueprint.get("")
@guard(Permission.SEE_QUEUE)
def queue() -> str:
    """The requests of one state, pending ones unless asked otherwise; those most urgent first, history newest first."""
    filters = FILTERS.parse(request.args)
    status = request.args.get("status", State.PENDING.value)
    if status not in TABS:
        status = State.PENDING.value
    view = _view(status, filters)
    page = paginate(
        session, queries.queue(view, now=clock.now()), view.order, PageRequest.of(request.args), key=view.key
    )
    return render_template(
        "review/queue.html",
        filters=filters,
        status=status,
        tabs=[(label, filters.url(request.path, {"status": value}), value) for value, label in TABS.items()],
        page=page,
        links=page.links(request.path, filters.query),
        waiting=waiting(),
        count_limit=queries.COUNT_LIMIT,
        urgency_of=urgency_of(),
    )


def _view(status: str, filters: FilterState) -> QueueView:
    return QueueView(
        state=None if status == ALL else State(status),
        overdue="overdue" in filters["only"],
        flagged="flagged" in filters["only"],
        since=filters["date"].low,
        until=filters["date"].high,
    )


def urgency_of() -> Any:
    """A function for templates: the urgency of a request at this moment, as a tag's kind, or None."""
    now, today = clock.now(), clock.today()
    return lambda shown: urgency(shown.state, shown.due_at, shown.due_on, now=now, today=today)


@blueprint.get("/<number>")
@guard(Permission.SEE_QUEUE)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and for reviewers the two verdicts."""
    return _page(number)


@blueprint.post("/<number>/approve")
@guard(Permission.DECIDE)
def approve(number: str) -> Any:
    """Approve and go on to the next most urgent request; a refusal shows the page again with what was typed."""
    form = ApproveForm()
    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    try:
        with transaction():
            decided = services.approve(
                current_actor(),
                number,
                remarks=form.remarks.data or "",
                now=clock.now(),
                undo_seconds=settings.undo_seconds,
            )
            told = _facts(decided)
    except (Invalid, Conflict, Forbidden) as refusal:
        return _refused(number, refusal, approve_form=form)
    return _next(gettext("Approved: %(number)s, %(amount)s, %(name)s. The invoice follows by itself.", **told))


@blueprint.get("/<number>/reject")
@guard(Permission.DECIDE)
def reject_form(number: str) -> Any:
    """The page of the rejection's form, for browsers that do not open the dialog."""
    dossier = queries.dossier(number)
    if not _may_decide(dossier):
        return redirect(url_for("review.invoice_request", number=number))
    return render_template("review/reject.html", dossier=dossier, reject_form=RejectForm())


@blueprint.post("/<number>/reject")
@guard(Permission.DECIDE)
def reject(number: str) -> Any:
    """Reject with reason and remarks and go on to the next most urgent request."""
    form = RejectForm()
    try:
        with transaction():
            decided = services.reject(
                current_actor(),
                number,
                reason=form.reason.data or "",
                remarks=form.remarks.data or "",
                now=clock.now(),
            )
            told = _facts(decided)
    except Invalid as invalid:
        # The own page also after the dialog: it shows its errors with and without JavaScript.
        apply_errors(form, invalid)
        dossier = queries.dossier(number)
        return render_template("review/reject.html", dossier=dossier, reject_form=form), INVALID
    except (Conflict, Forbidden) as refusal:
        return _refused(number, refusal, reject_form=form)
    return _next(gettext("Rejected: %(number)s, %(amount)s, %(name)s. The customer is told why by email.", **told))


@blueprint.get("/<number>/document")
@guard(Permission.SEE_QUEUE)
def document(number: str) -> BaseResponse:
    """The issued invoice's PDF, the stored bytes."""
    stored = issuing.document_of(requests.by_number(number).id)
    answer = Response(storage.get(stored.sha256), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{stored.number}.pdf"'
    answer.set_etag(stored.sha256)
    answer.cache_control.private = True
    return answer.make_conditional(request)


@blueprint.get("/<number>/supporting-file")
@guard(Permission.SEE_QUEUE)
def supporting_file(number: str) -> BaseResponse:
    """What the customer enclosed, as a download: it is somebody else's file, and is not opened inside our pages."""
    file = supporting.found(requests.by_number(number))
    return attachment(storage.get(file.sha256), file.type, file.name)


def _may_decide(dossier: queries.Dossier) -> bool:
    actor = current_actor()
    return actor.can(Permission.DECIDE) and dossier.request.can_be_decided and not dossier.is_own_of(actor)


def _page(number: str, *, refusal: BackofficeError | None = None, **forms: Form) -> str:
    """The request's page; after a refusal with the reason on top and what was typed still in view."""
    dossier = queries.dossier(number)
    may_decide = _may_decide(dossier)
    shown = dossier.request
    # A form that was not sent begins empty, whatever the body of this call holds for the other one.
    nothing: MultiDict[str, str] = MultiDict()
    return render_template(
        "review/request.html",
        dossier=dossier,
        messages=[mail for mail in delivery.about("invoice_request", shown.id) if mail.template in labels.mails],
        may_decide=may_decide,
        own=dossier.is_own_of(current_actor()) and current_actor().can(Permission.DECIDE),
        approve_form=forms.get("approve_form") or ApproveForm(formdata=nothing),
        reject_form=forms.get("reject_form") or RejectForm(formdata=nothing),
        refusal=translate(refusal.message) if refusal else None,
        typed=[] if may_decide else [form.remarks.data for form in forms.values() if form.remarks.data],
        issue_error=translate(Message.unpacked(shown.issue_fault)) if shown.issue_fault else None,
        labels=labels,
        tax_id=_tax_id_check(shown.header),
        urgency=urgency_of()(shown),
    )


@dataclass(frozen=True, slots=True)
class TaxIdCheck:
    """The result of the tax ID check in words: a tag, and a sentence where it is not simply right."""

    tone: str
    text: str
    note: str | None = None


def _tax_id_check(header: Mapping[str, str]) -> TaxIdCheck | None:
    """The check of a frozen header; None where there is nothing to check: no ID, a person's, another country's."""
    result = tax_id_of(header)
    if result is None:
        return None
    note = translate(result.message)
    match result.outcome:
        case TaxIdOutcome.VALID:
            return TaxIdCheck("good", gettext("Check digit valid"))
        case TaxIdOutcome.LEGACY:
            return TaxIdCheck("info", gettext("Legacy tax ID"), note)
        case TaxIdOutcome.WRONG_CHECK_DIGIT:
            return TaxIdCheck("warn", gettext("Check digit does not fit"), note)
        case TaxIdOutcome.WRONG_FORM:
            return TaxIdCheck("bad", gettext("Not a tax ID"), note)


def _refused(number: str, refusal: BackofficeError, **forms: Form) -> tuple[str, int]:
    """The page again after a refusal, and the status that belongs to it."""
    if isinstance(refusal, Invalid):
        for form in forms.values():
            apply_errors(form, refusal)
        return _page(number, **forms), INVALID
    return _page(number, refusal=refusal, **forms), status_of(refusal)


def _facts(decided: InvoiceRequest) -> dict[str, str]:
    return {"number": decided.number, "amount": format_amount(decided.amount), "name": decided.header_name}


def _next(told: str) -> BaseResponse:
    flash(told, "success")
    following = queries.most_urgent(current_actor())
    if following is None:
        return redirect(url_for("review.queue"), 303)
    return redirect(url_for("review.invoice_request", number=following), 303)
