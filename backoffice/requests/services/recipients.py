"""Where the mails about a request go: checked when it is made, corrected while it is pending, and after a failure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.delivery import queries as mails
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message as Mail
from backoffice.delivery.rules import WAITING_STATES, MessageState
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries, rules
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import Action, State
from backoffice.requests.services import promises, search
from backoffice.requests.services.states import add_event, change_state, tell

CHANGED = "recipients_changed"
_NOT_ARRIVED = (*WAITING_STATES, MessageState.FAILED)


def cleaned_email(typed: str, faults: dict[str, list[Message]]) -> str:
    """The receiving address; what is wrong with it goes into `faults`."""
    try:
        return text.clean_email(typed)
    except text.TextError as error:
        faults["email"] = [error.message]
        return ""


def cleaned_copies(typed: str, email: str, faults: dict[str, list[Message]]) -> list[str]:
    """The further addresses, each once and never the receiving one, which gets the invoice anyway."""
    try:
        found = text.clean_emails(typed, most=rules.COPIES_LIMIT + 1)
        found = [address for address in found if not _same(address, email)]
        if len(found) > rules.COPIES_LIMIT:
            text.clean_emails(typed, most=rules.COPIES_LIMIT)  # says how many there may be
        return found
    except text.TextError as error:
        faults["copies"] = [error.message]
        return []


def seen(invoice_request: InvoiceRequest) -> str:
    """All addresses of a request in one line, for a form that says what it was filled in over."""
    return ", ".join(invoice_request.recipients)


def correct(
    actor: Actor, number: str, *, email: str, copies: str, over: str | None = None, now: datetime
) -> InvoiceRequest:
    """Correct where the mails about a pending request go; the new receiving address is told of the request.

    A first approval ends: whoever gave it has not seen where the invoice goes now.

    `over` is what was `seen`: a colleague's correction since then is not undone by somebody who does not know of it.

    Raises Invalid by field, and for the whole form after another correction; NotFound for another account's request;
    Conflict when it was decided meanwhile.
    """
    invoice_request = _own(actor, number)
    faults: dict[str, list[Message]] = {}
    address = cleaned_email(email, faults)
    others = cleaned_copies(copies, address, faults)
    if faults:
        raise Invalid(faults)
    before = {"email": invoice_request.email, "copies": list(invoice_request.copies)}
    after = {"email": address, "copies": others}
    if before == after and invoice_request.can_correct:
        return invoice_request
    if over is not None and over != seen(invoice_request) and invoice_request.can_correct:
        told = N_(
            "Meanwhile these addresses were changed to %(addresses)s, perhaps by a colleague. Save again to put yours "
            "in their place."
        )
        raise Invalid({"email": [Message(told, addresses=seen(invoice_request))]}, code=CHANGED)
    change_state(invoice_request, Action.CORRECT, actor, now=now, values=after, said=(before, after))
    search.remember_copies(invoice_request)
    add_event(invoice_request.id, "corrected", actor, at=now, email=address, copies=others)
    if address != before["email"]:
        _tell_new_address(actor, invoice_request, now)
    return invoice_request


def send_again(actor: Actor, number: str, *, recipient: str, email: str, now: datetime) -> InvoiceRequest:
    """Mail the issued invoice once more: to `recipient`, or to `email` instead where the mail to `recipient` failed.

    Raises Invalid (field `email`) for an unusable address or one that need not be corrected, NotFound for another
    account's request, Conflict while a mail is on its way, after too many mails, when the invoice is not issued, or
    when it does not go to `recipient` (any more).
    """
    invoice_request = _own(actor, number)
    if not invoice_request.is_issued:
        raise Conflict(Message(N_("Only an issued invoice can be sent again.")))
    old = _last_to(invoice_request, recipient)
    if old.is_open:
        raise Conflict(Message(N_("The mail to %(address)s is still on its way."), address=old.recipient))
    faults: dict[str, list[Message]] = {}
    address = cleaned_email(email, faults)
    if not faults and not _same(address, old.recipient):
        _check_correction(invoice_request, old, address, faults)
    if faults:
        raise Invalid(faults)
    _refuse_too_many(invoice_request, now)
    if _same(address, old.recipient):
        delivery.send_again(actor, old.id, now=now)
        add_event(invoice_request.id, "sent_again", actor, at=now, email=old.recipient)
    else:
        delivery.correct_and_resend(actor, old.id, address, now=now)
        _replace(actor, invoice_request, old.recipient, address, now)
        add_event(invoice_request.id, "sent_again", actor, at=now, email=address, instead_of=old.recipient)
    return invoice_request


def mend(actor: Actor, message_id: int, *, email: str, now: datetime) -> InvoiceRequest:
    """Finance sends one mail about a request once more: to `email`, which is another address only where it failed.

    Later mails about an issued request go to the corrected address, too; until then only the customer says where they
    go. Raises Invalid (field `email`), Forbidden, NotFound for a mail that is not about a request, Conflict while it is
    on its way, when it was sent anew meanwhile, or after too many mails.
    """
    if not actor.can(Permission.DECIDE):
        raise Forbidden
    old = queries.mail_to_customer(message_id)
    if old.is_open:
        raise Conflict(Message(N_("The mail to %(address)s is still on its way."), address=old.recipient))
    invoice_request = session.get_one(InvoiceRequest, old.about_id, populate_existing=True)
    faults: dict[str, list[Message]] = {}
    address = cleaned_email(email, faults)
    is_invoice, same = old.template == "issued", _same(address, old.recipient)
    if not faults and not same and is_invoice:
        _check_correction(invoice_request, old, address, faults)
    if faults:
        raise Invalid(faults)
    if is_invoice:
        _refuse_too_many(invoice_request, now)
    if same:
        delivery.send_again(actor, old.id, now=now)
    else:
        delivery.correct_and_resend(actor, old.id, address, now=now)
        if invoice_request.is_issued and any(_same(old.recipient, each) for each in invoice_request.recipients):
            _replace(actor, invoice_request, old.recipient, address, now)
    if is_invoice:
        instead = {} if same else {"instead_of": old.recipient}
        add_event(invoice_request.id, "sent_again", actor, at=now, email=address, **instead)
    return invoice_request


def _own(actor: Actor, number: str) -> InvoiceRequest:
    if actor.account_id is None or not actor.can(Permission.APPLY):
        raise Forbidden
    return queries.by_number(number, account_id=actor.account_id)


def _last_to(invoice_request: InvoiceRequest, recipient: str) -> Mail:
    for mail in mails.current(rules.ABOUT, invoice_request.id, "issued"):
        if _same(mail.recipient, recipient):
            return mail
    told = N_("The mail to %(address)s was sent anew to another address meanwhile. This is how it stands now.")
    raise Conflict(Message(told, address=recipient))


def _check_correction(
    invoice_request: InvoiceRequest, old: Mail, address: str, faults: dict[str, list[Message]]
) -> None:
    if old.state != MessageState.FAILED:
        told = N_("%(address)s took the mail, so it is sent to that address only.")
        faults["email"] = [Message(told, address=old.recipient)]
    elif any(_same(address, other) for other in invoice_request.recipients):
        faults["email"] = [Message(N_("This address gets the invoice already."))]


def _refuse_too_many(invoice_request: InvoiceRequest, now: datetime) -> None:
    """Sent again so often within a day, the next mail would not help either."""
    sent = [mail for mail in mails.about(rules.ABOUT, invoice_request.id, template="issued") if mail.follows_id]
    if sum(mail.created_at > now - timedelta(days=1) for mail in sent) >= rules.SEND_AGAIN_LIMIT:
        told = N_("This invoice was sent again %(count)d times today. Download it here, or try tomorrow.")
        raise Conflict(Message(told, count=rules.SEND_AGAIN_LIMIT))


def _replace(actor: Actor, invoice_request: InvoiceRequest, wrong: str, right: str, now: datetime) -> None:
    """Let later mails go to the corrected address, too."""
    before = {"email": invoice_request.email, "copies": list(invoice_request.copies)}
    email, *copies = [right if _same(each, wrong) else each for each in invoice_request.recipients]
    changed = rows_changed(
        session.execute(
            update(InvoiceRequest)
            .where(InvoiceRequest.id == invoice_request.id, InvoiceRequest.state == State.ISSUED)
            .values(email=email, copies=copies)
        )
    )
    if not changed:
        raise Conflict(Message(N_("Only an issued invoice can be sent again.")))
    session.refresh(invoice_request)
    search.remember_copies(invoice_request)
    after = {"email": email, "copies": copies}
    audit.record(
        actor, "request.correct", "invoice_request", invoice_request.number, at=now, before=before, after=after
    )


def _tell_new_address(actor: Actor, invoice_request: InvoiceRequest, now: datetime) -> None:
    """Say at the new address that the request was received, and ask there what is still to be answered.

    What waits for the old one, or failed there, goes to the new one instead.
    """
    asked = queries.open_hold(invoice_request.id)
    promised = promises.told(invoice_request.due_on, promises.provisional_of(invoice_request))
    _move(actor, invoice_request, "submitted", now, **promised)
    if asked is not None:
        _move(actor, invoice_request, rules.ASKED, now, asked.asked_at, question=asked.question)
        # A reminder that arrived is not repeated: the question is there now.
        _redirect(actor, invoice_request, rules.REMINDED, now, asked.asked_at)


def _move(
    actor: Actor,
    invoice_request: InvoiceRequest,
    template: str,
    now: datetime,
    since: datetime | None = None,
    **facts: Any,
) -> None:
    """Send one kind of mail to the request's address: in place of the last one since then, if that did not arrive."""
    if not _redirect(actor, invoice_request, template, now, since):
        tell(invoice_request, template, now=now, **facts)


def _redirect(
    actor: Actor, invoice_request: InvoiceRequest, template: str, now: datetime, since: datetime | None
) -> bool:
    """Send the last mail of a kind since then to the request's address instead; False where there is none to stop."""
    last = mails.latest(rules.ABOUT, invoice_request.id, template)
    if last is None or (since is not None and last.created_at < since) or last.state not in _NOT_ARRIVED:
        return False
    try:
        delivery.correct_and_resend(actor, last.id, invoice_request.email, now=now)
    except Conflict:  # the worker took it since it was looked at: it goes where it was going
        return False
    return True


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
