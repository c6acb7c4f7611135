"""The evidence of a request on the desk: its facts and their cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.permissions import SYSTEM, Role
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.review.queries import about, evidence, invoiced
from backoffice.review.queries import dossier as dossiers
from backoffice.review.services import decisions
from tests.review.desk import NOW
from tests.review.told import found, outcomes
from tests.support import sql
from tests.support.office import LUMEN, Office
from tests.support.sql import gather_figures, statements

pytestmark = pytest.mark.both_databases

OTHER_ID = "91440300MA5DA0X7X5"


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many requests the facts look at: few, so that more than that are soon made."""
    monkeypatch.setattr(evidence, "WINDOW", 10)
    return evidence.WINDOW


def test_a_first_request_is_only_new(office: Office) -> None:
    office.recharge("100.00", channel="Alipay")
    assert outcomes(office.apply("60.00")) == {"header": "warn"}


def test_what_an_invoice_bears_is_no_news(office: Office) -> None:
    stranger = {"channel": "Bank transfer", "payer_name": "北京先行科技有限公司"}
    office.recharge("100.00", **stranger)
    first = office.apply("60.00")
    assert outcomes(first) == {"header": "warn", "payer": "warn"}
    office.approve(first)
    assert office.issue(first)
    assert outcomes(office.apply("20.00")) == {}


def test_whose_money_went_back_before_the_invoice_paid_for_none(office: Office) -> None:
    stranger = {"channel": "Bank transfer", "payer_name": "北京先行科技有限公司"}
    paid = office.recharge("100.00", **stranger)
    first = office.apply("60.00")
    office.recharge("500.00", channel="Alipay")
    office.refund(paid, "100.00")
    office.approve(first)
    assert office.issue(first)
    office.recharge("300.00", **stranger)
    assert outcomes(office.apply("700.00"))["payer"] == "warn"


def test_a_refund_after_the_application_is_told(office: Office) -> None:
    paid = office.recharge("100.00", channel="Alipay")
    number = office.apply("60.00")
    assert found(number)["refund"].outcome == "pass"
    office.refund(paid, "10.00")
    assert found(number)["refund"].outcome == "warn"
    office.refund(paid, "50.00")
    assert {code: outcomes(number)[code] for code in ("refund", "balance", "recharges")} == dict.fromkeys(
        ("refund", "balance", "recharges"), "fail"
    )
    assert len(found(number)["refund"].data) == 2


def test_a_refund_that_took_the_whole_recharge_is_told(office: Office) -> None:
    paid = office.recharge("100.00", channel="Alipay")
    number = office.apply("60.00")
    office.recharge("500.00", channel="Alipay")
    office.refund(paid, "100.00")
    refund = found(number)["refund"]
    assert (refund.outcome, len(refund.data)) == ("warn", 1)


def test_a_refund_on_its_way_and_one_from_before(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    paid = office.recharge("100.00", channel="Alipay")
    office.refund(paid, "5.00")
    freeze(NOW + timedelta(hours=1))
    number = office.apply("60.00")
    assert found(number)["refund"].outcome == "pass"
    office.refund(paid, "7.00", status="pending")
    assert found(number)["refund"].outcome == "warn"


def test_the_same_again_is_a_duplicate(office: Office) -> None:
    office.recharge("500.00", channel="Alipay")
    first = office.apply("60.00")
    again = office.apply("60.00")
    assert found(again)["duplicate"].outcome == "fail"
    assert [datum.request for datum in found(again)["duplicate"].data] == [first]
    assert found(first)["duplicate"].outcome == "fail", "whichever is approved first, the other one is too many"
    office.approve(again)
    assert [datum.request for datum in found(first)["duplicate"].data] == [again]
    office.reject(first)
    assert found(again)["duplicate"].outcome == "pass"


@pytest.mark.one_database  # the statement is the same on both, and its plans are asserted elsewhere
@pytest.mark.parametrize(
    ("days", "between", "outcome"), [(1, "59.50", "fail"), (30, "59.50", "fail"), (31, "59.00", "pass")]
)
def test_a_duplicate_is_found_on_both_sides_however_much_lies_between(
    office: Office, freeze: Callable[[datetime], None], window: int, days: int, between: str, outcome: str
) -> None:
    freeze(NOW - timedelta(days=days))
    office.recharge("9000.00", channel="Alipay")
    first = office.issued("60.00")
    office.apply_often(2 * window)
    freeze(NOW)
    second = office.apply("60.00")
    office.apply_often(2 * window, between)
    assert (found(second)["duplicate"].outcome, found(first)["duplicate"].outcome) == (outcome, outcome)


def test_the_twin_is_found_among_many_of_the_same_amount(
    office: Office, freeze: Callable[[datetime], None], window: int
) -> None:
    freeze(NOW - timedelta(days=3))
    office.recharge("90000.00", channel="Alipay")
    twin = office.apply("60.00")
    with transaction():
        values = {**LUMEN, "name": "北京先行科技有限公司", "tax_id": OTHER_ID}
        another = headers.create(office.cast.ada.actor, values, now=NOW).id
    freeze(NOW)
    mine, office.headers[office.cast.lumen] = office.headers[office.cast.lumen], another
    office.apply_often(2 * window, "60.00")
    office.headers[office.cast.lumen] = mine
    assert found(office.apply("60.00"))["duplicate"].data[0].request == twin


def test_look_alikes_are_found(office: Office, window: int) -> None:
    office.recharge("90000.00", channel="Alipay")
    first = office.apply("1200.00", remarks="PO 4500012873")
    for amount, outcome in (
        (one, "pass" if one == "300.00" else "warn") for one in ("1200.01", "1020.00", "12000.00", "1210.00", "300.00")
    ):
        number = office.apply(amount, remarks="订单 4500012873" if amount == "300.00" else "")
        told = found(number)["duplicate"]
        assert (told.outcome, [datum.request for datum in told.data]) == (outcome, [first]), amount
        office.withdraw(number)
    office.apply_often(window // 2)
    number = office.apply("400.00", remarks="Contract 77, PO-4500012873")
    assert [datum.request for datum in found(number)["duplicate"].data] == [first]


def test_a_reference_is_found_however_it_is_written(office: Office) -> None:
    office.recharge("900.00", channel="Alipay")
    for one, other in (
        ("PO 2026-0815", "PO 2026-0815"),
        ("合同号 HT-2026-118", "HT 2026/118"),
        ("订单 20260816", "PO 2026-0816"),
        ("订单 ２０２６－０８１７", "PO 2026-0817"),
        ("PO 4500777888", "PO 4500 777 888"),
        ("PO 0000881", "PO 881"),
        ("合同HT-2026-0819", "合同HT-2026-819"),
        ("SO/2026/0042", "SO/2026/42"),
        ("HT–2026–818", "HT_2026\u2011818"),
    ):
        first, second = office.apply("20.00", remarks=one), office.apply("50.00", remarks=other)
        for number, twin in ((first, second), (second, first)):
            assert [datum.request for datum in found(number)["duplicate"].data] == [twin], (one, other)
        office.withdraw(first)
        office.withdraw(second)


def test_an_address_is_known_once_an_invoice_was_approved_for_it(office: Office) -> None:
    office.recharge("900.00", channel="Alipay")
    office.issued("5.00")
    first = office.apply("60.00", email="x@gmial.com")
    assert found(first)["email"].outcome == "fail"
    second = office.apply("61.00", email="x@gmial.com")
    assert found(second)["email"].outcome == "fail", "the first one is pending"
    with transaction():
        decisions.reject(office.cast.rita.actor, first, reason="email", remarks="Misspelt.", now=clock.now())
    office.withdraw(second)
    third = office.apply("62.00", email="x@gmial.com")
    assert found(third)["email"].outcome == "fail", "one was rejected for it, the other one withdrawn"
    office.approve(third)
    assert found(third)["email"].outcome == "fail", "its own approval says nothing of it"
    assert found(office.apply("63.00", email="y@gmial.com"))["email"].outcome == "pass"


def test_the_address_of_a_person_who_left_is_not_known(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    office.recharge("900.00", channel="Alipay")
    lin = {"email": office.cast.lin.email.replace("@", "@left."), "copies": "boss@left.lumen.example"}
    with transaction():
        gone = accounts.create_user(
            SYSTEM, email=lin["email"], name="Left", role=Role.CUSTOMER, password="invoice-demo-2026",
            account_id=office.cast.lumen, now=NOW,
        )  # fmt: skip
        session.flush()
        gone_id = gone.id
    before, number = office.apply("59.00", **lin), office.apply("60.00", **lin)
    assert found(number)["email"].outcome == "pass"
    office.reject(before)
    freeze(NOW + timedelta(hours=1))
    with transaction():
        accounts.deactivate_user(SYSTEM, gone_id, now=clock.now())
    assert found(number)["email"].outcome == "warn"
    assert found(before)["email"].outcome == "pass", "when it was decided the person was there"
    with transaction():
        accounts.reactivate_user(SYSTEM, gone_id, now=clock.now())
    assert found(number)["email"].outcome == "pass"


def test_a_copy_of_an_issued_invoice_is_known_too(office: Office) -> None:
    office.recharge("900.00", channel="Alipay")
    number = office.apply("60.00", copies="cw@northwind.example")
    assert found(number)["email"].outcome == "warn"
    office.approve(number)
    assert office.issue(number)
    assert found(office.apply("61.00", copies="boss@northwind.example"))["email"].outcome == "pass"


def test_only_what_was_approved_is_a_precedent_for_an_amount(office: Office) -> None:
    office.recharge("90000.00", channel="Alipay")
    for amount in ("100.00", "110.00", "105.00", "95.00", "102.00", "99.00"):
        office.issued(amount)
    first, second = office.apply("5000.00"), office.apply("4999.00")
    assert [found(number)["amount"].outcome for number in (first, second)] == ["fail", "fail"]
    office.reject(first)
    assert found(second)["amount"].outcome == "fail"
    third = office.apply("5000.00")
    office.approve(third)
    assert (found(second)["amount"].outcome, found(third)["amount"].outcome) == ("pass", "fail")


def test_a_first_amount_is_measured_by_the_policy_in_force(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    office.recharge("90000.00", channel="Alipay")
    number = office.apply("5000.00")
    said = ((0, "5000.00", "warn"), (1, "5000.01", "pass"), (2, "4000.00", "warn"), (3, None, "pass"))
    for days, value, outcome in said:
        at = NOW + timedelta(days=days)
        freeze(at)
        with transaction():
            policies.set_policy(SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, value, starts_on=at.date(), reason="x", now=at)
        assert found(number)["amount"].outcome == outcome, value


def test_a_precedent_is_found_however_many_smaller_ones_came_since(
    office: Office, freeze: Callable[[datetime], None], window: int
) -> None:
    freeze(NOW)
    office.recharge("900000.00", channel="Alipay")
    high = office.issued("5000.00")
    late, refused = office.apply("9000.00"), office.apply("6000.00")
    office.reject(refused)
    freeze(NOW + timedelta(days=1))
    office.approve(*office.apply_often(2 * window, "5.00"))
    freeze(NOW + timedelta(days=1, hours=1))
    number, higher = office.apply("5000.00"), office.apply("5000.01")
    told = found(number)["amount"]
    assert (told.outcome, told.data[-1].request) == ("pass", high)
    assert found(higher)["amount"].outcome == "fail"
    freeze(NOW + timedelta(days=2))
    office.reject(higher)
    freeze(NOW + timedelta(days=3))
    office.approve(late)
    assert found(higher)["amount"].outcome == "fail", "approved after the decision"


def test_a_header_made_anew_is_compared_with_the_last_invoice_to_its_name(office: Office) -> None:
    office.recharge("900.00", channel="Alipay")
    before = office.issued("60.00")
    with transaction():
        headers.archive(office.cast.ada.actor, office.headers[office.cast.lumen], now=clock.now())
        office.headers[office.cast.lumen] = headers.create(
            office.cast.ada.actor, {**LUMEN, "tax_id": OTHER_ID}, now=clock.now()
        ).id
    number = office.apply("61.00")
    told = found(number)["header"]
    assert (told.outcome, [str(datum.value) for datum in told.data]) == ("warn", [f"{LUMEN['tax_id']} → {OTHER_ID}"])
    assert office.request(before).invoice_number in str(told.message)
    office.approve(number)
    assert office.issue(number)
    assert found(office.apply("62.00"))["header"].outcome == "pass", "an invoice bears it now"


def test_another_accounts_requests_are_not_compared(office: Office) -> None:
    office.recharge("500.00", channel="Alipay")
    office.recharge("500.00", channel="Alipay", to="yunqi")
    office.apply("60.00")
    theirs = office.apply("60.00", office.cast.bo)
    assert found(theirs)["duplicate"].outcome == "pass"


def test_the_facts_cost_four_statements_however_much_there_is(office: Office, context: Flask, window: int) -> None:
    office.recharge("9000.00", channel="Alipay")
    for _ in range(3):
        office.issued("5.00")
    few = cost(context, office.apply("60.00"))
    for _ in range(4):
        office.recharge("50.00", channel="Card", payer_name="Somebody")
    office.apply_often(2 * window)
    assert cost(context, office.apply("8950.00")) == few == 4


def cost(app: Flask, number: str) -> int:
    """How many statements the facts cost beside the dossier."""
    session.rollback()
    dossier = dossiers.dossier(number)
    with statements(app) as sent:
        evidence.facts(dossier, now=clock.now())
    return len(sent)


def test_the_facts_are_served_by_indexes(office: Office, database: str) -> None:
    office.recharge("9000.00", channel="Alipay")
    office.apply_often(60)
    number = office.apply("60.00")
    gather_figures(database)
    shown, now = office.request(number), clock.now()
    texts = evidence.spelled(["012873"])

    def plan(statement: Any) -> str:
        return sql.plan(statement, database, values=about.values_of(shown, now, texts))

    for statement in (
        evidence.others(decided=False, spellings=0),
        evidence.others(decided=True, spellings=len(texts)),
        evidence.naming(len(texts)),
        evidence.as_high(),
        invoiced.last_invoice(),
        invoiced.known_words(gave_back=False, issued=True),
        evidence.refunds(),
    ):
        used = plan(statement)
        assert not re.search(
            r"SCAN (ledger_entry|ledger_allocation|invoice_request|app_user|audit_event|credit_note\w*)\b(?! USING)"
            "|Seq Scan",
            used,
        ), used
    assert "ix_invoice_request_account_issued" in plan(invoiced.last_invoice())
    if database == "sqlite":  # of so few rows PostgreSQL takes any index
        near = plan(evidence.near())
        assert re.search(r"COVERING INDEX ix_invoice_request_account \(account_id=\? AND submitted_at>\?", near), near
        high = plan(evidence.as_high())
        assert re.search(r"COVERING INDEX ix_invoice_request_account \(account_id=\? AND submitted_at<\?", high), high
        assert "ix_invoice_request_account_state" in plan(evidence.approved())
    assert "ix_ledger_entry_refund_of" in plan(evidence.refunds())
