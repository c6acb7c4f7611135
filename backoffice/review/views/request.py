"""One request on the desk: the facts, what happened, its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.delivery import queries as delivery
from backoffice.errors import BackofficeError, Message
from backoffice.headers.rules import TaxIdOutcome, tax_id_of
from backoffice.issuing import queries as issuing
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.services import supporting
from backoffice.review import labels
from backoffice.review.forms import ApproveForm, HoldForm, NoteForm, RejectForm, ReturnForm
from backoffice.review.queries import dossier as queries
from backoffice.review.views import evidence
from backoffice.review.views.plumbing import blueprint, urgency_of
from backoffice.web.downloads import attachment
from backoffice.web.errors import translate
from backoffice.web.forms import Form
from backoffice.web.guards import current_actor, guard

PREVIOUS_SHOWN = 5


@blueprint.get("/<number>")
@guard(Permission.SEE_QUEUE)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and for reviewers the two verdicts."""
    return page_of(number)


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


def may_decide(dossier: queries.Dossier) -> bool:
    """Whether the verdicts are offered to whoever looks; the services decide it once more."""
    actor = current_actor()
    return actor.can(Permission.DECIDE) and dossier.request.can_be_decided and not dossier.is_own_of(actor)


def page_of(number: str, *, refusal: BackofficeError | None = None, typed: str | None = None, **forms: Form) -> str:
    """The request's page; after a refusal with the reason on top and what was typed still in view."""
    dossier, now = queries.dossier(number), clock.now()
    allowed = may_decide(dossier)
    acts_here = current_actor().can(Permission.DECIDE) and not dossier.is_own_of(current_actor())
    shown = dossier.request
    # A form that was not sent begins empty, whatever the body of this call holds for the other one.
    nothing: MultiDict[str, str] = MultiDict()
    facts = evidence.facts_of(dossier, now)
    return render_template(
        "review/request.html",
        dossier=dossier,
        checks=evidence.panel(facts),
        earlier=facts.history[:PREVIOUS_SHOWN],
        draft=evidence.draft_of(dossier, now),
        messages=[mail for mail in delivery.about("invoice_request", shown.id) if mail.template in labels.mails],
        may_decide=allowed,
        may_see_books=current_actor().can(Permission.SEE_BOOKS),
        own=dossier.is_own_of(current_actor()) and current_actor().can(Permission.DECIDE),
        approve_form=forms.get("approve_form") or ApproveForm(formdata=nothing),
        reject_form=forms.get("reject_form") or RejectForm(formdata=nothing),
        refusal=translate(refusal.message) if refusal else None,
        typed=_lost(allowed, typed, forms),
        hold_form=HoldForm(formdata=nothing),
        return_form=ReturnForm(formdata=nothing),
        note_form=NoteForm(formdata=nothing),
        may_return=dossier.request.can_be_returned and acts_here,
        may_undo=_may_undo(dossier, now),
        may_note=acts_here,
        claimed=shown.is_claimed(now),
        now=now,
        issue_error=translate(Message.unpacked(shown.issue_fault)) if shown.issue_fault else None,
        labels=labels,
        tax_id=_tax_id_check(shown.header),
        urgency=urgency_of()(shown),
    )


def _lost(allowed: bool, typed: str | None, forms: Mapping[str, Form]) -> list[str]:
    """What was typed and has no form on this page any more, to be copied away."""
    remarks = [] if allowed else [form.remarks.data for form in forms.values() if form.remarks.data]
    return [*remarks, *([typed] if typed else [])]


def _may_undo(dossier: queries.Dossier, now: datetime) -> bool:
    decision, until = dossier.decision, dossier.request.issuable_at
    mine = decision is not None and decision.decided_by == current_actor().id
    return mine and dossier.request.can_be_returned and until is not None and now < until


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
