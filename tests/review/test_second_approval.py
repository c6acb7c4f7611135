"""Four eyes: when two have to approve, and who may give the second approval."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import Forbidden
from backoffice.headers import services as headers
from backoffice.issuing import services as issuing
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.review.services import decisions, holds
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER, approve, threshold, verdicts, wants_second
from tests.support.office import ISSUER, contradictions
from tests.support.sql import plan
from tests.support.visitor import Visitor


@pytest.mark.parametrize(("amount", "state"), [("999.99", "approved"), ("1000.00", "pending")])
def test_the_amount_that_reaches_the_threshold_wants_two(four_eyes: Desk, amount: str, state: str) -> None:
    number = four_eyes.apply(amount=amount)
    assert approve(four_eyes, "rita", number) == state
    assert wants_second(four_eyes, number) == (state == "pending")


def test_what_an_account_submits_within_seven_days_counts_together(four_eyes: Desk) -> None:
    split = [four_eyes.apply(amount="400.00", days_ago=days) for days in (6, 3)]
    other = four_eyes.apply(four_eyes.cast.bo, amount="400.00")
    assert [approve(four_eyes, "rita", number) for number in split] == ["approved", "approved"]
    assert approve(four_eyes, "rita", four_eyes.apply(amount="200.00")) == "pending"
    assert approve(four_eyes, "rita", other) == "approved"


@pytest.mark.parametrize("weeks", [0, 1, 5])
@pytest.mark.parametrize("days", [(7.01, 7.01, 7.01), (0, 3, 6.9), (6.9, 0, 3)])
def test_a_split_sum_is_seen_in_every_order_and_however_late(
    four_eyes: Desk, days: tuple[float, ...], weeks: int
) -> None:
    split = [four_eyes.apply(amount="400.00", days_ago=ago) for ago in days]
    decided = [approve(four_eyes, "rita", number, LATER + timedelta(weeks=weeks)) for number in split]
    assert decided == ["pending"] * 3


def test_the_older_of_two_is_no_more_alone_than_the_newer_one(four_eyes: Desk) -> None:
    old, new = four_eyes.apply(amount="900.00", days_ago=7.01), four_eyes.apply(amount="900.00", days_ago=1)
    assert [approve(four_eyes, "rita", number) for number in (old, new)] == ["pending", "pending"]


def test_what_was_granted_within_seven_days_counts_however_old_it_was(four_eyes: Desk) -> None:
    """Submissions months apart, decided one after the other: nobody grants the threshold alone in a week."""
    old, older, new = (four_eyes.apply(amount="600.00", days_ago=days) for days in (30, 60, 1))
    assert approve(four_eyes, "rita", old, NOW) == "approved"
    assert approve(four_eyes, "rita", older, NOW + timedelta(days=7)) == "pending"
    assert approve(four_eyes, "rita", new, NOW + timedelta(days=7, seconds=1)) == "approved"


def test_what_was_issued_is_still_seen_for_a_week(four_eyes: Desk) -> None:
    issued, second, last = (four_eyes.apply(amount="600.00", days_ago=days) for days in (30, 20, 10))
    approve(four_eyes, "rita", issued, NOW)
    with four_eyes.app.app_context():
        request_id = session.scalars(select(InvoiceRequest.id).where(InvoiceRequest.number == issued)).one()
    four_eyes.run(lambda: issuing.complete(_numbered(request_id), "0" * 64, 1, now=NOW))
    assert four_eyes.state(issued) == "issued"
    assert approve(four_eyes, "rita", second) == "pending"
    assert approve(four_eyes, "rita", last, NOW + timedelta(days=8)) == "approved"


def _numbered(request_id: int) -> int:
    invoice = issuing.number_invoice(request_id, issuer=ISSUER)
    assert invoice is not None
    return invoice.id


def test_the_sum_is_one_statement_inside_the_accounts_own_indexes(four_eyes: Desk, database: str) -> None:
    four_eyes.apply()
    with four_eyes.app.app_context():
        week = timedelta(days=7)
        used = plan(requests.gross_around(four_eyes.cast.lumen, NOW - week, NOW + week, granted_since=NOW), database)
    if database == "sqlite":
        names = ("account", "account_state", "account_issued")
        assert all(re.search(rf"ix_invoice_request_{name}\b", used) for name in names), used
    assert "SCAN invoice_request" not in used
    assert "Seq Scan" not in used


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


@pytest.mark.parametrize(("second", "told"), [("And mine.", "For you.\n\nAnd mine."), ("", "For you.")])
def test_the_customer_reads_what_both_wrote_once_it_is_approved(
    four_eyes: Desk, visit: Callable[..., Visitor], second: str, told: str
) -> None:
    number = four_eyes.apply(amount="1000.00")
    rita, rui, ada = four_eyes.cast.rita, four_eyes.cast.rui, visit(four_eyes.cast.ada)
    four_eyes.run(decisions.approve, rita.actor, number, remarks="For you.", now=NOW)
    assert "For you." not in ada.get(f"/invoices/{number}").text
    four_eyes.run(decisions.approve, rui.actor, number, remarks=second, now=LATER)
    assert f"<p>{told}</p>" in ada.get(f"/invoices/{number}").text
    card = visit(rui).get(f"/review/{number}").text
    assert "First approval by" in card
    assert "For you." in card


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
