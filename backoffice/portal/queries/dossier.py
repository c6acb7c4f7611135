"""What one request looks like to the people who applied for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message
from backoffice.ledger import queries as ledger
from backoffice.portal.queries.comparison import Complaint, complaint_about
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent
from backoffice.requests.rules import ABOUT
from backoffice.requests.services import supporting
from backoffice.requests.services.supporting import SupportingFile


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request with everything its page says. `mails` are, by their kind, the newest to each recipient."""

    request: InvoiceRequest
    parts: list[ledger.Part]
    short: Decimal
    events: Sequence[RequestEvent]
    decision: Decision | None
    complaint: Complaint | None
    mails: Mapping[str, Sequence[Message]]
    file: SupportingFile | None
    follows: str | None
    followed_by: str | None
    hold: Hold | None


def own_request(account_id: int, number: str) -> InvoiceRequest:
    """The request `number` of the account. Raises NotFound, for another account's too."""
    return requests.by_number(number, account_id=account_id)


def dossier(account_id: int, number: str) -> Dossier:
    """Everything about the account's request `number`. Raises NotFound as `own_request` does."""
    found = own_request(account_id, number)
    return Dossier(
        request=found,
        parts=ledger.parts_of(found.id),
        short=ledger.short_of(found.id),
        events=requests.timeline(found.id),
        decision=requests.decision_in_force(found.id),
        complaint=complaint_about(found) if found.can_resubmit else None,
        mails=_mails(found.id),
        file=supporting.of(found),
        follows=requests.number_of(found.resubmission_of_id),
        followed_by=requests.followed_by(found.id),
        hold=requests.open_hold(found.id) if found.is_held else None,
    )


def last_mail(invoice_request: InvoiceRequest, recipient: str) -> Message | None:
    """The newest mail with the issued invoice to one of its recipients."""
    sent = delivery.current(ABOUT, invoice_request.id, "issued")
    return next((mail for mail in sent if mail.recipient.casefold() == recipient.casefold()), None)


def _mails(request_id: int) -> dict[str, list[Message]]:
    """The mails about a request that nobody has sent anew, by their kind; two to one address count as the newer."""
    sent = delivery.about(ABOUT, request_id)
    repeated = {mail.follows_id for mail in sent}
    found: dict[str, dict[str, Message]] = {}
    for mail in sent:
        if mail.id not in repeated:
            found.setdefault(mail.template, {})[mail.recipient.casefold()] = mail
    return {template: list(mails.values()) for template, mails in found.items()}
