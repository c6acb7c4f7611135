"""Verdicts on many requests are given on what was seen of each: when the page was drawn that asked once more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.requests.models import Decision
from backoffice.requests.rules import Action
from backoffice.requests.services import holds as holds_of_requests
from backoffice.review.models import BulkRun
from backoffice.review.services import decisions, holds, notes
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER
from tests.review.runs import started, words, work
from tests.support.office import contradictions
from tests.support.visitor import Visitor

NEWS = "芮明 wrote an internal note at 23 Nov 2026, 10:01."
FIRST = "芮明 gave this request its first approval at 23 Nov 2026, 10:01."


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def ask(rita: Visitor, action: str, *numbers: str) -> None:
    rita.get("/review/bulk/new?" + urlencode([("action", action), *(("number", number) for number in numbers)]))


def note(desk: Desk, number: str) -> None:
    desk.run(notes.add, desk.cast.rui.actor, number, "Bank called: fraud. Do not approve.", now=LATER)


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_what_has_news_is_left_and_stays_ticked(desk: Desk, rita: Visitor, action: str) -> None:
    warned, quiet = desk.apply(), desk.apply()
    ask(rita, action, warned, quiet)
    note(desk, warned)
    fields = {"remarks": "Mend it."} | ({"reason": "other"} if action == "reject" else {})
    run = started(rita, f"{action.title()} 2 requests", **fields)
    work(desk)
    rita.get(run)
    assert NEWS in words(rita)
    assert (desk.state(warned), desk.state(quiet) != "pending") == ("pending", True)
    rita.submit({}, button=action)
    assert f"{action.title()} 1 request" in words(rita), "it is still chosen, and now seen as it is"
    assert "Bank called: fraud. Do not approve." in words(rita)
    started(rita, f"{action.title()} 1 request")
    work(desk)
    assert desk.state(warned) == desk.state(quiet)
    with desk.app.app_context():
        assert contradictions() == []


def test_a_form_that_comes_back_says_what_has_changed_since(desk: Desk, rita: Visitor) -> None:
    warned, quiet = desk.apply(), desk.apply()
    ask(rita, "reject", warned, quiet)
    note(desk, warned)
    rita.submit({"remarks": "Mend it."}, button="auto")
    rita.follow()
    assert "1 of them has changed since you looked at it" in words(rita)
    shown = words(rita).partition("These requests")[2]
    assert shown.count("Changed") == 1
    assert shown.index(warned) < shown.index("Changed") < shown.index(quiet)
    assert "Mend it." in rita.page.text


@pytest.mark.one_database
def test_what_counts_as_seen_is_shown(four_eyes: Desk, rita: Visitor) -> None:
    desk, rui, ada = four_eyes, four_eyes.cast.rui.actor, four_eyes.cast.ada.actor
    noted, answered, ended, quiet = desk.apply(), desk.apply(), desk.apply(amount="1000.00"), desk.apply(amount="7.00")
    rita.get("/review")
    note(desk, noted)
    desk.run(holds.hold, rui, answered, question="Which order?", now=NOW)
    desk.run(holds_of_requests.answer, ada, answered, "Do not invoice it yet.", now=LATER)
    desk.run(decisions.approve, rui, ended, now=NOW)
    desk.run(decisions.return_to_queue, rui, ended, why="Not theirs", now=LATER)
    for action in ("approve", "reject"):
        ask(rita, action, noted, answered, ended, quiet)
        shown = words(rita)
        assert "There is something to read about 3 of them" in shown
        told, _, listed = shown.partition("These requests")
        assert (quiet in told, listed.count("To read")) == (False, 3)
        for sentence in (
            f"{noted} {NEWS} Bank called: fraud. Do not approve.",
            "The customer answered at 23 Nov 2026, 10:01. Do not invoice it yet.",
            "芮明 took the first approval back at 23 Nov 2026, 10:01: Not theirs",
        ):
            assert sentence in told


def test_a_first_approval_given_meanwhile_makes_nobody_the_last_of_many(four_eyes: Desk, rita: Visitor) -> None:
    number = four_eyes.apply(amount="1000.00")
    ask(rita, "approve", number)
    four_eyes.run(decisions.approve, four_eyes.cast.rui.actor, number, now=LATER)
    run = started(rita, "Approve 1 request")
    work(four_eyes)
    assert FIRST in words_at(rita, run)
    assert (four_eyes.state(number), four_eyes.count(Decision, Decision.verdict == Action.APPROVE)) == ("pending", 0)


def words_at(visitor: Visitor, address: str) -> str:
    visitor.get(address)
    return words(visitor)


def test_a_run_that_waited_for_its_worker_decides_on_no_news(
    desk: Desk, rita: Visitor, freeze: Callable[[datetime], None]
) -> None:
    warned, quiet = desk.apply(), desk.apply()
    rita.get("/review/bulk/new?action=approve&all=1")
    run = started(rita, "Approve 2 requests")
    note(desk, warned)
    freeze(NOW + timedelta(minutes=90))
    work(desk)
    assert NEWS in words_at(rita, run)
    assert (desk.state(warned), desk.state(quiet)) == ("pending", "approved")


def test_a_form_that_is_shown_again_was_seen_as_before(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    ask(rita, "reject", number)
    note(desk, number)
    assert rita.submit({"remarks": "Mend it."}, button="Reject 1 request").status_code == 422
    run = started(rita, "Reject 1 request", reason="other")
    work(desk)
    assert NEWS in words_at(rita, run)
    assert desk.state(number) == "pending"


def test_news_hinder_nobody_from_handing_over(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    ask(rita, "assign", number)
    note(desk, number)
    run = started(rita, "Assign 1 request", assignee=str(desk.cast.rui.id))
    work(desk)
    assert "Everything is done." in words_at(rita, run)


def test_what_was_seen_is_no_argument_of_a_run(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    ask(rita, "approve", number)
    started(rita, "Approve 1 request", remarks="Thanks")
    with desk.app.app_context():
        run = session.query(BulkRun).one()
        assert set(run.arguments) == {"remarks", "leave_doubtful", "seen"}
        told = session.query(AuditEvent).filter(AuditEvent.action == "bulk.start").one()
        assert told.after == {"action": "approve", "requests": 1, "remarks": "Thanks", "leave_doubtful": False}
