"""Applying for an invoice through plain HTTP, without JavaScript: the way through, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from backoffice.database import session, transaction
from backoffice.delivery.messages import render
from backoffice.delivery.models import Message
from backoffice.headers import services as headers
from backoffice.ledger.services.entries import book
from backoffice.permissions import SYSTEM
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import BEGINNING, set_policy
from tests.portal.conftest import APPLY, NOW, Customer, World, recharge, text
from tests.support.visitor import as_read

NEW_HEADER = "/invoice-headers/new?next=apply"


def test_the_form_begins_with_the_default_header_the_own_address_and_the_limit(ada: Customer, world: World) -> None:
    page = text(ada.get(APPLY))
    typed = ada.typed()
    assert typed["header_id"] == str(world.header_id)
    assert typed["email"] == "ada@lumen.example"
    assert "¥10,000.00" in page
    assert len(ada.key) >= 16
    ada.apply(amount="1", email="ap@lumen.example")
    ada.get(APPLY)
    assert ada.typed()["email"] == "ap@lumen.example"


def test_apply_review_submit_leads_to_a_pending_request(ada: Customer, world: World) -> None:
    shown = text(ada.review(amount="7,500.50", email="ap@lumen.example", remarks="PO 4500"))
    # The review shows the recharges it takes, oldest first, the draft's net and tax, and the promised day.
    assert "¥6,000.00" in shown
    assert "¥1,500.50" in shown
    assert "7,075.94" in shown
    assert "424.56" in shown
    assert "13 Mar 2026" in shown
    assert world.count() == 0

    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    made = world.request(number)
    assert (made.state, made.amount, made.email, made.remarks) == (
        "pending", Decimal("7500.50"), "ap@lumen.example", "PO 4500",
    )  # fmt: skip
    detail = text(ada.follow())
    assert "Your request is submitted" in detail
    assert "Pending" in detail


def test_a_promise_that_rests_on_a_provisional_year_says_so_wherever_it_is_made(
    world: World, freeze: Callable[[datetime], None]
) -> None:
    told = "Provisional: the official holidays of 2027 are not announced. The day may still move to a later one"
    assert "Provisional" not in text(world.customer("ada").get(APPLY))
    freeze(datetime(2026, 12, 29, 3, tzinfo=UTC))
    ada = world.customer("ada")
    assert told in text(ada.get(APPLY))
    assert told in text(ada.review(amount="100.00", email="ap@lumen.example"))
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert told in text(ada.get(f"/invoices/{number}"))
    with world.app.app_context():
        context = session.scalars(select(Message.context).where(Message.template == "submitted")).one()
        for locale, words in (("en", told), ("zh", "暂定：2027 年的官方节假日安排尚未公布")):
            mail = render("submitted", locale, context)
            assert [words in " ".join(part.split()) for part in (mail.text, mail.html)] == [True, True]
    ada.submit(button="Withdraw")
    assert told not in text(ada.get(f"/invoices/{number}")), "nothing is promised any more"


def test_a_double_submit_is_one_request(ada: Customer, world: World) -> None:
    ada.review(amount="10000")
    review, where = ada.page, ada.path
    first = ada.press("submit")
    ada.page, ada.path = review, where
    # Nothing is left to invoice, and yet the second click leads to the same request instead of to an error.
    second = ada.press("submit")
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert world.count() == 1


def test_a_double_submit_at_the_same_moment_is_one_request(ada: Customer, world: World) -> None:
    ada.review(amount="10000")
    form = next(form for form in ada.forms() if form.fits(["seen"], "submit"))
    data, where = form.filled({}, "submit"), ada.path
    cookie = {"Cookie": "; ".join(f"{c.key}={c.value}" for c in ada.client._cookies.values())}

    def click(_: int) -> tuple[int, str | None]:
        answer = world.app.test_client(use_cookies=False).post(where, data=data, headers=cookie)
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(click, range(8)))
    assert len(answers) == 1
    status, location = answers.pop()
    assert status == 303
    assert location is not None
    assert location.startswith("/invoices/IR-")
    assert world.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "6"},
        {"email": "other@y.example"},
        {"copies": "copy@y.example"},
        {"remarks": "Another order"},
    ],
    ids=lambda typed: next(iter(typed)),
)
def test_the_same_form_with_another_application_is_asked_about(
    ada: Customer, world: World, other: dict[str, str]
) -> None:
    form, where = ada.get(APPLY), ada.path
    ada.press("review", amount="5", remarks="Order")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    # Back to the form that made it, something else typed, and on.
    ada.page, ada.path = form, where
    answer = ada.press("review", **{"amount": "5", "remarks": "Order", **other})
    assert ada.is_at_review
    said = f"You have already submitted {number} with this form. Submit again to make a second request."
    assert said in text(answer)
    assert next(iter(other.values())) in text(answer)
    assert world.count() == 1
    second = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert second != number
    assert world.count() == 2


def test_the_same_form_with_the_same_application_tells_what_became_of_it(ada: Customer, world: World) -> None:
    form, where = ada.get(APPLY), ada.path
    ada.press("review", amount="5", remarks="Order")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    ada.page, ada.path = form, where
    page = text(ada.press("review", amount="5.00", remarks=" Order "))
    assert f"This application was submitted as {number}." in page
    assert f'href="/invoices/{number}"' in page
    assert world.count() == 1


def test_another_application_that_cannot_be_is_explained(ada: Customer, world: World) -> None:
    form, where = ada.get(APPLY), ada.path
    ada.press("review", amount="9999")
    ada.press("submit")
    ada.page, ada.path = form, where
    answer = ada.press("review", amount="9")
    assert ada.is_refused
    assert "at most" in fault(answer, "amount")
    assert world.count() == 1


def test_change_returns_to_the_form_with_everything_typed(ada: Customer) -> None:
    ada.review(amount="12.5", email="x@y.example", remarks="line one\nline two")
    ada.press("edit")
    typed = ada.typed()
    assert (typed["amount"], typed["email"]) == ("12.5", "x@y.example")
    assert typed["remarks"].splitlines() == ["line one", "line two"]


def test_all_fills_in_the_limit_and_keeps_the_rest(ada: Customer) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="kept", email="kept@y.example")
    typed = ada.typed()
    assert (typed["amount"], typed["remarks"], typed["email"]) == ("10000.00", "kept", "kept@y.example")


def test_submit_without_the_review_shows_the_review(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada._arrive(ada.client.post(ada.path, data={**ada.typed(), "amount": "5", "action": "submit"}))
    assert "Review and submit" in text(ada.step())
    assert world.count() == 0


def test_a_header_edited_after_the_review_is_shown_once_more(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    other = {"kind": "enterprise", "name": "Another Name Ltd", "tax_id": "91310000MA1FL0A277"}
    world.act(headers.edit, world.cast.lin.actor, world.header_id, other)
    answer = ada.press("submit")
    assert ada.is_at_review
    assert "Something changed since you looked" in text(answer)
    assert world.count() == 0
    assert ada.press("submit").status_code == 303


def test_a_refund_that_moves_the_amount_to_another_recharge_is_shown_once_more(ada: Customer, world: World) -> None:
    ada.review(amount="4000")
    refund = replace(recharge("F1", "lumen", "6000", 2), kind="refund", refund_of="R1")
    world.act(lambda lines, *, now: book(lines, source="test", now=now), [refund])
    answer = ada.press("submit")
    assert ada.is_at_review
    assert "Something changed since you looked" in text(answer)
    assert "R2" in text(answer)
    assert world.count() == 0
    assert ada.press("submit").status_code == 303


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (PolicyKey.TAX, {"kind": "rate", "rate": "0.03"}),
        (PolicyKey.SELLER, {"name": "另一家公司", "tax_id": "91310000MA1FL0A277"}),
    ],
)
def test_another_tax_or_seller_is_shown_once_more(
    ada: Customer, world: World, key: PolicyKey, value: dict[str, str]
) -> None:
    ada.review(amount="5")
    with world.app.app_context():
        changed = {**policies.value(key, BEGINNING), **value}
        session.rollback()
        with transaction():
            set_policy(SYSTEM, key, changed, starts_on=BEGINNING, reason="another one", now=NOW)
    answer = ada.press("submit")
    assert ada.is_at_review
    assert "Something changed since you looked" in text(answer)
    assert world.count() == 0


def test_the_time_that_passes_alone_changes_nothing(
    ada: Customer, world: World, freeze: Callable[[datetime], None]
) -> None:
    ada.review(amount="5")
    freeze(NOW + timedelta(minutes=20))
    assert ada.press("submit").status_code == 303


def test_money_that_went_elsewhere_between_review_and_submit(ada: Customer, world: World) -> None:
    ada.review(amount="10000", remarks="keep me")
    world.customer("lin").apply(amount="1")
    answer = ada.press("submit")
    assert ada.is_refused
    assert "9,999.00" in fault(answer, "amount")
    assert ada.typed()["remarks"] == "keep me"


AMOUNTS = {
    "": "Enter an amount.",
    "0": "greater than zero",
    "-5": "greater than zero",
    "1.234": "at most two decimals",
    "10000.01": "at most",
    "0.99": "smallest amount",
    "NaN": "in figures",
    "Infinity": "in figures",
    "1e3": "in figures",
    "1,23": "in figures",
    "١٢٣": "in figures",
    "<script>alert(1)</script>": "in figures",
    "9" * 400: "in figures",
    "12\x00": "in figures",
}


def test_a_wrong_amount_is_explained_beside_the_field_and_everything_typed_is_kept(ada: Customer, world: World) -> None:
    for typed, said in AMOUNTS.items():
        answer = ada.review(amount=typed, remarks="kept", email="kept@y.example")
        assert ada.is_refused, typed
        assert said in fault(answer, "amount"), typed
        kept = ada.typed()
        assert (kept["amount"], kept["remarks"], kept["email"]) == (as_read(typed), "kept", "kept@y.example")
    assert world.count() == 0


def test_amounts_as_people_type_them(ada: Customer, world: World) -> None:
    for typed in (
        "１２３４．５０",
        "1,234.50",
        "¥1234.5",
        " 1234.50 ",
        "1234.50元",
        "CNY 1,234.50",
        "人民币1234.5元整",
    ):
        assert world.request(ada.apply(amount=typed)).amount == Decimal("1234.50"), typed


ADDRESSES = (
    "",
    "nobody",
    "a@b.example, c@d.example",
    "a@b.example;c@d.example",
    "a@b.example\r\nBcc: c@d.example",
    "a@b.example\nTo: c@d.example",
    "Ada <a@b.example>",
    "ünï@b.example",
    "a@b.example\x00",
    "a" * 300 + "@b.example",
    "a@" + "b" * 5000,
)


def test_exactly_one_address_is_taken(ada: Customer, world: World) -> None:
    for typed in ADDRESSES:
        answer = ada.review(amount="5", email=typed, remarks="kept")
        assert ada.is_refused, typed
        assert fault(answer, "email"), typed
        assert ada.typed()["email"] == as_read(typed)
        assert ada.typed()["remarks"] == "kept"
    assert world.count() == 0


REMARKS = (
    "x" * 501,
    "发" * 501,
    "nul \x00 inside",
    "bell \x07",
    "turned \u202e around",
    "no font has 🦄",
    "private \ue000 use",
    "e" + "\u0301" * 60,
    "x" * 10_000_000,
)


def test_remarks_that_cannot_be_printed_are_explained_and_kept(ada: Customer, world: World) -> None:
    for typed in REMARKS:
        answer = ada.review(amount="5", remarks=typed)
        assert ada.is_refused or answer.status_code == 422, typed[:20]
        assert fault(answer, "remarks"), typed[:20]
        assert ada.typed()["remarks"] == as_read(typed), typed[:20]
        assert ada.typed()["amount"] == "5"
    assert world.count() == 0


def test_invisible_characters_are_dropped(ada: Customer, world: World) -> None:
    made = world.request(ada.apply(amount="5", remarks="a\u200bb\ufeff", email="a\u200b@b.example"))
    assert (made.remarks, made.email) == ("ab", "a@b.example")


def test_a_header_that_is_not_there(ada: Customer, world: World) -> None:
    for typed in ("", "0", "abc", "99999999999999999999", "-1", "1 OR 1=1", "١"):
        answer = ada.review(amount="5", header_id=typed)
        assert ada.is_refused, typed
        assert fault(answer, "header_id"), typed
    assert world.count() == 0


def test_another_accounts_header_is_not_there(bo: Customer, world: World) -> None:
    bo.get(APPLY)
    data = {**bo.typed(), "amount": "5", "header_id": str(world.header_id), "action": "review"}
    bo._arrive(bo.client.post(bo.path, data=data))
    answer = bo.step()
    assert bo.is_refused
    assert "流明" not in text(answer)
    assert world.count() == 0


def test_without_a_header_the_way_leads_to_one_and_back_with_everything_typed(bo: Customer, world: World) -> None:
    remarks = "订单 4500\n第二行 " + "".join(chr(0x4E00 + 37 * i) for i in range(480))
    assert "You have none yet" in text(bo.get(APPLY))
    away = bo.press("new-header", amount="123.45", email="cw@yunqi.example", remarks=remarks)
    assert away.status_code == 303
    assert text(bo.follow())
    assert bo.path.startswith(f"{NEW_HEADER}&draft=")
    assert bo.submit({"kind": "enterprise", "name": "", "tax_id": ""}).status_code == 422
    bo.submit({"kind": "enterprise", "name": "杭州云栖数据服务有限公司", "tax_id": "91500000MA60K9P35N"})
    bo.follow()
    typed = bo.typed()
    assert (typed["amount"], typed["email"]) == ("123.45", "cw@yunqi.example")
    assert typed["remarks"].splitlines() == remarks.splitlines()
    bo.press("review")
    number = bo.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).header_name == "杭州云栖数据服务有限公司"


def test_turning_back_from_the_new_header_keeps_what_was_typed(bo: Customer) -> None:
    bo.get(APPLY)
    bo.press("new-header", amount="123.45", remarks="kept")
    key = bo.page.headers["Location"].rpartition("draft=")[2]
    assert f'href="{APPLY}/{key}"' in text(bo.follow())
    bo.get(f"{APPLY}/{key}")
    assert (bo.typed()["remarks"], bo.key) == ("kept", key)


def test_more_text_than_a_field_takes_comes_along_too(bo: Customer) -> None:
    bo.get(APPLY)
    form = bo.path
    assert bo.press("new-header", remarks="字" * 5000).status_code == 303
    bo.get(form)
    assert bo.typed()["remarks"] == "字" * 5000


def fault(answer: object, name: str) -> str:
    """The sentence beside a field of the page."""
    page = text(answer)  # type: ignore[arg-type]
    return page.partition(f'id="{name}-error"')[2].partition("</p>")[0]
