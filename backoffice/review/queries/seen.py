"""How far a reader has seen a request: a word that its page carries, and what has happened since it was drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from backoffice.accounts.models import User
from backoffice.accounts.rules import DEACTIVATED
from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.errors import N_, Message
from backoffice.ledger.models import Allocation, EntryStatus, LedgerEntry, LedgerMovement, MovementKind, moves
from backoffice.ledger.queries.entries import is_refund_of
from backoffice.requests.models import InvoiceRequest, RequestEvent, RequestNote
from backoffice.requests.rules import Action, Ending
from backoffice.review.checks.earlier import HOLDING
from backoffice.review.checks.facts import WINDOW
from backoffice.review.queries.seen_elsewhere import (
    ENDED,
    NEXT,
    OF_HEADER,
    REJECTED,
    grown_since,
    just_before,
    of_alike,
    of_credits,
    of_header,
    of_people,
    of_rejections,
)

# What changes nothing that a verdict rests on: a clock that ran out, a mail that was repeated.
_BESIDE_THE_POINT = ("flagged", "flag_withdrawn", "due_moved", "reminded", "sent_again")
_MOVED = (MovementKind.REALLOCATE, MovementKind.COVER)
# Made once: an alias that is made anew costs the statement around it as much as running it.
_ONE, _TWIN, _PERSON = aliased(InvoiceRequest), aliased(InvoiceRequest), aliased(User)
_REFUND, _RECHARGE = aliased(LedgerEntry), aliased(LedgerEntry)
# One that other recharges have made void is told by their movement; its row is ended by whoever acts next.
_TAKEN_BACK = (
    ENDED.verdict == Action.FIRST_APPROVE,
    ENDED.revoked_at.is_not(None),
    func.coalesce(ENDED.revoked_why, "") != Ending.OTHER_MONEY,
)
# Behind it a form may say what else its page showed (`views.remembered`).
SHOWN = "~"
FIRST_APPROVED = N_("%(who)s gave this request its first approval at %(at)s.")
NOTED = N_("%(who)s wrote an internal note at %(at)s.")
# What happened, by the kind of its event.
TOLD = {
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
# The same of what ended the request: its own page says it, a form beside it does not.
_ENDED_BY = {
    "rejected": N_("%(who)s rejected this request at %(at)s."),
    "withdrawn": N_("The customer withdrew this request at %(at)s."),
    "issued": N_("The invoice was issued at %(at)s."),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest event, internal note and movement of money of a request, 0 where there is none; and how many first
    approvals have ended: no event tells of one that was taken back, as the timeline of events is the customer's too.

    Of what the evidence rests on elsewhere: the newest later application of the account that still stands, and the
    newest refund of a recharge behind the request, also one on its way; and the newest movements of the account's
    invoice debt and of what its requests are short of: only these two bring its balance below zero. And the newest
    change of the invoice header, the newest rejection among the account's last requests before it, the newest
    movement by which a credit note took money back of an invoice of the account, and the newest act by which a person
    of the account who is deactivated was.
    """

    event: int = 0
    note: int = 0
    moved: int = 0
    ended: int = 0
    later: int = 0
    refund: int = 0
    debt: int = 0
    lacking: int = 0
    header: int = 0
    rejected: int = 0
    credited: int = 0
    shut_out: int = 0

    @property
    def word(self) -> str:
        """As a form carries it."""
        return ".".join(map(str, astuple(self)))

    @classmethod
    def of(cls, word: str) -> Seen | None:
        """What a form carried; None for anything else than a word that was written here.

        A shorter word comes from a page that was open over an upgrade: of the rest it says that nothing was seen.
        """
        parts = word.partition(SHOWN)[0].split(".")
        if not _FEWEST <= len(parts) <= len(NAMES):
            return None
        if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            return None
        return cls(*map(int, parts))


NAMES = tuple(one.name for one in fields(Seen))
_FEWEST = 3


def newest(shown: Any) -> tuple[Any, ...]:
    """Scalar subqueries in the order of `Seen`; `shown` is the table of requests in it, or an alias."""
    ended = select(func.count()).where(ENDED.request_id == shown.id, *_TAKEN_BACK)
    return (
        _last(RequestEvent.id, RequestEvent.request_id == shown.id, RequestEvent.kind.not_in(_BESIDE_THE_POINT)),
        _last(RequestNote.id, RequestNote.request_id == shown.id),
        _last(LedgerMovement.id, LedgerMovement.request_id == shown.id, LedgerMovement.kind.in_(_MOVED)),
        ended.scalar_subquery(),
        _newest_later(shown),
        _newest_refund(shown),
        *(
            _last(LedgerMovement.id, LedgerMovement.account_id == shown.account_id, moves(of))
            for of in ("debt", "short")
        ),
        _last(
            AuditEvent.id,
            AuditEvent.object_type == "invoice_header",
            AuditEvent.object_id == cast(shown.header_id, String),
            AuditEvent.action.in_(OF_HEADER),
        ),
        _newest_rejection(shown),
        _newest_credit(shown),
        _newest_shut_out(shown),
    )


def _newest_rejection(shown: Any) -> Any:
    before = just_before(shown.account_id, shown.submitted_at, shown.id).correlate(shown).subquery()
    found = select(func.coalesce(func.max(ENDED.id), 0)).select_from(before)
    return found.join(ENDED, and_(ENDED.request_id == before.c.id, *REJECTED)).scalar_subquery()


def _newest_credit(shown: Any) -> Any:
    """Among the last movements of invoiced money since the application, inside their index."""
    since = (
        select(LedgerMovement.id, LedgerMovement.kind)
        .where(
            LedgerMovement.account_id == shown.account_id, moves("invoiced"), LedgerMovement.at >= shown.submitted_at,
        )
        .order_by(LedgerMovement.at.desc(), LedgerMovement.id.desc())
        .limit(WINDOW)
        .correlate(shown)
        .subquery()
    )  # fmt: skip
    return _last(since.c.id, since.c.kind == MovementKind.CREDIT)


def _newest_shut_out(shown: Any) -> Any:
    found = select(func.coalesce(func.max(AuditEvent.id), 0)).select_from(_PERSON)
    is_theirs = and_(AuditEvent.object_type == "user", AuditEvent.object_id == cast(_PERSON.id, String))
    return (
        found.join(AuditEvent, is_theirs)
        .where(_PERSON.account_id == shown.account_id, _PERSON.is_active.is_(False), AuditEvent.action == DEACTIVATED)
        .scalar_subquery()
    )


def _newest_later(shown: Any) -> Any:
    """Answered inside the index of the account's requests, and bounded however many came since.

    Which of them is alike, a database cannot tell: `of_alike` asks the rule.
    """
    since = (
        select(_TWIN.id, _TWIN.state)
        .where(
            _TWIN.account_id == shown.account_id, _TWIN.submitted_at >= shown.submitted_at, _TWIN.id != shown.id,
        )
        .order_by(_TWIN.submitted_at, _TWIN.id)
        .limit(NEXT)
        .correlate(shown)
        .subquery()
    )  # fmt: skip
    return _last(since.c.id, since.c.state.in_([*HOLDING]))


def _newest_refund(shown: Any) -> Any:
    found = select(func.coalesce(func.max(_REFUND.id), 0)).select_from(Allocation)
    return (
        found.join(_RECHARGE, _RECHARGE.id == Allocation.recharge_id)
        .join(_REFUND, is_refund_of(_REFUND, _RECHARGE))
        .where(Allocation.request_id == shown.id, _REFUND.status.in_([EntryStatus.PENDING, EntryStatus.COMPLETED]))
        .scalar_subquery()
    )


def _last(key: Any, *conditions: Any) -> Any:
    return select(func.coalesce(func.max(key), 0)).where(*conditions).scalar_subquery()


# How far one request can be seen now.
STANDING = select(*newest(_ONE)).where(_ONE.id == bindparam("request_id"))


def news_since(request_id: int, seen: Seen, reader: int | None = None) -> Message | None:
    """What has happened to a request since somebody saw it, the newest of it; None while it is as it was.

    What `reader` did to the requests before it, as in a run of many verdicts, is no news to them.
    """
    now = Seen(*session.execute(STANDING, {"request_id": request_id}, execution_options=PLANNED_ONCE).one())
    told = max(_news(request_id, seen, now, reader), key=lambda one: one[0], default=None)
    return told[1] if told is not None else None


def _news(request_id: int, seen: Seen, now: Seen, reader: int | None) -> Iterator[tuple[datetime, Message]]:
    """When something new happened, and what; of what happened at the same time the first tells the rest."""
    if now.event > seen.event:
        event = session.get_one(RequestEvent, now.event)
        told = {**TOLD, **_ENDED_BY}.get(event.kind, N_("This request has changed at %(at)s."))
        yield event.at, Message(told, who=event.actor_label, at=event.at)
    if now.ended > seen.ended:
        yield list(taken_back([request_id]))[-1][1:]
    if now.note > seen.note:
        note = session.get_one(RequestNote, now.note)
        yield note.at, Message(NOTED, who=note.author_label, at=note.at)
    if now.moved > seen.moved:
        at = session.get_one(LedgerMovement, now.moved).at
        yield at, Message(N_("A refund or a recharge changed the money of this request at %(at)s."), at=at)
    if now.later > seen.later:
        yield from of_alike(request_id, seen.later)
    if now.refund > seen.refund:
        at = session.get_one(LedgerEntry, now.refund).created_at
        yield at, Message(N_("A refund of a recharge behind this request came in at %(at)s."), at=at)
    if now.debt > seen.debt and (grown := grown_since("debt", seen.debt, now.debt)):
        told = N_("A refund of invoiced money left the account with an invoice debt at %(at)s.")
        yield grown, Message(told, at=grown)
    if now.lacking > seen.lacking and (grown := grown_since("short", seen.lacking, now.lacking)):
        yield grown, Message(N_("A refund left another request of this account short at %(at)s."), at=grown)
    if now.header > seen.header:
        yield from of_header(request_id, seen.header)
    if now.rejected > seen.rejected:
        yield from of_rejections(request_id, seen.rejected, reader)
    if now.credited > seen.credited:
        yield from of_credits(request_id, seen.credited, now.credited)
    if now.shut_out > seen.shut_out:
        yield from of_people(request_id, seen.shut_out)


def taken_back(ids: Collection[int]) -> Iterator[tuple[int, datetime, Message]]:
    """Of each of these requests who let a first approval end, when, and the reason that was typed for colleagues; the
    last one last."""
    ended = (
        select(ENDED.request_id, ENDED.revoked_at, User.name, ENDED.revoked_why)
        .join(User, User.id == ENDED.revoked_by)
        .where(ENDED.request_id.in_(ids), *_TAKEN_BACK)
        .order_by(ENDED.revoked_at, ENDED.id)
    )
    rows: Iterable[Any] = session.execute(ended)
    for request_id, at, who, why in rows:
        if why in list(Ending):
            told = Message(N_("%(who)s took the first approval back at %(at)s."), who=who, at=at)
        else:
            told = Message(N_("%(who)s took the first approval back at %(at)s: %(why)s"), who=who, at=at, why=why)
        yield request_id, at, told
