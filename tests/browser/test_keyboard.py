"""Apply and approve without a mouse: everything is reached with Tab, and one sees where one is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen, dialog_link
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  const one = document.activeElement;
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || one.name || "";
  const style = getComputedStyle(one);
  const ring = parseFloat(style.outlineWidth) >= 1 && style.outlineStyle !== "none" || style.boxShadow !== "none";
  return [one.tagName, name.trim().replace(/\\s+/g, " "), ring];
}"""


def test_apply_and_approve_with_the_keyboard(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[1] == "Skip to content"
    tab_to(page, "Apply for Invoice")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Invoice Amount")).to_be_visible()
    tab_to(page, "Invoice Amount")
    page.keyboard.type("250")
    tab_to(page, "Remarks")
    page.keyboard.type("by keyboard")
    tab_to(page, "Review")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    tab_to(page, "Submit")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"IR-"))
    number = page.url.rpartition("/")[2]

    desk = window(stage.cast.rita).page
    tab_to(desk, number)
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(number))
    dialog_link(desk, "Reject")
    tab_to(desk, "Reject")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    assert desk.evaluate(FOCUSED)[1] == "Reject"
    desk.keyboard.press("Shift+Tab")
    assert desk.evaluate(FOCUSED)[1] == "Approve"
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").get_by_text(f"Approved: {number}")).to_be_visible()
    assert stage.request(number).state == "approved"


def test_enter_in_a_field_goes_on_to_the_review(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus; on the way every stop must show that it has it."""
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, reached, ring = page.evaluate(FOCUSED)
        if tag != "BODY" and not ring:
            unseen.append(f"{tag} {reached}")
        if reached == name:
            assert not unseen, f"focus not to be seen: {unseen}"
            return
    raise AssertionError(f"{name} is not reached with Tab on {page.url}")
