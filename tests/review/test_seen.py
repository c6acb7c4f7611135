"""Nobody acts on what they have not seen: not by the page of a form without JavaScript, and not by a stale question."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from backoffice.requests.models import Decision
from backoffice.requests.services import holds as questions
from backoffice.review.services import holds, notes
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER
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
