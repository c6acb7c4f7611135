"""What pages say about headers in words: fields, coded values, and the entries of a header's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from backoffice.audit.models import AuditEvent
from backoffice.headers import rules
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Role
from backoffice.web.formatting import country_name
from backoffice.web.interface import role_label

fields = {
    "kind": _l("Type"),
    "vat_kind": _l("VAT invoice"),
    "language": _l("Invoice language"),
    "name": _l("Name"),
    "tax_id": _l("Tax ID"),
    "address": _l("Address"),
    "phone": _l("Phone"),
    "bank": _l("Bank"),
    "bank_account": _l("Bank account"),
    "country": _l("Country or region"),
    "street": _l("Street and house number"),
    "city": _l("City"),
    "postal_code": _l("Postal code"),
    "email": _l("Receiving Email"),
    "copies": _l("Copies to"),
    "remarks": _l("Remarks"),
    "is_default": _l("Default header"),
}
kinds = {
    "enterprise": _l("Enterprise"),
    "personal": _l("Personal"),
    "public_body": _l("Public body or other"),
}
vat_kinds = {"ordinary": _l("VAT ordinary"), "special": _l("VAT special")}
languages = {"both": _l("Chinese and English"), "zh": _l("Chinese"), "en": _l("English")}

_CODED: dict[str, dict[str, Any]] = {"kind": kinds, "vat_kind": vat_kinds, "language": languages}
_ACTIONS = {
    "header.create": _l("Created"),
    "header.edit": _l("Changed"),
    "header.archive": _l("Removed"),
    "header.restore": _l("Restored"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field, and what it said before and after; empty for nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act in the history of a header: what, when, by whom, and which fields it changed."""

    title: str
    at: datetime
    who: str
    changes: list[Change]
    is_first: bool


def history(events: Iterable[AuditEvent]) -> list[Entry]:
    """The events of one header in words, in the order given."""
    return [
        Entry(_title(event), event.at, _who(event), _changes(event), event.action == "header.create")
        for event in events
    ]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What colleagues did to a header while somebody was editing it: who, and each changed field as it is now."""

    who: list[str]
    changes: list[Change]
    before: dict[str, Any]


def meanwhile(events: Iterable[AuditEvent], header: InvoiceHeader, since: datetime) -> Meanwhile:
    """What was changed of a header after `since`, from its events, the newest first."""
    edits = [event for event in events if event.action == "header.edit" and event.at > since]
    before: dict[str, Any] = {}
    for event in edits:
        # The oldest one is the last to speak: what the field said when the editing began.
        before |= event.before or {}
    changes = [
        Change(str(label), value(name, before[name]), value(name, getattr(header, name)))
        for name, label in fields.items()
        if name in before and name != "is_default"
    ]
    return Meanwhile(list(dict.fromkeys(map(_who, reversed(edits)))), changes, before)


@dataclass(frozen=True, slots=True)
class Removal:
    """Who removed a header, and when."""

    who: str
    at: datetime


def removal(events: Iterable[AuditEvent], header: InvoiceHeader) -> Removal | None:
    """How a header came to be removed, from its events, the newest first; None for one that is not."""
    if header.archived_at is None:
        return None
    who = next((_who(event) for event in events if event.action == "header.archive"), str(gettext("The system")))
    return Removal(who, header.archived_at)


def value(name: str, said: Any) -> str:
    """A field's value in words, as far as the reader's language has some."""
    if said is None or said == "":
        return ""
    if name == "is_default":
        return str(gettext("Yes") if said else gettext("No"))
    if name == "country":
        return country_name(str(said))
    if name in _CODED:
        return str(_CODED[name].get(said, said))
    return rules.as_typed(said)


def _title(event: AuditEvent) -> str:
    if event.action == "header.default":
        after = event.after or {}
        # Events from before each header had its own say which header became the default: this one.
        return str(gettext("Made the default") if after.get("is_default", True) else gettext("No longer the default"))
    return str(_ACTIONS.get(event.action, event.action))


def _who(event: AuditEvent) -> str:
    """Colleagues by name; of the back office its role is enough."""
    if event.actor_role is None:
        return str(gettext("The system"))
    if event.actor_role == Role.CUSTOMER:
        return event.actor_label
    return role_label(event.actor_role)


def _changes(event: AuditEvent) -> list[Change]:
    """What an act changed, in the order of the form; removing and restoring change no field."""
    if event.action not in ("header.create", "header.edit"):
        return []
    before, after = event.before or {}, event.after or {}
    changes = [
        Change(str(label), value(name, before.get(name)), value(name, after.get(name)))
        for name, label in fields.items()
        if name in before or name in after
    ]
    return [change for change in changes if change.before or change.after]
