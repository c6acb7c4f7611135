"""A header that arrives after its session ended waits for its owner, in their browser, without JavaScript."""

from __future__ import annotations

import pytest

from tests.headers.conftest import GOOD, NEW, Clerk

SAID = "You are signed in again."


def send_too_late(browser: Clerk, **typed: str) -> None:
    """Fill in the form of the present page, lose the session, press Save; ends on the sign-in page."""
    for name in ("session", "remember_token"):
        browser.client.delete_cookie(name)
    assert browser.press(**typed) == 302
    assert browser.page.headers["Location"].startswith("/login")
    browser.follow()


def sign_in_again(browser: Clerk, email: str) -> None:
    browser.submit({"email": email, "password": "invoice-demo-2026"})
    browser.follow()


@pytest.mark.parametrize("address", [NEW, f"{NEW}?next=apply"])
def test_a_new_header_is_there_after_signing_in_again_and_is_told_once(ada: Clerk, address: str) -> None:
    ada.get(address)
    send_too_late(ada, **GOOD, remarks="订单 4500", bank="x" * 5000)
    assert ada.kept() == []
    sign_in_again(ada, "ada@lumen.example")
    assert ada.path == address
    assert SAID in ada.text
    typed = ada.typed()
    assert {name: typed[name] for name in GOOD} == GOOD
    assert (typed["remarks"], typed["bank"]) == ("订单 4500", "")
    assert ada.press() == 303
    assert ada.kept()[0].remarks == "订单 4500"
    ada.get(NEW)
    assert (SAID in ada.text, ada.typed()["name"]) == (False, "")


def test_an_edit_is_there_as_well_and_at_its_own_header_only(ada: Clerk) -> None:
    header = ada.saved(**GOOD)
    address = f"/invoice-headers/{header.id}/edit"
    ada.get(address)
    send_too_late(ada, phone="021-1")
    assert ada.kept()[0].phone == ""
    sign_in_again(ada, "ada@lumen.example")
    assert (ada.path, ada.typed()["phone"], ada.typed()["name"]) == (address, "021-1", GOOD["name"])
    ada.get(NEW)
    assert ada.typed()["phone"] == ""


def test_another_person_and_a_form_without_a_word_of_ours_get_nothing(ada: Clerk) -> None:
    ada.get(NEW)
    send_too_late(ada, **GOOD, owner="x")
    sign_in_again(ada, "ada@lumen.example")
    assert GOOD["name"] not in ada.get(NEW).text
    send_too_late(ada, **GOOD)
    sign_in_again(ada, "lin@lumen.example")
    assert GOOD["name"] not in ada.get(NEW).text
