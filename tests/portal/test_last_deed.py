"""What z says and does for a customer: it is about the last thing done, and never takes back an older one instead."""

from __future__ import annotations

import re
from datetime import timedelta

from backoffice import clock
from tests.portal.conftest import APPLY, Customer, World, text
from tests.portal.test_after import end


def said(customer: Customer) -> str:
    """The deed that z would take back if it could, in the words of the page that follows."""
    page = text(customer.follow())
    assert 'data-key="z"' not in page
    (why,) = re.findall(r'data-no-undo="([^"]+)"', page)
    return why.removeprefix("The last thing you did was to ")


def test_z_is_about_the_last_deed_and_not_an_older_one(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada.submit({"remarks": "Thrown away first"}, button="cancel")
    assert 'data-key="z"' in text(ada.follow())

    number = ada.apply(amount="5", email="first@lumen.example")
    ada.get(f"/invoices/{number}")
    assert "Thrown away first" not in text(ada.page)
    why = re.findall(r'data-no-undo="([^"]+)"', text(ada.page))
    assert why == [f"The last thing you did was to submit {number}. While it is pending you can withdraw it there."]
    assert "The application is thrown away." in text(ada.page), "still offered, by its button"

    ada.get(f"/invoices/{number}/correct")
    ada.submit({"email": "second@lumen.example"})
    assert said(ada).startswith(f"correct the address of {number}.")
    world.ask(number, "Which order?")
    ada.get(f"/invoices/{number}/answer")
    ada.submit({"answer": "Order 1"})
    assert said(ada).startswith(f"answer a question about {number}.")
    world.issue(number)
    end(world, "accepted", "second@lumen.example")
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        ada.get(f"/invoices/{number}/send-again")
        ada.submit(button="Send again")
        assert said(ada).startswith("send an invoice again.")

    other = ada.apply(amount="6")
    ada.get(f"/invoices/{other}/withdraw")
    ada.submit(button="Withdraw")
    assert said(ada).startswith(f"withdraw {other}.")


def test_a_removed_header_is_back_with_one_press(ada: Customer, world: World) -> None:
    ada.apply(amount="5")
    address = f"/invoice-headers/{world.header_id}"
    ada.get(f"{address}/archive")
    ada.submit(button="Remove")
    page = text(ada.follow())
    assert "is removed." in page
    assert 'data-key="z"' in page
    ada.submit(button="Undo")
    page = text(ada.follow())
    assert f'{address}/edit"' in page
    assert "The last thing you did was to submit" in page, "the deed before it is the last one again"
    ada.get(f"{address}/edit")
    ada.submit({"phone": "021-1"})
    assert said(ada).startswith("save a header.")


def test_settings_are_deeds_too(ada: Customer) -> None:
    ada.get(APPLY)
    ada.submit({"remarks": "Thrown away first"}, button="cancel")
    ada.follow()
    ada.get("/settings")
    ada.submit(button="Sign out everywhere else")
    assert said(ada).startswith("sign out elsewhere.")
