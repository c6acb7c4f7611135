"""What a reviewer finds after an act: it is told once, the focus stands on something, a list says where it ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice.database import session
from backoffice.review import jobs
from tests.browser.conftest import Screen
from tests.browser.test_human_path import READ, applied, heading_of
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser

DESK = {"width": 1200, "height": 900}  # too narrow for the request beside the list
FOCUS = "() => document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"
SPOKEN = """() => {
  window.spoken = [];
  new MutationObserver(() => {
    const said = document.getElementById("announcer").textContent;
    if (said) window.spoken.push(said);
  }).observe(document.getElementById("announcer"), { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def patience(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Approvals can be undone for a minute."""
    settings = app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))


def listening(screen: Screen) -> Page:
    """A page that keeps what its live region has said."""
    screen.page.add_init_script(f"addEventListener('DOMContentLoaded', {SPOKEN})")
    return screen.page


def spoken(page: Page) -> list[str]:
    """What was announced on this page so far."""
    page.wait_for_timeout(300)
    said: list[str] = page.evaluate("window.spoken")
    return said


def test_a_note_a_claim_and_an_undo_are_told_once_and_keep_the_focus(
    stage: Stage, window: Callable[..., Screen], patience: None
) -> None:
    first, second = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=DESK)
    page = listening(screen)
    screen.open(f"/review/{first}")
    remarks = page.locator("#approve-remarks")
    remarks.fill("Not sent yet")
    page.locator("#note").fill("The contract is signed.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/review/{first}#notes-title")
    assert spoken(page) == ["The note is saved."]
    assert page.evaluate(FOCUS) == "Internal notes"
    expect(page.locator("#note")).to_have_value("")
    expect(remarks).to_have_value("Not sent yet")
    remarks.fill("")
    page.reload()
    expect(page.locator("#note")).to_have_value("")
    for button, said in (
        ("Release", "You work on this request now."),
        ("Claim", "Others can work on this request again."),
    ):
        page.keyboard.press("m")
        expect(page.locator("#claim").filter(has_text=button)).to_be_focused()
        assert spoken(page) == [said]
    page.locator("#note").fill("Checked by phone.")
    page.locator("#note").blur()
    page.wait_for_timeout(READ)
    page.keyboard.press("a")
    heading_of(page, second)
    (approval,) = spoken(page)
    assert approval.startswith(f"Approved: {first}")
    assert "The note is saved." in approval, "it goes with the approval"
    page.keyboard.press("m")
    expect(page.locator("#claim").filter(has_text="Release")).to_be_focused()
    assert spoken(page) == ["You work on this request now."], "the offer still stands, and was told before"
    page.keyboard.press("z")
    heading_of(page, first)
    expect(page.locator("h1")).to_be_focused()
    assert spoken(page) == ["The approval is undone. The request is pending again."]
    expect(page.locator("#note")).to_have_value("")
    expect(page.get_by_text("Checked by phone.").first).to_be_visible()
    page.keyboard.press("a")
    heading_of(page, second)
    (approval,) = spoken(page)
    assert approval.startswith(f"Approved: {first}"), "done once more, it is told once more"


def test_the_list_in_the_address_counts_before_the_one_the_tab_has_shown(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    _, theirs, _, next_of_theirs = (stage.apply(who, "10.00") for who in (stage.cast.ada, stage.cast.bo) * 2)
    screen = window(stage.cast.rita, viewport=DESK)
    page = screen.open("/review")
    expect(page.locator("[data-pick]")).to_have_count(4)
    screen.open(f"/review/{theirs}?list=%2Freview%3Fcustomer%3Dyunqi")
    heading_of(page, theirs)
    expect(page.locator(".back-link")).to_have_attribute("href", re.compile("customer=yunqi"))
    page.wait_for_timeout(READ)
    page.keyboard.press("a")
    heading_of(page, next_of_theirs)


def test_a_dismissed_offer_is_still_taken_by_its_key(
    stage: Stage, window: Callable[..., Screen], patience: None
) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=DESK).open(f"/review/{first}")
    heading_of(page, first)
    page.keyboard.press("a")
    heading_of(page, second)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast[data-offer]")).to_be_hidden()
    page.keyboard.press("z")
    heading_of(page, first)
    assert stage.request(first).state == "pending"


def test_many_are_approved_and_undone_by_keys_alone(
    stage: Stage, window: Callable[..., Screen], patience: None
) -> None:
    numbers = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=DESK)
    page = listening(screen)
    screen.open("/review")
    for key in ("x", "j", "x", "a"):
        page.keyboard.press(key)
    page.wait_for_url("**/review/bulk/new?*")
    expect(page.locator("h1")).to_be_focused()
    page.locator("#bulk-doubts").uncheck()
    page.wait_for_timeout(READ)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/review/bulk/\d+$"))
    page.keyboard.press("z")
    said = "The last thing you did was a bulk action, and it is not finished. You can stop it on its page."
    expect(page.get_by_role("status").get_by_text(said)).to_be_visible()
    finish(stage)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    (told,) = spoken(page)
    assert told == "Everything is done. 2 approvals were given at once."
    page.keyboard.press("z")
    page.wait_for_url(re.compile(r"/review/bulk/\d+$"))
    expect(page.locator("h1")).to_contain_text("Undo")
    finish(stage)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert {stage.request(number).state for number in numbers} == {"pending"}


def finish(stage: Stage) -> None:
    """The worker does what waits."""
    with stage.app.app_context():
        jobs.work_off()
        session.remove()


def test_the_last_one_of_a_list_says_so_and_leads_back(stage: Stage, window: Callable[..., Screen]) -> None:
    first, second = applied(stage, 2)
    other = stage.apply(stage.cast.bo, "10.00")
    screen = window(stage.cast.rita, viewport=DESK)
    page = screen.open("/review?customer=lumen")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    heading_of(page, second)
    expect(page.get_by_text("Last of the list")).to_be_visible()
    expect(page.get_by_role("link", name="Skip", exact=True)).to_have_count(0)
    page.keyboard.press("j")
    back = page.get_by_role("link", name="Back to the list")
    expect(back).to_be_focused()
    expect(back).to_have_accessible_description("Last of the list")
    page.keyboard.press("k")
    heading_of(page, first)
    expect(page.get_by_text("First of the list")).to_be_visible()
    page.keyboard.press("j")
    heading_of(page, second)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?customer=lumen")
    assert stage.request(other).state == "pending"


def test_the_last_one_of_a_page_leads_to_the_next_page(stage: Stage, window: Callable[..., Screen]) -> None:
    numbers = applied(stage, 51)
    screen = window(stage.cast.rita, viewport=DESK)
    page = screen.open("/review")
    page.get_by_role("link", name=numbers[49]).click()
    heading_of(page, numbers[49])
    expect(page.get_by_text("Last on this page of the list")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Next page of the list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tr[aria-current]")).to_contain_text(numbers[50])
    # Shown beside the page before its own, which is where a verdict on the last row leads: no row of it is current.
    page.goto(f"{screen.site}/settings")
    page.set_viewport_size({"width": 1440, "height": 900})
    screen.open(f"/review#{numbers[50]}")
    expect(page.locator("[data-preview] .topbar-summary")).to_contain_text(numbers[50])
    page.keyboard.press("j")
    expect(page.locator(".pager a[rel='next']")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("tr[aria-current]")).to_contain_text(numbers[49])


def test_a_place_has_the_same_word_in_tooltip_and_sheet(stage: Stage, window: Callable[..., Screen]) -> None:
    for person, word in ((stage.cast.rita, "Issued invoices"), (stage.cast.ada, "Invoices")):
        page = window(person, viewport=DESK).open("/settings")
        place = page.locator("[data-place][data-key='g i']")
        expect(place).to_have_attribute("title", f"{word} (G I)")
        expect(place).to_have_text(word)
