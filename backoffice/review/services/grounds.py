"""What is written with a verdict, checked: the remarks, and the grounds of a rejection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from backoffice import text
from backoffice.errors import N_, Invalid, Message
from backoffice.requests.rules import FIELD_LABELS, FIELDS, REASON_LABELS, REMARKS_LIMIT, Reason, complained_about


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a rejection is based on: its reasons, the fields they are about, the remarks; checked and cleaned."""

    reasons: tuple[Reason, ...]
    fields: tuple[str, ...]
    remarks: str

    @property
    def told(self) -> dict[str, Any]:
        """What the customer's mail says of it, in words that are translated when it is rendered."""
        first, *further = (REASON_LABELS[reason] for reason in self.reasons)
        fields = [FIELD_LABELS[name] for name in self.fields]
        return {"reason": first, "further_reasons": further, "fields": fields, "remarks": self.remarks}


def checked_rejection(reason: str | Collection[str], remarks: str, fields: Collection[str] | None) -> Grounds:
    """What a rejection is based on, cleaned. Raises Invalid by field: something is missing, or is not known."""
    codes = [reason] if isinstance(reason, str) else list(dict.fromkeys(reason))
    faults: dict[str, list[Message]] = {}
    if not codes or not set(codes) <= set(Reason):
        faults["reason"] = [Message(N_("Choose a reason."))]
    if fields is not None and not set(fields) <= set(FIELDS):
        faults["fields"] = [Message(N_("Choose fields of the application."))]
    if not remarks.strip():
        faults["remarks"] = [Message(N_("Tell the customer what to correct."))]
    if faults:
        raise Invalid(faults)
    reasons = tuple(Reason(code) for code in codes)
    pointed = complained_about(reasons) if fields is None else tuple(dict.fromkeys(fields))
    return Grounds(reasons, pointed, checked_remarks(remarks))


def checked_remarks(value: str) -> str:
    """The remarks for the customer without what nobody can see. Raises Invalid (field `remarks`)."""
    return text.of_field("remarks", value, max_length=REMARKS_LIMIT, multiline=True)
