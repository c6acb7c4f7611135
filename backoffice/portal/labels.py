"""The customer's words for what stands in the ledger, translated when a page is drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.ledger.models import EntryKind, EntryStatus
from backoffice.requests.rules import State

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
statuses = {
    State.PENDING.value: _l("Pending"),
    State.APPROVED.value: _l("Approved"),
    State.ISSUED.value: _l("Issued"),
    State.REJECTED.value: _l("Rejected"),
    State.WITHDRAWN.value: _l("Withdrawn"),
}
