"""Questions to the customer: what stops the clock, how far the promise moves, and how a hold ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Hold, InvoiceRequest, RequestEvent
from backoffice.requests.services import changes
from backoffice.requests.services import holds as questions
from backoffice.review.services import claims, decisions, holds
from backoffice.sla.services import flags as sla
from tests.review.desk import NOW, Desk
from tests.support.office import contradictions
from tests.support.visitor import Visitor

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUESTION = "Which contract is it for?"


def hold(desk: Desk, number: str, at: datetime = NOW) -> None:
    desk.run(holds.hold, desk.cast.rita.actor, number, question=QUESTION, now=at)


def arrive(desk: Desk, at: datetime) -> int:
    """The customer's mail server takes the question; the worker looks."""

    def send() -> None:
        while (message := delivery.take(at, lease_seconds=60)) is not None:
            outcome = Outcome(MessageState.ACCEPTED, "250 OK")
            delivery.record_outcome(message.id, message.lease or "", outcome, now=at)

    desk.run(send)
    return int(desk.run(questions.stop_clocks))


def answer(desk: Desk, number: str, at: datetime, text: str = "HT-2026-118") -> None:
    desk.run(questions.answer, desk.cast.lin.actor, number, text, now=at)


def read(desk: Desk, number: str) -> InvoiceRequest:
    with desk.app.app_context():
        return session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()


def last_hold(desk: Desk) -> Hold:
    with desk.app.app_context():
        return session.scalars(select(Hold).order_by(Hold.id.desc())).first()  # type: ignore[return-value]


def kinds(desk: Desk) -> list[str]:
    with desk.app.app_context():
        return list(session.scalars(select(RequestEvent.kind).order_by(RequestEvent.id)))


def test_the_question_is_mailed_and_the_request_waits(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    held = read(desk, number)
    assert (held.state, held.held_at, held.paused_at) == ("pending", NOW, None)
    assert desk.count(Message, Message.template == "information_wanted", Message.recipient == "ap@bills.example") == 1
    with pytest.raises(Conflict, match="waits for its answer"):
        hold(desk, number)
    with pytest.raises(Invalid):
        desk.run(holds.hold, desk.cast.rita.actor, desk.apply(), question=" \n", now=NOW)


def test_whoever_asks_second_reads_who_asked_first(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, rita = desk.apply(), visit(desk.cast.rita)
    rita.get(f"/review/{number}/hold")
    desk.run(holds.hold, desk.cast.rui.actor, number, question="Which contract?", now=NOW)
    answer = rita.submit({"question": "Which order, please?"}, button="Ask")
    assert answer.status_code == 409
    assert "芮明 asked the customer at 23 Nov 2026, 10:00." in answer.text
    assert '<blockquote class="typed">Which order, please?</blockquote>' in answer.text


def test_the_clock_stands_only_from_the_mails_arrival(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    assert desk.run(questions.stop_clocks) == 0
    assert arrive(desk, NOW + 2 * HOUR) == 1
    assert read(desk, number).paused_at == NOW + 2 * HOUR
    assert arrive(desk, NOW + 3 * HOUR) == 0, "a clock that stands is not stopped again"


# Monday, 23 November 2026: the promise is for the 30th. Each case: hours from the arrival to the answer, the new day.
@pytest.mark.parametrize(
    ("hours", "due_on"),
    [
        (0.5, date(2026, 12, 1)),
        (24, date(2026, 12, 1)),
        (24.001, date(2026, 12, 2)),
        (48, date(2026, 12, 2)),
        # From Monday 10:00 to the Sunday after: the weekend does not count, four days and fourteen hours do.
        (24 * 6, date(2026, 12, 7)),
    ],
)
def test_the_promise_moves_by_whole_business_days(desk: Desk, hours: float, due_on: date) -> None:
    number = desk.apply()
    assert read(desk, number).due_on == date(2026, 11, 30)
    hold(desk, number)
    arrive(desk, NOW)
    answer(desk, number, NOW + hours * HOUR)
    moved = read(desk, number)
    assert moved.due_on == due_on
    assert moved.due_at == datetime.combine(due_on, datetime.min.time(), UTC) + DAY - 8 * HOUR
    assert (moved.held_at, moved.paused_at) == (None, None)
    with desk.app.app_context():
        assert contradictions() == []


def test_several_short_questions_together_cost_one_day(desk: Desk) -> None:
    number = desk.apply()
    for turn in range(3):
        at = NOW + turn * 4 * HOUR
        hold(desk, number, at)
        arrive(desk, at)
        answer(desk, number, at + 2 * HOUR)
    assert read(desk, number).due_on == date(2026, 12, 1)
    assert read(desk, number).paused_seconds == 3 * 2 * 3600


def test_a_question_that_never_arrived_moves_nothing(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    answer(desk, number, NOW + 3 * DAY)
    assert (read(desk, number).due_on, last_hold(desk).outcome) == (date(2026, 11, 30), "answered")


def test_the_answer_is_the_accounts_and_comes_once(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    with pytest.raises(NotFound):
        desk.run(questions.answer, desk.cast.bo.actor, number, "Mine", now=NOW)
    with pytest.raises(Forbidden):
        desk.run(questions.answer, desk.cast.rita.actor, number, "Mine", now=NOW)
    with pytest.raises(Invalid):
        answer(desk, number, NOW, "  ")
    answer(desk, number, NOW)
    assert (last_hold(desk).answer, last_hold(desk).answered_by_label) == ("HT-2026-118", "林晓")
    with pytest.raises(Conflict, match="No question waits"):
        answer(desk, number, NOW)
    assert kinds(desk) == ["submitted", "held", "answered"]


def test_it_is_reminded_once_on_the_third_business_day(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    arrive(desk, NOW)
    # The 24th is the first business day after the question, the 26th the third.
    assert desk.run(questions.remind, now=NOW + 2 * DAY) == 0
    assert desk.run(questions.remind, now=NOW + 3 * DAY) == 1
    assert desk.run(questions.remind, now=NOW + 4 * DAY) == 0
    assert desk.count(Message, Message.template == "information_reminder") == 1
    assert read(desk, number).held_at == NOW


def test_it_ends_by_itself_on_the_tenth_and_the_clock_runs_on(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    arrive(desk, NOW)
    assert desk.run(questions.end_unanswered, now=NOW + 13 * DAY) == 0
    at = NOW + 14 * DAY  # Monday, 7 December: the tenth
    assert desk.run(questions.end_unanswered, now=at) == 1
    assert desk.run(questions.end_unanswered, now=at) == 0
    ended = read(desk, number)
    assert (last_hold(desk).outcome, ended.held_at, ended.due_on) == ("no_answer", None, date(2026, 12, 14))
    assert kinds(desk)[-1] == "not_answered"
    with desk.app.app_context():
        assert contradictions() == []


@pytest.mark.parametrize("end", ["approve", "reject", "withdraw", "resume"])
def test_whatever_ends_the_wait_ends_the_hold(desk: Desk, end: str) -> None:
    number = desk.apply()
    hold(desk, number)
    arrive(desk, NOW)
    at, rita = NOW + DAY, desk.cast.rita.actor
    verbs: dict[str, Any] = {
        "approve": lambda: decisions.approve(rita, number, now=at),
        "reject": lambda: decisions.reject(rita, number, reason="other", remarks="No.", now=at),
        "withdraw": lambda: changes.withdraw(desk.cast.ada.actor, number, now=at),
        "resume": lambda: holds.resume(rita, number, now=at),
    }
    desk.run(verbs[end])
    outcomes = {"approve": "decided", "reject": "decided", "withdraw": "withdrawn", "resume": "resumed"}
    assert (last_hold(desk).outcome, last_hold(desk).paused_seconds) == (outcomes[end], 24 * 3600)
    assert read(desk, number).held_at is None
    with pytest.raises(Conflict):
        desk.run(holds.resume, rita, number, now=at)
    with desk.app.app_context():
        assert contradictions() == []


def test_what_waits_for_the_customer_is_not_flagged_and_a_flag_stays(desk: Desk) -> None:
    late, flagged = desk.apply(days_ago=10), desk.apply(days_ago=11)
    hold(desk, late, NOW - 8 * DAY)
    arrive(desk, NOW - 8 * DAY)
    assert desk.run(lambda: [one.number for one in sla.flag_overdue(now=NOW)]) == [flagged]
    hold(desk, flagged)
    arrive(desk, NOW)
    answer(desk, flagged, NOW + 3 * DAY)
    assert read(desk, flagged).flagged_at == NOW
    answer(desk, late, NOW)
    # Asked on the third day, answered eight days later, six of them business days: the rest of the promise is ahead.
    assert read(desk, late).due_at > NOW
    assert desk.run(sla.flag_overdue, now=NOW) == []


def test_nobody_is_asked_about_their_own_request_and_strangers_do_not_ask(desk: Desk) -> None:
    number = desk.apply()
    for who in (desk.cast.ada, desk.cast.max, desk.cast.otto, desk.cast.ana):
        with pytest.raises(Forbidden):
            desk.run(holds.hold, who.actor, number, question=QUESTION, now=NOW)


@pytest.mark.parametrize("arrived", [True, False])
def test_undoing_the_approval_that_closed_a_question_opens_it_again(desk: Desk, arrived: bool) -> None:
    number, rita = desk.apply(), desk.cast.rita.actor
    hold(desk, number)
    if arrived:
        arrive(desk, NOW)
    desk.run(decisions.approve, rita, number, now=NOW + DAY, undo_seconds=7200)
    desk.run(decisions.undo, rita, number, now=NOW + DAY + HOUR)
    again = read(desk, number)
    assert (again.held_at, again.is_paused, last_hold(desk).outcome) == (NOW, arrived, None)
    waiting = desk.count(Message, Message.template == "information_wanted", Message.state == "queued")
    assert waiting == (0 if arrived else 1), "a question that was stopped on its way goes out again"
    with desk.app.app_context():
        assert contradictions() == []
    answer(desk, number, NOW + DAY + 3 * HOUR)
    # A day until the approval, an hour of it in which the clock ran, two hours until the answer.
    paused = 26 * 3600 if arrived else 0
    assert (read(desk, number).paused_seconds, last_hold(desk).paused_seconds) == (paused, paused)
    assert read(desk, number).due_on == (date(2026, 12, 2) if arrived else date(2026, 11, 30))
    with desk.app.app_context():
        assert contradictions() == []


@pytest.mark.parametrize("end", ["approve", "resume", "answer"])
def test_a_question_that_is_closed_is_not_mailed_any_more(desk: Desk, end: str) -> None:
    number, rita = desk.apply(), desk.cast.rita.actor
    hold(desk, number)
    ends: dict[str, Any] = {
        "approve": lambda: decisions.approve(rita, number, now=NOW + HOUR),
        "resume": lambda: holds.resume(rita, number, now=NOW + HOUR),
        "answer": lambda: questions.answer(desk.cast.lin.actor, number, "HT-1", now=NOW + HOUR),
    }
    desk.run(ends[end])
    assert desk.count(Message, Message.template == "information_wanted", Message.state == "cancelled") == 1


def test_a_question_that_no_server_takes_is_reminded_and_ends_by_itself(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    number = desk.apply()
    hold(desk, number)
    failed = update(Message).where(Message.template == "information_wanted").values(state="failed")
    desk.run(lambda: session.execute(failed))
    page = visit(desk.cast.rita).get(f"/review/{number}").text
    assert "The question could not be mailed to ap@bills.example." in page
    assert desk.run(questions.remind, now=NOW + 2 * DAY) == 0
    assert desk.run(questions.remind, now=NOW + 3 * DAY) == 1
    assert desk.count(Message, Message.template == "information_reminder") == 0
    assert desk.run(questions.end_unanswered, now=NOW + 13 * DAY) == 0
    assert desk.run(questions.end_unanswered, now=NOW + 14 * DAY) == 1
    assert (read(desk, number).due_on, last_hold(desk).outcome) == (date(2026, 11, 30), "no_answer")


def test_a_colleague_who_works_on_it_is_not_passed_over(desk: Desk) -> None:
    number, rui = desk.apply(), desk.cast.rui.actor
    hold(desk, number)
    desk.run(claims.claim, desk.cast.rita.actor, number, now=NOW)
    with pytest.raises(Conflict, match="Take it over if you want to put it back into the queue"):
        desk.run(holds.resume, rui, number, now=NOW)
    desk.run(claims.take_over, rui, number, now=NOW)
    desk.run(holds.resume, rui, number, now=NOW)


def test_whoever_asked_ends_the_question_whoever_works_on_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, rui = desk.apply(), desk.cast.rui.actor
    hold(desk, number)
    desk.run(claims.claim, rui, number, now=NOW)
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    assert rita.submit(button="Back to the queue without an answer").status_code == 303
    assert (read(desk, number).held_at, read(desk, number).claimed_by_id) == (None, rui.id)
    assert last_hold(desk).outcome == "resumed"


def told(desk: Desk, action: str) -> list[tuple[Any, Any]]:
    """What the audit log says of an action, before and after."""
    with desk.app.app_context():
        found = session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
        return [(event.before, event.after) for event in found]


def test_the_audit_log_tells_what_a_question_changed(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    arrive(desk, NOW)
    answer(desk, number, NOW + HOUR)
    assert told(desk, "request.hold") == [({"state": "pending", "held": False}, {"state": "pending", "held": True})]
    assert told(desk, "request.answer") == [
        (
            {"state": "pending", "held": True, "due_on": "2026-11-30"},
            {"state": "pending", "held": False, "due_on": "2026-12-01"},
        )
    ]


@pytest.mark.parametrize("end", ["hold", "reject", "return"])
def test_the_audit_log_tells_which_first_approval_ended(desk: Desk, end: str) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(
        policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", starts_on=NOW.date(), reason="x", now=NOW
    )
    desk.run(decisions.approve, rita, number, now=NOW)
    verbs: dict[str, Any] = {
        "hold": lambda: holds.hold(rui, number, question=QUESTION, now=NOW),
        "reject": lambda: decisions.reject(rui, number, reason="other", remarks="No.", now=NOW),
        "return": lambda: decisions.return_to_queue(rui, number, why="Wrong.", now=NOW),
    }
    if end == "return":
        desk.run(decisions.approve, rui, number, now=NOW)
    desk.run(verbs[end])
    ((before, after),) = told(desk, f"request.{end}")
    assert (before["first_approval"], after["first_approval"]) == (rita.label, None)
