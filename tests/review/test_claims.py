"""Who works on what: one at a time, for as long as it is touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import Conflict, Forbidden, Invalid
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.services import claims, decisions, holds
from backoffice.review.services.claims import CLAIM
from tests.review.desk import NOW, Desk
from tests.support.office import contradictions
from tests.support.visitor import Visitor

MOMENT = timedelta(seconds=1)


def holder(desk: Desk, number: str) -> str | None:
    with desk.app.app_context():
        found = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()
        return found.claimed_by_label if found.is_claimed(NOW) else None


def test_a_claim_is_ones_own_until_it_ends(desk: Desk) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, number, now=NOW)
    assert holder(desk, number) == "Rita Moreau"
    with pytest.raises(Conflict, match="Rita Moreau works on this"):
        desk.run(claims.claim, rui, number, now=NOW + CLAIM - MOMENT)
    desk.run(claims.claim, rui, number, now=NOW + CLAIM)
    assert holder(desk, number) == "芮明"


def test_a_touch_lets_it_last(desk: Desk) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, number, now=NOW)
    assert desk.run(claims.touch, rita, number, now=NOW + CLAIM - MOMENT)
    with pytest.raises(Conflict):
        desk.run(claims.claim, rui, number, now=NOW + CLAIM + MOMENT)
    assert not desk.run(claims.touch, rui, number, now=NOW)
    assert not desk.run(claims.touch, rita, number, now=NOW + 3 * CLAIM)


def test_nobody_decides_or_asks_while_another_works_on_it(desk: Desk) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, number, now=NOW)
    for verb, also in (
        (decisions.approve, {}),
        (decisions.reject, {"reason": "other", "remarks": "No."}),
        (holds.hold, {"question": "Which?"}),
    ):
        with pytest.raises(Conflict, match="Take it over") as refused:
            desk.run(verb, rui, number, now=NOW, **also)
        assert refused.value.code == "claimed"
    desk.run(claims.take_over, rui, number, now=NOW)
    desk.run(decisions.approve, rui, number, now=NOW)
    assert desk.state(number) == "approved"
    with desk.app.app_context():
        assert contradictions() == []


def test_nobody_returns_what_a_colleague_works_on(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number, cast = four_eyes.apply(amount="1000.00"), four_eyes.cast
    four_eyes.run(decisions.approve, cast.rita.actor, number, now=NOW)
    rita = visit(cast.rita)
    rita.get(f"/review/{number}/return")
    four_eyes.run(claims.claim, cast.rui.actor, number, now=NOW)
    refused = rita.submit({"why": "Wrong series"}, button="Return to the queue")
    assert (refused.status_code, "芮明 works on this request" in refused.text) == (409, True)
    assert "Wrong series" in refused.text, "the words are kept"
    assert four_eyes.count(Decision, Decision.revoked_at.is_not(None)) == 0
    four_eyes.run(decisions.return_to_queue, cast.rui.actor, number, why="Wrong series", now=NOW)


def test_ones_own_first_approval_is_taken_back_whoever_works_on_the_second(four_eyes: Desk) -> None:
    number, cast = four_eyes.apply(amount="1000.00"), four_eyes.cast
    four_eyes.run(decisions.approve, cast.rita.actor, number, now=NOW)
    four_eyes.run(claims.claim, cast.rui.actor, number, now=NOW)
    four_eyes.run(decisions.undo, cast.rita.actor, number, now=NOW)
    assert (four_eyes.count(Decision, Decision.revoked_at.is_not(None)), holder(four_eyes, number)) == (1, "芮明")


def test_release_lets_others_in_and_touches_nobody_elses(desk: Desk) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, number, now=NOW)
    desk.run(claims.release, rui, number, now=NOW)
    assert holder(desk, number) == "Rita Moreau"
    desk.run(claims.release, rita, number, now=NOW)
    assert holder(desk, number) is None


def test_it_is_handed_only_to_who_decides(desk: Desk) -> None:
    number, rita = desk.apply(), desk.cast.rita.actor
    desk.run(claims.assign, rita, number, desk.cast.rui.id, now=NOW)
    assert holder(desk, number) == "芮明"
    for person in (desk.cast.max, desk.cast.ada, desk.cast.ana):
        with pytest.raises(Invalid):
            desk.run(claims.assign, rita, number, person.id, now=NOW)
    with pytest.raises(Forbidden):
        desk.run(claims.assign, desk.cast.max.actor, number, desk.cast.rui.id, now=NOW)


def test_the_next_one_is_the_most_urgent_that_nobody_has(desk: Desk) -> None:
    second, first, third = (desk.apply(days_ago=days) for days in (2, 6, 1))
    rita, rui = desk.cast.rita.actor, desk.cast.rui.actor
    assert desk.run(lambda: claims.claim_next(rita, now=NOW).number) == first  # type: ignore[union-attr]
    assert desk.run(lambda: claims.claim_next(rui, now=NOW).number) == second  # type: ignore[union-attr]
    assert desk.run(lambda: claims.claim_next(rita, now=NOW, after=first).number) == third  # type: ignore[union-attr]
    assert desk.run(claims.claim_next, rui, now=NOW, after=second) is None
    assert desk.run(lambda: claims.claim_next(rui, now=NOW + CLAIM).number) == first  # type: ignore[union-attr]


def test_the_next_one_is_behind_the_one_that_is_open(desk: Desk) -> None:
    numbers = [desk.apply(days_ago=days) for days in (6, 5, 4, 3)]
    rita, rui = desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rui, numbers[2], now=NOW)
    opened = [desk.run(lambda: claims.claim_next(rita, now=NOW).number)]  # type: ignore[union-attr]
    for _ in range(2):
        after = opened[-1]
        found = desk.run(lambda after=after: getattr(claims.claim_next(rita, now=NOW, after=after), "number", None))
        opened.append(found)
    assert opened == [numbers[0], numbers[1], numbers[3]]
    # Behind the last one nothing is left but what they or a colleague work on already.
    assert desk.run(claims.claim_next, rita, now=NOW, after=numbers[3]) is None
    desk.run(claims.release, rui, numbers[2], now=NOW)
    assert desk.run(lambda: claims.claim_next(rita, now=NOW, after=numbers[3]).number) == numbers[2]  # type: ignore[union-attr]


def test_release_says_what_it_did(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    rita.submit(button="Claim")
    rita.follow()
    desk.run(claims.take_over, desk.cast.rui.actor, number, now=NOW)
    rita.submit(button="Release")
    assert "You did not work on this request any more." in rita.follow().text
    assert holder(desk, number) == "芮明"


def test_a_namesake_who_takes_over_is_written_down(desk: Desk) -> None:
    number = desk.apply()
    rita, rui = desk.cast.rita.actor, replace(desk.cast.rui.actor, label=desk.cast.rita.actor.label)
    desk.run(claims.claim, rita, number, now=NOW)
    desk.run(claims.take_over, rui, number, now=NOW)
    assert desk.count(AuditEvent, AuditEvent.action == "request.claim") == 2


def test_the_next_one_waits_for_nobodys_answer_and_is_not_ones_own(desk: Desk) -> None:
    asked = desk.apply(days_ago=3)
    desk.run(holds.hold, desk.cast.rui.actor, asked, question="Which?", now=NOW)
    assert desk.run(claims.claim_next, desk.cast.rita.actor, now=NOW) is None
    with pytest.raises(Forbidden):
        desk.run(claims.claim_next, desk.cast.max.actor, now=NOW)


def test_a_verdict_ends_the_claim_and_each_change_of_hands_is_written_down(desk: Desk) -> None:
    number, rita, rui = desk.apply(), desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, number, now=NOW)
    desk.run(claims.claim, rita, number, now=NOW + MOMENT)
    desk.run(claims.take_over, rui, number, now=NOW)
    desk.run(decisions.approve, rui, number, now=NOW)
    assert holder(desk, number) is None
    with desk.app.app_context():
        told = session.execute(
            select(AuditEvent.actor_label, AuditEvent.before, AuditEvent.after)
            .where(AuditEvent.action == "request.claim")
            .order_by(AuditEvent.id)
        ).all()
    assert [tuple(row) for row in told] == [
        ("Rita Moreau", {"claimed_by": None}, {"claimed_by": "Rita Moreau"}),
        ("芮明", {"claimed_by": "Rita Moreau"}, {"claimed_by": "芮明"}),
    ]
    with pytest.raises(Conflict, match="芮明 approved this request"):
        desk.run(claims.claim, rita, number, now=NOW)


@pytest.mark.one_database
def test_whoever_does_not_decide_sees_who_works_on_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    desk.run(claims.claim, desk.cast.rui.actor, number, now=NOW)
    for who in (desk.cast.max, desk.cast.otto):
        page = visit(who).get(f"/review/{number}").text
        assert "芮明 works on this until" in page
        assert "Take over" not in page


@pytest.mark.one_database
def test_a_key_that_decides_nothing_says_why(desk: Desk, visit: Callable[..., Visitor]) -> None:
    pending, held, rejected = desk.apply(), desk.apply(), desk.apply()
    desk.run(holds.hold, desk.cast.rui.actor, held, question="Which order?", now=NOW)
    desk.run(decisions.reject, desk.cast.rui.actor, rejected, reason="other", remarks="No.", now=NOW)
    rita = visit(desk.cast.rita)
    told = {
        number: re.findall(r'<span hidden data-failed-keys="([^"]*)" data-failed="([^"]*)"', page)
        for number in (pending, held, rejected)
        if (page := rita.get(f"/review/{number}").text)
    }
    assert told[pending] == []
    assert told[held] == [("h", "The customer has been asked, and the question waits for its answer.")]
    assert told[rejected] == [("a r h m", "This request does not wait for a decision. Nothing was decided.")]
