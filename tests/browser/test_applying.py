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
    page.go_back()
    expect(page.get_by_label("Invoice Amount")).to_have_value("77.70")


def test_all_that_was_typed_and_left_behind_is_offered_by_the_next_form(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoices/apply")
    amount, remarks = page.get_by_label("Invoice Amount"), page.get_by_label("Remarks")
    left = page.locator("[data-keep-left]")
    expect(left).to_be_hidden()
    for number in (1, 2, 3):
        amount.fill(f"{number}.00")
        remarks.fill(f"Order {number}")
        screen.open("/invoices/apply")
        expect(amount).to_have_value("")
    expect(left.locator("li > span:first-child")).to_have_text([f"{n}.00 · Order {n}" for n in (3, 2, 1)])
    # A long list is shut, so that it does not push the form away.
    summary = left.locator("summary")
    expect(summary).to_have_text("Typed in this tab and not sent: 3")
    expect(left.get_by_role("link", name="Take it up")).to_have_count(0)
    summary.click()
    # One is taken up where it was left; what is typed here meanwhile is not written over, and is listed in turn.
    remarks.fill("Typed here")
    left.get_by_role("link", name="Take it up").nth(1).click()
    expect(amount).to_have_value("2.00")
    expect(remarks).to_have_value("Order 2")
    expect(left.locator("li > span:first-child")).to_have_text(["Typed here", "3.00 · Order 3", "1.00 · Order 1"])
    # One is forgotten, with a way back while the page is open.
    summary.click()
    forget = left.locator("li", has_text="Order 3").get_by_role("button")
    for name in ("Forget it", "Put it back", "Forget it"):
        expect(forget).to_have_text(name)
        forget.click()
    page.reload()
    expect(left.locator("li")).to_have_count(2)
    expect(amount).to_have_value("2.00")
    # What was sent is the server's, and is offered by it alone.
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    screen.open("/invoices/apply")
    expect(amount).to_have_value("")
    expect(left.locator("li > span:first-child")).to_have_text(["Typed here", "1.00 · Order 1"])


def test_the_oldest_of_ten_that_were_left_behind_gives_way_and_that_is_told_before(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoices/apply")
    amount, left = page.get_by_label("Invoice Amount"), page.locator("[data-keep-left]")
    for number in range(10):
        expect(page.locator("[data-keep-full]")).to_be_hidden()
        amount.fill(f"{number}.00")
        screen.open("/invoices/apply")
        expect(left.locator("li")).to_have_count(number + 1)
    expect(page.locator("[data-keep-full]")).to_contain_text("the last one of the list goes")
    expect(left.locator("li").last).to_contain_text("0.00")
    amount.fill("77")
    expect(left.locator("li").last).to_contain_text("1.00")
    screen.open("/invoices/apply")
    expect(left.locator("li > span:first-child")).to_have_text(["77", *(f"{n}.00" for n in range(9, 0, -1))])


def test_two_tabs_of_one_application_lose_nothing(stage: Stage, window: Callable[..., Screen]) -> None:
    """The one sends, the other has typed: its text is offered after a reload, and what was looked at is told apart."""
    page = window(stage.cast.ada).open("/invoices/apply")
    fill_in(page, "Order 1")
    page.get_by_role("button", name="All: ").click()
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Change").click()
    form = page.url
    other = page.context.new_page()
    other.goto(form)
    fill_in(other, "Typed in the other tab")
    fill_in(page, "Sent by the first tab")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Sent by the first tab")
    other.reload()
    expect(other.get_by_label("Remarks")).to_have_value("Sent by the first tab")
    other.get_by_role("button", name="Put it back").click()
    expect(other.get_by_label("Remarks")).to_have_value("Typed in the other tab")
    other.get_by_role("button", name="Review", exact=True).click()
    expect(other.get_by_role("main")).to_contain_text("Typed in the other tab")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("main")).to_contain_text("Something changed since you looked")


def test_two_tabs_that_write_at_once_become_two_applications(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    form = page.url
    other = page.context.new_page()
    other.goto(form)
    for tab, words in ((page, "Of the first"), (other, "Of the second")):
        fill_in(tab, words)
        tab.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and submit")
    expect(other.locator(".toast").first).to_contain_text("Another window has written to this application meanwhile.")
    expect(other.get_by_label("Remarks")).to_have_value("Of the second")
    other.get_by_text("1 unfinished application").click()
    other.get_by_role("link", name="Go on").click()
    expect(other.get_by_label("Remarks")).to_have_value("Of the first")


def fill_in(page: Page, remarks: str) -> None:
    """An application of 5.00 with these remarks."""
    page.get_by_label("Invoice Amount").fill("5")
    page.get_by_label("Remarks").fill(remarks)


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
    form = "apply-" + page.url.rpartition("/")[2].partition("?")[0]
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
    until_forgotten(page, form)
    page.goto(page.url.rpartition("/")[0] + "/apply")
    expect(amount).to_have_value("")
    amount.fill("5")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(re.compile(r"/invoices$"))
    page.goto(page.url + "/apply")
    expect(amount).to_have_value("")
    expect(page.get_by_role("button", name="Put it back")).to_be_hidden()
    expect(page.locator("[data-keep-left]")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(amount).to_have_value("5")


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
