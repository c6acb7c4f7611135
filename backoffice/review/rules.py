"""How pressing a request is, whether one pair of eyes is enough, and what can be done to many requests at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from backoffice.errors import N_
from backoffice.requests.rules import OPEN_STATES, Reason

# Three days, so that on a Friday the promises of Monday show.
SOON_DAYS = 3
VIEW_NAME_LIMIT, VIEW_QUERY_LIMIT, VIEWS_LIMIT = 60, 1000, 20
FOUR_EYES_WINDOW = timedelta(days=7)
# An open page says so three times a minute; one that has not spoken for a minute is closed.
LOOKING = timedelta(seconds=60)
# Ready words for a rejection, the first of which comes with its reason; `name`, `email` and `amount` are the request's.
SNIPPETS: dict[Reason, tuple[str, ...]] = {
    Reason.TAX_ID: (
        N_(
            "The tax ID does not belong to %(name)s. Please check both against the business licence and correct the"
            " invoice header."
        ),
        N_("A sign of the tax ID is mistyped. Please copy it once more from the business licence."),
    ),
    Reason.HEADER_NAME: (
        N_("%(name)s is not a full legal name. Please enter the name exactly as it stands on the business licence."),
        N_(
            "The recharges were paid by another company than %(name)s. Please apply with the header of the company that"
            " paid."
        ),
    ),
    Reason.BANK_DETAILS: (
        N_(
            "A VAT special invoice states address, phone, bank and bank account. Please complete all four in the"
            " invoice header."
        ),
        N_("The bank account does not belong to the bank that is given. Please check both."),
    ),
    Reason.AMOUNT: (
        N_(
            "We cannot confirm %(amount)s against your recharges. Please compare with your bill and apply for the right"
            " amount."
        ),
        N_("A refund of one of the recharges is under way. Please apply again once it is complete."),
    ),
    Reason.DUPLICATE: (
        N_(
            "You have applied for %(amount)s with this header before. If you need a second invoice, please say in the"
            " remarks what it is for."
        ),
    ),
    Reason.EMAIL: (
        N_("Mail to %(email)s does not arrive. Please check the address and apply again."),
        N_("%(email)s does not look like an address of your company. Please apply with one that is."),
    ),
    Reason.OTHER: (
        N_("Please enclose a supporting file, for example the contract or the purchase order, and apply again."),
    ),
}
# The same for many requests at once, where they differ in what the words above name: those in the place of these.
GENERAL: dict[str, str] = {
    SNIPPETS[Reason.TAX_ID][0]: N_(
        "The tax ID does not belong to the name in the invoice header. Please check both against the business licence"
        " and correct the invoice header."
    ),
    SNIPPETS[Reason.HEADER_NAME][0]: N_(
        "The invoice header does not state a full legal name. Please enter the name exactly as it stands on the"
        " business licence."
    ),
    SNIPPETS[Reason.HEADER_NAME][1]: N_(
        "The recharges were paid by another company than the one in the invoice header. Please apply with the header of"
        " the company that paid."
    ),
    SNIPPETS[Reason.AMOUNT][0]: N_(
        "We cannot confirm this amount against your recharges. Please compare with your bill and apply for the right"
        " amount."
    ),
    SNIPPETS[Reason.DUPLICATE][0]: N_(
        "You have applied for this amount with this header before. If you need a second invoice, please say in the"
        " remarks what it is for."
    ),
    SNIPPETS[Reason.EMAIL][0]: N_(
        "Mail to the receiving email does not arrive. Please check the address and apply again."
    ),
    SNIPPETS[Reason.EMAIL][1]: N_(
        "The receiving email does not look like an address of your company. Please apply with one that is."
    ),
}
# What one person can oversee, and a worker does in some seconds.
BULK_LIMIT = 500


class Urgency(StrEnum):
    """The tags of components/status.html that speak of time."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    DUE_SOON = "due_soon"


def urgency(state: str, due_at: datetime, due_on: date, *, now: datetime, today: date) -> Urgency | None:
    """How pressing a request in `state` is; None when it is closed or its promised day is further away."""
    if state not in OPEN_STATES:
        return None
    if now >= due_at:
        return Urgency.OVERDUE
    days = (due_on - today).days
    if days <= 0:
        return Urgency.DUE_TODAY
    return Urgency.DUE_SOON if days <= SOON_DAYS else None


def needs_second(amount: Decimal, week: Decimal, threshold: str | None) -> bool:
    """Whether a second person has to approve: the amount, or the account's of the weeks around it, is large.

    `threshold` is the policy's value in major units; None lets one person decide on everything.
    """
    return threshold is not None and max(amount, week) >= Decimal(threshold)


class BulkAction(StrEnum):
    """What can be done to many requests at once."""

    APPROVE = "approve"
    REJECT = "reject"
    ASSIGN = "assign"
    UNDO = "undo"


# What is offered beside a list; an undo follows a run of approvals.
CHOSEN_ACTIONS = (BulkAction.APPROVE, BulkAction.REJECT, BulkAction.ASSIGN)


class BulkState(StrEnum):
    """Where a run stands. Waiting and running lead on, the others are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    # By a person; what was not done by then stays undone.
    STOPPED = "stopped"


class BulkOutcome(StrEnum):
    """What became of one request of a run."""

    DONE = "done"
    # The same person has done just this before: nothing is wrong, and nothing was done twice.
    ALREADY = "already"
    # A check warns or fails: it waits for the person to look at it by itself.
    LEFT = "left"
    REFUSED = "refused"
