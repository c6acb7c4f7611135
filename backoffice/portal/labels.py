"""The customer's words for fields and for what stands in the ledger, translated when a page is drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.issuing.rules.credits import CREDIT_REASONS
from backoffice.ledger.queries import entries
from backoffice.requests.rules import FIELD_LABELS, FROZEN_HEADER_FIELDS, REASON_LABELS, STATE_LABELS

fields = {name: _l(label) for name, label in FIELD_LABELS.items()}
header_fields = frozenset(FROZEN_HEADER_FIELDS)
# Which control of the form a field is mended with.
controls = dict.fromkeys(FROZEN_HEADER_FIELDS, "header_id") | {"support": "support_file"}
reasons = {reason.value: _l(label) for reason, label in REASON_LABELS.items()}

credit_reasons = {reason.value: _l(label) for reason, label in CREDIT_REASONS.items()}

# One of a kind, as a line of a list names it; and what the month's sum is called.
kinds = {kind.value: _l(label) for kind, label in entries.KINDS.items()}
kind_sums = {kind.value: _l(label) for kind, label in entries.KIND_SUMS.items()}
entry_statuses = {status.value: _l(label) for status, label in entries.STATUSES.items()}
movements = {movement.value: _l(label) for movement, label in entries.MOVEMENTS.items()}
figures = {name: _l(label) for name, label in entries.FIGURES.items()}
# The steps of a bill from the beginning of its month to the end.
steps = {
    "opening": _l("Invoiceable at the beginning"),
    "recharged": _l("Recharges booked"),
    "refunded": _l("Refunds booked"),
    "invoiced": _l("Put on invoices"),
    "reserved": _l("In progress"),
    "closing": _l("Invoiceable at the end"),
}
CLOSING_SO_FAR = _l("Invoiceable now")
# The lists that make up a bill; a spreadsheet holds them all.
bill_parts = {"days": _l("Day by day"), "balance": _l("Invoiceable Amount"), "invoiced": _l("What was invoiced")}
statuses = {state.value: _l(label) for state, label in STATE_LABELS.items()}
