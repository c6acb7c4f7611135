"""An invoice that credit notes took back whole: precedent for nothing, a reason for nothing, and nobody's twin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.errors import Conflict, Invalid
from backoffice.headers import services as headers
from backoffice.issuing.queries import credits
from backoffice.review.queries import seen_elsewhere
from backoffice.review.queries.seen import Seen
from backoffice.review.services import decisions
from tests.review.desk import NOW
from tests.review.told import found, outcomes
from tests.support.office import LUMEN, Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

PAYER = "北京先行科技有限公司"
ELSEWHERE = {"email": "x@elsewhere.example", "copies": "y@elsewhere.example"}


@pytest.fixture
def doubtful(office: Office, freeze: Callable[[datetime], None]) -> str:
    """An issued request: its tax ID is doubtful, its payer, amount and addresses are known from no other one."""
    freeze(NOW)
    for amount in ("100.00", "110.00", "105.00", "95.00", "102.00"):
        office.recharge(amount, channel="Alipay")
        office.issued(amount)
    office.recharge("9000.00", channel="Bank transfer", payer_name=PAYER)
    with transaction():
        office.headers[office.cast.lumen] = headers.create(
            office.cast.ada.actor,
            {**LUMEN, "name": "上海流明科技有限公司", "tax_id": "91310000MA1FL0A278"},
            now=NOW,
            tax_id_confirmed=True,
        ).id
    number = office.apply("3000.00", **ELSEWHERE)
    with transaction():
        decisions.approve(office.cast.rita.actor, number, tax_id_reason="Compared.", now=NOW)
    assert office.issue(number)
    freeze(NOW + timedelta(hours=1))
    return number


def test_it_is_precedent_until_the_rest_of_it_is_taken_back(
    office: Office, doubtful: str, freeze: Callable[[datetime], None]
) -> None:
    invoice = office.request(doubtful).invoice_number
    number = office.apply("3000.00", **ELSEWHERE)
    assert outcomes(number) == {"duplicate": "fail"}
    part = office.credit(doubtful, {"R-6": "2999.99"})
    assert outcomes(number) == {"duplicate": "fail", "amount": "fail"}, "a cent of it is left: that is its amount"
    assert str(found(number)["amount"].data[-1].value) == f"0.01: {invoice} less {part}"
    note = office.credit(doubtful, {"R-6": "0.01"})
    told = found(number)
    assert outcomes(number) == {
        "payer": "warn", "tax_id": "warn", "header": "warn", "amount": "fail", "email": "warn",
    }  # fmt: skip
    for code in ("payer", "tax_id", "amount", "email", "duplicate"):
        assert note in f"{told[code].data[-1].label} {told[code].data[-1].value}", code
    assert note in str(told["header"].message)
    assert str(told["duplicate"].message) == (
        f"Only {doubtful} is like it, and its invoice was taken back whole by {note}: no duplicate."
    )
    assert str(found(doubtful)["duplicate"].message).startswith("This invoice was taken back whole")
    with pytest.raises(Invalid) as refused:
        office.approve(number)
    assert "tax_id_reason" in refused.value.fields
    with transaction():
        decisions.approve(office.cast.rita.actor, number, tax_id_reason="Called them.", now=clock.now())
    assert office.issue(number)
    freeze(NOW + timedelta(hours=2))
    later = office.apply("2000.00", **ELSEWHERE)
    assert outcomes(later) == {}
    assert f"As on invoice {office.request(number).invoice_number}" in str(found(later)["header"].message)
    assert invoice not in str(found(later)["header"])


def test_what_is_issued_anew_repeats_nothing(office: Office, doubtful: str) -> None:
    note = office.confirm(office.reissue(doubtful))
    following = credits.followed_by(office.request(doubtful).id)
    assert following is not None
    assert found(following)["duplicate"].outcome == "pass"
    assert note in str(found(following)["duplicate"].message)


def test_a_decision_is_measured_by_what_stood_on_its_day(
    office: Office, doubtful: str, freeze: Callable[[datetime], None]
) -> None:
    number = office.apply("2500.00", **ELSEWHERE)
    office.approve(number)
    then = {code: said for code, said in found(number).items() if code not in ("history", "balance")}
    freeze(NOW + timedelta(days=1))
    office.credit(doubtful, {"R-6": "3000.00"})
    assert {code: said for code, said in found(number).items() if code not in ("history", "balance")} == then
    assert outcomes(number) == {}


def test_an_amount_is_as_high_as_what_stood_of_another_on_its_day(
    office: Office, doubtful: str, freeze: Callable[[datetime], None]
) -> None:
    lower, number = office.apply("2000.00"), office.apply("2000.01")
    note = office.credit(doubtful, {"R-6": "1000.00"})
    told = f"2000.00: {office.request(doubtful).invoice_number} less {note}"
    assert (found(lower)["amount"].outcome, found(number)["amount"].outcome) == ("pass", "fail")
    assert [str(found(one)["amount"].data[-1].value) for one in (lower, number)] == [told, told]
    office.withdraw(number)
    freeze(NOW + timedelta(days=1))
    office.credit(doubtful, {"R-6": "1500.00"})
    assert (found(lower)["amount"].outcome, str(found(number)["amount"].data[-1].value)) == ("fail", told)


def test_a_page_from_before_is_stopped_once(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("900.00", channel="Alipay")
        issued = office.issued("300.00")
        number, small = office.apply("200.00"), office.apply("50.00")
    rita = visit(cast.rita)
    rita.get(f"/review/{number}")
    with app.app_context():
        office.credit(issued, {"R-1": "299.00"})
    assert "As on invoice" in rita.page.text
    with app.app_context():
        office.withdraw(small)
        note = office.credit(issued, {"R-1": "1.00"})
        told = f"Invoice {office.request(issued).invoice_number} of this account was taken back whole by {note} at"
    refused = rita.submit(button="Approve")
    assert (refused.status_code, told in refused.text) == (409, True)
    rita.get(f"/review/{number}")
    assert rita.submit(button="Approve").status_code == 303


def test_a_page_from_before_is_stopped_where_less_than_its_amount_is_left(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("900.00", channel="Alipay")
        issued = office.issued("300.00")
        number = office.apply("200.00")
        invoice = office.request(issued).invoice_number
    rita = visit(cast.rita)
    rita.get(f"/review/{number}")
    with app.app_context():
        office.credit(issued, {"R-1": "100.00"})
    assert rita.submit({"remarks": ""}, button="Approve").status_code == 303, "as much is left of it"
    with app.app_context():
        number = office.apply("199.00")
    rita.get(f"/review/{number}")
    with app.app_context():
        office.credit(issued, {"R-1": "1.01"})
    told = f"Credit notes took back so much of invoice {invoice} of this account that less than this amount is left, at"
    refused = rita.submit(button="Approve")
    assert (refused.status_code, told in refused.text) == (409, True)


@pytest.mark.parametrize("by", ["verdict", "run"])
def test_a_page_from_before_is_stopped_where_the_usual_amount_sank(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], by: str
) -> None:
    with app.app_context():
        office = Office(cast)
        issued = []
        for _ in range(6):
            office.recharge("1000.00", channel="Alipay")
            issued.append(office.issued("1000.00"))
        office.recharge("2500.00", channel="Alipay")
        number = office.apply("2500.00")
        invoice = office.request(issued[4]).invoice_number
    rita = visit(cast.rita)
    page = rita.get(f"/review/{number}").text
    seen_so_far = Seen.of(page.partition('data-seen="')[2].partition('"')[0])
    assert seen_so_far is not None
    with app.app_context():
        assert found(number)["amount"].outcome == "pass"
        for turn in range(5):
            office.credit(issued[turn], {f"R-{turn + 1}": "900.00"})
        assert found(number)["amount"].outcome == "fail"
    told = f"A credit note took back a part of invoice {invoice} of this account at"
    if by == "verdict":
        refused = rita.submit(button="Approve")
        assert (refused.status_code, told in refused.text) == (409, True)
        rita.get(f"/review/{number}")
        assert rita.submit(button="Approve").status_code == 303, "it is told once"
    else:
        with app.app_context(), transaction(), pytest.raises(Conflict, match=told):
            decisions.approve(cast.rita.actor, number, seen=seen_so_far.word, now=clock.now())


def test_a_credit_note_on_what_is_precedent_for_nothing_is_no_news(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_elsewhere, "WINDOW", 2)
    with app.app_context():
        office = Office(cast)
        issued = []
        for amount in ("100.00", "100.00", "100.00"):
            office.recharge(amount, channel="Alipay")
            issued.append(office.issued(amount))
        office.recharge("250.00", channel="Alipay")
        number = office.apply("250.00")
    rita = visit(cast.rita)
    rita.get(f"/review/{number}")
    with app.app_context():
        office.credit(issued[0], {"R-1": "90.00"})
    assert rita.submit(button="Approve").status_code == 303
