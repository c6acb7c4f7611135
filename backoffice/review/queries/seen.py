"""How far a reader has seen a request: a word that its page carries, and what has happened since it was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.ledger.models import LedgerMovement, MovementKind
from backoffice.requests.models import RequestEvent, RequestNote

# What changes nothing that a verdict rests on: a clock that ran out, a mail that was repeated.
_BESIDE_THE_POINT = ("flagged", "reminded", "sent_again")
_MOVED = (MovementKind.REALLOCATE, MovementKind.COVER)
FIRST_APPROVED = N_("%(who)s gave this request its first approval at %(at)s.")
_TOLD = {
    "corrected": N_("The customer corrected the receiving email at %(at)s."),
    "held": N_("%(who)s asked the customer at %(at)s."),
    "answered": N_("The customer answered at %(at)s."),
    "not_answered": N_("The question to the customer ended without an answer at %(at)s."),
    "resumed": N_("%(who)s put the request back into the queue at %(at)s."),
    "first_approved": FIRST_APPROVED,
    "approved": N_("%(who)s approved this request at %(at)s."),
    "undone": N_("%(who)s took an approval back at %(at)s."),
    "returned": N_("%(who)s returned the request to the queue at %(at)s."),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest event, internal note and movement of money of a request; 0 where there is none."""

    event: int = 0
    note: int = 0
    moved: int = 0

    @property
    def word(self) -> str:
        """As a form carries it."""
        return f"{self.event}.{self.note}.{self.moved}"

    @classmethod
    def of(cls, word: str) -> Seen | None:
        """What a form carried; None for anything else than a word that was written here."""
        parts = word.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            return None
        return cls(*map(int, parts))


def newest(request_id: Any) -> tuple[Any, Any, Any]:
    """Three scalar subqueries, in the order of `Seen`; `request_id` is a number, or a column of the statement."""
    return (
        _last(RequestEvent.id, RequestEvent.request_id == request_id, RequestEvent.kind.not_in(_BESIDE_THE_POINT)),
        _last(RequestNote.id, RequestNote.request_id == request_id),
        _last(LedgerMovement.id, LedgerMovement.request_id == request_id, LedgerMovement.kind.in_(_MOVED)),
    )


def _last(key: Any, *conditions: Any) -> Any:
    return select(func.coalesce(func.max(key), 0)).where(*conditions).scalar_subquery()


def news_since(request_id: int, seen: Seen) -> Message | None:
    """What has happened to a request since somebody saw it, the newest first said; None while it is as it was."""
    now = Seen(*session.execute(select(*newest(request_id))).one())
    if now.event > seen.event:
        return _of_event(session.get_one(RequestEvent, now.event))
    if now.note > seen.note:
        note = session.get_one(RequestNote, now.note)
        return Message(N_("%(who)s wrote an internal note at %(at)s."), who=note.author_label, at=note.at)
    if now.moved > seen.moved:
        at = session.get_one(LedgerMovement, now.moved).at
        return Message(N_("A refund or a recharge changed the money of this request at %(at)s."), at=at)
    return None


def _of_event(event: RequestEvent) -> Message:
    told = _TOLD.get(event.kind, N_("This request has changed at %(at)s."))
    return Message(told, who=event.actor_label, at=event.at)
