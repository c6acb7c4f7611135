"""Two reviewers at once: what the list says of them, who was first, and that nobody's words are lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen, dialog_link
from tests.browser.typist import Typist
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

TURN = 21_000  # milliseconds: every twenty seconds an open page says what it shows and asks what is new


def opened(window: Callable[..., Screen], who: Person, path: str) -> Page:
    """A browser of its own with a page open in it; its clock is moved by the test alone."""
    screen = window(who)
    screen.page.clock.install()
    return screen.open(path)


def test_the_list_says_who_looks_while_two_browsers_are_open(stage: Stage, window: Callable[..., Screen]) -> None:
    number, other = stage.apply(stage.cast.ada, "250.00"), stage.apply(stage.cast.bo, "70.00")
    rui = opened(window, stage.cast.rui, "/review")
    rita = opened(window, stage.cast.rita, f"/review/{number}")
    with rita.expect_response("**/looking"):
        rita.clock.run_for(1_000)
    row = rui.get_by_role("row").filter(has_text=number)
    expect(row).not_to_contain_text("looking at it")
    rui.clock.run_for(TURN)
    expect(row).to_contain_text("Rita Moreau is looking at it")
    expect(rui.get_by_role("row").filter(has_text=other)).not_to_contain_text("looking at it")
    rita.get_by_role("button", name="Claim").click()
    with rita.expect_response(lambda answer: answer.url.endswith("/looking") and answer.status == 200):
        expect(rita.get_by_role("button", name="Release")).to_be_visible()
        rita.clock.run_for(1_000)  # the page came anew: it says once more that it is there
    rui.clock.run_for(TURN)
    expect(row).to_contain_text("Rita Moreau works on it")
    with rui.expect_response("**/looking"):
        rui.get_by_role("link", name=number).click()
        rui.clock.run_for(1_000)
    expect(rui.get_by_role("status").filter(has_text="Rita Moreau is looking at it")).to_be_visible()
    rita.clock.run_for(TURN)
    expect(rita.get_by_role("status").filter(has_text="芮明 is looking at it")).to_be_visible()
    rita.get_by_role("link", name="Review queue").first.click()
    expect(rita.get_by_role("row").filter(has_text=number)).to_contain_text("芮明 is looking at it")
    rui.clock.run_for(TURN)
    expect(rui.locator("[data-looking]")).to_be_hidden()


def test_whoever_types_hears_who_decided_and_keeps_every_word(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.apply(stage.cast.ada, "250.00")
    rita = opened(window, stage.cast.rita, f"/review/{number}")
    dialog_link(rita, "Reject").click()
    dialog = rita.get_by_role("dialog")
    dialog.get_by_role("checkbox", name="The tax ID does not match the name").check()
    dialog.get_by_label("Remarks").fill("税号有误 – please check line 2")
    rui = window(stage.cast.rui).open(f"/review/{number}")
    rui.get_by_role("button", name="Approve").click()
    rui.wait_for_url(re.compile("/review#heading$"))
    assert stage.request(number).state == "approved"
    rita.clock.run_for(TURN)
    news = dialog.get_by_role("alert")
    expect(news).to_contain_text(re.compile(r"芮明 approved this request at \d+ \w+ \d{4}, \d\d:\d\d\."))
    expect(dialog.get_by_label("Remarks")).to_have_value("税号有误 – please check line 2")
    dialog.get_by_role("button", name="Reject").click()
    refusal = rita.get_by_role("alert").filter(has_text="Nothing was changed.")
    expect(refusal).to_contain_text(re.compile(r"芮明 approved this request at .*\d\d:\d\d"))
    expect(refusal).to_contain_text("税号有误 – please check line 2")
    assert stage.request(number).state == "approved"


def test_a_rejection_with_a_ready_text_is_a_reason_and_two_keys(
    stage: Stage, typist: Callable[[Person], Typist]
) -> None:
    number = stage.apply(stage.cast.ada, "250.00", locale="zh")
    rita = typist(stage.cast.rita)
    rita.open(f"/review/{number}")
    reject = dialog_link(rita.page, rita.word("Reject"))
    rita.keys.to(reject)
    rita.keys.press("Enter")
    dialog = rita.page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox").first).to_be_focused()
    rita.keys.press("4")
    rita.keys.press("6")
    rita.keys.press("4")
    remarks = dialog.locator("textarea")
    expect(remarks).to_have_value(re.compile(f"^[^\\n]*{re.escape(stage.cast.ada.email)}[^\\n]*$"))
    pointed = dialog.locator("[name=fields]:checked")
    expect(pointed).to_have_count(1)
    expect(pointed).to_have_value("email")
    rita.enter(dialog.get_by_role("button", name=rita.word("Preview the email")))
    letter = dialog.locator("[data-letter]")
    expect(letter).to_contain_text(number)
    expect(letter).to_be_focused()
    rita.fits()
    rita.keys.press("Control+Enter")
    rita.page.wait_for_url(re.compile("/review#heading$"))
    assert stage.request(number).state == "rejected"


def test_a_ready_text_comes_and_goes_alone_and_only_where_it_fits(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.apply(stage.cast.ada, "250.00")
    page = window(stage.cast.rita).open(f"/review/{number}/reject")
    remarks, reason = page.get_by_label("Remarks").first, page.get_by_role("checkbox", name="Another reason")
    own = "Dear customer,\n\nfirst.\n\n\nSecond."
    remarks.fill(own)
    reason.check()
    expect(remarks).to_have_value(re.compile(re.escape(own) + "\nPlease enclose"))
    reason.uncheck()
    expect(remarks).to_have_value(own)
    remarks.fill("x" * 450)
    reason.check()
    expect(page.get_by_text("This ready text does not fit")).to_be_visible()
    expect(remarks).to_have_value("x" * 450)
    expect(page.locator(".counter", has_text="450 / 500")).to_be_visible()
