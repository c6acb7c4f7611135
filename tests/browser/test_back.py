"""Back, Forward and Reload on the way through an application: pages of ours, never the browser's own question."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser


def test_back_after_a_refused_field_and_after_review(stage: Stage, window: Callable[..., Screen]) -> None:
    """The complaint can be reloaded, left and come back to; the form behind it has what was typed, and no complaint."""
    page = window(stage.cast.ada).open("/invoices/apply")
    amount = page.get_by_label("Invoice Amount")
    amount.fill("1.234")
    press(page, "Review")
    expect(amount).to_have_attribute("aria-invalid", "true")
    page.reload()
    expect(amount).to_have_attribute("aria-invalid", "true")
    page.go_back()
    expect(amount).not_to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("1.234")
    page.go_forward()
    expect(amount).to_have_attribute("aria-invalid", "true")
    amount.fill("77.70")
    press(page, "Review")
    arrives(page, "Review and submit")
    page.go_back()
    expect(amount).to_have_value("77.70")


def test_back_after_change_and_after_submit_without_scripts(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada, java_script_enabled=False).open("/invoices/apply")
    amount = page.get_by_label("Invoice Amount")
    amount.fill("77.70")
    press(page, "Review")
    arrives(page, "Review and submit")
    page.go_back()
    expect(amount).to_have_value("77.70")
    page.go_forward()
    press(page, "Change")
    arrives(page, "Apply for Invoice")
    page.go_back()
    press(page, "Submit")
    page.wait_for_url(re.compile(r"/invoices/IR-"))
    number = page.url.rpartition("/")[2]
    page.go_back()
    expect(page.get_by_role("main")).to_contain_text(f"This application was submitted as {number}.")
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    page.get_by_role("link", name=f"See {number}").click()
    arrives(page, number)


def press(page: Page, name: str) -> None:
    """Press the button of that name that is seen."""
    page.get_by_role("button", name=name, exact=True).click()


def arrives(page: Page, heading: str) -> None:
    """The page of that heading has opened."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
