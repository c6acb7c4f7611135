"""A reviewer approves without a mouse; and the driver of all keyboard journeys notices what a keyboard cannot do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen, dialog_link
from tests.browser.keyboard import Keyboard
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser


def test_approve_with_the_keyboard(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.apply(stage.cast.ada, "250.00")
    desk = window(stage.cast.rita).page
    keys = Keyboard(desk)
    keys.press("Tab")
    expect(desk.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.to(desk.get_by_role("link", name=number))
    keys.press("Enter")
    desk.wait_for_url(re.compile(number))
    reject = dialog_link(desk, "Reject")
    keys.to(reject)
    keys.press("Enter")
    expect(desk.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(reject).to_be_focused()
    keys.press("Shift+Tab")
    expect(desk.get_by_role("button", name="Approve")).to_be_focused()
    keys.press("Enter")
    expect(desk.get_by_role("status").get_by_text(f"Approved: {number}")).to_be_visible()
    assert stage.request(number).state == "approved"


def test_the_driver_notices_what_a_keyboard_cannot_do(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    keys, amount, email = Keyboard(page), page.get_by_label("Invoice Amount"), page.get_by_label("Receiving Email")
    amount.evaluate("field => { field.tabIndex = -1; }")
    with pytest.raises(AssertionError, match="not reached with Tab"):
        keys.to(amount)
    page.evaluate("document.styleSheets[0].insertRule('#email:focus-visible { outline: none !important }')")
    with pytest.raises(AssertionError, match="no ring: INPUT Receiving Email"):
        keys.to(email)
    page.evaluate("document.styleSheets[0].insertRule('body { width: 3000px }')")
    with pytest.raises(AssertionError, match="sticks out"):
        keys.to(email)
