"""The desk's ready-made views of the requests: one table, from which tabs, counts, lists and tests are derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from backoffice import clock
from backoffice.calendars import rules as calendar_rules
from backoffice.database import Id, Instant
from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message
from backoffice.ledger.models import Reservation
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest, in_state, is_overdue
from backoffice.requests.rules import ABOUT, State
from backoffice.review.rules import LOOKING

OrderedBy = Literal["due", "submitted", "amount"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when: what "mine", "today" and "overdue" mean."""

    id: int | None
    now: datetime

    @property
    def day_ends(self) -> datetime:
        """What is due today is overdue from then on."""
        zone = clock.zone()
        return calendar_rules.due_at(clock.local_date(self.now, zone), zone)

    @property
    def others_since(self) -> datetime:
        """A colleague whose page has not spoken since then looks at nothing."""
        return self.now - LOOKING


# Stands for every viewer in a statement that is built once; `values_of` a viewer go along each time it is sent.
ANYBODY = cast(
    Viewer,
    SimpleNamespace(
        id=bindparam("viewer", type_=Id),
        **{name: bindparam(name, type_=Instant()) for name in ("now", "day_ends", "others_since")},
    ),
)


def values_of(viewer: Viewer) -> dict[str, Any]:
    """What a statement made for `ANYBODY` is sent with."""
    # Nobody has the number 0: nothing is theirs, and everybody is somebody else.
    return {
        "viewer": viewer.id or 0, "now": viewer.now, "day_ends": viewer.day_ends, "others_since": viewer.others_since,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One view: its word in the address, which requests it holds, and which index serves its own order.

    Work is read most urgent first and counted, up to a limit; history is read newest first and not counted.
    """

    code: str
    holds: Callable[[Viewer], ColumnElement[bool]]
    index: str
    is_work: bool = True

    @property
    def ordered_by(self) -> OrderedBy:
        """Its own order."""
        return "due" if self.is_work else "submitted"

    @property
    def is_descending(self) -> bool:
        """Whether its own order runs backwards."""
        return not self.is_work


def _pending(_viewer: Viewer) -> ColumnElement[bool]:
    return and_(in_state(State.PENDING), InvoiceRequest.held_at.is_(None))


def _mine(viewer: Viewer) -> ColumnElement[bool]:
    # Only claimed requests have an end of the claim; a claim ends by itself.
    return and_(InvoiceRequest.claimed_by_id == viewer.id, InvoiceRequest.claim_ends_at > viewer.now)


def _unassigned(viewer: Viewer) -> ColumnElement[bool]:
    ends_at = InvoiceRequest.claim_ends_at
    return and_(_pending(viewer), or_(ends_at.is_(None), ends_at <= viewer.now))


def _due_today(viewer: Viewer) -> ColumnElement[bool]:
    return and_(_pending(viewer), InvoiceRequest.due_at > viewer.now, InvoiceRequest.due_at <= viewer.day_ends)


def _overdue(viewer: Viewer) -> ColumnElement[bool]:
    return is_overdue(viewer.now)


def _short(_viewer: Viewer) -> ColumnElement[bool]:
    return InvoiceRequest.id.in_(select(Reservation.request_id).where(Reservation.short > 0))


def _mail(_viewer: Viewer) -> ColumnElement[bool]:
    about = delivery.unsettled().where(Message.about_type == ABOUT).with_only_columns(Message.about_id)
    return InvoiceRequest.id.in_(about)


def is_half_approved() -> ColumnElement[bool]:
    """SQL predicate of requests with a first approval in force, which wait for the second."""
    return and_(InvoiceRequest.second_wanted_at.is_not(None), requests.first_stands(InvoiceRequest.id))


def _failed(_viewer: Viewer) -> ColumnElement[bool]:
    return and_(in_state(State.APPROVED), InvoiceRequest.issue_error.is_not(None))


def _of(state: State) -> Callable[[Viewer], ColumnElement[bool]]:
    return lambda _viewer: in_state(state)


PENDING, MINE, OVERDUE, ON_HOLD, ALL = "pending", "mine", "overdue", "on-hold", "all"
VIEWS = {
    view.code: view
    for view in (
        View(PENDING, _pending, "ix_invoice_request_queue"),
        View(MINE, _mine, "ix_invoice_request_claimed"),
        View("unassigned", _unassigned, "ix_invoice_request_queue"),
        View("due-today", _due_today, "ix_invoice_request_queue"),
        View(OVERDUE, _overdue, "ix_invoice_request_open"),
        View(ON_HOLD, lambda _viewer: InvoiceRequest.held_at.is_not(None), "ix_invoice_request_held"),
        View("second", lambda _viewer: is_half_approved(), "ix_invoice_request_second"),
        View("short", _short, "ix_ledger_reservation_short"),
        View("approved", _of(State.APPROVED), "ix_invoice_request_approved"),
        View("failed", _failed, "ix_invoice_request_approved"),
        View("mail", _mail, "ix_message_state"),
        *(
            View(state.value, _of(state), "ix_invoice_request_state", is_work=False)
            for state in (State.ISSUED, State.REJECTED, State.WITHDRAWN)
        ),
        View(ALL, lambda _viewer: InvoiceRequest.id > 0, "ix_invoice_request_submitted", is_work=False),
    )
}
COUNTED = tuple(view.code for view in VIEWS.values() if view.is_work)
