"""Long before a promise breaks whoever can act hears of it: once a step, once a promised day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from backoffice import clock
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
