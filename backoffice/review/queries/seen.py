"""How far a reader has seen a request: a word that its page carries, and what has happened since it was drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, cast, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from backoffice.accounts.models import User
from backoffice.audit import queries as audit
from backoffice.audit.models import AuditEvent
from backoffice.database import Instant, session
from backoffice.errors import N_, Message
from backoffice.issuing.queries.credits import taken_of, whole_credit
from backoffice.ledger.models import Allocation, EntryStatus, LedgerEntry, LedgerMovement, MovementKind, moves
from backoffice.ledger.queries.entries import is_refund_of
from backoffice.money import ZERO
from backoffice.requests.models import Decision, InvoiceRequest, RequestEvent, RequestNote
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Action, Ending
from backoffice.review.checks.earlier import DUPLICATE_DAYS, HOLDING, Asked, may_be_again
from backoffice.review.checks.facts import LAST, WINDOW

# What changes nothing that a verdict rests on: a clock that ran out, a mail that was repeated.
_BESIDE_THE_POINT = ("flagged", "flag_withdrawn", "due_moved", "reminded", "sent_again")
_MOVED = (MovementKind.REALLOCATE, MovementKind.COVER)
# Made once: an alias that is made anew costs the statement around it as much as running it.
_ONE, _TWIN, _ENDED = aliased(InvoiceRequest), aliased(InvoiceRequest), aliased(Decision)
_REFUND, _RECHARGE = aliased(LedgerEntry), aliased(LedgerEntry)
# So many of the account's next applications are looked through for one that is alike.
_NEXT = 1000
# One that other recharges have made void is told by their movement; its row is ended by whoever acts next.
_TAKEN_BACK = (
    _ENDED.verdict == Action.FIRST_APPROVE,
    _ENDED.revoked_at.is_not(None),
    func.coalesce(_ENDED.revoked_why, "") != Ending.OTHER_MONEY,
)
_REJECTED = (_ENDED.verdict == Action.REJECT, _ENDED.revoked_at.is_(None))
# Acts on a header, as the audit log names them, that may change what the page says of it.
_OF_HEADER = {
    "header.edit": N_("%(who)s changed the invoice header at %(at)s."),
    "header.archive": N_("%(who)s removed the invoice header at %(at)s."),
    "header.restore": N_("%(who)s brought the invoice header back at %(at)s."),
}
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
    change of the invoice header, the newest rejection among the account's last requests before it, and the newest
    movement by which a credit note took money back of an invoice of the account.
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

    @property
    def word(self) -> str:
        """As a form carries it."""
        return ".".join(map(str, astuple(self)))

    @classmethod
    def of(cls, word: str) -> Seen | None:
        """What a form carried; None for anything else than a word that was written here.

        A shorter word comes from a page that was open over an upgrade: of the rest it says that nothing was seen.
        """
        parts = word.split(".")
        if not _FEWEST <= len(parts) <= len(NAMES):
            return None
        if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            return None
        return cls(*map(int, parts))


NAMES = tuple(one.name for one in fields(Seen))
_FEWEST = 3


def newest(shown: Any) -> tuple[Any, ...]:
    """Scalar subqueries in the order of `Seen`; `shown` is the table of requests in it, or an alias."""
    ended = select(func.count()).where(_ENDED.request_id == shown.id, *_TAKEN_BACK)
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
            AuditEvent.action.in_(_OF_HEADER),
        ),
        _newest_rejection(shown),
        _newest_credit(shown),
    )


def _newest_rejection(shown: Any) -> Any:
    before = _just_before(shown.account_id, shown.submitted_at, shown.id).correlate(shown).subquery()
    found = select(func.coalesce(func.max(_ENDED.id), 0)).select_from(before)
    return found.join(_ENDED, and_(_ENDED.request_id == before.c.id, *_REJECTED)).scalar_subquery()


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


def _just_before(account_id: Any, submitted_at: Any, request_id: Any) -> Select[int]:
    """The account's last requests before one: those that its page lists."""
    earlier = tuple_(_TWIN.submitted_at, _TWIN.id) < tuple_(submitted_at, request_id)
    found = select(_TWIN.id).where(_TWIN.account_id == account_id, earlier)
    return found.order_by(_TWIN.submitted_at.desc(), _TWIN.id.desc()).limit(LAST)


def _newest_later(shown: Any) -> Any:
    """Answered inside the index of the account's requests, and bounded however many came since.

    Which of them is alike, a database cannot tell: `_of_alike` asks the rule.
    """
    since = (
        select(_TWIN.id, _TWIN.state)
        .where(
            _TWIN.account_id == shown.account_id, _TWIN.submitted_at >= shown.submitted_at, _TWIN.id != shown.id,
        )
        .order_by(_TWIN.submitted_at, _TWIN.id)
        .limit(_NEXT)
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
    now = Seen(*session.execute(STANDING, {"request_id": request_id}).one())
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
        yield from _of_alike(request_id, seen.later)
    if now.refund > seen.refund:
        at = session.get_one(LedgerEntry, now.refund).created_at
        yield at, Message(N_("A refund of a recharge behind this request came in at %(at)s."), at=at)
    if now.debt > seen.debt and (grown := _grown("debt", seen.debt, now.debt)):
        told = N_("A refund of invoiced money left the account with an invoice debt at %(at)s.")
        yield grown, Message(told, at=grown)
    if now.lacking > seen.lacking and (grown := _grown("short", seen.lacking, now.lacking)):
        yield grown, Message(N_("A refund left another request of this account short at %(at)s."), at=grown)
    if now.header > seen.header:
        yield from _of_header(request_id, seen.header)
    if now.rejected > seen.rejected:
        yield from _of_rejections(request_id, seen.rejected, reader)
    if now.credited > seen.credited:
        yield from _of_credits(request_id, seen.credited, now.credited)


def _of_header(request_id: int, seen: int) -> Iterator[tuple[datetime, Message]]:
    """The newest change since the application of what an invoice says of the header; others change no evidence."""
    shown = session.get_one(InvoiceRequest, request_id)
    for event in audit.latest_events_of("invoice_header", shown.header_id, limit=_NEXT):
        told = _OF_HEADER.get(event.action)
        is_shown = event.action != "header.edit" or not set(FROZEN_HEADER_FIELDS).isdisjoint(event.after or {})
        if told is not None and is_shown and event.id > seen and event.at >= shown.submitted_at:
            yield event.at, Message(told, who=event.actor_label, at=event.at)
            return


def _of_rejections(request_id: int, seen: int, reader: int | None) -> Iterator[tuple[datetime, Message]]:
    shown = session.get_one(InvoiceRequest, request_id)
    before = _just_before(shown.account_id, literal(shown.submitted_at, Instant()), literal(shown.id))
    newest = (
        select(_ENDED.decided_at, _ENDED.decided_by_label, InvoiceRequest.number)
        .join(InvoiceRequest, InvoiceRequest.id == _ENDED.request_id)
        .where(_ENDED.request_id.in_(before), *_REJECTED, _ENDED.id > seen, _ENDED.decided_by != (reader or 0))
        .order_by(_ENDED.id.desc())
        .limit(1)
    )
    for at, who, number in session.execute(newest):
        told = N_("%(who)s rejected another request of this account at %(at)s: %(number)s.")
        yield at, Message(told, who=who, at=at, number=number)


def _of_credits(request_id: int, seen: int, now: int) -> Iterator[tuple[datetime, Message]]:
    """The newest invoice since that was taken back whole, among those that may have been precedent for the request, or
    of which less than its amount is left."""
    shown = session.get_one(InvoiceRequest, request_id)
    note = whole_credit(_TWIN)
    was_as_high = _TWIN.amount >= shown.amount
    taken = (
        select(LedgerMovement.at, _TWIN.invoice_number, note.label("note"))
        .join(_TWIN, _TWIN.id == LedgerMovement.request_id)
        .where(
            LedgerMovement.account_id == shown.account_id, moves("invoiced"), LedgerMovement.at >= shown.submitted_at,
            LedgerMovement.kind == MovementKind.CREDIT, LedgerMovement.id > seen, LedgerMovement.id <= now,
            _TWIN.id != request_id,
            or_(
                and_(was_as_high, _TWIN.amount - taken_of(_TWIN) < shown.amount),
                and_(note.is_not(None), or_(_TWIN.header_id == shown.header_id,
                     _TWIN.header_name == shown.header_name, _TWIN.email == shown.email)),
            ),
        )
        .order_by(LedgerMovement.id.desc())
        .limit(1)
    )  # fmt: skip
    for at, invoice, number in session.execute(taken):
        told = N_(
            "Credit notes took back so much of invoice %(invoice)s of this account that less than this amount is left, "
            "at %(at)s."
        )
        if number is not None:
            told = N_("Invoice %(invoice)s of this account was taken back whole by %(note)s at %(at)s.")
        yield at, Message(told, invoice=invoice, note=number, at=at)


def _grown(figure: str, seen: int, now: int) -> datetime | None:
    """Since when there is more of a figure than after the movement that was seen; None where there is not.

    A refund may move it up and down again: reserved money that is refunded is replaced by other money at once.
    """
    before, after = session.get(LedgerMovement, seen) if seen else None, session.get_one(LedgerMovement, now)
    was = getattr(before.after, figure) if before is not None else ZERO
    return after.at if getattr(after.after, figure) > was else None


def _of_alike(request_id: int, seen: int) -> Iterator[tuple[datetime, Message]]:
    """The newest application since, among those that the check of duplicates speaks up for."""
    shown = session.get_one(InvoiceRequest, request_id)
    since = (
        select(_TWIN)
        .where(
            _TWIN.account_id == shown.account_id, _TWIN.submitted_at >= shown.submitted_at, _TWIN.id > seen,
            _TWIN.id != shown.id, _TWIN.state.in_([*HOLDING]),
            _TWIN.submitted_on <= shown.submitted_on + timedelta(days=DUPLICATE_DAYS),
        )
        .order_by(_TWIN.submitted_at.desc(), _TWIN.id.desc())
        .limit(_NEXT)
    )  # fmt: skip
    for twin in session.scalars(since):
        if may_be_again(_asked(shown), _asked(twin)):
            told = N_("%(who)s applied for the same amount again at %(at)s: %(number)s.")
            if twin.amount != shown.amount:
                told = N_("%(who)s applied for an amount like this one at %(at)s: %(number)s.")
            at = twin.submitted_at
            yield at, Message(told, who=twin.applicant_label, at=at, number=twin.number)
            return


def _asked(shown: InvoiceRequest) -> Asked:
    return Asked(shown.amount, shown.header_name, shown.remarks)


def taken_back(ids: Collection[int]) -> Iterator[tuple[int, datetime, Message]]:
    """Of each of these requests who let a first approval end, when, and the reason that was typed for colleagues; the
    last one last."""
    ended = (
        select(_ENDED.request_id, _ENDED.revoked_at, User.name, _ENDED.revoked_why)
        .join(User, User.id == _ENDED.revoked_by)
        .where(_ENDED.request_id.in_(ids), *_TAKEN_BACK)
        .order_by(_ENDED.revoked_at, _ENDED.id)
    )
    rows: Iterable[Any] = session.execute(ended)
    for request_id, at, who, why in rows:
        if why in list(Ending):
            told = Message(N_("%(who)s took the first approval back at %(at)s."), who=who, at=at)
        else:
            told = Message(N_("%(who)s took the first approval back at %(at)s: %(why)s"), who=who, at=at, why=why)
        yield request_id, at, told
