"""What a rejection was about, and what a request says otherwise than the one it follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Reason, because

_STATED = ("amount", "email", "copies", "remarks")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a request was rejected, and which of its fields each reason speaks of."""

    former: InvoiceRequest
    decision: Decision | None
    reasons: tuple[Reason, ...]
    because: Mapping[str, tuple[Reason, ...]]

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that was pointed at."""
        return tuple(self.because)

    def untouched(self, changed: Collection[str]) -> tuple[str, ...]:
        """The fields of the reasons to which nothing was done, given what changed."""
        found: dict[str, None] = {}
        for reason in self.reasons:
            its = [name for name, reasons in self.because.items() if reason in reasons]
            if not set(its) & set(changed):
                found |= dict.fromkeys(its)
        return tuple(found)


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
        """Whether everything is as in the rejected request."""
        return not self.changes


def complaint(former: InvoiceRequest, decision: Decision | None) -> Complaint:
    """The rejection of `former` by `decision`; reasons that are not known any more are passed over."""
    known = {reason.value: reason for reason in Reason}
    reasons = tuple(known[code] for code in decision.reasons if code in known) if decision else ()
    return Complaint(former, decision, reasons, because(reasons, decision.fields if decision else ()))


def said_by(stated: object, header: Mapping[str, Any], support: object) -> dict[str, Any]:
    """Everything a request says, or an application: what it states itself, its frozen header, its supporting file.

    Without those fields of the header that were not kept yet when it was frozen.
    """
    frozen = {name: header[name] for name in FROZEN_HEADER_FIELDS if name in header}
    return {**frozen, **{name: getattr(stated, name) for name in _STATED}, "support": support}


def compare(about: Complaint, before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """What is said otherwise now, in the order of the fields, and what of the complaint nobody touched."""
    known = [name for name in after if name in before]
    changes = [Change(name, before[name], after[name]) for name in known if before[name] != after[name]]
    return Comparison(about, changes, about.untouched({change.field for change in changes}))
