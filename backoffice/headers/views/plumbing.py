"""What the pages of headers share: their blueprint, whose headers they are, and who removed one."""

from __future__ import annotations

from flask import Blueprint
from flask_login import current_user

from backoffice.audit import queries as audit
from backoffice.headers import labels
from backoffice.headers.models import InvoiceHeader

blueprint = Blueprint("headers", __name__, url_prefix="/invoice-headers")

# Ids are 64-bit numbers in the database: a longer one in the address is nobody's header, not an error.
ONE = f"/<int(max={2**63 - 1}):header_id>"
HISTORY_SHOWN = 200


def account_id() -> int:
    """The customer account of whoever is signed in; the guard lets nobody in who has none."""
    account_id: int = current_user.account_id
    return account_id


def removal_of(header: InvoiceHeader) -> labels.Removal | None:
    """Who removed the header and when; None while it is usable."""
    if header.archived_at is None:
        return None
    return labels.removal(audit.latest_events_of("invoice_header", header.id, limit=HISTORY_SHOWN), header)
