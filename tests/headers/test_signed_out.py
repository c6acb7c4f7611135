"""A header that arrives after its session ended waits for its owner, in their browser, without JavaScript."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.headers.conftest import GOOD, NEW, Clerk
from tests.support.people import Cast, Person
from tests.support.visitor import as_read

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


def back_with(ada: Clerk, **typed: str) -> dict[str, str]:
    """What stands in the form for a new header that was sent too late, after signing in again."""
    ada.get(NEW)
    send_too_late(ada, **typed)
    sign_in_again(ada, "ada@lumen.example")
    return ada.typed()


BLOCK = "名称：上海流明机器人有限公司\n税号：91310000MA1FL0A277"


def test_a_pasted_block_is_there_as_well_and_can_be_split(ada: Clerk) -> None:
    assert back_with(ada, pasted_text=BLOCK)["pasted_text"] == as_read(BLOCK)
    assert "What you typed is still here." in ada.text
    assert ada.press("split") == 200
    assert ada.typed()["name"] == GOOD["name"]


def unlike(length: int) -> str:
    """Text that cannot be made smaller."""
    made = random.Random(length)
    return "".join(chr(made.randrange(0x4E00, 0x9FA0)) for _ in range(length))


def test_of_a_block_that_is_too_large_the_beginning_is_there_and_that_is_told(ada: Clerk) -> None:
    block = as_read(f"{BLOCK}\n{unlike(1900)}")
    there = back_with(ada, **GOOD, remarks="订单 4500", pasted_text=block)
    assert block.startswith(there["pasted_text"])
    assert len(as_read(BLOCK)) < len(there["pasted_text"]) < len(block)
    assert (there["name"], there["remarks"]) == (GOOD["name"], "订单 4500")
    assert "Only the beginning of this text was kept" in ada.told("pasted_text")
    assert "What could be kept is still here" in ada.text
    assert "What you typed is still here" not in ada.text


def test_a_field_that_is_too_long_to_wait_is_named(ada: Clerk) -> None:
    there = back_with(ada, **GOOD, bank="x" * 5000)
    assert (there["name"], there["bank"]) == (GOOD["name"], "")
    assert "too long to be kept" in ada.told("bank")
    assert ada.told("address") == ""
    assert "What you typed is still here" not in ada.text


def test_remarks_as_long_as_the_field_takes_wait_whatever_their_lines(ada: Clerk) -> None:
    lines = "\n".join("订单 4500，第二季度" for _ in range(60))[:500]
    there = back_with(ada, **GOOD, remarks=lines)
    assert there["remarks"] == as_read(lines)
    assert "What you typed is still here" in ada.text


def test_copies_and_remarks_give_way_to_the_header_and_are_named(ada: Clerk) -> None:
    there = back_with(
        ada, name=unlike(256), address=unlike(128), bank=unlike(127), street=unlike(126), city=unlike(64),
        remarks=unlike(500), copies=f"{unlike(900)}@x.example",
    )  # fmt: skip
    assert (there["name"], there["address"]) == (unlike(256), unlike(128))
    assert (there["remarks"], there["copies"]) == ("", "")
    for name in ("remarks", "copies"):
        assert "too long to be kept" in ada.told(name)


def test_an_edit_waits_although_the_header_was_removed(
    ada: Clerk, cast: Cast, clerk: Callable[[Person], Clerk]
) -> None:
    header = ada.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/edit")
    send_too_late(ada, phone="021-1")
    lin = clerk(cast.lin)
    lin.get(f"/invoice-headers/{header.id}/archive")
    lin.submit(button="Remove")
    sign_in_again(ada, "ada@lumen.example")
    assert ada.typed()["phone"] == "021-1"
    assert ada.press("Restore and save") == 303
    assert ada.kept()[0].phone == "021-1"


def test_an_edit_that_waited_is_not_laid_over_a_colleagues_change(
    ada: Clerk, cast: Cast, clerk: Callable[[Person], Clerk]
) -> None:
    header = ada.saved(**GOOD)
    ada.get(f"/invoice-headers/{header.id}/edit")
    send_too_late(ada, phone="021-1")
    lin = clerk(cast.lin)
    lin.get(f"/invoice-headers/{header.id}/edit")
    assert lin.press(bank="建设银行") == 303
    sign_in_again(ada, "ada@lumen.example")
    assert ada.press() == 409
    assert "Bank: now: 建设银行" in ada.text


def test_another_person_and_a_form_without_a_word_of_ours_get_nothing(ada: Clerk) -> None:
    ada.get(NEW)
    send_too_late(ada, **GOOD, owner="x")
    sign_in_again(ada, "ada@lumen.example")
    assert GOOD["name"] not in ada.get(NEW).text
    send_too_late(ada, **GOOD)
    sign_in_again(ada, "lin@lumen.example")
    assert GOOD["name"] not in ada.get(NEW).text
