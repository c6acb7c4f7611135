"""A first approval whose money has changed counts no more, and says so at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import Conflict
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision
from backoffice.requests.rules import Ending
from backoffice.review.queries import upcoming
from backoffice.review.services import competence, decisions, holds
from tests.review.desk import Desk
from tests.review.four_eyes import LATER, approve, lose_recharge, made_void, verdicts
from tests.support.office import contradictions
from tests.support.visitor import Visitor


def upcoming_of(desk: Desk, who: str) -> str | None:
    with desk.app.app_context():
        return upcoming.most_urgent(getattr(desk.cast, who).actor, now=LATER)


def test_other_recharges_behind_it_ask_anew(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    assert upcoming_of(four_eyes, "rita") is None
    assert number in visit(four_eyes.cast.rui).get("/review?view=second").text
    lose_recharge(four_eyes)
    page = visit(four_eyes.cast.rui).get(f"/review/{number}").text
    assert ("The first approval holds no more" in page, "A second approval is wanted" in page) == (True, False)
    ended = page.partition("The first approval of Rita Moreau ended")[2]
    assert "The money behind the request had changed." in ended, "the timeline tells at once what the row will keep"
    assert f"At {instant_of(LATER)} the money behind this request changed" in re.sub("<[^>]+>", "", page)
    assert "Return to the queue" not in page, "there is nothing left to take back"
    assert number not in visit(four_eyes.cast.rui).get("/review?view=second").text
    assert upcoming_of(four_eyes, "rita") == number
    assert approve(four_eyes, "rui", number) == "pending"
    assert number in visit(four_eyes.cast.rui).get("/review?view=second").text
    assert verdicts(four_eyes, number) == [("first_approve", False), ("first_approve", True)]
    assert approve(four_eyes, "rita", number) == "approved"


def test_every_list_marks_what_waits_for_the_second_while_the_first_holds(
    four_eyes: Desk, visit: Callable[..., Visitor]
) -> None:
    number, other = four_eyes.apply(amount="1000.00"), four_eyes.apply(four_eyes.cast.bo, amount="10.00")
    approve(four_eyes, "rita", number)
    rui = visit(four_eyes.cast.rui)
    assert ("Second approval" in row_of(rui, number), "Second approval" in row_of(rui, other)) == (True, False)
    lose_recharge(four_eyes)
    assert "Second approval" not in row_of(rui, number)


def row_of(visitor: Visitor, number: str) -> str:
    """A request's row of the queue."""
    return visitor.get("/review").text.partition(f'<tr id="{number}">')[2].partition("</tr>")[0]


def instant_of(at: datetime) -> str:
    """As a page writes it."""
    local = at.astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{local.day} {local:%b %Y, %H:%M}"


@pytest.mark.parametrize("who", ["rita", "rui"])
def test_a_void_approval_cannot_be_taken_back(four_eyes: Desk, who: str) -> None:
    number, actor = made_void(four_eyes), getattr(four_eyes.cast, who).actor
    for verb in (
        partial(decisions.undo, actor, number, now=LATER),
        partial(decisions.return_to_queue, actor, number, why="Wrong.", now=LATER),
    ):
        with pytest.raises(Conflict, match="the first approval of Rita Moreau holds no more"):
            four_eyes.run(verb)
    assert verdicts(four_eyes, number) == [("first_approve", True)], "its row is ended by the next act"


@pytest.mark.parametrize(("verb", "left"), [("approve", 2), ("reject", 2), ("hold", 1)])
def test_the_next_act_ends_a_void_approval_for_its_own_reason(four_eyes: Desk, verb: str, left: int) -> None:
    number, rui = made_void(four_eyes), four_eyes.cast.rui.actor
    acts = {
        "approve": partial(decisions.approve, rui, number, now=LATER),
        "reject": partial(decisions.reject, rui, number, reason="other", remarks="No.", now=LATER),
        "hold": partial(holds.hold, rui, number, question="Which?", now=LATER),
    }
    four_eyes.run(acts[verb])
    assert len(verdicts(four_eyes, number)) == left
    with four_eyes.app.app_context():
        void = session.scalars(select(Decision).order_by(Decision.id)).first()
        assert void is not None
        assert void.revoked_why == Ending.OTHER_MONEY
        audited = session.scalars(select(AuditEvent).where(AuditEvent.action == "request.first_void")).one()
        assert (audited.before, audited.after) == ({"first_approval": "Rita Moreau"}, {"first_approval": None})
        assert contradictions() == []


@pytest.mark.parametrize("verb", ["approve", "hold"])
def test_a_void_approval_ended_when_the_money_changed_whoever_came_across_it_later(
    four_eyes: Desk, visit: Callable[..., Visitor], verb: str
) -> None:
    number, rui = made_void(four_eyes), four_eyes.cast.rui.actor
    before = ended_first(visit(four_eyes.cast.rita).get(f"/review/{number}").text)
    much_later = LATER + timedelta(hours=5)
    if verb == "approve":
        four_eyes.run(decisions.approve, rui, number, now=much_later)
    else:
        four_eyes.run(holds.hold, rui, number, question="Which?", now=much_later)
    after = ended_first(visit(four_eyes.cast.rita).get(f"/review/{number}").text)
    assert instant_of(LATER) in before
    assert after == before, "the same moment and reason, and nobody's name"
    assert four_eyes.cast.rui.name not in after


def ended_first(page: str) -> str:
    """The line of the timeline that tells that Rita's approval ended, as text."""
    (line,) = re.findall(r"The first approval of Rita Moreau ended.*?</li>", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", line)


def test_a_void_approval_is_nobodys_news(four_eyes: Desk) -> None:
    """Who acted is told to whoever comes second; a void approval did nothing."""
    number = made_void(four_eyes)
    with four_eyes.app.app_context():
        found = requests.by_number(number)
        assert competence.what_happened(found) is None
        first = requests.first_approval(found.id)
    assert first is not None
