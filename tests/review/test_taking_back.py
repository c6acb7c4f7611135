"""Undo and return: who takes an approval back, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import Conflict, Forbidden, Invalid
from backoffice.issuing import services as issuing
from backoffice.requests.models import InvoiceRequest
from backoffice.review.services import decisions, holds
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER, UNDO, approve, verdicts, wants_second
from tests.review.runs import started, words, work
from tests.review.test_bulk_seen import ask
from tests.review.test_onward import told_by_z
from tests.support.office import ISSUER, contradictions
from tests.support.visitor import Visitor


def test_whoever_approved_first_may_take_it_back_whenever_they_like(
    four_eyes: Desk, visit: Callable[..., Visitor]
) -> None:
    number, rita, rui = four_eyes.apply(amount="1000.00"), visit(four_eyes.cast.rita), visit(four_eyes.cast.rui)
    assert "This will be the first of two approvals" in rita.get(f"/review/{number}").text
    approve(four_eyes, "rita", number)
    with pytest.raises(Forbidden, match="Only whoever approved"):
        four_eyes.run(decisions.undo, four_eyes.cast.rui.actor, number, now=LATER)
    page = rui.get(f"/review/{number}").text
    assert ("Undo the approval" in page, "the first of two approvals" in page) == (False, False)
    rita.get(f"/review/{number}")
    assert rita.submit(button=f"Undo the approval of {number}").status_code == 303
    assert verdicts(four_eyes, number) == [("first_approve", False)]
    assert not wants_second(four_eyes, number)
    assert approve(four_eyes, "rui", number) == "pending"
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_anybody_returns_a_first_approval_with_a_reason(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number, rui = four_eyes.apply(amount="1000.00"), visit(four_eyes.cast.rui)
    approve(four_eyes, "rita", number)
    rui.get(f"/review/{number}/return")
    assert rui.submit({"why": ""}, button="Return to the queue").status_code == 422
    assert rui.submit({"why": "She is ill."}, button="Return to the queue").status_code == 303
    assert verdicts(four_eyes, number) == [("first_approve", False)]
    approve(four_eyes, "rita", number)
    approve(four_eyes, "rui", number)
    with pytest.raises(Forbidden, match="Only whoever approved"):
        four_eyes.run(decisions.undo, four_eyes.cast.rita.actor, number, now=LATER)


def test_a_rejection_is_not_said_to_be_too_late_to_undo(desk: Desk) -> None:
    number, rita = desk.apply(), desk.cast.rita.actor
    desk.run(decisions.reject, rita, number, reason="other", remarks="No.", now=NOW)
    with pytest.raises(Conflict, match="A rejection cannot be undone"):
        desk.run(decisions.undo, rita, number, now=NOW)


def test_undo_is_ones_own_and_has_its_time(desk: Desk) -> None:
    number = desk.apply()
    approve(desk, "rita", number, NOW)
    with pytest.raises(Forbidden, match="Only whoever approved"):
        desk.run(decisions.undo, desk.cast.rui.actor, number, now=NOW)
    desk.run(decisions.undo, desk.cast.rita.actor, number, now=NOW + timedelta(seconds=UNDO - 1))
    assert (desk.state(number), verdicts(desk, number)) == ("pending", [("approve", False)])
    approve(desk, "rita", number, NOW)
    with pytest.raises(Conflict, match="time to undo is over"):
        desk.run(decisions.undo, desk.cast.rita.actor, number, now=NOW + timedelta(seconds=UNDO))
    with desk.app.app_context():
        assert contradictions() == []


def test_undoing_the_second_approval_leaves_the_first(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    approve(four_eyes, "rui", number)
    four_eyes.run(decisions.undo, four_eyes.cast.rui.actor, number, now=LATER)
    assert verdicts(four_eyes, number) == [("first_approve", True), ("approve", False)]
    assert wants_second(four_eyes, number)
    assert approve(four_eyes, "rui", number) == "approved"
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_a_return_revokes_every_approval_and_says_why(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    approve(four_eyes, "rui", number)
    with pytest.raises(Invalid) as refused:
        four_eyes.run(decisions.return_to_queue, four_eyes.cast.rita.actor, number, why=" ", now=LATER)
    assert set(refused.value.fields) == {"why"}
    four_eyes.run(decisions.return_to_queue, four_eyes.cast.rita.actor, number, why="Wrong header", now=LATER)
    assert four_eyes.state(number) == "pending"
    assert verdicts(four_eyes, number) == [("first_approve", False), ("approve", False)]
    with pytest.raises(Conflict, match="Only an approved request"):
        four_eyes.run(decisions.return_to_queue, four_eyes.cast.rita.actor, number, why="Again", now=LATER)
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_after_the_number_there_is_no_way_back(desk: Desk) -> None:
    number = desk.apply()
    approve(desk, "rita", number, NOW)
    with desk.app.app_context():
        request_id = session.scalars(select(InvoiceRequest.id).where(InvoiceRequest.number == number)).one()
    desk.run(issuing.number_invoice, request_id, issuer=ISSUER)
    for verb, also in ((decisions.undo, {}), (decisions.return_to_queue, {"why": "Too late"})):
        with pytest.raises(Conflict):
            desk.run(verb, desk.cast.rita.actor, number, now=NOW, **also)
    assert desk.state(number) == "approved"


AT = "at 23 Nov 2026, 10:01"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        ("reject", f"芮明 rejected this request {AT}."),
        ("approve", f"芮明 approved this request {AT}. Only whoever approved last can undo it."),
        ("return", f"there is nothing to undo. 芮明 returned the request to the queue {AT}: Not theirs"),
        ("ask", f"芮明 asked the customer {AT}."),
    ],
)
def test_whoever_undoes_too_late_is_told_what_a_colleague_has_done(
    four_eyes: Desk, visit: Callable[..., Visitor], meanwhile: str, told: str
) -> None:
    number, rita, rui = four_eyes.apply(amount="1000.00"), visit(four_eyes.cast.rita), four_eyes.cast.rui.actor
    rita.get(f"/review/{number}")
    rita.submit(button="Approve")
    rita.get(f"/review/{number}")
    verb, given = {
        "reject": (decisions.reject, {"reason": "other", "remarks": "No."}),
        "approve": (decisions.approve, {}),
        "return": (decisions.return_to_queue, {"why": "Not theirs"}),
        "ask": (holds.hold, {"question": "Which order?"}),
    }[meanwhile]
    four_eyes.run(verb, rui, number, now=LATER, **given)
    refused = rita.submit(button=f"Undo the approval of {number}")
    assert refused.status_code in (403, 409)
    assert told in words(rita)
    assert "A rejection cannot be undone" not in words(rita)
    rita.get("/review")
    assert told in told_by_z(rita.page.text), "pressed once more, the key gives the same reason"


@pytest.mark.one_database
def test_a_return_or_a_resumption_too_late_says_who_was_faster(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, rita, rui = desk.apply(), visit(desk.cast.rita), desk.cast.rui.actor
    desk.run(holds.hold, rui, number, question="Which order?", now=NOW)
    rita.get(f"/review/{number}")
    desk.run(holds.resume, rui, number, now=LATER)
    assert rita.submit(button="Back to the queue without an answer").status_code == 409
    assert f"No question waits for an answer here any more. 芮明 put the request back into the queue {AT}." in words(
        rita
    )
    approve(desk, "rita", number, NOW)
    rita.get(f"/review/{number}/return")
    desk.run(decisions.return_to_queue, rui, number, why="Not theirs", now=LATER)
    assert rita.submit({"why": "Wrong"}, button="Return to the queue").status_code == 409
    assert f"芮明 returned the request to the queue {AT}" in words(rita)


@pytest.mark.one_database
def test_a_first_approval_is_not_offered_back_once_its_request_is_rejected_among_many(
    four_eyes: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = four_eyes.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(four_eyes.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": UNDO}))
    number, approved = four_eyes.apply(amount="1000.00"), four_eyes.apply(four_eyes.cast.bo)
    rui = visit(four_eyes.cast.rui)
    for each in (approved, number):
        rui.get(f"/review/{each}")
        rui.submit(button="Approve")
    assert f'action="/review/{number}/undo"' in rui.get("/review").text
    ask(rui, "reject", number, approved)
    started(rui, "Reject 2 requests", reason="other", remarks="No contract.")
    work(four_eyes)
    page = rui.get("/review").text
    assert four_eyes.state(number) == "rejected"
    assert ("First approval" in page, f'action="/review/{number}/undo"' in page) == (False, False)
    assert f'action="/review/{approved}/undo"' in page, "it was not rejected, and is still theirs to take back"
