"""What was typed outlives refusals and detours, and goes when it is submitted or given up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from backoffice.requests.file_types import media_type
from tests.browser.conftest import Screen
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser


def test_a_page_that_refuses_keeps_what_was_typed(stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("77.70")
    page.evaluate("document.querySelector('[name=remarks]').value = 'x'.repeat(13_000_000)")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="This is too large")).to_be_visible()
    screen.open("/invoices/apply")
    expect(page.get_by_label("Invoice Amount")).to_have_value("77.70")


def test_what_the_browser_prints_to_a_file_can_be_enclosed(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    assert media_type(page.pdf()) == "application/pdf"
    assert media_type(page.screenshot()) == "image/png"
    assert media_type(page.screenshot(type="jpeg")) == "image/jpeg"


def test_the_preview_is_printed_with_all_its_columns(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada, viewport={"width": 688, "height": 1000}).open(
        "/invoices/apply"
    )  # A4 less its margins
    page.get_by_label("Invoice Amount").fill("7000")
    page.get_by_role("button", name="Review", exact=True).click()
    head = page.locator(".face-lines thead")
    expect(head).to_have_css("position", "absolute")
    page.emulate_media(media="print")
    expect(head).to_have_css("display", "table-header-group")
    face = page.locator(".face").evaluate(
        "face => [face.scrollWidth <= face.clientWidth, getComputedStyle(face).overflow]"
    )
    assert face == [True, "visible"]


def test_what_was_typed_is_there_until_it_is_submitted_or_cancelled(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    amount, review = page.get_by_label("Invoice Amount"), page.get_by_role("button", name="Review", exact=True)
    amount.fill("77.70")
    review.click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    page.go_back()
    expect(amount).to_have_value("77.70")
    amount.fill("77.80")
    review.click()
    page.get_by_role("button", name="Change").click()
    expect(amount).to_have_value("77.80")
    review.click()
    submit = page.get_by_role("button", name="Submit")
    expect(submit).to_be_visible()
    page.wait_for_load_state("domcontentloaded")  # the script that notes that the form was sent has run
    submit.click()
    page.wait_for_url(re.compile(r"/invoices/IR-"))
    until_forgotten(page, "apply")
    page.goto(page.url.rpartition("/")[0] + "/apply")
    expect(amount).to_have_value("")
    amount.fill("5")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile(r"/invoices$"))
    page.goto(page.url + "/apply")
    expect(amount).to_have_value("")


def test_without_scripts_a_message_covers_no_button(stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada, java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = screen.open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("77.70")
    page.context.clear_cookies()
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_label("Email").fill(stage.cast.ada.email)
    page.get_by_label("Password").fill(stage.cast.ada.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".toast")).to_contain_text("You are signed in again.")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()


def until_forgotten(page: Page, form: str) -> None:
    """Wait for the page to have dropped what was typed; waiting inside the page would need `eval`, which we forbid."""
    for _ in range(100):
        kept = "form => sessionStorage.getItem(`keep:${document.body.dataset.person}:${form}`)"
        if page.evaluate(kept, form) is None:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"still kept: {form}")
