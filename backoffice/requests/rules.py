"""The one state table of an invoice request, and the pure rules around it.

Buttons, refusals and the guide's table are derived from `TRANSITIONS`; services apply it by conditional UPDATE.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from backoffice.errors import N_, Message
from backoffice.money import LIMIT, AmountError, format_amount, parse_amount, without_unit

REMARKS_LIMIT = 500
QUESTION_LIMIT = 1000
ANSWER_LIMIT = 2000
NOTE_LIMIT = 2000
CLAIM_MINUTES = 15  # without a touch; somebody who went for lunch keeps nobody waiting
REMIND_DAYS, HOLD_DAYS = 3, 10  # business days after the question has reached the customer's mail server
LATE_ISSUE_MINUTES = 15  # from the end of the undo window: an invoice that takes longer is announced by a mail
COPIES_LIMIT = 4
SEND_AGAIN_LIMIT = 5  # mails per request and 24 hours, so that nobody's mailbox can be filled from here
ABOUT = "invoice_request"  # how mails and audit events name a request
# Mails that say how it stands: that it is approved and not issued yet, and that a question waits for its answer.
APPROVED, ASKED, REMINDED = "approved", "information_wanted", "information_reminder"
# Mails about a request that go to its customer; others tell colleagues.
TO_CUSTOMERS = (
    "submitted",
    "rejected",
    ASKED,
    REMINDED,
    APPROVED,
    "issued",
    "credited",
    "correction_declined",
)
# What of a header a request freezes at submission.
FROZEN_HEADER_FIELDS = (
    "kind", "vat_kind", "language", "name", "tax_id", "address", "phone", "bank", "bank_account",
    "country", "street", "city", "postal_code",
)  # fmt: skip
# Everything a request says: what a resubmission is compared by.
FIELD_LABELS: dict[str, str] = {
    "name": N_("Name"),
    "kind": N_("Type"),
    "vat_kind": N_("VAT invoice"),
    "tax_id": N_("Tax ID"),
    "address": N_("Address"),
    "phone": N_("Phone"),
    "bank": N_("Bank"),
    "bank_account": N_("Bank account"),
    "language": N_("Invoice language"),
    "country": N_("Country or region"),
    "street": N_("Street and house number"),
    "city": N_("City"),
    "postal_code": N_("Postal code"),
    "amount": N_("Invoice Amount"),
    "email": N_("Receiving Email"),
    "copies": N_("Copies to"),
    "remarks": N_("Remarks"),
    "support": N_("Supporting file"),
}
# What of it a reviewer may point at in a rejection.
FIELDS = (
    "name", "vat_kind", "tax_id", "address", "phone", "bank", "bank_account", "amount", "email", "copies", "remarks",
    "support",
)  # fmt: skip
_NUMBER = re.compile(r"IR-[0-9]{8}-[0-9]{6}")

_DAY = 24 * 60 * 60


class State(StrEnum):
    """Public states. Approved means decided but not yet numbered; Issued means the PDF exists."""

    PENDING = "pending"
    APPROVED = "approved"
    ISSUED = "issued"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (State.PENDING, State.APPROVED)


class Action(StrEnum):
    """What can happen to a request."""

    WITHDRAW = "withdraw"
    CORRECT = "correct"
    ANSWER = "answer"
    FIRST_APPROVE = "first_approve"
    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    RESUME = "resume"
    TAKE_BACK = "take_back"
    UNDO = "undo"
    RETURN = "return"
    ISSUE = "issue"


class Ending(StrEnum):
    """Why an approval holds no more, as its row keeps it; for a return it keeps what somebody typed."""

    REJECTED = "rejected"
    ASKED = "the customer was asked"
    TAKEN_BACK = "undone"
    OTHER_MONEY = "its recharges have changed"
    WITHDRAWN = "withdrawn"
    OTHER_ADDRESS = "its addresses have changed"


class Who(StrEnum):
    """Who may bring an action about."""

    APPLICANT = "applicant"  # anybody of the customer account
    REVIEWER = "reviewer"
    SYSTEM = "system"


class Money(StrEnum):
    """What an action does to the reservation on the ledger."""

    KEEP = "keep"
    RELEASE = "release"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the state table: where it leads, who may, what the money does, whether the clock stops."""

    to: State
    who: Who
    money: Money
    stops_clock: bool


TRANSITIONS: dict[tuple[State, Action], Transition] = {
    (State.PENDING, Action.WITHDRAW): Transition(State.WITHDRAWN, Who.APPLICANT, Money.RELEASE, stops_clock=True),
    (State.PENDING, Action.REJECT): Transition(State.REJECTED, Who.REVIEWER, Money.RELEASE, stops_clock=True),
    (State.PENDING, Action.CORRECT): Transition(State.PENDING, Who.APPLICANT, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.ANSWER): Transition(State.PENDING, Who.APPLICANT, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.HOLD): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.RESUME): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.FIRST_APPROVE): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.APPROVE): Transition(State.APPROVED, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.PENDING, Action.TAKE_BACK): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.APPROVED, Action.UNDO): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.APPROVED, Action.RETURN): Transition(State.PENDING, Who.REVIEWER, Money.KEEP, stops_clock=False),
    (State.APPROVED, Action.ISSUE): Transition(State.ISSUED, Who.SYSTEM, Money.SETTLE, stops_clock=True),
}


def transition(state: State, action: Action) -> Transition | None:
    """The line of the table for `action` in `state`, or None when it is not possible there."""
    return TRANSITIONS.get((state, action))


class Reason(StrEnum):
    """Coded reasons of a rejection; the remarks say the rest."""

    TAX_ID = "tax_id"
    HEADER_NAME = "header_name"
    BANK_DETAILS = "bank_details"
    AMOUNT = "amount"
    DUPLICATE = "duplicate"
    EMAIL = "email"
    OTHER = "other"


STATE_LABELS: dict[State, str] = {
    State.PENDING: N_("Pending"),
    State.APPROVED: N_("Approved"),
    State.ISSUED: N_("Issued"),
    State.REJECTED: N_("Rejected"),
    State.WITHDRAWN: N_("Withdrawn"),
}

REASON_LABELS: dict[Reason, str] = {
    Reason.TAX_ID: N_("The tax ID does not match the name"),
    Reason.HEADER_NAME: N_("The header name is not a legal name"),
    Reason.BANK_DETAILS: N_("Address or bank details are incomplete"),
    Reason.AMOUNT: N_("The amount cannot be confirmed"),
    Reason.DUPLICATE: N_("Already applied for"),
    Reason.EMAIL: N_("The receiving email looks wrong"),
    Reason.OTHER: N_("Another reason"),
}

# Which fields a reason speaks of: one of them has to change before a resubmission can fare better.
REASON_FIELDS: dict[Reason, tuple[str, ...]] = {
    Reason.TAX_ID: ("tax_id", "name"),
    Reason.HEADER_NAME: ("name",),
    Reason.BANK_DETAILS: ("address", "phone", "bank", "bank_account"),
    Reason.AMOUNT: ("amount",),
    Reason.DUPLICATE: ("amount",),
    Reason.EMAIL: ("email",),
}


def complained_about(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """What rejections for these reasons are about unless the reviewer points elsewhere; nothing for another reason."""
    return tuple(dict.fromkeys(name for reason in reasons for name in REASON_FIELDS.get(reason, ())))


def because(reasons: Sequence[Reason], fields: Iterable[str]) -> dict[str, tuple[Reason, ...]]:
    """Why a reviewer pointed at each field: the reasons that speak of it, or else those that have no field yet."""
    pointed = list(fields)
    homeless = tuple(reason for reason in reasons if not set(complained_about([reason])) & set(pointed))
    return {
        name: tuple(reason for reason in reasons if name in complained_about([reason])) or homeless or tuple(reasons)
        for name in pointed
    }


def extension_days(paused_seconds: int) -> int:
    """By how many business days a pause moves a promise: any time up to 24 hours is one day more."""
    return math.ceil(paused_seconds / _DAY)


def is_request_number(text: str) -> bool:
    """Whether `text` has the form of a request number; anything else is not worth asking the database for."""
    return _NUMBER.fullmatch(text) is not None


def request_number(day: date, token: str, attempt: int = 0) -> str:
    """A public number for a request made on the local `day`: IR-YYYYMMDD and six digits.

    The digits are drawn from the form's random token, so they say nothing of how many requests there are; `attempt`
    draws again when a number is taken.
    """
    drawn = int.from_bytes(sha256(f"{token}/{attempt}".encode()).digest()[:8])
    return f"IR-{day:%Y%m%d}-{drawn % 1_000_000:06d}"


def typed_amount(text: str) -> Decimal:
    """The amount that a customer typed, with or without its unit. Raises AmountError."""
    return parse_amount(without_unit(text))


def check_amount(text: str, *, invoiceable: Decimal, minimum: Decimal) -> tuple[Decimal | None, Message | None]:
    """Read the amount a customer typed: the amount, or the sentence that says what is wrong with it."""
    try:
        amount = typed_amount(text)
    except AmountError as error:
        return None, error.message
    if amount <= 0:
        return None, Message(N_("Enter an amount greater than zero."))
    if invoiceable <= 0:
        return None, Message(N_("There is nothing left to invoice."))
    if amount < minimum:
        return None, Message(N_("The smallest amount is %(minimum)s."), minimum=format_amount(minimum))
    if amount > min(invoiceable, LIMIT):
        return None, Message(N_("You can invoice at most %(limit)s."), limit=format_amount(min(invoiceable, LIMIT)))
    return amount, None
