"""The tables of a request: itself, the verdicts on it, its history, the questions to the customer."""

from __future__ import annotations

from backoffice.requests.models import standing  # noqa: F401  what it says of mails registers itself
from backoffice.requests.models.decisions import Decision
from backoffice.requests.models.enclosing import Enclosing, enclosing_args
from backoffice.requests.models.history import RequestEvent, RequestNote
from backoffice.requests.models.holds import Hold
from backoffice.requests.models.invoice_request import InvoiceRequest, in_state, is_open, is_overdue, runs_at
from backoffice.requests.models.search import RequestCopy, RequestSearch

__all__ = [
    "Decision", "Enclosing", "Hold", "InvoiceRequest", "RequestCopy", "RequestEvent", "RequestNote",
    "RequestSearch",
    "enclosing_args", "in_state", "is_open", "is_overdue", "runs_at",
]  # fmt: skip
