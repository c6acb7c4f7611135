"""What the customer does to a request ends the first of two approvals; and who may not be handed what waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import Conflict, Forbidden, Invalid, Message
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import Ending
from backoffice.requests.services import changes, recipients
from backoffice.review.models import BulkItem
from backoffice.review.rules import BulkAction
from backoffice.review.services import claims, decisions
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER, made_void
from tests.review.test_claims import holder
from tests.review.test_competence import edit_header, run_of_one
from tests.support.office import contradictions
from tests.support.visitor import Visitor


def half_approved(desk: Desk) -> str:
    number = desk.apply(amount="1000.00")
    desk.run(decisions.approve, desk.cast.rita.actor, number, now=NOW)
    return number


def withdraw(desk: Desk, number: str) -> None:
    desk.run(changes.withdraw, desk.cast.ada.actor, number, now=LATER)


def correct(desk: Desk, number: str, email: str = "new@bills.example", copies: str = "") -> None:
    desk.run(recipients.correct, desk.cast.ada.actor, number, email=email, copies=copies, now=LATER)


def first_of(desk: Desk, number: str) -> Decision:
    with desk.app.app_context():
        return session.scalars(
            select(Decision).join(InvoiceRequest).where(InvoiceRequest.number == number).order_by(Decision.id)
        ).all()[0]


def flat(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))


ACTS: dict[str, tuple[Callable[[Desk, str], None], Ending, str, str]] = {
    "withdraw": (withdraw, Ending.WITHDRAWN, "request.withdraw", "The customer withdrew the request."),
    "correct": (correct, Ending.OTHER_ADDRESS, "request.correct", "The customer corrected where the invoice goes."),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_the_customer_does_ends_a_first_approval_and_says_who_and_why(
    four_eyes: Desk, visit: Callable[..., Visitor], act: str
) -> None:
    verb, why, action, told = ACTS[act]
    number = half_approved(four_eyes)
    verb(four_eyes, number)
    first = first_of(four_eyes, number)
    assert (first.revoked_at, first.revoked_by, first.revoked_why) == (LATER, four_eyes.cast.ada.id, why)
    with four_eyes.app.app_context():
        audited = session.scalars(select(AuditEvent).where(AuditEvent.action == action)).one()
        assert (audited.before or {})["first_approval"] == "Rita Moreau"
        assert (audited.after or {})["first_approval"] is None
        assert contradictions() == []
    page = visit(four_eyes.cast.rui).get(f"/review/{number}").text
    assert told in page.partition("The first approval of Rita Moreau ended")[2], "the timeline says why"
    assert "A second approval is wanted" not in page


def test_a_copy_is_an_address_too(four_eyes: Desk) -> None:
    number = half_approved(four_eyes)
    correct(four_eyes, number, "ap@bills.example", "boss@elsewhere.example")
    assert first_of(four_eyes, number).revoked_why == Ending.OTHER_ADDRESS


def test_saving_the_same_addresses_ends_nothing(four_eyes: Desk) -> None:
    number = half_approved(four_eyes)
    correct(four_eyes, number, "ap@bills.example")
    assert first_of(four_eyes, number).revoked_at is None


def test_after_a_correction_two_approve_what_they_have_seen(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number = half_approved(four_eyes)
    correct(four_eyes, number)
    page = flat(visit(four_eyes.cast.rui).get(f"/review/{number}").text)
    assert "The first approval holds no more" in page
    assert "Since then the customer has corrected where the invoice goes" in page
    assert "This will be the first of two approvals" in page
    four_eyes.run(decisions.approve, four_eyes.cast.rui.actor, number, now=LATER)
    assert four_eyes.state(number) == "pending", "the second one alone saw the new address"
    page = flat(visit(four_eyes.cast.rita).get(f"/review/{number}").text)
    assert "Since then the customer has corrected" not in page
    four_eyes.run(decisions.approve, four_eyes.cast.rita.actor, number, now=LATER)
    assert four_eyes.state(number) == "approved"
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_a_void_approval_ended_for_its_own_reason(four_eyes: Desk) -> None:
    number = made_void(four_eyes)
    withdraw(four_eyes, number)
    assert first_of(four_eyes, number).revoked_why == Ending.OTHER_MONEY


UNDONE = {
    "withdraw": "The customer withdrew this request at",
    "correct": "No approval of this request holds now: there is nothing to undo.",
}


@pytest.mark.parametrize("act", ACTS)
def test_undo_says_truthfully_why_there_is_nothing_left(
    four_eyes: Desk, visit: Callable[..., Visitor], act: str
) -> None:
    number = half_approved(four_eyes)
    rita = visit(four_eyes.cast.rita)
    rita.get(f"/review/{number}")
    ACTS[act][0](four_eyes, number)
    with pytest.raises(Conflict, match=UNDONE[act]):
        four_eyes.run(decisions.undo, four_eyes.cast.rita.actor, number, now=LATER)
    refused = rita.submit(button=f"Undo the approval of {number}")
    assert (refused.status_code, UNDONE[act] in flat(refused.text)) == (409, True)


def test_nothing_approved_is_not_said_to_be_too_late(desk: Desk) -> None:
    number = desk.apply()
    with pytest.raises(Conflict, match="nothing to undo") as refused:
        desk.run(decisions.undo, desk.cast.rita.actor, number, now=NOW)
    assert refused.value.code == "not-approved"


def test_it_is_not_handed_to_whoever_approved_first(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number, rita, rui = half_approved(four_eyes), four_eyes.cast.rita, four_eyes.cast.rui
    with pytest.raises(Invalid) as refused:
        four_eyes.run(claims.assign, rui.actor, number, rita.id, now=LATER)
    assert "Rita Moreau may not give it" in str(refused.value.fields["assignee"][0])
    browser = visit(rui)
    page = browser.get(f"/review/{number}/assign").text
    assert f'value="{rita.id}"' not in page, "she is not offered"
    assert f'value="{rui.id}"' in page
    answer = browser.submit({"assignee": str(rita.id)}, button="Hand over")
    assert (answer.status_code, "Rita Moreau may not give it" in flat(answer.text)) == (422, True)
    assert run_of_one(four_eyes, rui, BulkAction.ASSIGN, number, {"assignee": rita.id}) == "refused"
    with four_eyes.app.app_context():
        assert "Rita Moreau may not give it" in str(Message.unpacked(session.scalars(select(BulkItem.reason)).one()))
    assert holder(four_eyes, number) is None
    four_eyes.run(claims.assign, rita.actor, number, rui.id, now=LATER)


def test_it_is_not_handed_to_whoever_changed_the_header(four_eyes: Desk) -> None:
    number = half_approved(four_eyes)
    edit_header(four_eyes, number)
    with pytest.raises(Invalid):
        four_eyes.run(claims.assign, four_eyes.cast.rita.actor, number, four_eyes.cast.rui.id, now=LATER)


@pytest.mark.parametrize("end", ["void", "corrected"])
def test_it_is_handed_to_anybody_once_the_first_approval_holds_no_more(four_eyes: Desk, end: str) -> None:
    number = made_void(four_eyes) if end == "void" else half_approved(four_eyes)
    if end == "corrected":
        correct(four_eyes, number)
    four_eyes.run(claims.assign, four_eyes.cast.rui.actor, number, four_eyes.cast.rita.id, now=LATER)
    assert holder(four_eyes, number) == "Rita Moreau"


@pytest.mark.parametrize("verb", [claims.claim, claims.take_over])
def test_whoever_approved_first_keeps_nobody_from_giving_the_second(four_eyes: Desk, verb: Callable[..., Any]) -> None:
    number, rita = four_eyes.apply(amount="1000.00"), four_eyes.cast.rita.actor
    four_eyes.run(claims.claim, rita, number, now=NOW)
    four_eyes.run(decisions.approve, rita, number, now=NOW)
    assert holder(four_eyes, number) is None, "the approval ends the claim"
    with pytest.raises(Forbidden, match="Somebody else has to give the second one"):
        four_eyes.run(verb, rita, number, now=LATER)
    assert holder(four_eyes, number) is None
    four_eyes.run(decisions.approve, four_eyes.cast.rui.actor, number, now=LATER)
    with pytest.raises(Conflict, match="approved this request"):
        four_eyes.run(verb, rita, number, now=LATER)


def test_whoever_approved_first_may_still_reject(four_eyes: Desk) -> None:
    number, rita = half_approved(four_eyes), four_eyes.cast.rita.actor
    with pytest.raises(Forbidden):
        four_eyes.run(decisions.approve, rita, number, now=LATER)
    four_eyes.run(decisions.reject, rita, number, reason="other", remarks="No.", now=LATER)
    assert four_eyes.state(number) == "rejected"


def test_whoever_approved_first_is_offered_what_they_may_do(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number = four_eyes.apply(amount="1000.00")
    rita = visit(four_eyes.cast.rita)
    stale = rita.get(f"/review/{number}")
    four_eyes.run(decisions.approve, four_eyes.cast.rita.actor, number, now=NOW)
    page = rita.get(f"/review/{number}").text
    offered = [f'"/review/{number}/{verb}' in page for verb in ("approve", "claim", "reject", "hold", "undo", "return")]
    assert offered == [False, False, True, True, True, True]
    rita.page = stale
    refused = rita.submit({"remarks": "words I typed"}, button="Approve")
    assert (refused.status_code, '<blockquote class="typed">words I typed' in refused.text) == (403, True)
    page = visit(four_eyes.cast.rui).get(f"/review/{number}").text
    assert f'"/review/{number}/approve"' in page
