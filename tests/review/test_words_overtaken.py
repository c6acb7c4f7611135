"""Somebody else was first: it says who and when, whatever else is wrong, and no word is lost where its form is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from backoffice.requests.models import RequestNote
from backoffice.requests.rules import REMARKS_LIMIT
from backoffice.review.services import decisions
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import approve
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database
WORDS, NOTE = "Thank you – the copy goes to line 2", "The contract is signed."


@pytest.fixture
def rui(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rui)


def reject(desk: Desk, number: str) -> str:
    desk.run(decisions.reject, desk.cast.rita.actor, number, reason="other", remarks="No.", now=NOW)
    return f"{desk.cast.rita.actor.label} rejected this request at 23 Nov 2026, 10:00."


def copied(visitor: Visitor) -> list[str]:
    """What stands on the page to be copied away."""
    return [part.partition("<")[0] for part in visitor.page.text.split('<blockquote class="typed">')[1:]]


@pytest.mark.parametrize(
    ("button", "fields", "words"),
    [
        ("Approve", {"remarks": WORDS}, [WORDS]),
        ("Approve", {"remarks": "x" * (REMARKS_LIMIT + 1)}, ["x" * (REMARKS_LIMIT + 1)]),
        ("Reject", {"reason": ["other"]}, ["Another reason"]),
        ("Preview the email", {"reason": ["other"], "remarks": WORDS}, ["Another reason", WORDS]),
        ("Ask", {}, []),
    ],
)
def test_a_form_with_an_error_hears_who_was_first(
    desk: Desk, rui: Visitor, button: str, fields: dict[str, list[str] | str], words: list[str]
) -> None:
    number = desk.spoil_tax_id(desk.apply())
    rui.get(f"/review/{number}")
    told = reject(desk, number)
    answer = rui.submit(fields, button=button)
    assert (answer.status_code, told in answer.text, copied(rui)) == (409, True, words)


def test_a_note_that_is_none_loses_no_remarks(desk: Desk, rui: Visitor) -> None:
    number = desk.apply()
    rui.get(f"/review/{number}")
    told = reject(desk, number)
    answer = rui.submit({"remarks": WORDS}, button="Save the note")
    assert (answer.status_code, told in answer.text, copied(rui)) == (422, True, [WORDS])
    assert "Write the note." in answer.text


@pytest.mark.parametrize(("button", "status"), [("Save the note", 303), ("Claim", 409)])
def test_what_is_still_here_is_on_the_page(desk: Desk, rui: Visitor, button: str, status: int) -> None:
    number = desk.apply()
    rui.get(f"/review/{number}")
    told = reject(desk, number)
    answer = rui.submit({"remarks": WORDS, "note": NOTE}, button=button)
    answer = rui.follow() if button == "Claim" else answer
    assert answer.status_code == status
    if button == "Claim":
        assert (told in answer.text, copied(rui), NOTE in answer.text) == (True, [WORDS], True)
    page = rui.get(f"/review/{number}").text
    assert ("is still here" in page, told in page, copied(rui)) == (True, True, [WORDS])
    assert desk.count(RequestNote, RequestNote.text == NOTE) == (button == "Save the note")


def test_so_it_is_after_the_end_of_a_session(desk: Desk, rui: Visitor, freeze: Callable[[datetime], None]) -> None:
    number = desk.apply()
    rui.get(f"/review/{number}")
    told = reject(desk, number)
    freeze(NOW + timedelta(hours=3))
    comes_back(desk, rui, {"remarks": WORDS}, "Save the note")
    assert (told in rui.page.text, copied(rui)) == (True, [WORDS])


def test_a_preview_loses_nothing_at_a_sessions_end(
    desk: Desk, rui: Visitor, freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    rui.get(f"/review/{number}/reject?list=/review?view%3Dmine")
    freeze(NOW + timedelta(hours=3))
    comes_back(desk, rui, {"reason": ["other"], "remarks": WORDS}, "Preview the email")
    assert ("You are signed in again" in rui.page.text, WORDS in rui.page.text) == (True, True)
    assert rui.path == f"/review/{number}/reject?list=/review?view%3Dmine"


def comes_back(desk: Desk, rui: Visitor, typed: dict[str, list[str] | str], button: str) -> None:
    """Sends it after the session's end, and signs in again."""
    assert rui.submit(typed, button=button).headers["Location"].startswith("/login")
    rui.follow()
    rui.submit({"email": desk.cast.rui.email, "password": "invoice-demo-2026"})
    rui.follow()


def test_whoever_gave_the_first_approval_meanwhile_finds_their_words(four_eyes: Desk, rui: Visitor) -> None:
    number = four_eyes.apply(amount="1500.00")
    rui.get(f"/review/{number}")
    approve(four_eyes, "rui", number, NOW)
    answer = rui.submit({"remarks": WORDS}, button="Approve")
    assert (answer.status_code, copied(rui)) == (403, [WORDS])
    page = rui.get(f"/review/{number}/approve").text
    assert ("You gave the first approval." in page, copied(rui)) == (True, [WORDS])


def test_the_key_of_a_claim_says_why_it_does_nothing(four_eyes: Desk, rui: Visitor) -> None:
    number = four_eyes.apply(amount="1500.00")
    approve(four_eyes, "rui", number, NOW)
    page = rui.get(f"/review/{number}").text
    assert "Nobody works on this." in page
    assert 'data-failed-keys="m" data-failed="You gave the first approval.' in page
