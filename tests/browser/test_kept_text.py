"""What is typed stays in the tab for whoever typed it, and for what it was typed for: nobody else gets it to see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Complaints, Screen
from tests.browser.test_applying import until_forgotten
from tests.browser.test_human_path import WIDE, applied
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser

KEPT = "Object.keys(sessionStorage).filter(key => key.startsWith('keep'))"


def test_text_of_one_person_is_never_filled_in_for_another(stage: Stage, window: Callable[..., Screen]) -> None:
    (number,) = applied(stage, 1)
    screen = window(stage.cast.rita)
    page = screen.open(f"/review/{number}")
    remarks = page.locator("#approve-remarks")
    remarks.fill("Rita's words")
    for person, finds in ((stage.cast.rui, ""), (stage.cast.rita, "Rita's words")):
        page.goto("about:blank")  # what the page asks for meanwhile would be answered to nobody
        page.context.clear_cookies()
        screen.sign_in(person)
        screen.open(f"/review/{number}")
        expect(remarks).to_have_value(finds)
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")
    assert page.evaluate(KEPT) == []


def test_text_for_some_requests_is_not_kept_for_others(stage: Stage, window: Callable[..., Screen]) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita).open("/review")
    remarks = rejecting(page, first)
    remarks.fill("Only for the first")
    page.get_by_role("link", name="Back to the list").click()
    expect(rejecting(page, second)).to_have_value("")
    page.get_by_role("link", name="Cancel").click()
    expect(rejecting(page, first)).to_have_value("Only for the first")
    page.get_by_role("link", name="Cancel").click()
    expect(rejecting(page, first)).to_have_value("")


def test_that_doubts_are_approved_too_is_wanted_anew_each_time(stage: Stage, window: Callable[..., Screen]) -> None:
    (number,) = applied(stage, 1)
    page = window(stage.cast.rita).open("/review")
    box, remarks = page.locator("#bulk-doubts"), deciding(page, number, "approve")
    box.uncheck()
    remarks.fill("Words that are kept")
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url(re.compile("/review(\\?|$)"))
    deciding(page, number, "approve")
    for come_again in (page.reload, lambda: leave_and_come_back(page)):
        expect(remarks).to_have_value("Words that are kept")
        expect(box).to_be_checked()
        box.uncheck()
        come_again()
    expect(remarks).to_have_value("Words that are kept")
    expect(box).to_be_checked()


def leave_and_come_back(page: Page) -> None:
    page.goto("about:blank")
    page.go_back()


def rejecting(page: Page, number: str) -> Locator:
    """Choose one request of the list to be rejected; the field for the remarks."""
    return deciding(page, number, "reject")


def deciding(page: Page, number: str, act: str) -> Locator:
    """Choose one request of the list for an act on many; the field for the remarks."""
    expect(page.locator("[data-pick-said]")).not_to_be_empty()
    for box in page.locator("[data-pick]:checked").all():
        box.uncheck()
    page.get_by_role("checkbox", name=number).check()
    page.locator(f"[data-pick-act={act}]").click()
    page.wait_for_url(re.compile("/review/bulk/new"))
    return page.locator("#bulk-remarks")


def test_a_question_is_kept_until_it_arrives(
    stage: Stage, window: Callable[..., Screen], complaints: Complaints
) -> None:
    (number,) = applied(stage, 1)
    screen = window(stage.cast.rita, viewport=WIDE)
    page = screen.open("/review?view=pending")
    answers = f"**/review/{number}/hold"
    asks(page).fill("Which contract?")

    def answered_by_a_proxy(route: Route) -> None:
        route.fulfill(status=503, body="busy")

    def refused(route: Route) -> None:
        route.fulfill(response=route.fetch(url=f"{screen.site}/review/no-such", method="GET"))

    for answer in (answered_by_a_proxy, refused):
        page.route(answers, answer)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#hold-question")).to_have_count(0)
        page.unroute(answers)
        screen.open("/review?view=pending")
        expect(asks(page)).to_have_value("Which contract?")
    screen.open(f"/review/{number}")
    expect(asks(page)).to_have_value("Which contract?")
    page.route(answers, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.keyboard.press("Control+Enter")
    page.unroute(answers)
    screen.open("/review?view=pending")
    expect(asks(page)).to_have_value("Which contract?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("The customer is asked.")
    until_forgotten(page, f"hold-{number}")
    complaints.told[:] = [told for told in complaints.told if not re.search("503|ERR_FAILED", told)]


def asks(page: Page) -> Locator:
    """Open the dialog with the question to the customer; its field."""
    expect(page.locator("[data-preview]").or_(page.locator("[data-trail]")).first).not_to_have_attribute("inert", "")
    expect(page.get_by_role("link", name="Ask the customer")).to_have_attribute("aria-haspopup", "dialog")
    page.keyboard.press("h")
    return page.locator("#hold-question")


def test_what_is_filled_in_again_is_seen_and_cancel_gives_it_up(stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoice-headers/new")
    copies = page.get_by_label("Copies")
    page.get_by_text("Defaults for applications").click()
    copies.fill("boss@jia.example")
    screen.open("/invoices")
    screen.open("/invoice-headers/new")
    expect(copies).to_have_value("boss@jia.example")
    expect(copies).to_be_visible()
    page.get_by_role("link", name="Cancel").or_(page.get_by_role("button", name="Cancel")).click()
    screen.open("/invoice-headers/new")
    expect(copies).to_have_value("")
    expect(copies).to_be_hidden()
