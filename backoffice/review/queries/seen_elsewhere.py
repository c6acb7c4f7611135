"""What has happened elsewhere, since somebody saw a request, to what its evidence rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from backoffice.accounts.models import User
from backoffice.accounts.rules import DEACTIVATED
from backoffice.audit import queries as audit
from backoffice.audit.models import AuditEvent
from backoffice.database import Instant, session
from backoffice.errors import N_, Message
from backoffice.issuing.queries.credits import taken_of, whole_credit
from backoffice.ledger.models import LedgerMovement, MovementKind, moves
from backoffice.money import ZERO
from backoffice.requests.models import Decision, InvoiceRequest, in_state
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Action, State
from backoffice.review.checks.addresses import domain_of
from backoffice.review.checks.earlier import DUPLICATE_DAYS, HOLDING, Asked, may_be_again
from backoffice.review.checks.facts import LAST, WINDOW

# Made once: an alias that is made anew costs the statement around it as much as running it.
_TWIN, _ISSUED, ENDED = aliased(InvoiceRequest), aliased(InvoiceRequest), aliased(Decision)
# So many of the account's next applications are looked through for one that is alike.
NEXT = 1000
REJECTED = (ENDED.verdict == Action.REJECT, ENDED.revoked_at.is_(None))
# Acts on a header, as the audit log names them, that may change what the page says of it.
OF_HEADER = {
    "header.edit": N_("%(who)s changed the invoice header at %(at)s."),
    "header.archive": N_("%(who)s removed the invoice header at %(at)s."),
    "header.restore": N_("%(who)s brought the invoice header back at %(at)s."),
}


def just_before(account_id: Any, submitted_at: Any, request_id: Any) -> Select[int]:
    """The account's last requests before one: those that its page lists."""
    earlier = tuple_(_TWIN.submitted_at, _TWIN.id) < tuple_(submitted_at, request_id)
    found = select(_TWIN.id).where(_TWIN.account_id == account_id, earlier)
    return found.order_by(_TWIN.submitted_at.desc(), _TWIN.id.desc()).limit(LAST)


def of_header(request_id: int, seen: int) -> Iterator[tuple[datetime, Message]]:
    """The newest change since the application of what an invoice says of the header; others change no evidence."""
    shown = session.get_one(InvoiceRequest, request_id)
    for event in audit.latest_events_of("invoice_header", shown.header_id, limit=NEXT):
        told = OF_HEADER.get(event.action)
        is_shown = event.action != "header.edit" or not set(FROZEN_HEADER_FIELDS).isdisjoint(event.after or {})
        if told is not None and is_shown and event.id > seen and event.at >= shown.submitted_at:
            yield event.at, Message(told, who=event.actor_label, at=event.at)
            return


def of_rejections(request_id: int, seen: int, reader: int | None) -> Iterator[tuple[datetime, Message]]:
    """The newest rejection since among the account's requests just before this one, but for those by `reader`."""
    shown = session.get_one(InvoiceRequest, request_id)
    before = just_before(shown.account_id, literal(shown.submitted_at, Instant()), literal(shown.id))
    newest = (
        select(ENDED.decided_at, ENDED.decided_by_label, InvoiceRequest.number)
        .join(InvoiceRequest, InvoiceRequest.id == ENDED.request_id)
        .where(ENDED.request_id.in_(before), *REJECTED, ENDED.id > seen, ENDED.decided_by != (reader or 0))
        .order_by(ENDED.id.desc())
        .limit(1)
    )
    for at, who, number in session.execute(newest):
        told = N_("%(who)s rejected another request of this account at %(at)s: %(number)s.")
        yield at, Message(told, who=who, at=at, number=number)


def of_credits(request_id: int, seen: int, now: int) -> Iterator[tuple[datetime, Message]]:
    """The newest credit note since on an invoice that is precedent for the request: it may have made its amount
    unusual, or its buyer, payer or address new. Not where the request's amount or more is left of the invoice: what was
    approved so high stays usual.

    A precedent is one of the account's last invoices, or an earlier one as high as the request.
    """
    shown = session.get_one(InvoiceRequest, request_id)
    note = whole_credit(_TWIN)
    last = (
        select(_ISSUED.id)
        .where(_ISSUED.account_id == shown.account_id, in_state(State.ISSUED, entity=_ISSUED))
        .order_by(_ISSUED.issued_at.desc(), _ISSUED.id.desc())
        .limit(WINDOW)
    )
    was_as_high = _TWIN.amount >= shown.amount
    taken = (
        select(LedgerMovement.at, _TWIN.invoice_number, note.label("note"), was_as_high.label("was_as_high"))
        .join(_TWIN, _TWIN.id == LedgerMovement.request_id)
        .where(
            LedgerMovement.account_id == shown.account_id, moves("invoiced"), LedgerMovement.at >= shown.submitted_at,
            LedgerMovement.kind == MovementKind.CREDIT, LedgerMovement.id > seen, LedgerMovement.id <= now,
            _TWIN.id != request_id,
            or_(was_as_high, _TWIN.id.in_(last)), _TWIN.amount - taken_of(_TWIN) < shown.amount,
        )
        .order_by(LedgerMovement.id.desc())
        .limit(1)
    )  # fmt: skip
    for at, invoice, number, is_lost in session.execute(taken):
        told = N_("A credit note took back a part of invoice %(invoice)s of this account at %(at)s.")
        if is_lost:
            told = N_(
                "Credit notes took back so much of invoice %(invoice)s of this account that less than this amount is "
                "left, at %(at)s."
            )
        if number is not None:
            told = N_("Invoice %(invoice)s of this account was taken back whole by %(note)s at %(at)s.")
        yield at, Message(told, invoice=invoice, note=number, at=at)


def grown_since(figure: str, seen: int, now: int) -> datetime | None:
    """Since when there is more of a figure than after the movement that was seen; None where there is not.

    A refund may move it up and down again: reserved money that is refunded is replaced by other money at once.
    """
    before, after = session.get(LedgerMovement, seen) if seen else None, session.get_one(LedgerMovement, now)
    was = getattr(before.after, figure) if before is not None else ZERO
    return after.at if getattr(after.after, figure) > was else None


def of_alike(request_id: int, seen: int) -> Iterator[tuple[datetime, Message]]:
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
        .limit(NEXT)
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


def of_people(request_id: int, seen: int) -> Iterator[tuple[datetime, Message]]:
    """Who of the account was deactivated since, the last one, if their address made one of the request known: whoever
    has a domain makes it known."""
    shown = session.get_one(InvoiceRequest, request_id)
    wanted = {domain_of(address) for address in (shown.email, *shown.copies)}
    shut_out = (
        select(AuditEvent.at, AuditEvent.actor_label, User.name, User.email)
        .join(User, AuditEvent.object_id == cast(User.id, String))
        .where(
            User.account_id == shown.account_id, User.is_active.is_(False), AuditEvent.object_type == "user",
            AuditEvent.action == DEACTIVATED, AuditEvent.id > seen, AuditEvent.at >= shown.submitted_at,
        )
        .order_by(AuditEvent.id.desc())
    )  # fmt: skip
    for at, who, person, address in session.execute(shut_out):
        if domain_of(address) in wanted:
            yield (
                at,
                Message(N_("%(who)s deactivated %(person)s of this account at %(at)s."), who=who, person=person, at=at),
            )
            return
