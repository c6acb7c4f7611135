"""Long before a promise breaks whoever can act hears of it: once a step, once a promised day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
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
from backoffice.review.services import claims, holds
from backoffice.sla import jobs
from backoffice.sla.models import Escalation
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
