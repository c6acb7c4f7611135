"""The desk's words for coded values, translated when a page is drawn."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from backoffice.delivery.rules import MessageState
from backoffice.errors import Message
from backoffice.headers.models import InvoiceHeader
from backoffice.issuing.rules.credits import CREDIT_REASONS, ProposalState
from backoffice.ledger.queries import entries
from backoffice.requests.rules import FIELD_LABELS, REASON_LABELS, STATE_LABELS, Action, Ending
from backoffice.review.rules import BulkAction, BulkOutcome, BulkState
from backoffice.web.errors import translate
from backoffice.web.formatting import country_name

fields = {name: _l(label) for name, label in FIELD_LABELS.items()}
kinds = {
    "enterprise": _l("Enterprise"),
    "personal": _l("Personal"),
    "public_body": _l("Public body or other"),
}
vat_kinds = {"ordinary": _l("VAT ordinary"), "special": _l("VAT special")}
languages = {"zh": _l("Chinese"), "en": _l("English"), "both": _l("Chinese and English")}
reasons = {reason.value: _l(label) for reason, label in REASON_LABELS.items()}
credit_reasons = {reason.value: _l(label) for reason, label in CREDIT_REASONS.items()}
credit_states = {
    ProposalState.OPEN.value: _l("Waiting for a colleague"),
    ProposalState.CONFIRMED.value: _l("Confirmed"),
    ProposalState.DECLINED.value: _l("Turned down"),
    ProposalState.WITHDRAWN.value: _l("Withdrawn"),
}
credit_tones = {"open": "warn", "confirmed": "good", "declined": "bad", "withdrawn": "neutral"}
verdicts = {
    Action.FIRST_APPROVE.value: _l("First approval by"),
    Action.APPROVE.value: _l("Approved by"),
    Action.REJECT.value: _l("Rejected by"),
}
events = {
    "submitted": _l("Submitted"),
    "corrected": _l("Receiving email corrected by the customer"),
    "sent_again": _l("Invoice sent again"),
    "withdrawn": _l("Withdrawn by the customer"),
    "held": _l("Customer asked"),
    "reminded": _l("Customer reminded"),
    "answered": _l("Answered by the customer"),
    "not_answered": _l("No answer: back in the queue"),
    "resumed": _l("Back in the queue without an answer"),
    "first_approved": _l("First approval"),
    "approved": _l("Approved"),
    "undone": _l("Approval undone"),
    "returned": _l("Returned to the queue"),
    "rejected": _l("Rejected"),
    "flagged": _l("Flagged as overdue"),
    "due_moved": _l("Promised day moved by the calendar"),
    "flag_withdrawn": _l("Flag taken back"),
    "issued": _l("Issued"),
    "credited": _l("Credit note issued"),
    "return_asked": _l("The customer asks to take the invoice back"),
    "reissue_asked": _l("The customer asks for another header"),
    "wish_withdrawn": _l("The customer asks for no correction any more"),
    "wish_declined": _l("Correction declined"),
    "official_recorded": _l("Official number recorded"),
    "official_corrected": _l("Official number corrected"),
}
# Why a first approval ended, where no person typed it.
endings = {
    Ending.REJECTED.value: _l("The request was rejected."),
    Ending.TAKEN_BACK.value: _l("Taken back by whoever gave it."),
    Ending.ASKED.value: _l("The customer was asked."),
    Ending.OTHER_MONEY.value: _l("The money behind the request had changed."),
    Ending.WITHDRAWN.value: _l("The customer withdrew the request."),
    Ending.OTHER_ADDRESS.value: _l("The customer corrected where the invoice goes."),
}
# Mails that go to the customer; those to managers are not the reviewer's concern.
mails = {
    "submitted": _l("Application received"),
    "rejected": _l("Rejection"),
    "information_wanted": _l("Question"),
    "information_reminder": _l("Reminder of the question"),
    "approved": _l("Approval"),
    "issued": _l("Invoice"),
    "credited": _l("Credit note"),
    "correction_declined": _l("Correction declined"),
}
mail_states = {
    MessageState.QUEUED.value: _l("Waiting to be sent"),
    MessageState.SENDING.value: _l("Being sent"),
    MessageState.ACCEPTED.value: _l("Accepted by the mail server"),
    MessageState.DEFERRED.value: _l("Trying again later"),
    MessageState.FAILED.value: _l("Delivery failed"),
    MessageState.CANCELLED.value: _l("Cancelled"),
}
# What a server further on reported by mail, after ours had accepted it.
mail_reports = {
    MessageState.ACCEPTED.value: _l("Late on its way"),
    MessageState.FAILED.value: _l("Came back"),
}
mail_tones = {
    MessageState.QUEUED.value: "neutral",
    MessageState.SENDING.value: "neutral",
    MessageState.ACCEPTED.value: "good",
    MessageState.DEFERRED.value: "warn",
    MessageState.FAILED.value: "bad",
    MessageState.CANCELLED.value: "neutral",
}

entry_kinds = {kind.value: _l(label) for kind, label in entries.KINDS.items()}
kind_sums = {kind.value: _l(label) for kind, label in entries.KIND_SUMS.items()}
entry_statuses = {status.value: _l(label) for status, label in entries.STATUSES.items()}
movements = {movement.value: _l(label) for movement, label in entries.MOVEMENTS.items()}
figures = {name: _l(label) for name, label in entries.FIGURES.items()} | {
    "debt": _l("Debt"),
    "short": _l("Short"),
    "free": _l("Free"),
}
request_statuses = {state.value: _l(label) for state, label in STATE_LABELS.items()}

views = {
    "pending": _l("Pending"),
    "mine": _l("Mine"),
    "unassigned": _l("Unassigned"),
    "due-today": _l("Due today"),
    "overdue": _l("Overdue"),
    "on-hold": _l("On hold"),
    "second": _l("Second approval"),
    "short": _l("Short"),
    "approved": _l("Approved (issuing)"),
    "failed": _l("Issue failed"),
    "mail": _l("Mail problems"),
    "issued": _l("Issued"),
    "rejected": _l("Rejected"),
    "withdrawn": _l("Withdrawn"),
    "all": _l("All"),
}

bulk_actions = {
    BulkAction.APPROVE.value: _l("Approve"),
    BulkAction.REJECT.value: _l("Reject"),
    BulkAction.ASSIGN.value: _l("Assign"),
    BulkAction.UNDO.value: _l("Undo approvals"),
}
bulk_states = {
    BulkState.WAITING.value: _l("Waiting"),
    BulkState.RUNNING.value: _l("Running"),
    BulkState.DONE.value: _l("Done"),
    BulkState.STOPPED.value: _l("Stopped"),
}
bulk_tones = {
    BulkState.WAITING.value: "neutral",
    BulkState.RUNNING.value: "info",
    BulkState.DONE.value: "good",
    BulkState.STOPPED.value: "warn",
}
# What became of one request, by what was asked for.
_bulk_done = {
    BulkAction.APPROVE.value: _l("Approved"),
    BulkAction.REJECT.value: _l("Rejected"),
    BulkAction.ASSIGN.value: _l("Assigned"),
    BulkAction.UNDO.value: _l("Approval undone"),
}


def bulk_outcome(action: str, outcome: str | None, first: bool = False) -> tuple[str, Any]:
    """What became of one request of a run, as a tag: its tone and its words; `first`: of two approvals."""
    match outcome:
        case BulkOutcome.DONE if first:
            return "info", events["first_approved"]
        case BulkOutcome.DONE:
            return "good", _bulk_done[action]
        case BulkOutcome.ALREADY:
            return "neutral", _l("Done before")
        case BulkOutcome.LEFT:
            return "warn", _l("Left for a look")
        case BulkOutcome.REFUSED:
            return "bad", _l("Not done")
        case _:
            return "neutral", _l("No turn yet")


def told(packed: str) -> str:
    """A kept sentence in the reader's language; empty where there is none."""
    return translate(Message.unpacked(packed)) if packed else ""


_coded: dict[str, dict[str, Any]] = {"kind": kinds, "vat_kind": vat_kinds, "language": languages}


def value(name: str, header: InvoiceHeader) -> str:
    """The present value of a header's field in words; empty where the customer took it away."""
    present = getattr(header, name)
    if name == "country":
        return country_name(present)
    return str(_coded[name][present]) if name in _coded else present
