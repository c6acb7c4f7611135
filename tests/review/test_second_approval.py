"""Four eyes, undo and return: what takes an approval back, and who may give the second one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import Conflict, Forbidden, Invalid
from backoffice.headers import services as headers
from backoffice.issuing import services as issuing
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import Ending
from backoffice.review.queries import upcoming
from backoffice.review.services import competence, decisions, holds
from tests.review.desk import NOW, Desk
from tests.support.office import ISSUER, contradictions
from tests.support.sql import plan
from tests.support.visitor import Visitor

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


def upcoming_of(desk: Desk, who: str) -> str | None:
    with desk.app.app_context():
        return upcoming.most_urgent(getattr(desk.cast, who).actor, now=LATER)


def test_other_recharges_behind_it_ask_anew(four_eyes: Desk, visit: Callable[..., Visitor]) -> None:
    number = four_eyes.apply(amount="1000.00")
    approve(four_eyes, "rita", number)
    line = Line(
        number=1, kind="refund", external_id="back", account="lumen", status="completed", amount=Decimal("4500.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    assert upcoming_of(four_eyes, "rita") is None
    assert number in visit(four_eyes.cast.rui).get("/review?view=second").text
    four_eyes.run(entries.book, [line], source="platform", now=LATER)
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


def instant_of(at: datetime) -> str:
    """As a page writes it."""
    local = at.astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{local.day} {local:%b %Y, %H:%M}"


def made_void(desk: Desk) -> str:
    """A request that Rita approved first, before other recharges came to pay for it."""
    number = desk.apply(amount="1000.00")
    approve(desk, "rita", number)
    line = Line(
        number=1, kind="refund", external_id="back", account="lumen", status="completed", amount=Decimal("4500.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    desk.run(entries.book, [line], source="platform", now=LATER)
    return number


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
