"""What a resubmission says otherwise than the request that was rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Reason, complained_about
from backoffice.requests.services import supporting
from backoffice.requests.services.applying import Plan


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a request was rejected, and what of it the reason speaks of."""

    former: InvoiceRequest
    decision: Decision | None
    reason: Reason | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One field that says something else now."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes of a resubmission, and what was complained about and stayed as it was."""

    complaint: Complaint
    changes: list[Change]
    unchanged: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether the application is the rejected one, word for word."""
        return not self.changes


def complaint_about(former: InvoiceRequest) -> Complaint:
    """The rejection of `former`."""
    decision = requests.decision_in_force(former.id)
    code = decision.reason if decision else None
    reason = next((each for each in Reason if each == code), None)
    return Complaint(former, decision, reason, complained_about(reason) if reason else ())


def compare(plan: Plan) -> Comparison | None:
    """How an application differs from the one it follows; None when it follows none."""
    former = plan.resubmission_of
    if former is None:
        return None
    before, after = _said_before(former), _said_now(plan)
    changes = [Change(name, before[name], after[name]) for name in after if before[name] != after[name]]
    complaint = complaint_about(former)
    changed = {change.field for change in changes}
    return Comparison(complaint, changes, () if changed & set(complaint.fields) else complaint.fields)


def _said_before(former: InvoiceRequest) -> dict[str, Any]:
    return {
        **_header(former.header),
        "amount": former.amount,
        "email": former.email,
        "copies": former.copies,
        "remarks": former.remarks,
        "support": supporting.of(former),
    }


def _said_now(plan: Plan) -> dict[str, Any]:
    return {
        **_header(plan.frozen_header),
        "amount": plan.amount,
        "email": plan.email,
        "copies": plan.copies,
        "remarks": plan.remarks,
        "support": plan.support,
    }


def _header(frozen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozen.get(name, "") for name in FROZEN_HEADER_FIELDS}
