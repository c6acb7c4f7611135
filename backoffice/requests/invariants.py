"""What must hold between a request, its decisions and its reservation."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from backoffice import storage
from backoffice.contradictions import Contradiction, found
from backoffice.database import session
from backoffice.ledger.models import Reservation, ReservationState
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestCopy, RequestEvent, RequestSearch
from backoffice.requests.rules import Action, State


def check() -> Iterator[str]:
    """Yield a sentence for each request whose parts contradict each other."""
    yield from found(_decisions, _second_approvals, _holds, _reservations, _supporting_files, _traces)
    yield from _copies()


def _traces() -> Iterator[Contradiction]:
    without_event = ~exists().where(RequestEvent.request_id == InvoiceRequest.id, RequestEvent.kind == "submitted")
    yield Contradiction(
        "request {}: its timeline does not say that it was submitted",
        select(InvoiceRequest.number).where(without_event),
    )
    unsearched = ~exists().where(RequestSearch.request_id == InvoiceRequest.id)
    yield Contradiction("request {}: no search can find it", select(InvoiceRequest.number).where(unsearched))


def _copies() -> Iterator[str]:
    found: dict[int, set[str]] = {}
    for request_id, address in session.execute(select(RequestCopy.request_id, RequestCopy.address)):
        found.setdefault(request_id, set()).add(address)
    has_some = or_(cast(InvoiceRequest.copies, Text) != "[]", InvoiceRequest.id.in_(select(RequestCopy.request_id)))
    for row in session.execute(select(InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.copies).where(has_some)):
        if {copy.lower() for copy in row.copies} != found.get(row.id, set()):
            yield f"request {row.number}: a search for the addresses of its copies finds others"


def _supporting_files() -> Iterator[Contradiction]:
    enclosed = select(InvoiceRequest.number, InvoiceRequest.support_sha256).where(
        InvoiceRequest.support_sha256.is_not(None)
    )
    yield Contradiction(
        "request {}: its supporting file {} is not in the store",
        enclosed,
        lambda request: not storage.exists(request.support_sha256),
    )


def _decisions() -> Iterator[Contradiction]:
    wanted = {State.APPROVED: "approve", State.ISSUED: "approve", State.REJECTED: "reject"}
    for state, verdict in wanted.items():
        in_force = exists().where(
            Decision.request_id == InvoiceRequest.id, Decision.revoked_at.is_(None), Decision.verdict == verdict
        )
        yield Contradiction(
            f"request {{}}: it is {state} without a decision in force that says so",
            select(InvoiceRequest.number).where(InvoiceRequest.state == state, ~in_force),
        )
    final = (Decision.revoked_at.is_(None), Decision.verdict != Action.FIRST_APPROVE)
    undecided = exists().where(Decision.request_id == InvoiceRequest.id, *final)
    yield Contradiction(
        "request {}: it is not decided, yet a decision is in force",
        select(InvoiceRequest.number).where(InvoiceRequest.state.in_([State.PENDING, State.WITHDRAWN]), undecided),
    )
    yield Contradiction(
        "request id {}: {} decisions are in force",
        select(Decision.request_id, func.count()).where(*final).group_by(Decision.request_id).having(func.count() > 1),
    )
    own = or_(
        Decision.decided_by == InvoiceRequest.applicant_id,
    )
    yield Contradiction(
        "request {}: its applicant decided on it",
        select(InvoiceRequest.number).join(Decision, Decision.request_id == InvoiceRequest.id).where(own),
    )


def _second_approvals() -> Iterator[Contradiction]:
    given = exists().where(
        Decision.request_id == InvoiceRequest.id,
        Decision.revoked_at.is_(None),
        Decision.verdict == Action.FIRST_APPROVE,
    )
    marked = InvoiceRequest.second_wanted_at.is_not(None)
    differ = or_(and_(marked, ~given), and_(~marked, given, InvoiceRequest.state == State.PENDING))
    yield Contradiction(
        "request {}: its mark of a first approval and its decisions differ", select(InvoiceRequest.number).where(differ)
    )
    ended = InvoiceRequest.state.in_([State.REJECTED, State.WITHDRAWN])
    yield Contradiction(
        "request {}: it is {}, yet a first approval is in force",
        select(InvoiceRequest.number, InvoiceRequest.state).where(ended, given),
    )
    first, second = aliased(Decision), aliased(Decision)
    same = (
        select(InvoiceRequest.number)
        .join(first, and_(first.request_id == InvoiceRequest.id, first.verdict == Action.FIRST_APPROVE))
        .join(second, and_(second.request_id == InvoiceRequest.id, second.verdict == Action.APPROVE))
        .where(first.revoked_at.is_(None), second.revoked_at.is_(None), first.decided_by == second.decided_by)
    )
    yield Contradiction("request {}: one person gave both approvals", same)


def _holds() -> Iterator[Contradiction]:
    asked = exists().where(Hold.request_id == InvoiceRequest.id, Hold.ended_at.is_(None))
    differ = or_(
        and_(InvoiceRequest.held_at.is_not(None), ~asked),
        and_(InvoiceRequest.held_at.is_(None), asked),
    )
    yield Contradiction(
        "request {}: its hold and the questions to the customer differ", select(InvoiceRequest.number).where(differ)
    )
    paused = select(func.coalesce(func.sum(Hold.paused_seconds), 0)).where(Hold.request_id == InvoiceRequest.id)
    moved = InvoiceRequest.paused_seconds != paused.scalar_subquery()
    yield Contradiction(
        "request {}: its clock stood still for another time than its holds say",
        select(InvoiceRequest.number).where(moved),
    )


def _reservations() -> Iterator[Contradiction]:
    fits = or_(
        and_(
            InvoiceRequest.state.in_([State.PENDING, State.APPROVED]),
            InvoiceRequest.invoice_id.is_(None),
            Reservation.state == ReservationState.OPEN,
        ),
        and_(InvoiceRequest.invoice_id.is_not(None), Reservation.state == ReservationState.SETTLED),
        and_(
            InvoiceRequest.state.in_([State.REJECTED, State.WITHDRAWN]),
            Reservation.state == ReservationState.RELEASED,
        ),
    )
    yield Contradiction(
        "request {}: its state and its reservation differ",
        select(InvoiceRequest.number)
        .outerjoin(Reservation, Reservation.request_id == InvoiceRequest.id)
        .where(or_(Reservation.request_id.is_(None), ~fits, Reservation.amount != InvoiceRequest.amount)),
    )
