"""Long before a promise breaks whoever can act hears of it: once a step, once a promised day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from sqlalchemy import select, update

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.calendars.rules import DayKind
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.errors import Invalid
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Hold, InvoiceRequest
from backoffice.review.services import claims, decisions, holds
from backoffice.sla import jobs, rules
from backoffice.sla.models import Escalation
from backoffice.sla.services import escalation
from tests.review.desk import NOW, Desk

pytestmark = pytest.mark.both_databases


def told(desk: Desk, after: timedelta = timedelta(0)) -> dict[str, list[str]]:
    """Whom the job tells of what at NOW and later; nobody who was told before."""
    with desk.app.app_context():
        known = set(session.scalars(select(Message.id)))
        with clock.moved_to(NOW + after):
            jobs.escalate()
        mails = session.scalars(select(Message).where(Message.id.not_in(known), Message.template == "due_soon"))
        return {mail.recipient: [line["request_number"] for line in mail.context["requests"]] for mail in mails}


def test_reviewers_hear_of_it_at_half_time_and_managers_at_three_quarters(desk: Desk) -> None:
    number = desk.apply(days_ago=0)  # Monday, 10:00: 14 hours and five days
    cast, half = desk.cast, timedelta(hours=(14 + 5 * 24) / 2)
    assert told(desk, half - timedelta(seconds=60)) == {}
    assert told(desk, half) == {cast.rita.email: [number], cast.rui.email: [number]}
    assert told(desk, half + timedelta(hours=1)) == {}
    late = timedelta(hours=14 + 3 * 24 + 15)  # Friday afternoon
    assert told(desk, late) == {cast.max.email: [number]}
    assert told(desk, late) == {}
    assert desk.count(Escalation) == 2


def test_whoever_works_on_it_is_told_alone(desk: Desk) -> None:
    mine, free = desk.apply(days_ago=5), desk.apply(days_ago=5)
    desk.run(claims.claim, desk.cast.rita.actor, mine, now=NOW)
    assert told(desk)[desk.cast.rui.email] == [free]
    with desk.app.app_context():
        to_rita = session.scalars(select(Message).where(Message.recipient == desk.cast.rita.email)).all()
    assert {(one.context["unassigned"], one.context["requests"][0]["request_number"]) for one in to_rita} == {
        (False, mine), (True, free),
    }  # fmt: skip


def test_what_nobody_is_there_to_hear_of_is_told_when_somebody_is(desk: Desk) -> None:
    left, gone = desk.apply(days_ago=5), [desk.cast.rita.id, desk.cast.rui.id]
    desk.run(claims.claim, desk.cast.rita.actor, left, now=NOW)
    for person in gone:
        desk.run(accounts.deactivate_user, desk.cast.ana.actor, person, now=NOW)
    assert told(desk) == {}
    assert desk.count(Escalation) == 0
    # Whoever claimed it has left, so it is everybody's who is there.
    desk.run(accounts.reactivate_user, desk.cast.ana.actor, desk.cast.rui.id, now=NOW)
    assert told(desk) == {desk.cast.rui.email: [left]}


def test_a_promise_that_has_kept_spare_days_is_told_of_at_its_share(desk: Desk) -> None:
    desk.change_days(date(2026, 11, 23), DayKind.HOLIDAY, date(2026, 12, 18))
    number = desk.apply(days_ago=1)
    desk.change_days(date(2026, 11, 23), None, date(2026, 12, 18))
    desk.follow_calendar()
    with desk.app.app_context():
        jobs.fold()
        promised = session.scalars(select(InvoiceRequest.due_on)).one()
        assert promised == date(2026, 12, 25), "a promise never moves earlier, and Sunday night counts for nothing"
    # 25 business days from Monday on: half of them are over within Wednesday, 9 December.
    assert told(desk, timedelta(days=16)) == {}
    assert told(desk, timedelta(days=16, hours=3))[desk.cast.rui.email] == [number]


def test_what_is_approved_waits_for_no_reviewer(desk: Desk) -> None:
    number = desk.apply(days_ago=5)
    desk.run(decisions.approve, desk.cast.rita.actor, number, now=NOW)
    assert told(desk) == {}
    assert told(desk, timedelta(hours=30)) == {desk.cast.max.email: [number]}
    with desk.app.app_context():
        (line,) = session.scalars(select(Message).where(Message.template == "due_soon")).one().context["requests"]
    assert (line["approved"], line["provisional"]) == (True, [])


def test_whoever_hears_of_a_promise_hears_that_its_year_is_provisional(desk: Desk) -> None:
    at = NOW + timedelta(days=36)  # Tuesday, 29 December: due in a year whose holidays are not announced
    number = desk.apply(days_ago=-36)
    with desk.app.app_context(), clock.moved_to(at + timedelta(days=6)):
        jobs.escalate()
        mail = session.scalars(select(Message).where(Message.template == "due_soon").limit(1)).one()
    (line,) = mail.context["requests"]
    assert (line["request_number"], line["due_on"][:4], line["provisional"]) == (number, "2027", [2027])


def test_a_clock_that_stands_still_is_not_counted(desk: Desk) -> None:
    number = desk.apply(days_ago=5)
    desk.run(holds.hold, desk.cast.rita.actor, number, question="Which order?", now=NOW)
    desk.run(session.execute, update(Hold).values(clock_stopped_at=NOW))
    desk.run(session.execute, update(InvoiceRequest).values(paused_at=NOW))
    assert told(desk) == {}
    assert told(desk, timedelta(days=3)) == {}


def test_the_shares_are_a_policy_and_a_step_can_be_left_out(desk: Desk) -> None:
    number = desk.apply(days_ago=3)  # Friday, 10:00: 24 of 134 hours are over
    shares = {"reviewers": None, "managers": 17}
    desk.run(
        policies.set_policy, SYSTEM, PolicyKey.ESCALATION, shares, starts_on=date(2026, 11, 1), reason="r", now=NOW
    )
    assert told(desk) == {desk.cast.max.email: [number]}


def target(desk: Desk, days: int, since: date) -> None:
    with desk.app.app_context():
        at = clock.start_of_day(since, clock.zone()) - timedelta(hours=1)
    key = PolicyKey.SLA_BUSINESS_DAYS
    desk.run(policies.set_policy, SYSTEM, key, days, starts_on=since, reason="r", now=at)


def test_those_that_are_due_earlier_and_not_ripe_hide_none_that_is(desk: Desk) -> None:
    target(desk, 10, date(2026, 10, 1))
    target(desk, 2, date(2026, 11, 20))
    ripe = [desk.apply(days_ago=12) for _ in range(2)]  # due on 25 November, three quarters of it are over
    fresh = [desk.apply(days_ago=3) for _ in range(3)]  # due on the 24th, and a day and a half of theirs is left
    # Half a day of pauses had moved this one's day, and of the time that is counted less is over.
    paused = desk.apply(days_ago=12)
    desk.run(
        session.execute,
        update(InvoiceRequest).where(InvoiceRequest.number == paused).values(paused_seconds=12 * 60 * 60),
    )
    with desk.app.app_context():
        due = {one.number: one.due_on for one in session.execute(select(InvoiceRequest.number, InvoiceRequest.due_on))}
        assert [due[one].day for one in (ripe[0], fresh[0])] == [25, 24]
        found = [escalation.ripe(escalation.MANAGERS, 75, now=NOW, limit=limit) for limit in (1, 9)]
        assert [[one.number for one in some] for some in found] == [ripe[:1], ripe]
        assert escalation.count_ripe(escalation.MANAGERS, 75, now=NOW) == 2
        assert escalation.count_ripe(escalation.MANAGERS, 74, now=NOW) == 3
        assert escalation.count_ripe(escalation.MANAGERS, 30, now=NOW) == 6


def test_one_run_tells_of_all_that_is_ripe_however_many_batches_that_takes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "BATCH", 2)
    numbers = [desk.apply(days_ago=5) for _ in range(5)]
    with desk.app.app_context():
        assert jobs.escalate() == 5
        mails = session.scalars(select(Message).where(Message.recipient == desk.cast.rita.email)).all()
    assert [[line["request_number"] for line in mail.context["requests"]] for mail in mails] == [
        numbers[:2], numbers[2:4], numbers[4:],
    ]  # fmt: skip


def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "BATCH", 2)
    monkeypatch.setattr(jobs, "ESCALATION_SECONDS", 0)
    for _ in range(5):
        desk.apply(days_ago=5)
    with desk.app.app_context():
        assert [jobs.escalate() for _ in range(4)] == [2, 2, 1, 0]


@given(
    promised=st.integers(0, 20 * 86_400), share=st.floats(0, 1), before=st.integers(0, 86_400),
    paused=st.integers(0, 86_400), percent=st.integers(1, 99),
)  # fmt: skip
@example(promised=86_400, share=0.5, before=0, paused=0, percent=50)
def test_ripe_is_asked_of_what_lies_before_a_request_as_of_its_share(
    promised: int, share: float, before: int, paused: int, percent: int
) -> None:
    used = round(promised * share)
    own_used, own_promised = (time - before - paused for time in (used, promised))
    assume(own_promised > 0)
    within = rules.ripe_within(promised, used, percent)
    assume(abs(before + paused - within) > 1e-6 or own_used * 100 == own_promised * percent)
    assert (before + paused <= within + 1e-6) == (own_used * 100 >= own_promised * percent)


def test_of_two_workers_one_tells(desk: Desk) -> None:
    number = desk.apply(days_ago=5)
    assert desk.twice_at_once(jobs.escalate) == [0, 1]
    assert desk.count(Message, Message.template == "due_soon") == 2, f"each reviewer hears of {number} once"


@pytest.mark.parametrize(
    "wrong", [{}, {"reviewers": 50}, {"reviewers": 0, "managers": 75}, {"reviewers": 50, "managers": "75"}]
)
def test_shares_are_whole_per_cents(desk: Desk, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        desk.run(
            policies.set_policy, SYSTEM, PolicyKey.ESCALATION, wrong, starts_on=date(2026, 11, 1), reason="r", now=NOW
        )
