"""Nobody acts on what they have not seen: not by the page of a form without JavaScript, and not by a stale question."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from backoffice.delivery.models import Message as Mail
from backoffice.requests.models import Decision, Hold
from backoffice.requests.services import holds as questions
from backoffice.review.services import decisions, holds, notes
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER, UNDO
from tests.support.visitor import Visitor

WORDS = "税号有误 – please mend line 2"
NEWS = "The customer answered at 23 Nov 2026, 10:01."


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def asked(desk: Desk) -> str:
    number = desk.apply()
    desk.run(holds.hold, desk.cast.rui.actor, number, question="Which contract?", now=NOW)
    return number


def answered(desk: Desk, number: str) -> None:
    desk.run(questions.answer, desk.cast.ada.actor, number, "Contract HT-7.", now=LATER)


def link(visitor: Visitor, name: str) -> str:
    """Where the page leads that stands for a dialog without JavaScript."""
    found = re.search(rf'href="(/review/IR-[\d-]+/{name}\?[^"]*)"', visitor.page.text)
    assert found is not None, name
    return unescape(found[1])


def test_the_form_of_a_rejection_knows_what_the_page_before_it_showed(desk: Desk, rita: Visitor) -> None:
    number = asked(desk)
    rita.get(f"/review/{number}")
    answered(desk, number)
    page = rita.get(link(rita, "reject")).text
    assert NEWS in page, "it is told before anything is typed"
    refused = rita.submit({"reason": ["other"], "remarks": WORDS}, button="Reject")
    assert (refused.status_code, NEWS in refused.text, WORDS in refused.text) == (409, True, True)
    assert (desk.state(number), desk.count(Decision)) == ("pending", 0)
    assert "Contract HT-7." in refused.text
    rita.get(link(rita, "reject"))
    assert NEWS not in rita.page.text
    assert rita.submit({"reason": ["other"], "remarks": WORDS}, button="Reject").status_code == 303


@pytest.mark.parametrize("button", ["Preview the email", "Reject"])
def test_what_was_seen_goes_with_the_form_through_its_steps(desk: Desk, rita: Visitor, button: str) -> None:
    number = asked(desk)
    rita.get(f"/review/{number}")
    rita.get(link(rita, "reject"))
    answered(desk, number)
    step = rita.submit({"reason": ["other"], "remarks": WORDS if "Preview" in button else ""}, button=button)
    assert (step.status_code, NEWS in step.text) == (200 if "Preview" in button else 422, True)
    assert rita.submit({"reason": ["other"], "remarks": WORDS}, button="Reject").status_code == 409


@pytest.mark.parametrize("word", ["", "?seen=", "?seen=x.y.z"])
def test_a_form_that_was_opened_by_its_address_shows_what_has_happened(desk: Desk, rita: Visitor, word: str) -> None:
    number = asked(desk)
    answered(desk, number)
    desk.run(notes.add, desk.cast.rui.actor, number, "Rang twice.", now=LATER)
    page = rita.get(f"/review/{number}/reject{word}").text
    assert ("Contract HT-7." in page, "Rang twice." in page) == (True, True)
    desk.run(notes.add, desk.cast.rui.actor, number, "Wait for me.", now=LATER)
    refused = rita.submit({"reason": ["other"], "remarks": WORDS}, button="Reject")
    assert (refused.status_code, WORDS in refused.text) == (409, True)


def first_approval_meanwhile(desk: Desk, number: str) -> str:
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=LATER)
    return "芮明 gave this request its first approval at 23 Nov 2026, 10:01."


def note_meanwhile(desk: Desk, number: str) -> str:
    desk.run(notes.add, desk.cast.rui.actor, number, "Do not ask.", now=LATER)
    return "芮明 wrote an internal note at 23 Nov 2026, 10:01."


@pytest.mark.parametrize("by", ["dialog", "link", "address"])
@pytest.mark.parametrize("happens", [first_approval_meanwhile, note_meanwhile])
def test_a_question_from_a_stale_page_ends_nothing_and_mails_nobody(
    four_eyes: Desk, rita: Visitor, happens: Callable[[Desk, str], str], by: str
) -> None:
    number = four_eyes.apply(amount="1000.00")
    rita.get(f"/review/{number}" + ("/hold" if by == "address" else ""))
    if by == "link":
        rita.get(link(rita, "hold"))
    told = happens(four_eyes, number)
    refused = rita.submit({"question": WORDS}, button="Ask")
    assert (refused.status_code, told in refused.text) == (409, True)
    assert f'<blockquote class="typed">{WORDS}</blockquote>' in refused.text
    assert four_eyes.count(Hold) + four_eyes.count(Mail, Mail.template == "information_wanted") == 0
    assert four_eyes.count(Decision, Decision.revoked_at.is_not(None)) == 0
    assert rita.submit(button="Ask").status_code == 303, "now she has seen it, and need not type it again"
    assert four_eyes.count(Hold, Hold.question == WORDS) == 1


def test_a_question_that_comes_second_names_who_was_first(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    desk.run(holds.hold, desk.cast.rui.actor, number, question="Which?", now=LATER)
    assert "The question waits for its answer." in rita.submit({"question": WORDS}, button="Ask").text


@pytest.mark.parametrize("by", ["dialog", "link"])
def test_nobody_returns_an_approval_they_have_not_seen(four_eyes: Desk, rita: Visitor, by: str) -> None:
    number = four_eyes.apply(amount="1000.00")
    four_eyes.run(decisions.approve, four_eyes.cast.rui.actor, number, now=NOW)
    rita.get(f"/review/{number}")
    if by == "link":
        rita.get(link(rita, "return"))
    four_eyes.run(notes.add, four_eyes.cast.rui.actor, number, "Checked by phone.", now=LATER)
    refused = rita.submit({"why": WORDS}, button="Return to the queue")
    assert (refused.status_code, "wrote an internal note" in refused.text, WORDS in refused.text) == (409, True, True)
    assert four_eyes.count(Decision, Decision.revoked_at.is_not(None)) == 0
    assert rita.submit({"why": WORDS}, button="Return to the queue").status_code == 303


def test_a_second_approval_that_came_meanwhile_is_not_returned_with_the_first(four_eyes: Desk, rita: Visitor) -> None:
    number = four_eyes.apply(amount="1000.00")
    four_eyes.run(decisions.approve, four_eyes.cast.rita.actor, number, now=NOW)
    rita.get(f"/review/{number}")
    four_eyes.run(decisions.approve, four_eyes.cast.rui.actor, number, now=LATER, undo_seconds=UNDO)
    refused = rita.submit({"why": WORDS}, button="Return to the queue")
    assert (refused.status_code, "芮明 approved this request at" in refused.text) == (409, True)
    assert four_eyes.state(number) == "approved"
