"""What a resubmission says otherwise than the request that was rejected."""

from __future__ import annotations

from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import comparison
from backoffice.requests.queries.comparison import Comparison, Complaint
from backoffice.requests.services import supporting
from backoffice.requests.services.applying import Plan


def complaint_about(former: InvoiceRequest) -> Complaint:
    """The rejection of `former`."""
    return comparison.complaint(former, requests.decision_in_force(former.id))


def compare(plan: Plan) -> Comparison | None:
    """How an application differs from the one it follows; None when it follows none."""
    former = plan.resubmission_of
    if former is None:
        return None
    before = comparison.said_by(former, former.header, supporting.of(former))
    after = comparison.said_by(plan, plan.frozen_header, plan.support)
    return comparison.compare(complaint_about(former), before, after)
