"""A verdict that arrives after its reviewer's session ended: its words wait for them, and nothing is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backoffice.requests.models import Decision, RequestNote
from backoffice.review import jobs
from backoffice.review.services import decisions, notes
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

LATE = NOW + timedelta(hours=3)
SAID = "You are signed in again. What you typed is still here."
WORDS = "谢谢 – the copy goes to line 2"


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def comes_back(visitor: Visitor, email: str) -> None:
    """From the way to the sign-in page through it."""
    visitor.follow()
    visitor.submit({"email": email, "password": "invoice-demo-2026"})
    visitor.follow()


@pytest.mark.parametrize("button", ["Approve", "Reject"])
def test_the_words_of_a_verdict_are_there_after_signing_in_again(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None], button: str
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    freeze(LATE)
    fields = {"reason": ["other"]} if button == "Reject" else {}
    assert rita.submit({"remarks": WORDS, **fields}, button=button).headers["Location"].startswith("/login")
    assert desk.state(number) == "pending"
    comes_back(rita, desk.cast.rita.email)
    assert SAID in rita.page.text
    assert rita.submit(fields, button=button).status_code == 303
    assert desk.state(number) == {"Approve": "approved", "Reject": "rejected"}[button]
    assert desk.count(Decision, Decision.remarks == WORDS) == 1
    assert SAID not in rita.follow().text


@pytest.mark.one_database
def test_of_what_is_too_long_to_wait_the_beginning_is_there(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    freeze(LATE)
    note = "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(2000))
    rita.submit({"remarks": WORDS, "note": note}, button="Approve")
    comes_back(rita, desk.cast.rita.email)
    values = [value for form in rita.forms() for value in form.values]
    (kept,) = [text for name, text in values if name == "note"]
    assert ("remarks", WORDS) in values
    assert len(kept) > 500
    assert note.startswith(kept)
    assert "its end is missing" in rita.page.text


@pytest.mark.parametrize("button", ["Approve", "Reject"])
def test_whoever_comes_back_too_late_copies_their_words_away(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None], button: str
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    freeze(LATE)
    rita.submit({"remarks": WORDS}, button=button)
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=LATE)
    comes_back(rita, desk.cast.rita.email)
    assert "approved this request at" in rita.page.text
    assert WORDS in rita.page.text


@pytest.mark.one_database
def test_whoever_comes_back_too_late_with_a_note_alone_still_has_it(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    freeze(LATE)
    rita.submit({"note": WORDS}, button="Approve")
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=LATE)
    comes_back(rita, desk.cast.rita.email)
    assert "芮明 approved this request at" in rita.page.text
    assert rita.submit(button="Save the note").status_code == 303
    assert desk.count(RequestNote, RequestNote.text == WORDS) == 1


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("form", "button", "fields"),
    [
        ("", "Approve", {"remarks": WORDS}),
        ("/reject", "Reject", {"remarks": WORDS, "reason": ["other"]}),
        ("/hold", "Ask", {"question": WORDS}),
    ],
)
def test_another_language_after_a_lost_verdict_keeps_its_words(
    desk: Desk, rita: Visitor, form: str, button: str, fields: dict[str, Any]
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}{form}")
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=NOW)
    assert rita.submit(fields, button=button).status_code == 409
    assert WORDS in rita.page.text
    rita.get(rita.page.text.partition('name="next" value="')[2].partition('"')[0])
    assert "芮明 approved this request at" in rita.page.text
    assert WORDS in rita.page.text


@pytest.mark.one_database
def test_a_form_that_nobody_wants_any_more_is_not_opened(desk: Desk, rita: Visitor) -> None:
    pending, rejected, approved = desk.apply(), desk.apply(), desk.apply()
    desk.run(decisions.reject, desk.cast.rui.actor, rejected, reason="other", remarks="No.", now=NOW)
    desk.run(decisions.approve, desk.cast.rui.actor, approved, now=NOW, undo_seconds=7)
    opened = {
        (page, number): rita.get(f"/review/{number}/{page}").status_code
        for page in ("reject", "hold", "assign", "return")
        for number in (pending, rejected, approved)
    }
    wanted = {("reject", pending), ("hold", pending), ("assign", pending), ("return", approved)}
    assert {asked for asked, status in opened.items() if status == 200} == wanted
    assert {status for asked, status in opened.items() if asked not in wanted} <= {302, 303}


def test_a_colleague_who_signs_in_there_gets_nothing(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    rita.get(f"/review/{number}")
    freeze(LATE)
    rita.submit({"remarks": WORDS}, button="Approve")
    comes_back(rita, desk.cast.rui.email)
    assert rita.path == f"/review/{number}/approve"
    assert WORDS not in rita.page.text


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("approve", {"remarks": WORDS, "leave_doubtful": []}),
        ("reject", {"remarks": WORDS, "reason": "other"}),
        ("assign", {"assignee": "rui"}),
    ],
)
def test_what_goes_with_many_requests_is_there_after_signing_in_again(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None], action: str, fields: dict[str, str]
) -> None:
    ours, other = [desk.apply(), desk.apply()], desk.apply()
    if "assignee" in fields:
        fields = {"assignee": str(desk.cast.rui.id)}
    rita.get("/review?min=5")
    rita.submit({"number": ours}, button=action)
    freeze(LATE)
    assert rita.submit(fields).headers["Location"].startswith("/login")
    desk.run(notes.add, desk.cast.rui.actor, ours[0], "Wait.", now=LATE)
    comes_back(rita, desk.cast.rita.email)
    assert SAID in rita.page.text
    assert all(number in rita.page.text for number in ours)
    assert other not in rita.page.text
    way_back = "&amp;number=".join(["/review?min=5", *ours])
    assert f'href="{way_back}"' in rita.page.text, "the way back to the list"
    assert rita.submit(button=f"{action.title()} 2 requests").status_code == 303
    rita.follow()
    with desk.app.app_context():
        jobs.work_off()
    rita.get(rita.path)
    if action == "assign":
        assert "Everything is done." in rita.page.text
    else:
        assert "wrote an internal note" in rita.page.text, "it was seen when it was drawn first"
        assert [desk.state(number) == "pending" for number in ours] == [True, False]
        assert desk.count(Decision, Decision.remarks == WORDS) == 1


def test_nothing_kept_leads_to_the_queue(desk: Desk, rita: Visitor) -> None:
    assert rita.get("/review/bulk/start").headers["Location"] == "/review"
