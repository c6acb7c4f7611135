"""The customer's words for fields and for what stands in the ledger, translated when a page is drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.ledger.models import EntryKind, EntryStatus, MovementKind
from backoffice.requests.rules import REASON_FIELDS, REASON_LABELS, Reason, State

fields = {
    "name": _l("Name"),
    "kind": _l("Type"),
    "vat_kind": _l("VAT invoice"),
    "tax_id": _l("Tax ID"),
    "address": _l("Address"),
    "phone": _l("Phone"),
    "bank": _l("Bank"),
    "bank_account": _l("Bank account"),
    "language": _l("Invoice language"),
    "amount": _l("Invoice Amount"),
    "email": _l("Receiving Email"),
    "copies": _l("Copies to"),
    "remarks": _l("Remarks"),
    "support": _l("Supporting file"),
}
header_fields = frozenset(
    {"name", "kind", "vat_kind", "tax_id", "address", "phone", "bank", "bank_account", "language"}
)
reasons = {reason.value: _l(label) for reason, label in REASON_LABELS.items()}
reason_fields = {reason.value: field for reason, field in REASON_FIELDS.items()}

# One of a kind, as a line of a list names it; and what the month's sum is called.
kinds = {
    EntryKind.RECHARGE.value: _l("Recharge"),
    EntryKind.REFUND.value: _l("Refund"),
    EntryKind.CONSUMPTION.value: _l("Consumption"),
    EntryKind.GRANT.value: _l("Grant"),
}
kind_sums = {
    EntryKind.RECHARGE.value: _l("Recharges"),
    EntryKind.REFUND.value: _l("Refunds"),
    EntryKind.CONSUMPTION.value: _l("Consumption"),
    EntryKind.GRANT.value: _l("Grants"),
}
entry_statuses = {
    EntryStatus.PENDING.value: _l("In process"),
    EntryStatus.COMPLETED.value: _l("Completed"),
    EntryStatus.FAILED.value: _l("Failed"),
}
movements = {
    MovementKind.OPENING.value: _l("Carried over"),
    MovementKind.RECHARGE.value: _l("Recharged"),
    MovementKind.REFUND.value: _l("Refunded"),
    MovementKind.RESERVE.value: _l("Applied for"),
    MovementKind.RELEASE.value: _l("Given back: rejected or withdrawn"),
    MovementKind.SETTLE.value: _l("Invoiced"),
    MovementKind.REALLOCATE.value: _l("A refund took reserved money"),
    MovementKind.COVER.value: _l("Missing money found"),
    MovementKind.CREDIT.value: _l("Taken back by a credit note"),
}
statuses = {
    State.PENDING.value: _l("Pending"),
    State.APPROVED.value: _l("Approved"),
    State.ISSUED.value: _l("Issued"),
    State.REJECTED.value: _l("Rejected"),
    State.WITHDRAWN.value: _l("Withdrawn"),
}


def reason_of(code: str | None) -> Reason | None:
    """The coded reason of a rejection; None for one that is not known (any more)."""
    return next((reason for reason in Reason if reason == code), None)
