"""The main journeys through plain HTTP, as a browser without JavaScript goes them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from backoffice import clock
from tests.journeys.stage import LUMEN_HEADER, NOW, Stage, text_of
from tests.support.people import Person
from tests.support.visitor import Visitor

Visit = Callable[[Person], Visitor]


def test_apply_to_download(stage: Stage, visit: Visit) -> None:
    ada, rita = visit(stage.cast.ada), visit(stage.cast.rita)
    number = submit(ada, amount="7,409.50", email="ap@lumen.example", remarks="采购单 PO-4500")
    assert "Pending" in ada.follow().text
    rita.get(f"/review/{number}")
    assert rita.submit({"remarks": "Thank you."}, button="Approve").status_code == 303
    assert f"Approved: {number}" in rita.follow().text
    stage.work()

    issued = stage.request(number)
    assert issued.invoice_number is not None
    detail = ada.get(f"/invoices/{number}").text
    for said in ("Issued", issued.invoice_number, "¥7,409.50", "to ap@lumen.example at"):
        assert said in detail, said
    download = ada.get(f"/invoices/{number}/download")
    assert download.mimetype == "application/pdf"
    assert download.data == stage.document(number)
    assert rita.get(f"/review/{number}/document").data == download.data
    printed = text_of(download.data)
    for said in (issued.invoice_number, "7,409.50", "6,990.09", "419.41", LUMEN_HEADER["name"]):
        assert said in printed, said
    mail = stage.mails("ap@lumen.example")[-1]
    assert [attachment.content for attachment in mail.attachments] == [download.data]
    for said in (issued.invoice_number, "7,409.50"):
        assert said in mail.text, said
    summary = ada.get("/invoices").text
    assert "¥5,090.50" in summary
    assert issued.amount == Decimal("7409.50")


def test_reject_and_resubmit(stage: Stage, visit: Visit) -> None:
    ada, rita = visit(stage.cast.ada), visit(stage.cast.rita)
    first = submit(ada, amount="800.00", remarks="采购单 7")
    rita.get(f"/review/{first}/reject")
    assert rita.submit({"remarks": ""}, button="Reject").status_code == 422
    # The page came back from another address; its form is still the one to reject with.
    rita.get(f"/review/{first}/reject")
    assert rita.submit({"reason": "tax_id", "remarks": "Please check the tax ID."}, button="Reject").status_code == 303
    assert "Please check the tax ID." in ada.get(f"/invoices/{first}").text
    ada.get(f"/invoices/apply?resubmit={first}")
    ada.follow()
    ada.submit({"remarks": "采购单 7, mended"}, button="review")
    ada.follow()
    ada.submit(button="submit")
    second = ada.page.headers["Location"].rpartition("/")[2]
    assert f"/invoices/{first}" in ada.get(f"/invoices/{second}").text
    assert f"/invoices/{second}" in ada.get(f"/invoices/{first}").text
    assert stage.request(second).amount == stage.request(first).amount


def test_withdraw_asks_once_and_gives_the_money_back(stage: Stage, visit: Visit) -> None:
    ada = visit(stage.cast.ada)
    number = submit(ada, amount="12500")
    ada.get("/invoices/apply")
    assert "¥12,500.00" not in ada.follow().text
    ada.get(f"/invoices/{number}/withdraw")
    assert ada.submit(button="Withdraw").status_code == 303
    assert "Withdrawn" in ada.follow().text
    ada.get("/invoices/apply")
    assert "¥12,500.00" in ada.follow().text


def test_flagged_after_five_business_days(stage: Stage, visit: Visit, freeze: Callable[[datetime], None]) -> None:
    # NOW is a Monday: the fifth business day after it is the Monday of the week after.
    freeze(NOW)
    number = submit(visit(stage.cast.ada), amount="640")
    freeze(datetime.fromisoformat("2026-11-30T23:59:59+08:00"))
    assert stage.sweep() == 0
    freeze(clock.now() + timedelta(seconds=1))
    assert [stage.sweep(), stage.sweep()] == [1, 0]
    stage.work()
    assert number in stage.mails(stage.cast.max.email)[-1].text
    assert number in visit(stage.cast.max).get("/sla/requests/overdue").text
    assert number in visit(stage.cast.rita).get("/review?only=flagged").text
    assert "Later than promised" in visit(stage.cast.ada).get(f"/invoices/{number}").text


def test_the_loser_of_two_reviewers_is_told_who_decided(stage: Stage, visit: Visit) -> None:
    number = stage.apply(stage.cast.ada, "90.00")
    rita, rui = visit(stage.cast.rita), visit(stage.cast.rui)
    for reviewer in (rita, rui):
        reviewer.get(f"/review/{number}")
    assert rita.submit(button="Approve").status_code == 303
    lost = rui.submit({"remarks": "All of it checked twice."}, button="Approve")
    assert lost.status_code == 409
    assert "Rita Moreau" in lost.text
    assert "All of it checked twice." in lost.text


def submit(customer: Visitor, **typed: str) -> str:
    """Apply with the review step; returns the request's number."""
    customer.get("/invoices/apply")
    customer.follow()
    assert customer.submit(typed, button="review").status_code == 303
    assert customer.follow().status_code == 200
    assert customer.submit(button="submit").status_code == 303
    return customer.page.headers["Location"].rpartition("/")[2]
