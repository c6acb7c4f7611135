"""Internal notes: what the people of the back office tell each other about a request."""

from __future__ import annotations

from datetime import datetime

from backoffice import text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Forbidden, Message
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import RequestNote
from backoffice.requests.rules import ABOUT, NOTE_LIMIT


def add(actor: Actor, number: str, note: str, *, now: datetime) -> RequestNote:
    """Write a note on a request, in any state, also on one's own account's: it decides nothing.

    Raises Forbidden, NotFound, Invalid (field `note`) for an empty or unusable text.
    """
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    wanted = Message(N_("Write the note."))
    cleaned = text.of_field("note", note, max_length=NOTE_LIMIT, multiline=True, empty=wanted)
    invoice_request = requests.by_number(number)
    written = RequestNote(
        request_id=invoice_request.id, at=now, author_id=actor.id, author_label=actor.label, text=cleaned
    )
    session.add(written)
    session.flush()
    audit.record(actor, "request.note", ABOUT, number, at=now, after={"note": cleaned})
    return written
