"""Apply: check an application, say what it would do, and do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import bindparam, select

from backoffice import clock, glyphs, storage, text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.headers.rules import VatKind
from backoffice.ledger import queries as ledger_queries
from backoffice.ledger.rules import PARTS_LIMIT
from backoffice.ledger.services import reservations as ledger
from backoffice.money import ZERO, AmountError, format_amount
from backoffice.permissions import Actor, Permission
from backoffice.policies import queries as policies
from backoffice.requests import queries, rules
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, State
from backoffice.requests.services import promises, recipients, search, special, supporting
from backoffice.requests.services.states import add_event, tell
from backoffice.requests.services.supporting import SupportingFile

_OF_FORM = select(InvoiceRequest).where(
    InvoiceRequest.account_id == bindparam("account_id"), InvoiceRequest.submit_token == bindparam("token")
)


@dataclass(frozen=True, slots=True)
class Application:
    """What a customer typed. Texts are as typed; `plan` cleans and checks them."""

    header_id: int | None
    amount: str
    email: str
    remarks: str = ""
    resubmission_of: str | None = None
    copies: str = ""
    support: SupportingFile | None = None


class AlreadySubmitted(Conflict):
    """The form has made a request before, and this application is another one; `number` names the former."""

    code = "already-submitted"

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__()


@dataclass(frozen=True, slots=True)
class Plan:
    """An application that may be submitted: what it would reserve, freeze and promise."""

    account_id: int
    header: InvoiceHeader
    frozen_header: dict[str, Any]
    amount: Decimal
    email: str
    remarks: str
    parts: list[ledger_queries.Part]
    due_on: date
    due_at: datetime
    calendar_version_id: int
    provisional: tuple[int, ...]
    resubmission_of: InvoiceRequest | None
    copies: list[str]
    support: SupportingFile | None


def plan(actor: Actor, application: Application, *, now: datetime) -> Plan:
    """Check an application and say what submitting it would do, without doing it.

    Raises Invalid with the sentences for each field, Forbidden for people without a customer account, NotFound when
    it wants to follow a request that is not the account's own.
    """
    if actor.account_id is None or not actor.can(Permission.APPLY):
        raise Forbidden
    faults: dict[str, list[Message]] = {}
    today = clock.local_date(now, clock.zone())
    header = _header(actor.account_id, application.header_id, faults)
    amount, fault = rules.check_amount(
        application.amount,
        invoiceable=ledger_queries.balance(actor.account_id).invoiceable,
        minimum=policies.minimum_amount(today),
    )
    if fault is not None:
        faults["amount"] = [fault]
    email = recipients.cleaned_email(application.email, faults)
    copies = recipients.cleaned_copies(application.copies, email, faults)
    remarks = _cleaned("remarks", lambda: _printable_remarks(application.remarks), faults)
    parts = _parts(actor.account_id, amount, faults)
    if header is not None and header.vat_kind == VatKind.SPECIAL:
        _refuse_special(parts, faults)
    if application.support is not None and not storage.exists(application.support.sha256):
        faults["support_file"] = [Message(N_("The file is not here any more. Please choose it again."))]
    if faults or header is None or amount is None:
        raise Invalid(faults)
    promise = promises.promised(now)
    return Plan(
        account_id=actor.account_id,
        header=header,
        frozen_header={name: getattr(header, name) for name in FROZEN_HEADER_FIELDS},
        amount=amount,
        email=email,
        remarks=remarks,
        parts=parts,
        due_on=promise.due_on,
        due_at=promise.due_at,
        calendar_version_id=promise.version_id,
        provisional=promise.provisional,
        resubmission_of=_rejected_before(actor.account_id, application.resubmission_of),
        copies=copies,
        support=application.support,
    )


def apply(actor: Actor, application: Application, *, submit_token: str, locale: str, now: datetime) -> InvoiceRequest:
    """Submit an application: reserve its amount, freeze the header, promise a day, write the first event.

    `submit_token` names one filled-in form: the same one again returns the request it already made, so a double
    Submit is one request. Raises what `plan` raises, Conflict when the money went elsewhere meanwhile, and
    AlreadySubmitted when the form made a request of another application.
    """
    known = repeated(actor, application, submit_token)
    if known is not None:
        return known
    try:
        planned = plan(actor, application, now=now)
    except (Invalid, Conflict):
        # Sent twice at once: what stands in the way may be the request that the other one has made since we asked.
        known = repeated(actor, application, submit_token)
        if known is None:
            raise
        return known
    return _make(actor, planned, submit_token=submit_token, locale=locale, now=now)


def _make(actor: Actor, planned: Plan, *, submit_token: str, locale: str, now: datetime) -> InvoiceRequest:
    submitted_on = clock.local_date(now, clock.zone())
    invoice_request = InvoiceRequest(
        number=free_number(submitted_on, submit_token),
        account_id=planned.account_id,
        applicant_id=actor.id,
        applicant_label=actor.label,
        header_id=planned.header.id,
        header=planned.frozen_header,
        header_name=planned.header.name,
        amount=planned.amount,
        email=planned.email,
        copies=planned.copies,
        remarks=planned.remarks,
        **supporting.columns_of(planned.support),
        locale=locale,
        submit_token=submit_token,
        resubmission_of_id=planned.resubmission_of.id if planned.resubmission_of else None,
        state=State.PENDING,
        submitted_at=now,
        submitted_on=submitted_on,
        due_on=planned.due_on,
        due_at=planned.due_at,
        calendar_version_id=planned.calendar_version_id,
    )
    session.add(invoice_request)
    session.flush()
    search.remember(invoice_request)
    ledger.reserve(planned.account_id, invoice_request.id, planned.amount, at=now)
    if planned.resubmission_of:
        # Once more behind the lock on the account: of two that resubmit at the same moment one is the first.
        _refuse_second(planned.resubmission_of, besides=invoice_request.id)
    follows = {"follows": planned.resubmission_of.number} if planned.resubmission_of else {}
    add_event(invoice_request.id, "submitted", actor, at=now, **follows)
    said = {**_said(planned), **follows}
    audit.record(actor, "request.apply", "invoice_request", invoice_request.number, at=now, after=said)
    tell(invoice_request, "submitted", now=now, **promises.told(planned.due_on, planned.provisional))
    return invoice_request


def repeated(actor: Actor, application: Application, submit_token: str) -> InvoiceRequest | None:
    """The request that the same form has made of the same application; None when it made none yet.

    Raises AlreadySubmitted when it made one of another application, or one that was withdrawn since: this one is not to
    be lost in silence.
    """
    known = _by_token(actor.account_id, submit_token) if actor.account_id is not None else None
    if known is not None and (known.state == State.WITHDRAWN or not _says_the_same(known, application)):
        raise AlreadySubmitted(known.number)
    return known


def _says_the_same(known: InvoiceRequest, application: Application) -> bool:
    faults: dict[str, list[Message]] = {}
    try:
        amount = rules.typed_amount(application.amount)
    except AmountError:
        return False
    email = recipients.cleaned_email(application.email, faults)
    copies = recipients.cleaned_copies(application.copies, email, faults)
    remarks = _cleaned("remarks", lambda: _printable_remarks(application.remarks), faults)
    former = session.get(InvoiceRequest, known.resubmission_of_id) if known.resubmission_of_id else None
    file = application.support.sha256 if application.support else None
    typed = (application.header_id, amount, email, copies, remarks, file, application.resubmission_of or None)
    made = (known.header_id, known.amount, known.email, known.copies, known.remarks, known.support_sha256)
    return not faults and typed == (*made, former.number if former else None)


def _said(planned: Plan) -> dict[str, Any]:
    """What the audit event tells of an application."""
    return {
        "amount": str(planned.amount),
        "header": planned.header.name,
        "email": planned.email,
        "copies": planned.copies,
        "supporting_file": planned.support.sha256 if planned.support else None,
    }


def _header(account_id: int, header_id: int | None, faults: dict[str, list[Message]]) -> InvoiceHeader | None:
    if header_id is None:
        faults["header_id"] = [Message(N_("Choose an invoice header."))]
        return None
    try:
        header = headers.header_of(account_id, header_id)
    except NotFound:
        faults["header_id"] = [Message(N_("This header is not available any more. Choose another one."))]
        return None
    missing = glyphs.missing("".join(str(getattr(header, name)) for name in FROZEN_HEADER_FIELDS))
    if missing:
        faults["header_id"] = [_unprintable(missing)]
    return header


def _parts(account_id: int, amount: Decimal | None, faults: dict[str, list[Message]]) -> list[ledger_queries.Part]:
    """The recharges an amount would be taken from; money whose description no font prints is a fault of the amount."""
    if amount is None:
        return []
    parts = ledger_queries.plan_parts(account_id, amount)
    held = sum((part.amount for part in parts), ZERO)
    if len(parts) == PARTS_LIMIT and held < amount:
        told = N_(
            "One invoice lists at most %(most)d recharges, and your oldest ones come to %(held)s. Apply for that, and "
            "for the rest in another request."
        )
        faults["amount"] = [Message(told, most=PARTS_LIMIT, held=format_amount(held))]
        return []
    missing = glyphs.missing("".join(part.recharge.external_id + part.recharge.description for part in parts))
    if missing:
        faults["amount"] = [_unprintable(missing)]
    return parts


def _refuse_special(parts: list[ledger_queries.Part], faults: dict[str, list[Message]]) -> None:
    day = special.first_untaxed(part.recharge for part in parts)
    if day is not None:
        told = N_(
            "VAT special is not possible: the recharge of %(day)s is not taxed at a rate. Choose a header with VAT"
            " ordinary, or an amount that does not reach into that recharge."
        )
        faults.setdefault("header_id", []).append(Message(told, day=day))


def _cleaned(name: str, clean: Callable[[], str], faults: dict[str, list[Message]]) -> str:
    try:
        return clean()
    except text.TextError as error:
        faults[name] = [error.message]
        return ""


def _printable_remarks(value: str) -> str:
    remarks = text.clean(value, max_length=rules.REMARKS_LIMIT, multiline=True)
    missing = glyphs.missing(remarks)
    if missing:
        raise text.TextError(_unprintable(missing))
    return remarks


def _unprintable(characters: Iterable[str]) -> Message:
    return Message(N_("No font can print these characters: %(characters)s"), characters=" ".join(characters))


def _rejected_before(account_id: int, number: str | None) -> InvoiceRequest | None:
    if not number:
        return None
    former = queries.by_number(number, account_id=account_id)
    if not former.can_resubmit:
        raise Conflict(Message(N_("Only a rejected request can be resubmitted.")))
    _refuse_second(former)
    return former


def _refuse_second(former: InvoiceRequest, *, besides: int | None = None) -> None:
    follower = queries.followed_by(former.id, besides=besides)
    if follower is not None:
        told = N_(
            "%(former)s was resubmitted as %(number)s already. You can still submit this as a request of its own."
        )
        raise Conflict(Message(told, former=former.number, number=follower))


def _by_token(account_id: int, token: str) -> InvoiceRequest | None:
    return session.scalars(_OF_FORM, {"account_id": account_id, "token": token}).one_or_none()


def free_number(day: date, token: str) -> str:
    """A request number of the day that nobody has, drawn from the form's token."""
    for attempt in count():
        number = rules.request_number(day, token, attempt)
        if session.scalar(select(InvoiceRequest.id).where(InvoiceRequest.number == number)) is None:
            return number
    raise AssertionError("count() does not end")
