"""Four eyes, undo and return: what takes an approval back, and who may give the second one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import Conflict, Forbidden, Invalid
from backoffice.headers import services as headers
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.services import decisions, holds
from tests.review.desk import NOW, Desk
from tests.support.office import contradictions

UNDO = 7
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def four_eyes(desk: Desk) -> Desk:
    """From 1,000.00 on two people have to approve."""
    threshold(desk, "1000.00")
    return desk


def threshold(desk: Desk, value: str | None) -> None:
    desk.run(
        policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, value, starts_on=NOW.date(), reason="x", now=NOW
    )


def approve(desk: Desk, who: str, number: str, at: Any = LATER) -> str:
    desk.run(decisions.approve, getattr(desk.cast, who).actor, number, now=at, undo_seconds=UNDO)
    return desk.state(number)


def verdicts(desk: Desk, number: str) -> list[tuple[str, bool]]:
    """Each decision on a request and whether it is in force."""
    with desk.app.app_context():
        found = session.scalars(
            select(Decision).join(InvoiceRequest).where(InvoiceRequest.number == number).order_by(Decision.id)
        )
        return [(each.verdict, each.revoked_at is None) for each in found]


def wants_second(desk: Desk, number: str) -> bool:
    with desk.app.app_context():
        found = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()
        return found.second_wanted_at is not None


@pytest.mark.parametrize(("amount", "state"), [("999.99", "approved"), ("1000.00", "pending")])
def test_the_amount_that_reaches_the_threshold_wants_two(four_eyes: Desk, amount: str, state: str) -> None:
    number = four_eyes.apply(amount=amount)
    assert approve(four_eyes, "rita", number) == state
    assert wants_second(four_eyes, number) == (state == "pending")


def test_the_last_seven_days_of_the_account_count_together(four_eyes: Desk) -> None:
    eight_days_ago = four_eyes.apply(amount="900.00", days_ago=8)
    assert approve(four_eyes, "rita", eight_days_ago) == "approved"
    split = [four_eyes.apply(amount="400.00", days_ago=days) for days in (6, 3)]
    other = four_eyes.apply(four_eyes.cast.bo, amount="400.00")
    assert [approve(four_eyes, "rita", number) for number in split] == ["approved", "approved"]
    assert approve(four_eyes, "rita", four_eyes.apply(amount="200.00")) == "pending"
    assert approve(four_eyes, "rita", other) == "approved"


def test_a_rejected_application_does_not_count(four_eyes: Desk) -> None:
    first = four_eyes.apply(amount="700.00")
    four_eyes.run(decisions.reject, four_eyes.cast.rita.actor, first, reason="other", remarks="No.", now=LATER)
    assert approve(four_eyes, "rita", four_eyes.apply(amount="700.00")) == "approved"


def test_without_a_threshold_one_person_decides(desk: Desk) -> None:
    threshold(desk, None)
    assert approve(desk, "rita", desk.apply(amount="9000.00")) == "approved"


def test_the_second_one_is_somebody_else(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    with pytest.raises(Forbidden, match="first approval"):
        approve(four_eyes, "rita", number)
    assert approve(four_eyes, "rui", number) == "approved"
    assert verdicts(four_eyes, number) == [("first_approve", True), ("approve", True)]
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_a_first_approval_is_frozen_whatever_becomes_of_the_threshold(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    threshold(four_eyes, None)
    with pytest.raises(Forbidden):
        approve(four_eyes, "rita", number)
    assert approve(four_eyes, "rui", number) == "approved"


def test_a_second_reviewer_may_reject_instead(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    four_eyes.run(
        decisions.reject, four_eyes.cast.rui.actor, number, reason=["amount", "email"], remarks="No.", now=LATER
    )
    assert verdicts(four_eyes, number) == [("first_approve", False), ("reject", True)]
    assert not wants_second(four_eyes, number)


def test_a_hold_takes_a_first_approval_back(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    four_eyes.run(holds.hold, four_eyes.cast.rui.actor, number, question="Which contract?", now=LATER)
    assert verdicts(four_eyes, number) == [("first_approve", False)]
    assert approve(four_eyes, "rui", number) == "pending"
    assert approve(four_eyes, "rita", number) == "approved"
    with four_eyes.app.app_context():
        assert contradictions() == []


def test_other_recharges_behind_it_ask_anew(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    line = Line(
        number=1, kind="refund", external_id="back", account="lumen", status="completed", amount=Decimal("4500.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    four_eyes.run(entries.book, [line], source="platform", now=LATER)
    assert approve(four_eyes, "rui", number) == "pending"
    assert verdicts(four_eyes, number) == [("first_approve", False), ("first_approve", True)]
    assert approve(four_eyes, "rita", number) == "approved"


def test_whoever_changed_the_header_gives_no_second_approval(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    with four_eyes.app.app_context():
        header_id = session.scalars(select(InvoiceRequest.header_id).where(InvoiceRequest.number == number)).one()
    clerk = four_eyes.cast.ada.actor
    disguised = type(clerk)(four_eyes.cast.rui.id, "芮明", clerk.role, clerk.account_id)
    values = {"kind": "enterprise", "name": "Lumen Robotics Ltd", "tax_id": "91310000MA1FL0A277", "phone": "021-1"}
    four_eyes.run(headers.edit, disguised, header_id, values, now=LATER)
    with pytest.raises(Forbidden, match="changed the header"):
        approve(four_eyes, "rui", number)


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
    from backoffice.issuing import services as issuing
    from tests.support.office import ISSUER

    number = desk.apply()
    approve(desk, "rita", number, NOW)
    with desk.app.app_context():
        request_id = session.scalars(select(InvoiceRequest.id).where(InvoiceRequest.number == number)).one()
    desk.run(issuing.number_invoice, request_id, issuer=ISSUER)
    for verb, also in ((decisions.undo, {}), (decisions.return_to_queue, {"why": "Too late"})):
        with pytest.raises(Conflict):
            desk.run(verb, desk.cast.rita.actor, number, now=NOW, **also)
    assert desk.state(number) == "approved"
