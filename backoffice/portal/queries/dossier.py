"""What one request looks like to the people who applied for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import merge
from operator import attrgetter

from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState
from backoffice.issuing import queries as issuing
from backoffice.issuing.models import CorrectionWish, CreditNote, OfficialRecord
from backoffice.issuing.queries import credits, official, wishes
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerMovement
from backoffice.ledger.queries import journal
from backoffice.ledger.rules import can_be_over
from backoffice.money import ZERO
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent
from backoffice.requests.queries.comparison import Complaint, complaint
from backoffice.requests.rules import ABOUT, State
from backoffice.requests.services import supporting
from backoffice.requests.services.supporting import SupportingFile

# kind of event -> the mail that tells of it
_TOLD_BY = {
    "submitted": "submitted", "held": "information_wanted", "approved": "approved", "rejected": "rejected",
    "issued": "issued", "credited": "credited", "wish_declined": "correction_declined",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request with everything its page says.

    `mails` are, by the id of the event that they tell of, the newest to each recipient.
    """

    request: InvoiceRequest
    parts: list[ledger.Part]
    short: Decimal
    events: Sequence[RequestEvent]
    decision: Decision | None
    complaint: Complaint | None
    mails: Mapping[int, Sequence[Message]]
    file: SupportingFile | None
    follows: str | None
    followed_by: str | None
    hold: Hold | None
    moves: Sequence[LedgerMovement]
    credit_notes: Sequence[CreditNote]
    wish: CorrectionWish | None

    @property
    def credited(self) -> Decimal:
        """What credit notes took back of its invoice."""
        return sum((note.gross for note in self.credit_notes), ZERO)

    official: OfficialRecord | None
    has_xml: bool

    @property
    def happened(self) -> list[RequestEvent | LedgerMovement]:
        """What happened to the request and to its money, each in its own order, whatever a clock said meanwhile."""
        return list(merge(self.events, self.moves, key=attrgetter("at")))

    @property
    def open_gap(self) -> LedgerMovement | None:
        """The movement after which money is missing now; None where the request is whole, or not open any more."""
        gaps = [move for move in self.moves if move.short > 0]
        return gaps[-1] if gaps and self.short and self.request.is_open else None

    @property
    def open_question(self) -> int | None:
        """The id of the event with the question that waits for its answer; None when none does."""
        asked = [event.id for event in self.events if event.kind == "held"]
        return asked[-1] if self.hold and asked else None


def own_request(account_id: int, number: str) -> InvoiceRequest:
    """The request `number` of the account. Raises NotFound, for another account's too."""
    return requests.by_number(number, account_id=account_id)


def dossier(account_id: int, number: str) -> Dossier:
    """Everything about the account's request `number`. Raises NotFound as `own_request` does."""
    found = own_request(account_id, number)
    events, decision = requests.timeline(found.id), requests.decision_in_force(found.id)
    return Dossier(
        request=found,
        parts=ledger.parts_of(found.id),
        short=ledger.short_of(found.id),
        events=events,
        decision=decision,
        complaint=complaint(found, decision) if found.can_resubmit else None,
        mails=_mails(found.id, events),
        file=supporting.of(found),
        follows=requests.number_of(found.resubmission_of_id),
        followed_by=requests.followed_by(found.id),
        hold=requests.open_hold(found.id) if found.is_held else None,
        moves=journal.moves_of(found.id),
        credit_notes=credits.notes_of_requests([found.id]).get(found.id, []) if found.is_issued else [],
        wish=wishes.open_wish(found.id) if found.is_issued else None,
        official=official.in_force(found.id) if found.is_issued else None,
        has_xml=found.is_issued and issuing.has_xml(found.id),
    )


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What withdrawing a request leaves: what is `left` afterwards, and whether its whole amount can be invoiced anew.

    Less than `least`, what an invoice is over, cannot be invoiced before new recharges come.
    """

    left: Decimal
    least: Decimal
    gives_all: bool

    @property
    def after(self) -> Decimal:
        """All that can be invoiced afterwards."""
        return can_be_over(self.left, self.least)

    @property
    def word(self) -> str:
        """What the dialog promises: whoever withdraws says with it what they have read."""
        return "all" if self.gives_all else f"{max(ZERO, self.left)} {self.least}"


def withdrawal(found: InvoiceRequest, *, least: Decimal) -> Withdrawal:
    """What withdrawing the request would leave, or has left, where an invoice is over `least` or more."""
    figures = ledger.balance(found.account_id)
    left = figures.balance if found.state == State.WITHDRAWN else figures.balance + found.amount
    # What refunds took beyond all that was free is filled first.
    return Withdrawal(left, least, gives_all=left >= max(least, found.amount))


def last_mail(invoice_request: InvoiceRequest, recipient: str) -> Message | None:
    """The newest mail with the issued invoice to one of its recipients."""
    sent = delivery.current(ABOUT, invoice_request.id, "issued")
    return next((mail for mail in sent if mail.recipient.casefold() == recipient.casefold()), None)


def _mails(request_id: int, events: Sequence[RequestEvent]) -> dict[int, list[Message]]:
    """The mails about a request that nobody has sent anew, by the event each tells of; two to one address count as the
    newer. A question may be asked twice, and what became of one mail says nothing of the other. One that was stopped
    because more had happened by then is none: nothing went wrong, and what happened stands there itself."""
    sent = {mail.id: mail for mail in delivery.about(ABOUT, request_id)}
    repeated = {mail.follows_id for mail in sent.values()}
    found: dict[int, dict[str, Message]] = {}
    for mail in sent.values():
        told = [
            event.id for event in events if _TOLD_BY.get(event.kind) == mail.template and event.at <= _begun(mail, sent)
        ]
        if told and mail.id not in repeated and mail.state != MessageState.CANCELLED:
            found.setdefault(told[-1], {})[mail.recipient.casefold()] = mail
    return {event: list(mails.values()) for event, mails in found.items()}


def _begun(mail: Message, sent: Mapping[int, Message]) -> datetime:
    """When the first mail was queued that this one repeats, itself where it repeats none."""
    while mail.follows_id is not None:
        mail = sent[mail.follows_id]
    return mail.created_at
