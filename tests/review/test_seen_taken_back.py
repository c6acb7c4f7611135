"""A first approval that was given or taken back meanwhile: no verdict from a page that did not show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from backoffice.delivery.models import Message as Mail
from backoffice.requests.models import Hold
from backoffice.review.services import decisions, notes
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER, approve, lose_recharge, verdicts
from tests.review.runs import started, words, work
from tests.review.test_bulk_seen import ask
from tests.review.test_presence import heard
from tests.support.visitor import Visitor

TYPED = "税号有误 – please mend line 2"
UNDONE = "Rita Moreau took the first approval back at 23 Nov 2026, 10:01."
RETURNED = "Rita Moreau took the first approval back at 23 Nov 2026, 10:01: Wrong series"
SENT = {
    "Approve": {"remarks": TYPED},
    "Reject": {"reason": ["other"], "remarks": TYPED},
    "Ask": {"question": TYPED},
    "Return to the queue": {"why": TYPED},
}


@pytest.fixture
def rui(four_eyes: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(four_eyes.cast.rui)


def approved_first(desk: Desk) -> str:
    number = desk.apply(amount="1000.00")
    approve(desk, "rita", number, NOW)
    return number


def undo(desk: Desk, number: str) -> str:
    desk.run(decisions.undo, desk.cast.rita.actor, number, now=LATER)
    return UNDONE


def return_it(desk: Desk, number: str) -> str:
    desk.run(decisions.return_to_queue, desk.cast.rita.actor, number, why="Wrong series", now=LATER)
    return RETURNED


TakeBack = Callable[[Desk, str], str]


@pytest.mark.parametrize("button", SENT)
@pytest.mark.parametrize("take_back", [undo, return_it])
def test_no_verdict_rests_on_a_first_approval_that_was_taken_back(
    four_eyes: Desk, rui: Visitor, take_back: TakeBack, button: str
) -> None:
    number = approved_first(four_eyes)
    rui.get(f"/review/{number}")
    told = take_back(four_eyes, number)
    refused = rui.submit(SENT[button], button=button)
    assert (refused.status_code, told in refused.text, TYPED in refused.text) == (409, True, True)
    assert verdicts(four_eyes, number) == [("first_approve", False)]
    assert four_eyes.count(Hold) + four_eyes.count(Mail, Mail.template != "submitted") == 0
    if button != "Return to the queue":
        assert rui.submit(SENT[button], button=button).status_code == 303, "now he has seen it"


@pytest.mark.parametrize("take_back", [undo, return_it])
def test_an_open_page_hears_who_took_it_back(four_eyes: Desk, rui: Visitor, take_back: TakeBack) -> None:
    number = approved_first(four_eyes)
    page = rui.get(f"/review/{number}").text
    seen = page.partition('data-seen="')[2].partition('"')[0]
    told = take_back(four_eyes, number)
    assert heard(rui, number, stage="second", seen=seen)["news"] == told


def test_a_run_of_many_verdicts_leaves_it(four_eyes: Desk, rui: Visitor) -> None:
    number = approved_first(four_eyes)
    ask(rui, "approve", number)
    undo(four_eyes, number)
    run = started(rui, "Approve 1 request")
    work(four_eyes)
    rui.get(run)
    assert UNDONE in words(rui)
    assert verdicts(four_eyes, number) == [("first_approve", False)]


@pytest.mark.parametrize("button", ["Approve", "Reject", "Ask"])
def test_no_verdict_passes_over_a_first_approval_that_was_given(four_eyes: Desk, rui: Visitor, button: str) -> None:
    number = four_eyes.apply(amount="1000.00")
    rui.get(f"/review/{number}")
    approve(four_eyes, "rita", number)
    refused = rui.submit(SENT[button], button=button)
    told = "Rita Moreau gave this request its first approval at 23 Nov 2026, 10:01."
    assert (refused.status_code, told in refused.text, TYPED in refused.text) == (409, True, True)
    assert verdicts(four_eyes, number) == [("first_approve", True)]


def test_the_last_of_several_things_is_told(four_eyes: Desk, rui: Visitor) -> None:
    number = four_eyes.apply(amount="1000.00")
    rui.get(f"/review/{number}")
    approve(four_eyes, "rita", number, NOW)
    four_eyes.run(notes.add, four_eyes.cast.rita.actor, number, "Wait.", now=NOW + timedelta(seconds=1))
    assert undo(four_eyes, number) in rui.submit(button="Approve").text


def test_a_first_approval_that_the_money_ended_is_no_news_of_a_person(four_eyes: Desk, rui: Visitor) -> None:
    number = approved_first(four_eyes)
    lose_recharge(four_eyes)
    rui.get(f"/review/{number}")
    assert rui.submit(button="Approve").status_code == 303
    assert verdicts(four_eyes, number) == [("first_approve", False), ("first_approve", True)]


def test_a_word_of_an_earlier_release_has_seen_no_end(four_eyes: Desk, rui: Visitor) -> None:
    number = approved_first(four_eyes)
    page = rui.get(f"/review/{number}").text
    seen = page.partition('data-seen="')[2].partition('"')[0]
    undo(four_eyes, number)
    shorter = ".".join(seen.split(".")[:3])
    assert UNDONE in rui.submit({"seen": shorter}, button="Approve").text
