"""The customer's words for fields and for what stands in the ledger, translated when a page is drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.ledger.queries import entries
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
kinds = {kind.value: _l(label) for kind, label in entries.KINDS.items()}
kind_sums = {kind.value: _l(label) for kind, label in entries.KIND_SUMS.items()}
entry_statuses = {status.value: _l(label) for status, label in entries.STATUSES.items()}
movements = {movement.value: _l(label) for movement, label in entries.MOVEMENTS.items()}
figures = {name: _l(label) for name, label in entries.FIGURES.items()}
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
