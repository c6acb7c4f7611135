"""Short forms that arrive after the session ended wait for their owner, in their browser, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.portal.conftest import NOW, Customer, World, text
from tests.portal.test_after import end
from tests.portal.test_signed_out import sign_in_again

Freeze = Callable[[datetime], None]
LATE = NOW + timedelta(hours=3)
SAID = "You are signed in again. What you typed is still here."


def test_a_corrected_address_is_there_after_signing_in_again(ada: Customer, world: World, freeze: Freeze) -> None:
    number = ada.apply(amount="5", email="wrong@lumen.example")
    address = f"/invoices/{number}/correct"
    ada.get(address)
    freeze(LATE)
    answer = ada.submit({"email": "right@lumen.example", "copies": "boss@lumen.example"})
    assert answer.headers["Location"].startswith("/login")
    assert world.request(number).email == "wrong@lumen.example"
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.path, SAID in text(ada.page)) == (address, True)
    ada.submit({"copies": "boss@lumen.example"})
    assert "Mails go to right@lumen.example, boss@lumen.example." in text(ada.follow())
    # It is told once: the form begins with what the request says from now on.
    assert SAID not in text(ada.get(address))


def test_an_invoice_sent_again_too_late_still_goes_where_it_was_meant(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example", copies="wrong@lumen.example")
    world.issue(number)
    end(world, "accepted", "ap@lumen.example")
    end(world, "failed", "wrong@lumen.example")
    ada.get(f"/invoices/{number}/send-again?to=wrong@lumen.example")
    freeze(LATE)
    ada.submit({"email": "right@lumen.example"})
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert SAID in text(ada.page)
    ada.submit(button="Send again")
    assert "right@lumen.example instead of wrong@lumen.example" in text(ada.follow())


@pytest.mark.parametrize("form", ["/invoices/{}/correct", "/invoices/{}/answer", "/invoice-headers/new"])
def test_cancel_drops_what_waits(ada: Customer, world: World, freeze: Freeze, form: str) -> None:
    number = ada.apply(amount="5")
    if form.endswith("answer"):
        world.ask(number, "Which order?")
    address, field = form.format(number), {"correct": "email", "answer": "answer", "new": "name"}[form.split("/")[-1]]
    ada.get(address)
    assert f"{address}?cancel=" not in ada.page.text
    freeze(LATE)
    ada.submit({field: "typed@lumen.example"})
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    assert SAID in text(ada.page)
    (cancel,) = re.findall(r'<a [^>]*href="([^"]+)"[^>]*><span>Cancel<', text(ada.page))
    ada.get(cancel)
    assert (ada.page.status_code, ada.page.headers["Location"]) == (
        303,
        "/invoice-headers" if field == "name" else f"/invoices/{number}",
    )
    assert SAID not in text(ada.get(address))
    assert "typed@lumen.example" not in text(ada.page)


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example", ""])
def test_cancel_leads_to_no_other_site(ada: Customer, to: str) -> None:
    assert ada.get("/invoice-headers/new", query_string={"cancel": to}).status_code == 200


def test_another_person_and_another_request_get_nothing(ada: Customer, world: World, freeze: Freeze) -> None:
    number, other = (ada.apply(amount="5", email="ap@lumen.example") for _ in range(2))
    ada.get(f"/invoices/{number}/correct")
    freeze(LATE)
    ada.submit({"email": "right@lumen.example"})
    ada.follow()
    sign_in_again(ada, "lin@lumen.example")
    assert "right@lumen.example" not in text(ada.page)
    assert "right@lumen.example" not in text(ada.get(f"/invoices/{other}/correct"))
    assert world.request(number).email == "ap@lumen.example"


def test_a_form_without_a_word_of_ours_is_not_kept(ada: Customer, freeze: Freeze) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    ada.get(f"/invoices/{number}/correct")
    freeze(LATE)
    answer = ada.submit({"email": "right@lumen.example", "owner": "x"})
    assert "typed=" not in "".join(answer.headers.getlist("Set-Cookie"))


def test_an_answer_that_waited_is_shown_when_somebody_else_was_first(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    number = ada.apply(amount="5")
    world.ask(number, "Which contract is it?")
    address = f"/invoices/{number}/answer"
    ada.get(address)
    freeze(LATE)
    ada.submit({"answer": "HT-1, signed in March"}, button="Send the answer")
    lin = world.customer("lin")
    lin.get(address)
    lin.submit({"answer": "HT-1"}, button="Send the answer")
    ada.follow()
    sign_in_again(ada, "ada@lumen.example")
    page = text(ada.page)
    assert "HT-1, signed in March" in page
    assert "Your answer was not sent" in page
