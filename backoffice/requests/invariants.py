"""What must hold between a request, its decisions and its reservation."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from backoffice import storage
from backoffice.database import session
from backoffice.ledger.models import Reservation, ReservationState
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestCopy, RequestEvent, RequestSearch
from backoffice.requests.rules import Action, State


def check() -> Iterator[str]:
    """Yield a sentence for each request whose parts contradict each other."""
    yield from _decisions()
    yield from _second_approvals()
    yield from _holds()
    yield from _reservations()
    yield from _supporting_files()
    without_event = ~exists().where(RequestEvent.request_id == InvoiceRequest.id, RequestEvent.kind == "submitted")
    for (number,) in session.execute(select(InvoiceRequest.number).where(without_event)):
        yield f"request {number}: its timeline does not say that it was submitted"
    unsearched = ~exists().where(RequestSearch.request_id == InvoiceRequest.id)
    for (number,) in session.execute(select(InvoiceRequest.number).where(unsearched)):
        yield f"request {number}: no search can find it"
    yield from _copies()


def _copies() -> Iterator[str]:
    found: dict[int, set[str]] = {}
    for request_id, address in session.execute(select(RequestCopy.request_id, RequestCopy.address)):
        found.setdefault(request_id, set()).add(address)
    has_some = or_(cast(InvoiceRequest.copies, Text) != "[]", InvoiceRequest.id.in_(select(RequestCopy.request_id)))
    for row in session.execute(select(InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.copies).where(has_some)):
        if {copy.lower() for copy in row.copies} != found.get(row.id, set()):
            yield f"request {row.number}: a search for the addresses of its copies finds others"


def _supporting_files() -> Iterator[str]:
    enclosed = select(InvoiceRequest.number, InvoiceRequest.support_sha256).where(
        InvoiceRequest.support_sha256.is_not(None)
    )
    for number, sha256 in session.execute(enclosed):
        if sha256 is not None and not storage.exists(sha256):
            yield f"request {number}: its supporting file {sha256} is not in the store"


def _decisions() -> Iterator[str]:
    wanted = {State.APPROVED: "approve", State.ISSUED: "approve", State.REJECTED: "reject"}
    for state, verdict in wanted.items():
        in_force = exists().where(
            Decision.request_id == InvoiceRequest.id, Decision.revoked_at.is_(None), Decision.verdict == verdict
        )
        for (number,) in session.execute(select(InvoiceRequest.number).where(InvoiceRequest.state == state, ~in_force)):
            yield f"request {number}: it is {state} without a decision in force that says so"
    final = (Decision.revoked_at.is_(None), Decision.verdict != Action.FIRST_APPROVE)
    undecided = exists().where(Decision.request_id == InvoiceRequest.id, *final)
    for (number,) in session.execute(
        select(InvoiceRequest.number).where(InvoiceRequest.state.in_([State.PENDING, State.WITHDRAWN]), undecided)
    ):
        yield f"request {number}: it is not decided, yet a decision is in force"
    for request_id, count in session.execute(
        select(Decision.request_id, func.count()).where(*final).group_by(Decision.request_id).having(func.count() > 1)
    ):
        yield f"request id {request_id}: {count} decisions are in force"
    own = or_(
        Decision.decided_by == InvoiceRequest.applicant_id,
    )
    for (number,) in session.execute(
        select(InvoiceRequest.number).join(Decision, Decision.request_id == InvoiceRequest.id).where(own)
    ):
        yield f"request {number}: its applicant decided on it"


def _second_approvals() -> Iterator[str]:
    given = exists().where(
        Decision.request_id == InvoiceRequest.id,
        Decision.revoked_at.is_(None),
        Decision.verdict == Action.FIRST_APPROVE,
    )
    marked = InvoiceRequest.second_wanted_at.is_not(None)
    differ = or_(and_(marked, ~given), and_(~marked, given, InvoiceRequest.state == State.PENDING))
    for (number,) in session.execute(select(InvoiceRequest.number).where(differ)):
        yield f"request {number}: its mark of a first approval and its decisions differ"
    ended = InvoiceRequest.state.in_([State.REJECTED, State.WITHDRAWN])
    for number, state in session.execute(select(InvoiceRequest.number, InvoiceRequest.state).where(ended, given)):
        yield f"request {number}: it is {state}, yet a first approval is in force"
    first, second = aliased(Decision), aliased(Decision)
    same = (
        select(InvoiceRequest.number)
        .join(first, and_(first.request_id == InvoiceRequest.id, first.verdict == Action.FIRST_APPROVE))
        .join(second, and_(second.request_id == InvoiceRequest.id, second.verdict == Action.APPROVE))
        .where(first.revoked_at.is_(None), second.revoked_at.is_(None), first.decided_by == second.decided_by)
    )
    for (number,) in session.execute(same):
        yield f"request {number}: one person gave both approvals"


def _holds() -> Iterator[str]:
    asked = exists().where(Hold.request_id == InvoiceRequest.id, Hold.ended_at.is_(None))
    differ = or_(
        and_(InvoiceRequest.held_at.is_not(None), ~asked),
        and_(InvoiceRequest.held_at.is_(None), asked),
    )
    for (number,) in session.execute(select(InvoiceRequest.number).where(differ)):
        yield f"request {number}: its hold and the questions to the customer differ"
    paused = select(func.coalesce(func.sum(Hold.paused_seconds), 0)).where(Hold.request_id == InvoiceRequest.id)
    moved = InvoiceRequest.paused_seconds != paused.scalar_subquery()
    for (number,) in session.execute(select(InvoiceRequest.number).where(moved)):
        yield f"request {number}: its clock stood still for another time than its holds say"


def _reservations() -> Iterator[str]:
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
    for (number,) in session.execute(
        select(InvoiceRequest.number)
        .outerjoin(Reservation, Reservation.request_id == InvoiceRequest.id)
        .where(or_(Reservation.request_id.is_(None), ~fits, Reservation.amount != InvoiceRequest.amount))
    ):
        yield f"request {number}: its state and its reservation differ"
