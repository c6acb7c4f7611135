"""Record by hand what a tax platform issued for an invoice of ours, and correct it: every version is kept.

Our own invoice never changes by it: a commercial invoice imitates no official number (design/domain.md 4).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backoffice import storage, text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.delivery.rules import attachment_name
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from backoffice.issuing.file_types import EXTENSIONS, media_type
from backoffice.issuing.models import Invoice, OfficialRecord
from backoffice.issuing.queries import official as queries
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.services import states

LARGEST_BYTES = 10 * 1024 * 1024
NUMBER_LIMIT, REASON_LIMIT = 64, 500
_LONGEST_STEM = 80
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]*")


@dataclass(frozen=True, slots=True)
class OfficialFile:
    """A checked file of a tax platform."""

    sha256: str
    name: str
    type: str
    size: int


def record(
    actor: Actor,
    request_number: str,
    *,
    number: str,
    file: tuple[bytes, str] | None,
    reason: str,
    over: int,
    now: datetime,
) -> OfficialRecord:
    """Record the official number, and a file (content, name) where there is one, of an issued request's invoice.

    The request's timeline tells it: to the customer that there is a number, which, and when; who recorded it, what it
    replaced and why is told on the desk alone. A file alone that is added or replaced is told as a correction.

    `over` is the version that whoever records it has seen, 0 for none: Conflict when there is another by now. Without
    a new file the one in force stays. A correction names its reason. Raises NotFound, Forbidden, Invalid (fields
    `number`, `file`, `reason`), Unavailable when the store refuses.
    """
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    invoice = _invoice_of(request_number)
    before = queries.in_force(invoice.request_id)
    if (before.version if before else 0) != over:
        raise _came_before()
    given = _number(number, invoice)
    why = _reason(reason, correcting=before is not None)
    taken = _take(*file) if file is not None else _file_of(before)
    if before is not None and (given, taken) == (before.number, _file_of(before)):
        raise Invalid({"number": [Message(N_("This is what is recorded already."))]})
    recorded = OfficialRecord(
        invoice_id=invoice.id,
        version=over + 1,
        number=given,
        **{f"file_{name}": getattr(taken, name, None) for name in ("sha256", "name", "type", "size")},
        reason=why,
        recorded_at=now,
        recorded_by=actor.id,
        recorded_by_label=actor.label,
    )
    try:
        with session.begin_nested():
            session.add(recorded)
    except IntegrityError as error:
        raise _came_before() from error
    _tell(actor, invoice, recorded, before, now)
    return recorded


def _tell(
    actor: Actor, invoice: Invoice, recorded: OfficialRecord, before: OfficialRecord | None, now: datetime
) -> None:
    """In the audit log, and in the timeline: `number` is the customer's to see, `former` and `note` are the desk's."""
    action = "invoice.official_corrected" if before else "invoice.official_recorded"
    audit.record(
        actor, action, "invoice", invoice.number, at=now, reason=recorded.reason,
        before=_told(before.number, _file_of(before)) if before else None,
        after=_told(recorded.number, _file_of(recorded)),
    )  # fmt: skip
    if before is None:
        states.add_event(invoice.request_id, "official_recorded", actor, at=now, number=recorded.number)
    else:
        states.add_event(
            invoice.request_id, "official_corrected", actor, at=now,
            number=recorded.number, former=before.number, note=recorded.reason,
        )  # fmt: skip


def _invoice_of(request_number: str) -> Invoice:
    found = requests.by_number(request_number)
    invoice = session.scalars(select(Invoice).where(Invoice.request_id == found.id)).one_or_none()
    if invoice is None or not found.is_issued:
        raise NotFound
    return invoice


def _came_before() -> Conflict:
    return Conflict(
        Message(N_("Somebody else recorded an official number meanwhile. Look at it before you correct it."))
    )


def _number(typed: str, invoice: Invoice) -> str:
    wanted = Message(N_("Type the official number as it stands on the document."))
    given = text.of_field("number", typed, max_length=NUMBER_LIMIT, empty=wanted)
    if _NUMBER.fullmatch(given) is None:
        told = Message(N_("An official number has figures, letters and - . / only."))
        raise Invalid({"number": [told]})
    bearer = queries.bearer_of(given, besides=invoice.id)
    if bearer is not None:
        told = Message(N_("This official number is recorded for %(invoice)s already."), invoice=bearer)
        raise Invalid({"number": [told]})
    return given


def _reason(typed: str, *, correcting: bool) -> str:
    wanted = Message(N_("Say why it is corrected.")) if correcting else None
    return text.of_field("reason", typed, max_length=REASON_LIMIT, multiline=True, empty=wanted)


def _take(content: bytes, name: str) -> OfficialFile:
    """Check the file by its content and keep it in the store."""
    if not content:
        raise _refused(N_("This file is empty. Choose the PDF, OFD or XML of the tax platform."))
    if len(content) > LARGEST_BYTES:
        raise _refused(N_("This file is larger than 10 MB. Choose a PDF, OFD or XML of at most 10 MB."))
    kind = media_type(content)
    if kind is None:
        raise _refused(N_("This file is not a complete PDF, OFD or XML. Choose the file of the tax platform."))
    stem = re.split(r"[/\\]", name)[-1][:1000]
    stem = attachment_name(stem.rpartition(".")[0] or stem)[:_LONGEST_STEM].strip(". ")
    file = OfficialFile(
        hashlib.sha256(content).hexdigest(), f"{stem or 'official'}.{EXTENSIONS[kind]}", kind, len(content)
    )
    storage.put(content)
    return file


def _refused(sentence: str) -> Invalid:
    return Invalid({"file": [Message(sentence)]})


def _file_of(row: OfficialRecord | None) -> OfficialFile | None:
    if row is None or row.file_sha256 is None or row.file_name is None or row.file_type is None:
        return None
    return OfficialFile(row.file_sha256, row.file_name, row.file_type, row.file_size or 0)


def _told(number: str, file: OfficialFile | None) -> dict[str, Any]:
    return {"number": number, "file_name": getattr(file, "name", None), "file_sha256": getattr(file, "sha256", None)}
