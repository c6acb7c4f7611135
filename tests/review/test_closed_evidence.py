"""The evidence of a request that is decided: as of its decision, whatever came after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.review.desk import NOW
from tests.review.told import found
from tests.support.office import Office

_BY_HISTORY = ("payer", "header", "amount", "email", "history")


def later(freeze: Callable[[datetime], None], days: int) -> None:
    """So many days after the first request of a story."""
    freeze(NOW + timedelta(days=days))


@pytest.mark.parametrize("ending", ["rejected", "withdrawn"])
def test_who_paid_for_a_request_is_told_after_its_money_went_back(office: Office, ending: str) -> None:
    office.recharge("60.00", channel="Bank transfer", payer_name="北京先行科技有限公司")
    number = office.apply("60.00")
    said = found(number)["payer"]
    office.reject(number) if ending == "rejected" else office.withdraw(number)
    assert found(number)["payer"] == said
    assert said.outcome == "warn"


def test_who_paid_is_not_known_where_a_refund_took_money_before_it_went_back(office: Office) -> None:
    paid = office.recharge("100.00", channel="Bank transfer", payer_name="北京先行科技有限公司")
    number = office.apply("60.00")
    office.recharge("500.00", channel="Alipay")
    office.refund(paid, "100.00")
    office.withdraw(number)
    told = found(number)["payer"]
    assert str(told.message) == "The money went back to the account: who had paid it is not known any more."


@pytest.mark.parametrize("ending", ["rejected", "withdrawn", "issued"])
def test_a_closed_request_is_compared_with_what_was_known_then(
    office: Office, freeze: Callable[[datetime], None], ending: str
) -> None:
    freeze(NOW)
    office.recharge("90000.00", channel="Alipay")
    number = office.apply("60.00", email="x@northwind.example")
    if ending == "issued":
        office.approve(number)
        later(freeze, 1)
        assert office.issue(number)
    else:
        office.reject(number) if ending == "rejected" else office.withdraw(number)
    then = {code: (said.outcome, said.message) for code, said in found(number).items() if code in _BY_HISTORY}
    assert then["header"][0] == then["email"][0] == "warn"
    later(freeze, 40)
    for amount in ("5000.00", "6000.00", "7000.00", "8000.00", "9000.00"):
        following = office.apply(amount, email="x@northwind.example")
        office.approve(following)
        assert office.issue(following)
    later(freeze, 80)
    assert {code: (said.outcome, said.message) for code, said in found(number).items() if code in _BY_HISTORY} == then


def test_what_was_approved_then_and_issued_later_was_known_then(
    office: Office, freeze: Callable[[datetime], None]
) -> None:
    freeze(NOW)
    office.recharge("900.00", channel="Alipay")
    first, second = (
        office.apply("60.00", email="x@northwind.example"),
        office.apply("70.00", email="x@northwind.example"),
    )
    office.approve(first)
    later(freeze, 1)
    office.reject(second)
    assert found(second)["email"].outcome == "pass"
    later(freeze, 2)
    assert office.issue(first)
    assert found(second)["email"].outcome == "pass"


def test_the_balance_of_an_issued_request_is_not_said_to_be_that_of_its_day(office: Office) -> None:
    paid = office.recharge("100.00", channel="Alipay")
    number = office.issued("60.00")
    office.refund(paid, "90.00")
    told = found(number)["balance"]
    assert (told.outcome, str(told.message)) == (
        "pass", "Covered when it was issued; what else could be invoiced then is not known any more."
    )  # fmt: skip
    assert [str(datum.label) for datum in told.data] == ["Amount", "Account balance today"]


def test_the_last_requests_are_told_as_they_stood_then(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    office.recharge("900.00", channel="Alipay")
    first, second, third, issued, withdrawn = (office.apply(f"{amount}.00") for amount in (60, 70, 80, 90, 100))
    number = office.apply("110.00")
    office.reject(first)
    office.approve(issued)
    later(freeze, 1)
    office.reject(second)
    before = found(number)["history"]
    later(freeze, 2)
    office.approve(number)
    assert found(number)["history"] == before
    later(freeze, 3)
    office.reject(third)
    office.withdraw(withdrawn)
    assert office.issue(issued)
    told = found(number)["history"]
    assert (told.outcome, str(told.message)) == ("pass", "Rejected of the last 5 requests: 2.")
    assert told == before
