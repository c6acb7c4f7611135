"""Credit notes on the desk: the form of an issued request with its draft, and the page where somebody else decides."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid, Message, NotFound
from backoffice.extensions import limiter
from backoffice.headers import queries as headers
from backoffice.issuing import services as issuing
from backoffice.issuing.models import CreditNote, CreditProposal
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.services import proposals
from backoffice.issuing.services.proposals import CreditPlan, Wanted
from backoffice.ledger import queries as ledger
from backoffice.permissions import Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.review import labels
from backoffice.review.forms import CreditForm, DeclineForm, credit_form
from backoffice.review.queries import credits as queries
from backoffice.review.queries.credits import OfRequest
from backoffice.review.services import competence, credits
from backoffice.review.views import credit_sum
from backoffice.review.views.evidence import DRAFTS
from backoffice.review.views.plumbing import INVALID, blueprint, issuer
from backoffice.web import kept_forms, limits
from backoffice.web.errors import status_of, translate
from backoffice.web.forms import apply_errors
from backoffice.web.guards import current_actor, guard

# One for each pause in typing.
SUMS = "60 per minute"


@blueprint.get("/<number>/credit")
@guard(Permission.DECIDE)
def credit(number: str) -> Any:
    """The form: empty, with all that is left, or with what the invoice debt of its recharges asks for."""
    found, about = _asked(number)
    amounts, said = {}, {}
    if "all" in request.args:
        amounts = _all_left(about)
        if about.wish is not None and "wish" in request.args:
            said = {"reason": "returned", "words": about.wish.words}
    elif "debt" in request.args:
        amounts, said = _owed(about)
    return _form_page(found, about, credit_form(about.lines, amounts, **said))


@blueprint.post("/<number>/credit")
@guard(Permission.DECIDE, rescue=kept_forms.keep_typed)
def propose_credit(number: str) -> Any:
    """Show the draft of what is in the form or, once it was seen, propose it; `change` leads back to the form,
    `calculate` shows what its amounts come to, and `fill` puts other amounts into it and keeps the rest."""
    found, about = _asked(number)
    form = credit_form(about.lines)
    if "change" in request.form:
        return _form_page(found, about, form)
    if "fill" in request.form:
        amounts, said = _owed(about) if request.form["fill"] == "debt" else (_all_left(about), {})
        typed = {name: form[name].data or said.get(name, "") for name in ("reason", "words")}
        return _form_page(found, about, credit_form(about.lines, amounts, **typed))
    if "calculate" in request.form:
        return _form_page(found, about, form, 200 if credit_sum.check(form, about.lines) else INVALID)
    try:
        is_complete = form.validate()
        if not credit_sum.check(form, about.lines) or not is_complete:
            return _form_page(found, about, form, INVALID)
        wanted = form.wanted
        planned = proposals.plan(about.invoice, wanted)
        if "propose" not in request.form:
            return _form_page(found, about, form, planned=planned)
        with transaction():
            made = credits.propose(current_actor(), number, wanted, now=clock.now()).id
    except Invalid as invalid:
        apply_errors(form, invalid)
        return _form_page(found, about, form, INVALID)
    except (Conflict, Forbidden) as refusal:
        session.rollback()
        return _form_page(*_asked(number), form, status_of(refusal), refusal=refusal)
    flash(gettext("The credit note is proposed. A colleague has to confirm it."), "success")
    return kept_forms.done(redirect(url_for("review.credit_proposal", proposal_id=made), 303))


@blueprint.post("/<number>/credit/sum")
@guard(Permission.DECIDE)
@limiter.limit(SUMS, key_func=limits.who_asks)
def sum_credit(number: str) -> str:
    """What the amounts in the form come to, and what is wrong with them: scripts put it into the form while somebody
    types."""
    _, about = _asked(number)
    form = credit_form(about.lines)
    credit_sum.check(form, about.lines)
    faulty = [form[name] for name in form.lines if form[name].errors]
    return render_template("review/credit_sum.html", sum=credit_sum.summed(form, about.lines), faulty=faulty)


@blueprint.get("/credits/<int:proposal_id>")
@guard(Permission.SEE_QUEUE)
def credit_proposal(proposal_id: int) -> Any:
    """What somebody proposes to take back, with the draft, or the credit note that it became."""
    return _proposal_page(proposal_id)


@blueprint.post("/credits/<int:proposal_id>/confirm")
@guard(Permission.DECIDE)
def confirm_credit(proposal_id: int) -> Any:
    """Make it a credit note."""
    told = gettext("The credit note has its number. The worker makes the document and mails it.")
    return _decide(proposal_id, told, lambda: credits.confirm(
        current_actor(), proposal_id, issuer=issuer(), now=clock.now()))  # fmt: skip


@blueprint.post("/credits/<int:proposal_id>/decline")
@guard(Permission.DECIDE, rescue=kept_forms.keep_typed)
def decline_credit(proposal_id: int) -> Any:
    """Turn it down, with remarks for whoever proposed it."""
    form = DeclineForm()
    told = gettext("The credit note is turned down. Nothing was taken back.")
    return _decide(proposal_id, told, lambda: credits.decline(
        current_actor(), proposal_id, remarks=form.remarks.data or "", now=clock.now()), form)  # fmt: skip


@blueprint.post("/credits/<int:proposal_id>/withdraw")
@guard(Permission.DECIDE)
def withdraw_credit(proposal_id: int) -> Any:
    """Take one's own proposal back."""
    told = gettext("Your proposal is withdrawn.")
    return _decide(proposal_id, told, lambda: credits.withdraw(current_actor(), proposal_id, now=clock.now()))


@blueprint.post("/credits/<int:proposal_id>/retry")
@guard(Permission.DECIDE)
def retry_credit(proposal_id: int) -> Any:
    """Let the worker make the document again."""
    told = gettext("The worker tries to make the document again.")
    return _decide(proposal_id, told, lambda: credits.retry(current_actor(), proposal_id))


@blueprint.get("/credits/<int:proposal_id>/document")
@guard(Permission.SEE_QUEUE)
@limiter.limit(DRAFTS, key_func=limits.who_asks)
def credit_document(proposal_id: int) -> BaseResponse:
    """The credit note's PDF, the stored bytes; of a proposal its draft, which is kept nowhere."""
    note = notes.note_of(proposal_id)
    if note is not None and note.pdf_sha256 is None:
        raise NotFound
    if note is not None:
        name, content = note.number, storage.get(note.pdf_sha256 or "")
    else:
        name, content = f"DRAFT-CN-{proposal_id}", issuing.render_draft(_draft(notes.proposal(proposal_id)))
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.cache_control.private = True
    return answer


def _all_left(about: OfRequest) -> dict[int, Decimal]:
    return {line.id: line.left.gross_left for line in about.lines}


def _owed(about: OfRequest) -> tuple[dict[int, Decimal], dict[str, str]]:
    """What the invoice debt asks for, by line, and why."""
    amounts = queries.debts_on(about.lines)
    owed = ", ".join(line.external_id for line in about.lines if line.id in amounts)
    # It stands on the document, whose reader may know either language.
    return amounts, {"reason": "refund", "words": f"退款 Refund: {owed}"}


def _asked(number: str) -> tuple[InvoiceRequest, OfRequest]:
    """The request and what is left of its invoice, for somebody who may decide on it."""
    found = competence.for_decision(current_actor(), number)
    return found, queries.of_request(found.id)


def _form_page(
    found: InvoiceRequest,
    about: OfRequest,
    form: CreditForm,
    status: int = 200,
    *,
    planned: CreditPlan | None = None,
    refusal: BackofficeError | None = None,
) -> Any:
    page = render_template(
        "review/credit.html",
        invoice_request=found,
        about=about,
        form=form,
        planned=planned,
        sum=credit_sum.summed(form, about.lines),
        faulty=(),
        draft=planned.snapshot(number=None, issued_at=clock.now()) if planned else None,
        has_debt=bool(queries.debts_on(about.lines)),
        refusal=translate(refusal.message) if refusal else None,
        labels=labels,
    )
    return page, status


def _draft(proposal: CreditProposal) -> Snapshot:
    """What a proposal's credit note would say if it were confirmed now. Raises NotFound where nothing is to come."""
    if not proposal.is_open:
        raise NotFound
    invoice = notes.invoice_by_id(proposal.invoice_id)
    wanted = Wanted(proposal.reason, proposal.words, notes.amounts_of(proposal.id))
    return proposals.plan(invoice, wanted).snapshot(number=None, issued_at=clock.now())


def _proposal_page(
    proposal_id: int, status: int = 200, *, refusal: BackofficeError | None = None, form: DeclineForm | None = None
) -> Any:
    proposal, note = notes.proposal(proposal_id), notes.note_of(proposal_id)
    found = requests.by_number(requests.number_of(notes.request_of(proposal_id)) or "")
    about, actor = queries.of_request(found.id), current_actor()
    acts = actor.can(Permission.DECIDE) and not found.is_own_of(actor)
    amounts, anew = notes.amounts_of(proposal_id), notes.reissue_of(proposal_id)
    page = render_template(
        "review/credit_proposal.html",
        invoice_request=found,
        about=about,
        proposal=proposal,
        amounts=amounts,
        note=note,
        header=headers.any_header_of(found.account_id, anew.header_id).name if anew is not None else None,
        grants=about.would_grant(amounts, anew.header_id if anew is not None else None),
        shown=_shown(proposal, note),
        form=form or kept_forms.begin(DeclineForm, {}),
        may_check=acts and proposal.is_open and proposal.proposed_by != actor.id,
        may_withdraw=acts and proposal.is_open and proposal.proposed_by == actor.id,
        may_retry=acts and proposal.issue_fault is not None,
        fault=translate(Message.unpacked(proposal.issue_fault)) if proposal.issue_fault else None,
        may_see_books=actor.can(Permission.SEE_BOOKS),
        invoiceable=ledger.balance(found.account_id).invoiceable,
        refusal=translate(refusal.reason) if refusal else None,
        labels=labels,
    )
    return page, status


def _shown(proposal: CreditProposal, note: CreditNote | None) -> Any:
    """What stands on the document, or would; None where nothing is to come of the proposal."""
    if note is not None:
        return note.snapshot
    try:
        return _draft(proposal) if proposal.is_open else None
    except Invalid:
        return None


def _decide(proposal_id: int, told: str, verb: Callable[[], object], form: DeclineForm | None = None) -> Any:
    try:
        with transaction():
            verb()
    except Invalid as invalid:
        if form is None:
            return _proposal_page(proposal_id, INVALID, refusal=invalid)
        apply_errors(form, invalid)
        return _proposal_page(proposal_id, INVALID, form=form)
    except (Conflict, Forbidden) as refusal:
        return _proposal_page(proposal_id, status_of(refusal), refusal=refusal, form=form)
    flash(told, "success")
    return kept_forms.done(redirect(url_for("review.credit_proposal", proposal_id=proposal_id), 303))
