"""Questions to the customer (design/domain.md 3): asked by mail and page, reminded once, answered or ended.

The clock stands still from the moment the mail server has taken the question, unless it has run out by then; the
worker looks for that moment, sends the reminder on the third business day after it, and ends the hold on the tenth.
Where no server takes the mail, the days are counted from the question: it stands on the customer's page, and a reminder
stands there alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from backoffice import clock, text
from backoffice.calendars import queries as calendars
from backoffice.database import rows_changed, session
from backoffice.delivery import queries as delivery
from backoffice.delivery.models import Message as Mail
from backoffice.delivery.rules import MessageState
from backoffice.errors import N_, Conflict, Forbidden, Message
from backoffice.permissions import SYSTEM, Actor, Permission
from backoffice.requests import queries
from backoffice.requests.models import Decision, Hold, InvoiceRequest, runs_at
from backoffice.requests.rules import (
    ABOUT,
    ANSWER_LIMIT,
    ASKED,
    HOLD_DAYS,
    QUESTION_LIMIT,
    REMIND_DAYS,
    REMINDED,
    Action,
)
from backoffice.requests.services import pauses
from backoffice.requests.services.states import add_event, change_state, tell

BATCH = 200

# When the mail server took the question that is open: the clock may have run on all the same.
_ARRIVED = (
    select(func.min(Mail.accepted_at))
    .where(Mail.about_type == ABOUT, Mail.about_id == Hold.request_id, Mail.template == ASKED)
    .where(Mail.created_at >= Hold.asked_at, Mail.state == MessageState.ACCEPTED)
    .correlate(Hold)
    .scalar_subquery()
)


def ask(actor: Actor, invoice_request: InvoiceRequest, question: str, *, first: Decision | None, now: datetime) -> Hold:
    """Hold a pending request with a question to the customer; who may ask is decided by whoever calls.

    `first` is the first approval that ends with it. Raises Invalid (field `question`) for an unusable question,
    Conflict when the request is not pending any more, a question waits already, or another first approval was given.
    """
    wanted = Message(N_("Write what you want to know."))
    cleaned = text.of_field("question", question, max_length=QUESTION_LIMIT, multiline=True, empty=wanted)
    if invoice_request.is_held:
        raise Conflict(Message(N_("A question to the customer waits for its answer already.")), code="held")
    before, after = queries.first_told(first)
    change_state(
        invoice_request,
        Action.HOLD,
        actor,
        now=now,
        values={"held_at": now, "second_wanted_at": None},
        reason=cleaned,
        said=({"held": False, **before}, {"held": True, **after}),
        only_if=(InvoiceRequest.held_at.is_(None), queries.first_unchanged(first)),
    )
    hold = Hold(
        request_id=invoice_request.id,
        question=cleaned,
        asked_by=actor.id,
        asked_by_label=actor.label,
        asked_at=now,
    )
    session.add(hold)
    session.flush()
    add_event(invoice_request.id, "held", actor, at=now, remarks=cleaned)
    tell(invoice_request, ASKED, now=now, question=cleaned)
    return hold


ANOTHER_QUESTION = "another-question"


def answer(
    actor: Actor, number: str, answer_text: str, *, now: datetime, question: int | None = None
) -> InvoiceRequest:
    """The customer answers: the request stands in the queue again, where its promise puts it.

    `question` is the hold that was read. Raises Invalid (field `answer`), Forbidden for people without a customer
    account, NotFound for another account's request, Conflict when no question is open any more, or another one is
    (code ANOTHER_QUESTION).
    """
    if actor.account_id is None or not actor.can(Permission.APPLY):
        raise Forbidden
    wanted = Message(N_("Write your answer."))
    cleaned = text.of_field("answer", answer_text, max_length=ANSWER_LIMIT, multiline=True, empty=wanted)
    invoice_request = queries.by_number(number, account_id=actor.account_id)
    hold = queries.open_hold(invoice_request.id) if question is not None else None
    if hold is not None and hold.id != question:
        raise Conflict(Message(N_("Another question is asked now. Read it before you answer.")), code=ANOTHER_QUESTION)
    _end(actor, invoice_request, Action.ANSWER, pauses.ANSWERED, now, answer=cleaned)
    add_event(invoice_request.id, "answered", actor, at=now, remarks=cleaned, due_on=invoice_request.due_on.isoformat())
    return invoice_request


def resume(actor: Actor, invoice_request: InvoiceRequest, *, now: datetime) -> None:
    """End the hold without an answer: it is not needed any more. Raises Conflict when no question is open."""
    _end(actor, invoice_request, Action.RESUME, pauses.RESUMED, now)
    add_event(invoice_request.id, "resumed", actor, at=now, due_on=invoice_request.due_on.isoformat())


def reopen(invoice_request: InvoiceRequest, decided_at: datetime, *, now: datetime) -> None:
    """Open the question again that a verdict of `decided_at` closed, if it did, now that the verdict is undone.

    Its clock stands still again from now on, unless it ran out meanwhile; the promised day, which never moves back,
    keeps what it has gained. A mail that was stopped with the question is queued anew.
    """
    ended = session.scalars(
        select(Hold).where(
            Hold.request_id == invoice_request.id, Hold.ended_at == decided_at, Hold.outcome == pauses.DECIDED
        )
    ).one_or_none()
    if ended is None:
        return
    ended.ended_at = ended.outcome = None
    invoice_request.held_at = ended.asked_at
    stands = ended.clock_stopped_at is not None and not invoice_request.has_run_out(now)
    invoice_request.paused_at = now if stands else None
    mail = delivery.latest(ABOUT, invoice_request.id, ASKED)
    if mail is not None and mail.state == MessageState.CANCELLED:
        tell(invoice_request, ASKED, now=now, question=ended.question)
    session.flush()


def _end(
    actor: Actor,
    invoice_request: InvoiceRequest,
    action: Action,
    outcome: str,
    now: datetime,
    answer: str | None = None,
) -> None:
    before = invoice_request.due_on

    def run_on() -> dict[str, Any]:
        pauses.end(invoice_request, outcome, now=now, answer=answer, by=actor.label if answer else None)
        return {"due_on": invoice_request.due_on}

    try:
        change_state(
            invoice_request, action, actor, now=now, reason=answer,
            values={"held_at": None, "paused_at": None}, only_if=(InvoiceRequest.held_at.is_not(None),),
            said=({"held": True, "due_on": before}, {"held": False}), then=run_on,
        )  # fmt: skip
    except Conflict:
        raise Conflict(Message(N_("No question waits for an answer here any more.")), code="not-held") from None


def stop_clocks(*, limit: int = BATCH) -> int:
    """Let the clock of each request stand still whose question has reached the customer's mail server in time.

    A clock that has run out is not stopped: a request whose question arrives after its promised day, or is found to
    have arrived when it is flagged already, stays overdue and is judged by the promise that broke. Should the calendar
    move that day to a later one while the question waits, it has come in time after all, and the clock has stood since
    its arrival; a day never moves back, so a clock that stands keeps standing.
    """
    arrived = _ARRIVED.label("arrived_at")
    asked = session.execute(
        select(Hold, arrived)
        .join(InvoiceRequest, InvoiceRequest.id == Hold.request_id)
        .where(Hold.ended_at.is_(None), Hold.clock_stopped_at.is_(None), runs_at(_ARRIVED))
        .order_by(Hold.id)
        .limit(limit)
    ).all()
    stopped = 0
    for hold, arrived_at in asked:
        # The request before its question, as whatever ends a question locks them.
        paused = update(InvoiceRequest).where(
            InvoiceRequest.id == hold.request_id, InvoiceRequest.held_at == hold.asked_at, runs_at(arrived_at)
        )
        if rows_changed(session.execute(paused.values(paused_at=arrived_at))):
            session.execute(update(Hold).where(Hold.id == hold.id).values(clock_stopped_at=arrived_at))
            stopped += 1
    return stopped


def remind(*, now: datetime, limit: int = BATCH) -> int:
    """Ask once more where the third business day after the question has come."""
    reminded = 0
    for hold, arrived_at in _waiting(now, REMIND_DAYS, Hold.reminded_at.is_(None), limit=limit):
        once = update(Hold).where(Hold.id == hold.id, Hold.ended_at.is_(None), Hold.reminded_at.is_(None))
        if not rows_changed(session.execute(once.values(reminded_at=now))):
            continue
        invoice_request = session.get_one(InvoiceRequest, hold.request_id)
        if arrived_at is not None:  # another mail to an address that takes none would fail as well
            tell(invoice_request, REMINDED, now=now, question=hold.question)
        add_event(invoice_request.id, "reminded", SYSTEM, at=now)
        reminded += 1
    return reminded


def end_unanswered(*, now: datetime, limit: int = BATCH) -> int:
    """End the holds whose tenth business day has come, marked as not answered; their clocks run on."""
    ended = 0
    for hold, _ in _waiting(now, HOLD_DAYS, limit=limit):
        invoice_request = session.get_one(InvoiceRequest, hold.request_id)
        try:
            _end(SYSTEM, invoice_request, Action.RESUME, pauses.NO_ANSWER, now)
        except Conflict:
            continue  # answered at this very moment
        add_event(invoice_request.id, "not_answered", SYSTEM, at=now, due_on=invoice_request.due_on.isoformat())
        ended += 1
    return ended


def _waiting(now: datetime, days: int, *further: Any, limit: int) -> Sequence[tuple[Hold, datetime | None]]:
    """Open questions whose `days`-th business day after their arrival has come, oldest first, and when they arrived.

    A question whose mail has not arrived counts from when it was asked.
    """
    calendar, zone = calendars.current_calendar(), clock.zone()
    today = clock.local_date(now, zone)
    arrived = func.coalesce(Hold.clock_stopped_at, _ARRIVED)
    candidates = session.execute(
        select(Hold, arrived)
        .where(Hold.ended_at.is_(None), *further)
        .order_by(func.coalesce(arrived, Hold.asked_at))
        .limit(limit)
    ).all()
    return [
        (hold, arrived_at)
        for hold, arrived_at in candidates
        if calendar.business_days_between(clock.local_date(arrived_at or hold.asked_at, zone), today) >= days
    ]
