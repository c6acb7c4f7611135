"""One request on the desk: the facts, what happened, its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.delivery import queries as delivery
from backoffice.errors import N_, BackofficeError, Conflict, Invalid, Message
from backoffice.headers.rules import TaxIdOutcome, tax_id_of
from backoffice.issuing import queries as issuing
from backoffice.issuing import services as issue
from backoffice.issuing.queries import official, stops
from backoffice.issuing.services import documents
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import CLAIM_MINUTES, State
from backoffice.requests.services import supporting
from backoffice.review import labels
from backoffice.review.checks import panel
from backoffice.review.checks.kept import Checked
from backoffice.review.forms import ApproveForm, AssignForm, HoldForm, NoteForm, RejectForm, ReturnForm, SeenForm
from backoffice.review.queries import credits, resubmission, upcoming
from backoffice.review.queries import dossier as queries
from backoffice.review.queries.seen import SHOWN
from backoffice.review.services import acceptance, claims, four_eyes
from backoffice.review.services.competence import GAVE_FIRST, moved_on, what_happened
from backoffice.review.views import evidence, queue, remembered
from backoffice.review.views.history import history
from backoffice.review.views.onward import address_of, came_from, skip_to
from backoffice.review.views.plumbing import INVALID, blueprint, urgency_of
from backoffice.review.views.rejection import on_enter, rejection_of
from backoffice.web import asides, kept_forms
from backoffice.web.downloads import attachment
from backoffice.web.errors import status_of, translate
from backoffice.web.forms import Form, apply_errors
from backoffice.web.guards import answers_get, current_actor, guard
from backoffice.web.kept_forms import KeptForm

_IN_DIALOGS = frozenset({"reject_form", "hold_form", "return_form"})
# What somebody writes in them; a note stays in its field, which stands in every page of somebody who acts there.
_TYPED = ("tax_id_reason", "remarks", "question", "why")
DECIDED = N_("This request has been decided meanwhile.")
_ON_PAGE: dict[str, type[KeptForm]] = {"approve_form": ApproveForm, "note_form": NoteForm}


@blueprint.get("/<number>")
@guard(Permission.SEE_QUEUE)
def invoice_request(number: str) -> str:
    """One request: the facts, what happened, and for reviewers the two verdicts."""
    return page_of(read(number), **begun_forms())


def begun_forms() -> dict[str, Form]:
    """The two forms whose words stand on the page itself, as it is first shown."""
    return _on_page(kept_forms.waiting())


def forms_beside(number: str) -> dict[str, Form]:
    """The same two forms beside another deed of the page, with what was typed before its button was pressed."""
    return _on_page(kept_forms.kept_for(url_for("review.invoice_request", number=number)))


def _on_page(kept: Mapping[str, Any]) -> dict[str, Form]:
    return {form: kind(formdata=None, data=kept) for form, kind in _ON_PAGE.items()}


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


@blueprint.get("/<number>/document.xml")
@guard(Permission.SEE_QUEUE)
def document_xml(number: str) -> BaseResponse:
    """The XML inside the issued invoice's PDF, byte for byte."""
    stored, content = documents.xml_document(requests.by_number(number).id)
    return attachment(content, "application/xml", f"{stored.number}.xml")


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


def read(number: str) -> queries.Dossier:
    """What a request's page is drawn from, with what comes next. Raises NotFound."""
    return queries.dossier(number, upcoming.after_it(current_actor(), clock.now()))


def may_return(dossier: queries.Dossier) -> bool:
    """Whether it can be put back into the queue by whoever looks."""
    acts_here = current_actor().can(Permission.DECIDE) and not dossier.is_own_of(current_actor())
    return acts_here and (dossier.request.can_be_returned or (may_decide(dossier) and dossier.first is not None))


def page_of(dossier: queries.Dossier, *, refusal: BackofficeError | None = None, **forms: Form) -> str:
    """The request's page; after a refusal with the reason on top and what was typed still in view."""
    asides.shown_at(asides.own_address(("list",)) if answers_get(request.path) else _own_page(dossier))
    now = clock.now()
    allowed = may_decide(dossier)
    acts_here = current_actor().can(Permission.DECIDE) and not dossier.is_own_of(current_actor())
    shown = dossier.request
    gave_first = dossier.first is not None and dossier.first.decided_by == current_actor().id
    facts = evidence.facts_of(dossier, now)
    checked = Checked(panel.run(facts), now)
    lost = _lost(allowed and not gave_first, forms)
    messages = [mail for mail in delivery.about("invoice_request", shown.id) if mail.template in labels.mails]
    return render_template(
        "review/request.html",
        dossier=dossier,
        checks=evidence.in_words(checked.checks),
        earlier=facts.history,
        comparison=resubmission.compared(dossier),
        **_draft(dossier, now),
        messages=messages,
        **_issue_of(shown),
        skip=skip_to(shown.number, dossier.next_number) if allowed else None,
        history=history(dossier, messages),
        may_decide=allowed,
        looking=queue.said_of(queue.waiting().looking.get(shown.id, ())),
        decides=current_actor().can(Permission.DECIDE),
        is_seen=current_actor().can(Permission.BE_SEEN),
        may_see_books=current_actor().can(Permission.SEE_BOOKS),
        own=dossier.is_own_of(current_actor()) and current_actor().can(Permission.DECIDE),
        **_forms_of(dossier, forms, _seen(dossier, checked, allowed=allowed), allowed=allowed),
        long=_long_form(shown.number, forms, approves=allowed and not gave_first, notes=acts_here),
        claim_minutes=CLAIM_MINUTES,
        stage=stage_of(shown),
        refusal=translate(refusal.message) if refusal else None,
        typed=lost,
        not_sent=_why_not_sent(shown, gave_first=allowed and gave_first) if lost and not refusal else None,
        gave_first=gave_first,
        may_return=may_return(dossier),
        first_of_two=allowed and dossier.first is None and four_eyes.needs_second(shown, now=now),
        may_undo=_may_undo(dossier, now),
        may_note=acts_here,
        claimed=shown.is_claimed(now),
        now=now,
        may_credit=acts_here,
        labels=labels,
        tax_id=_tax_id_check(shown.header),
        asks_tax_id_reason=allowed and acceptance.wants_reason(shown, dossier.first),
        urgency=urgency_of()(shown),
    )


def _seen(dossier: queries.Dossier, checked: Checked, *, allowed: bool) -> str:
    """What the page's forms bring: how far it shows the request and, where that may be decided on, what its checks say,
    which a verdict that comes from it keeps."""
    word = dossier.seen.word
    return f"{word}{SHOWN}{remembered.remember(current_actor(), dossier.request.number, checked)}" if allowed else word


def _issue_of(shown: InvoiceRequest) -> dict[str, object]:
    """What there is of its invoice, or what stands between it and its number."""
    return {
        "has_xml": shown.is_issued and issuing.has_xml(shown.id),
        "official": official.records_of(shown.id) if shown.is_issued else [],
        "credits": credits.of_request(shown.id) if shown.is_issued else None,
        "issue_error": translate(Message.unpacked(shown.issue_fault)) if shown.issue_fault else None,
        "stop": stops.current() if shown.state == State.APPROVED and shown.invoice_id is None else None,
    }


def _draft(dossier: queries.Dossier, now: datetime) -> dict[str, object]:
    """What would be issued now, and why it would be refused; both None where nothing would be issued."""
    draft = evidence.draft_of(dossier, now)
    foreseen = issue.foreseen(draft) if draft is not None else None
    return {"draft": draft, "foreseen": translate(foreseen) if foreseen else None}


def _forms_of(dossier: queries.Dossier, sent: Mapping[str, Form], seen: str, *, allowed: bool) -> dict[str, object]:
    """The page's forms by their names in the template; the `sent` ones as they came.

    A form that was not sent begins empty, whatever the body of this call holds for the other one. All but that of
    a note carry how far this page shows the request, after a refusal as well: now its reader has seen it.
    """
    shown = dossier.request
    nothing: MultiDict[str, str] = MultiDict()
    approve_form = cast(ApproveForm, sent.get("approve_form") or ApproveForm(formdata=nothing))
    rejection = rejection_of(shown, cast(RejectForm | None, sent.get("reject_form"))) if allowed else None
    hold_form = cast(HoldForm, sent.get("hold_form") or HoldForm(formdata=nothing))
    return_form = cast(ReturnForm, sent.get("return_form") or ReturnForm(formdata=nothing))
    for form in (approve_form, hold_form, return_form, *([rejection.form] if rejection is not None else [])):
        form.seen.data = seen
    return {
        "seen": seen,
        "approve_form": approve_form,
        "rejection": rejection,
        "assign_form": assign_form(shown, dossier.first) if allowed else None,
        "hold_form": hold_form,
        "return_form": return_form,
        "note_form": sent.get("note_form") or NoteForm(formdata=nothing),
    }


def _long_form(
    number: str, sent: Mapping[str, Form], *, approves: bool, notes: bool
) -> tuple[str, dict[str, str | None]] | None:
    """The form whose words the buttons beside it must not lose without scripts, and what Enter presses in it.

    It is the one that was refused, though its dialog is closed; else that of the approval, to which the note belongs;
    where nothing is approved, that of the note.
    """
    if approves and "hold_form" in sent:
        return url_for("review.hold", number=number), {}
    if approves and "reject_form" in sent:
        return url_for("review.reject", number=number), on_enter(number)
    if approves:
        return url_for("review.approve", number=number), {}
    return (url_for("review.note", number=number), {}) if notes else None


def assign_form(invoice_request: InvoiceRequest, first: Decision | None) -> AssignForm:
    """The choice of a colleague for a request with this first approval; whoever has it now stands in it."""
    form = AssignForm(data={"assignee": str(invoice_request.claimed_by_id or "")})
    form.offer(claims.colleagues(invoice_request, first))
    return form


def stage_of(invoice_request: InvoiceRequest) -> str:
    """How far a request is, as an open page compares it: its state, and what a pending one waits for."""
    if invoice_request.is_held:
        return "held"
    return "second" if invoice_request.second_wanted_at is not None else invoice_request.state


def refused(number: str, refusal: BackofficeError, **forms: Form) -> BaseResponse:
    """The page again after a refusal, with the status that belongs to it; what was typed waits for it as well."""
    answer = make_response(*_refused(number, refusal, forms))
    if not answers_get(request.path):
        return answer
    # Whoever has this page has seen what it shows.
    seen = next((form.seen.data for form in forms.values() if isinstance(form, SeenForm)), "")
    return kept_forms.keep_shown(answer, seen=seen or "")


def _refused(number: str, refusal: BackofficeError, forms: Mapping[str, Form]) -> tuple[str, int]:
    if isinstance(refusal, Invalid):
        concerned = [form for form in forms.values() if any(name in form for name in refusal.fields)]
        for form in concerned or forms.values():
            apply_errors(form, refusal)
        return page_of(read(number), **forms), INVALID
    return page_of(read(number), refusal=refusal, **forms), status_of(refusal)


def too_late(dossier: queries.Dossier, told: str, **forms: Form) -> Any:
    """Where nobody wants any more what forms are for: the request's page, with what was typed to be copied away.

    Who came first is said there, or what is `told` where nobody did. Without a word typed, the way to that page.
    """
    if not any(_texts(form) or ("note" in form and form["note"].data) for form in forms.values()):
        return redirect(_own_page(dossier), 303)
    refusal = moved_on(dossier.request, Conflict(Message(told)))
    return page_of(dossier, refusal=refusal, **forms), status_of(refusal)


def _own_page(dossier: queries.Dossier) -> str:
    return address_of(dossier.request.number, came_from())


def _lost(allowed: bool, forms: Mapping[str, Form]) -> list[str]:
    """What was typed and stands in no form that is in view, to be copied away: a dialog is closed on a new page."""
    return [text for name, form in forms.items() if name in _IN_DIALOGS or not allowed for text in _texts(form)]


def _why_not_sent(shown: InvoiceRequest, *, gave_first: bool) -> str:
    """Why the form of what was typed is not on the page, where no refusal says it."""
    told = GAVE_FIRST if gave_first else what_happened(shown)
    return translate(told) if told is not None else gettext("What you typed was not sent.")


def _texts(form: Form) -> list[str]:
    """What was typed or chosen in a form of a verdict, in words."""
    if isinstance(form, RejectForm):
        chosen = [labels.reasons[code] for code in form.reason.data or () if code in labels.reasons]
        return [", ".join(str(label) for label in chosen)] * bool(chosen) + list(filter(None, [form.remarks.data]))
    return [form[name].data for name in _TYPED if name in form and form[name].data]


def _may_undo(dossier: queries.Dossier, now: datetime) -> bool:
    decision, until = dossier.decision, dossier.request.issuable_at
    if decision is None and dossier.first is not None:
        return dossier.first.decided_by == current_actor().id
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
