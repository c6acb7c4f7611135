"""The words of the customer's pages for fields, translated when a page is drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.requests.rules import REASON_FIELDS, REASON_LABELS, Reason

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


def reason_of(code: str | None) -> Reason | None:
    """The coded reason of a rejection; None for one that is not known (any more)."""
    return next((reason for reason in Reason if reason == code), None)
