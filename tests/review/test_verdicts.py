"""Verdicts through the page: what they change, what they refuse, and that typed words are never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.cli import ScriptInfo
from sqlalchemy import select, update

from backoffice import clock, storage
from backoffice.accounts.models import User
from backoffice.cli.command import cli
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.errors import Conflict
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.models import Reservation
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM, Role
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.services import holds as questions
from backoffice.requests.services import recipients
from backoffice.review import labels
from backoffice.review.services import decisions as services
from backoffice.review.services import holds, notes
from tests.review.desk import NOW, Desk
from tests.support.sql import statements
from tests.support.visitor import Visitor

REMARKS = "税号有误 – please check line 2 & mend it"


def test_approve_moves_on_to_the_next_most_urgent(desk: Desk, visit: Callable[..., Visitor]) -> None:
    later, first = desk.apply(days_ago=1), desk.apply(desk.cast.bo, days_ago=6)
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{first}")
    answer = rita.submit({"remarks": "Fine."}, button="Approve")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/review/{later}#heading")
    assert desk.state(first) == "approved"
    assert f"Approved: {first}" in rita.follow().text
    with desk.app.app_context():
        decision = session.scalars(select(Decision)).one()
        assert (decision.verdict, decision.remarks, decision.decided_by) == ("approve", "Fine.", desk.cast.rita.id)


def test_the_last_verdict_leads_back_to_the_empty_queue(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    assert rita.submit({"remarks": ""}, button="Approve").headers["Location"].endswith("/review#heading")
    assert "Nothing waits for a decision" in rita.follow().text


def test_the_worker_waits_for_the_undo_window(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = desk.app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(desk.app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 7}))
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    rita.submit(button="Approve", fields={"remarks": ""})
    with desk.app.app_context():
        issuable_at = session.scalars(select(InvoiceRequest.issuable_at)).one()
    assert issuable_at is not None
    assert (issuable_at - NOW).total_seconds() == 7


def test_reject_gives_the_money_back_and_tells_the_customer(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}/reject")
    assert rita.submit({"reason": "tax_id", "remarks": REMARKS}, button="Reject").status_code == 303
    assert desk.state(number) == "rejected"
    assert desk.count(Reservation, Reservation.state == "released") == 1
    assert desk.count(Message, Message.template == "rejected", Message.recipient == "ap@bills.example") == 1
    page = rita.get(f"/review/{number}").text
    assert "The tax ID does not match the name" in page
    assert "please check line 2 &amp; mend it" in page
    assert "The money went back to the account." in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"remarks": REMARKS}, "Choose a reason."),
        ({"reason": "nonsense", "remarks": REMARKS}, "Choose a reason."),
        ({"reason": "tax_id", "remarks": "  \n "}, "Tell the customer what to correct."),
        ({"reason": "tax_id", "remarks": "x" * 501}, "500"),
    ],
)
def test_a_rejection_says_why(desk: Desk, visit: Callable[..., Visitor], typed: dict[str, str], sentence: str) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}/reject")
    answer = rita.submit(typed, button="Reject")
    assert answer.status_code == 422
    assert sentence in _errors(answer.text)
    assert desk.state(number) == "pending"
    kept = dict(rita.forms()[-1].values)
    assert kept["remarks"].strip() == typed["remarks"].strip()
    if typed.get("reason") == "tax_id":
        assert kept["reason"] == "tax_id"


def test_remarks_that_are_too_long_stay_in_the_approval(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    answer = rita.submit({"remarks": "y" * 501}, button="Approve")
    assert answer.status_code == 422
    assert "500" in _errors(answer.text)
    assert "y" * 501 in answer.text
    assert desk.state(number) == "pending"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_the_loser_of_a_race_reads_who_decided_and_keeps_the_text(
    desk: Desk, visit: Callable[..., Visitor], verdict: str
) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    desk.run(services.approve, desk.cast.rui.actor, number, now=NOW)
    typed = {"remarks": "words I typed"} | ({"reason": "other"} if verdict == "reject" else {})
    answer = rita.submit(typed, button=verdict.title())
    assert answer.status_code == 409
    assert "芮明 approved this request at 23 Nov 2026, 10:00." in answer.text
    assert '<blockquote class="typed">words I typed</blockquote>' in answer.text
    assert desk.count(Decision) == 1


def test_nobody_decides_on_what_they_applied_for(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number, other = desk.apply(days_ago=3), desk.apply(desk.cast.bo)
    # Ada has changed sides since she applied.
    promoted = update(User).where(User.id == desk.cast.ada.id).values(role=Role.REVIEWER, account_id=None)
    desk.run(lambda: session.execute(promoted))
    ada = visit(desk.cast.ada)
    assert f'action="/review/{number}' not in ada.get(f"/review/{number}").text
    assert "Nobody decides on what they or their own account applied for." in ada.page.text
    assert ada.get(f"/review/{number}/reject").status_code == 303
    ada.get(f"/review/{other}")
    token = dict(ada.forms()[-1].values)["csrf_token"]
    for verdict in ("approve", "reject"):
        data = {"csrf_token": token, "reason": "other", "remarks": "my words"}
        answer = ada.client.post(f"/review/{number}/{verdict}", data=data)
        assert answer.status_code == 403
        assert "Nobody decides on what they or their own account applied for." in answer.text
        assert "my words" in answer.text
    assert desk.state(number) == "pending"
    # After a verdict on another's request her own is not offered next.
    assert ada.submit({"remarks": ""}, button="Approve").headers["Location"].endswith("/review#heading")


@pytest.mark.parametrize("name", ["max", "otto"])
def test_managers_and_auditors_read_only(desk: Desk, visit: Callable[..., Visitor], name: str) -> None:
    number = desk.apply()
    visitor = visit(getattr(desk.cast, name))
    page = visitor.get(f"/review/{number}").text
    assert "Lumen Robotics Ltd" in page
    assert "/approve" not in page
    assert "/reject" not in page
    token = dict(visitor.forms()[-1].values)["csrf_token"]
    for verdict in ("approve", "reject"):
        answer = visitor.client.post(f"/review/{number}/{verdict}", data={"csrf_token": token})
        assert answer.status_code == 403
    assert desk.state(number) == "pending"


def test_a_request_costs_fourteen_statements(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for _ in range(7):
        desk.apply(desk.cast.bo, days_ago=9)
    number = desk.apply(desk.cast.bo, amount="6000.00")
    rita = visit(desk.cast.rita)
    with statements(desk.app) as sent:
        page = rita.get(f"/review/{number}").text
    assert len(sent) == 14, (
        "session, request, recharges, timeline, earlier requests, last invoice, known words, refunds, policies of the"
        " draft, mails, colleagues, counts, and whether two have to approve: the threshold and the account's sum"
    )
    large = {"starts_on": NOW.date(), "reason": "x", "now": NOW}
    desk.run(policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "6000.00", **large)
    with statements(desk.app) as sent:
        assert "This will be the first of two approvals" in rita.get(f"/review/{number}/approve").text
    assert len(sent) == 13, "an amount that is large by itself needs no sum, and the request is read once"
    desk.run(notes.add, desk.cast.rui.actor, number, "Seen it.", now=NOW)
    desk.run(services.approve, desk.cast.rui.actor, number, now=NOW)
    with statements(desk.app) as sent:
        assert "Seen it." in rita.get(f"/review/{number}").text
    assert len(sent) == 14, "notes and verdicts where there are some; the first approval is there, nothing is reckoned"
    assert set(re.findall(r"yunqi-\d", page)) == {"yunqi-1", "yunqi-2"}, "both recharges it is spread over"
    assert page.count("IR-20261114-") == 22, "five earlier ones, linked and named, in check and list; Skip twice"


def test_the_evidence_shows_balance_and_header(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(amount="4000.00", remarks="合同号 HT-1")
    rita = visit(desk.cast.rita)
    page = rita.get(f"/review/{number}").text
    for words in ("¥10,000.00", "¥6,000.00", "Check digit valid", "Unchanged", "合同号 HT-1", "Payer of lumen"):
        assert words in page
    change = update(InvoiceHeader).where(InvoiceHeader.account_id == desk.cast.lumen)
    desk.run(lambda: session.execute(change.values(tax_id="91440300MA5DA0X7X5")))
    page = rita.get(f"/review/{number}").text
    assert "Changed since submitted" in page
    assert "91310000MA1FL0A277" in page, "the frozen one stays"
    assert "91440300MA5DA0X7X5" in page


def test_missing_money_keeps_the_remarks_in_the_form(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.apply()

    def short(_request_id: int) -> None:
        raise Conflict("This request is short of money.")

    monkeypatch.setattr(services.ledger, "check_whole", short)
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    answer = rita.submit({"remarks": "typed"}, button="Approve")
    assert answer.status_code == 409
    assert "This request is short of money." in answer.text
    assert any(dict(form.values).get("remarks", "").strip() == "typed" for form in rita.forms())
    assert desk.state(number) == "pending"


def test_unknown_requests_and_missing_documents_are_not_found(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    assert rita.get("/review/IR-20261123-000000").status_code == 404
    assert rita.get(f"/review/{number}/document").status_code == 404


def test_the_issued_document_is_served_as_stored(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from backoffice.issuing.jobs import issue_due

    number = desk.apply()
    desk.run(services.approve, desk.cast.rita.actor, number, now=NOW)
    with desk.app.app_context():
        assert issue_due() == 1
        invoice_number = session.scalars(select(InvoiceRequest.invoice_number)).one()
    otto = visit(desk.cast.otto)
    assert "Open PDF" in otto.get(f"/review/{number}").text
    answer = otto.get(f"/review/{number}/document")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert f'filename="{invoice_number}.pdf"' in answer.headers["Content-Disposition"]
    etag = answer.get_etag()[0]
    assert etag is not None
    with desk.app.app_context():
        assert answer.data == storage.get(etag)
    assert otto.get(f"/review/{number}/document", headers={"If-None-Match": f'"{etag}"'}).status_code == 304


def _errors(page: str) -> str:
    """The text of the error messages on a page."""
    return " ".join(re.findall(r'<p class="field-error".*?</p>', page, re.S))


def customer_corrects(desk: Desk, number: str) -> str:
    desk.run(recipients.correct, desk.cast.ada.actor, number, email="new@bills.example", copies="", now=NOW)
    return "The customer corrected the receiving email at"


def colleague_asks_and_is_answered(desk: Desk, number: str) -> str:
    desk.run(holds.hold, desk.cast.rui.actor, number, question="Which?", now=NOW)
    desk.run(questions.answer, desk.cast.ada.actor, number, "Please do not issue it.", now=NOW)
    return "The customer answered at"


def colleague_notes(desk: Desk, number: str) -> str:
    desk.run(notes.add, desk.cast.rui.actor, number, "Do not approve.", now=NOW)
    return "芮明 wrote an internal note at"


def refund_moves_money(desk: Desk, number: str) -> str:
    refund = Line(
        number=1, kind="refund", external_id="F-1", account="lumen", status="completed", amount=Decimal("4950.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    desk.run(entries.book, [refund], source="platform", now=NOW)
    return "A refund or a recharge changed the money of this request at"


@pytest.mark.parametrize(
    "happens", [customer_corrects, colleague_asks_and_is_answered, colleague_notes, refund_moves_money]
)
@pytest.mark.parametrize("verdict", ["Approve", "Reject"])
def test_nobody_decides_on_what_they_have_not_seen(
    desk: Desk, visit: Callable[..., Visitor], happens: Callable[[Desk, str], str], verdict: str
) -> None:
    """Whatever a verdict rests on may change while somebody reads; they are told, keep their words, and look again."""
    number, rita = desk.apply(), visit(desk.cast.rita)
    typed = {"remarks": REMARKS} | ({"reason": "tax_id"} if verdict == "Reject" else {})
    rita.get(f"/review/{number}" if verdict == "Approve" else f"/review/{number}/reject")
    told = happens(desk, number)
    answer = rita.submit(typed, button=verdict)
    assert answer.status_code == 409
    assert told in answer.text
    assert REMARKS.replace("&", "&amp;") in answer.text
    assert (desk.state(number), desk.count(Decision)) == ("pending", 0)
    if verdict == "Reject":  # its dialog is closed: the button of the page leads to its form, with the words
        rita.submit({}, button="Reject")
        assert REMARKS.replace("&", "&amp;") in rita.follow().text
    assert rita.submit(typed, button=verdict).status_code == 303, "now they have seen it"
    assert desk.state(number) in ("approved", "rejected")


def test_a_first_approval_given_meanwhile_makes_nobody_the_last(desk: Desk, visit: Callable[..., Visitor]) -> None:
    threshold = {"starts_on": NOW.date(), "reason": "x", "now": NOW}
    desk.run(policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", **threshold)
    number, rita = desk.apply(), visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    desk.run(services.approve, desk.cast.rui.actor, number, now=NOW)
    answer = rita.submit({"remarks": ""}, button="Approve")
    assert answer.status_code == 409
    assert "芮明 gave this request its first approval at" in answer.text
    assert desk.state(number) == "pending"
    assert rita.submit({"remarks": ""}, button="Approve").status_code == 303
    assert desk.state(number) == "approved"


def test_what_the_loser_of_a_race_typed_or_chose_is_all_there(desk: Desk, visit: Callable[..., Visitor]) -> None:
    first, second = desk.spoil_tax_id(desk.apply()), desk.apply()
    rita, why = visit(desk.cast.rita), "As on the business licence."
    rita.get(f"/review/{first}")
    desk.run(services.approve, desk.cast.rui.actor, first, tax_id_reason="x", now=NOW)
    assert why in rita.submit({"tax_id_reason": why}, button="Approve").text
    rita.get(f"/review/{second}/reject")
    desk.run(services.approve, desk.cast.rui.actor, second, now=NOW)
    answer = rita.submit({"reason": "amount", "remarks": REMARKS}, button="Reject")
    assert f'<blockquote class="typed">{labels.reasons["amount"]}' in answer.text


def test_a_name_with_a_full_stop_ends_its_sentence_once(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    named = update(InvoiceRequest).where(InvoiceRequest.number == number).values(header_name="Lumen Robotics Ltd.")
    desk.run(lambda: session.execute(named))
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    rita.submit({"remarks": ""}, button="Approve")
    assert "Lumen Robotics Ltd. The invoice follows by itself." in rita.follow().text


def test_a_ready_text_that_does_not_fit_leaves_the_remarks_as_they_are(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}/reject")
    for left, fits in ((450, False), (100, True)):
        rita.submit({"remarks": "x" * left}, button="other-0")
        form = next(form for form in rita.forms() if "reason" in form.names)
        typed = dict(form.values)
        assert ("reason", "other") in form.values
        assert (typed["remarks"].strip() == "x" * left) is not fits
        assert ("data-no-room hidden" in rita.page.text) is fits


def test_the_command_tells_the_loser_the_time_as_the_pages_do(desk: Desk) -> None:
    number = desk.apply(amount="5.00")
    desk.run(services.approve, desk.cast.rita.actor, number, now=NOW)
    result = desk.app.test_cli_runner().invoke(
        cli, ["review", "approve", number, "--as", desk.cast.rui.email], obj=ScriptInfo(create_app=lambda: desk.app)
    )
    assert result.exit_code == 1
    assert result.output.strip().endswith(f"at {NOW.astimezone(clock.zone()):%Y-%m-%d %H:%M}.")
