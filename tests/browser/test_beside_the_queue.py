"""The request beside the queue by keyboard alone: read to its end, entered, left, told where it cannot be loaded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Screen
from tests.browser.test_human_path import READ, WIDE, applied
from tests.browser.test_looks import looked_at
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser

# Where the focus is: in the pane, on a row's link, or elsewhere.
WHERE = """() => {
  const one = document.activeElement;
  return one.closest("[data-preview]") ? "pane" : one.closest("tr")?.id ?? one.tagName;
}"""
LEFT = "() => (({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)"
LEFT += "(document.querySelector('[data-preview]'))"
SCROLL = """(to) => {
  for (const one of [document.scrollingElement, ...document.querySelectorAll("[data-preview]")]) one.scrollTop = to;
}"""
SCROLLED = "() => [document.querySelector('[data-preview]').scrollTop, scrollY]"


@pytest.fixture
def patience(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Approvals can be undone for a minute."""
    settings = app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))


def beside(page: Page, number: str) -> None:
    """The request stands beside the list, and has been read."""
    expect(page.locator("[data-preview] .topbar-summary")).to_contain_text(number)
    expect(page.locator("[data-preview]")).not_to_have_attribute("inert", "")
    page.wait_for_timeout(READ)


def test_the_keys_of_the_list_read_the_request_beside_it_to_its_end(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    _, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    page.keyboard.press("j")
    beside(page, second)
    assert page.evaluate(WHERE) == second
    page.keyboard.press("Space")
    pane, _ = page.evaluate(SCROLLED)
    assert pane > 0
    for _ in range(40):
        page.keyboard.press("Space")
    assert page.evaluate(LEFT) < 2
    page.keyboard.press("Shift+Space")
    assert page.evaluate(LEFT) > 2
    assert (page.evaluate(SCROLLED)[1], page.evaluate(WHERE)) == (0, second)


def test_whoever_goes_into_a_request_that_is_on_its_way_is_there_when_it_is(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    _, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    page.wait_for_load_state("load")
    for key in ("j", "b"):
        page.keyboard.press(key)
    expect(page.get_by_role("region", name="The current request")).to_be_focused()
    beside(page, second)


def test_b_leads_into_the_request_beside_and_escape_back_to_its_row(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    page.keyboard.press("j")
    beside(page, second)
    page.keyboard.press("b")
    region = page.get_by_role("region", name="The current request")
    expect(region).to_be_focused()
    page.keyboard.press("PageDown")
    page.wait_for_timeout(READ)
    assert page.evaluate(SCROLLED)[0] > 0, "inside of it the browser's own keys scroll it"
    page.keyboard.press("Tab")
    assert page.evaluate(WHERE) == "pane"
    remarks = page.locator("[data-preview] #approve-remarks")
    for _ in range(12):
        if remarks.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(remarks).to_be_focused()
    page.keyboard.type("abj")
    page.keyboard.press("Escape")
    assert page.evaluate(WHERE) == second
    expect(remarks).to_have_value("abj")
    page.keyboard.press("b")
    page.keyboard.press("b")
    assert page.evaluate(WHERE) == second
    # A dialog of the pane is shut by Escape, and nothing else.
    page.keyboard.press("h")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("k")
    beside(page, first)
    assert page.evaluate(WHERE) == first


def test_without_single_keys_a_link_of_the_row_leads_into_the_request(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    first, second = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=WIDE)
    screen.open("/shortcuts").get_by_role("group", name="Single keys").get_by_role("button", name="Off").click()
    expect(screen.page.get_by_text("Single keys are switched off.")).to_be_visible()
    page = screen.open("/review")
    beside(page, first)
    page.get_by_role("link", name=second).focus()
    beside(page, second)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the request beside the list")).to_be_focused()
    assert list(looked_at(page)) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="The current request")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate(WHERE) == second


def test_what_cannot_be_loaded_says_so_and_is_loaded_again(
    stage: Stage, window: Callable[..., Screen], complaints: Complaints
) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    beside(page, first)
    page.route("**/*beside=1", lambda route: route.abort())
    page.keyboard.press("j")
    pane = page.locator("[data-preview]")
    expect(pane.get_by_role("alert")).to_contain_text("This request could not be loaded")
    expect(pane).not_to_have_attribute("inert", "")
    expect(page.locator(".preview")).not_to_have_attribute("aria-busy", "true")
    page.keyboard.press("a")
    told = page.get_by_role("status").get_by_text(
        "The request beside the list could not be loaded. Nothing was decided."
    )
    expect(told).to_be_visible()
    assert list(looked_at(page)) == []
    page.wait_for_timeout(READ)  # the window was narrow and is wide again: it was asked for once more
    expect(pane).not_to_have_attribute("inert", "")
    page.unroute("**/*beside=1")
    pane.get_by_role("button", name="Try again").click()
    beside(page, second)
    page.keyboard.press("a")
    expect(page.get_by_role("status").get_by_text(f"Approved: {second}")).to_be_visible()
    assert [stage.request(number).state for number in (first, second)] == ["pending", "approved"]
    complaints.told[:] = [told for told in complaints.told if "ERR_FAILED" not in told]


def test_whoever_stays_stays_in_the_list_with_the_request_beside_it(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    first, second, third = applied(stage, 3)
    screen = window(stage.cast.rita, viewport=WIDE)
    choice = (
        screen.open("/settings").get_by_role("group", name="After a verdict").get_by_role("button", name="Stay here")
    )
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    page = screen.open("/review?customer=lumen")
    page.keyboard.press("j")
    beside(page, second)
    page.keyboard.press("a")
    page.wait_for_url(f"**/review?customer=lumen#{second}")
    beside(page, second)
    expect(page.locator("[data-preview]").get_by_text("Take it back")).to_be_visible()
    expect(page.locator("[data-preview] h2").first).to_be_focused()
    page.keyboard.press("j")
    beside(page, third)
    page.keyboard.press("a")
    beside(page, third)
    page.keyboard.press("k")
    beside(page, first)
    page.keyboard.press("a")
    # The list is empty now, and the request is still there.
    expect(page.get_by_text("No request matches these filters")).to_be_visible()
    beside(page, first)
    assert {stage.request(number).state for number in (first, second, third)} == {"approved"}


def test_an_undo_beside_the_queue_stays_in_the_queue(
    stage: Stage, window: Callable[..., Screen], patience: None
) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review?customer=lumen")
    beside(page, first)
    page.keyboard.press("a")
    beside(page, second)
    page.keyboard.press("z")
    page.wait_for_url(f"**/review?customer=lumen#{first}")
    beside(page, first)
    expect(page.locator("[data-preview] h2").first).to_be_focused()
    assert stage.request(first).state == "pending"
    page.keyboard.press("z")
    expect(page.get_by_role("status").get_by_text("There is nothing to undo.")).to_be_visible()


@pytest.mark.parametrize("where", ["/review", "/review/{number}"])
def test_in_a_wide_low_window_the_verdict_stays_in_view(
    stage: Stage, window: Callable[..., Screen], where: str
) -> None:
    (number,) = applied(stage, 1)
    page = window(stage.cast.rita, viewport={"width": 1440, "height": 500}).open(where.format(number=number))
    bar = page.locator(".decision .form-actions")
    names = [bar.get_by_role("button", name="Approve"), bar.get_by_role("link", name="Reject")]
    for place in (0, 9999):
        page.evaluate(SCROLL, place)
        for control in names:
            expect(control).to_be_in_viewport(ratio=1)
    taken = bar.bounding_box()
    assert taken is not None
    assert taken["height"] < 125
    last = page.locator("[data-preview] > *, .aside:not(.preview) > *").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= taken["y"] + 1, "the end can be read"
    assert list(looked_at(page)) == []


def test_counts_of_saved_views_are_seen_however_long_the_name(stage: Stage, window: Callable[..., Screen]) -> None:
    applied(stage, 1)
    screen = window(stage.cast.rita, viewport=WIDE)
    names = ("Lumen big overdue requests this month", "Pneumonoultramicroscopicsilicovolcanoconiosis")
    for name in names:
        page = screen.open("/review/views?view=all")
        page.locator("#view-name").fill(name)
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url(re.compile(r"/review\?view=all"))
    for width in (1440, 320):
        page.set_viewport_size({"width": width, "height": 900})
        if width < 500:
            page.get_by_role("button", name="Menu", exact=True).click()
        side = page.get_by_role("navigation", name="Main").bounding_box()
        assert side is not None
        for name in names:
            link = page.get_by_role("link", name=name)
            expect(link.locator(".side-name")).to_have_attribute("title", name)
            box = link.locator(".count").bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= side["x"] + side["width"]
