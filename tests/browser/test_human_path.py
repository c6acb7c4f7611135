"""What the desk costs a hand: a stroke for each approval, few for a rejection; and the keys of everything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice import clock
from tests.browser.conftest import Screen
from tests.browser.typist import Typist
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

MANY = 20
READ = 420  # milliseconds: somebody has looked at what is there before they decide on it
WIDE = {"width": 1440, "height": 900}


def applied(stage: Stage, how_many: int) -> list[str]:
    """Ada's requests, the one that is due first in front."""
    now = clock.now()
    return [stage.apply(stage.cast.ada, "10.00", at=now - timedelta(hours=how_many - at)) for at in range(how_many)]


def heading_of(page: Page, number: str) -> None:
    """The request's own page is there, and has been read."""
    page.wait_for_url(re.compile(f"/review/{number}"))
    page.wait_for_load_state("load")
    page.wait_for_timeout(READ)


def test_n_takes_the_first_and_each_approval_brings_the_next(stage: Stage, window: Callable[..., Screen]) -> None:
    numbers = applied(stage, 3)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    page.keyboard.press("n")
    for number in numbers:
        heading_of(page, number)
        page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert {stage.request(number).state for number in numbers} == {"approved"}


def test_twenty_approvals_beside_the_queue_are_twenty_strokes(stage: Stage, window: Callable[..., Screen]) -> None:
    numbers = applied(stage, MANY)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    for number in numbers:
        expect(page.locator("tr[aria-current]")).to_contain_text(number)
        expect(page.locator("[data-preview] .topbar-summary")).to_contain_text(number)
        expect(page.locator("[data-preview]")).not_to_have_attribute("inert", "")
        page.wait_for_timeout(READ)
        page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert {stage.request(number).state for number in numbers} == {"approved"}


def test_a_rejection_with_ready_words_is_four_keys_at_most(stage: Stage, window: Callable[..., Screen]) -> None:
    first, second = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=WIDE)
    page = screen.open(f"/review/{first}")
    heading_of(page, first)
    rejects(page)
    heading_of(page, second)
    screen.open("/review")
    expect(page.locator("[data-preview] .topbar-summary")).to_contain_text(second)
    expect(page.locator("[data-preview]")).not_to_have_attribute("inert", "")
    page.wait_for_timeout(READ)
    rejects(page)
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    assert {stage.request(number).state for number in (first, second)} == {"rejected"}
    stage.work()
    for said in (mail.text for mail in stage.mails(stage.cast.ada.email)[-2:]):
        assert "We cannot confirm ¥10.00 against your recharges." in " ".join(said.split())


def rejects(page: Page) -> None:
    """Open the dialog, choose a reason with its ready words, send: on a page of its own and beside the queue."""
    keys = ("r", "4", "Control+Enter")
    assert sum(len(key.split("+")) for key in keys) <= 4
    for key in keys:
        page.keyboard.press(key)


def test_the_desk_by_its_keys(
    stage: Stage, app: Flask, typist: Callable[[Person], Typist], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["BACKOFFICE_SETTINGS"]
    monkeypatch.setitem(app.config, "BACKOFFICE_SETTINGS", settings.model_copy(update={"undo_seconds": 60}))
    first, second, third = applied(stage, 3)
    rita = typist(stage.cast.rita)
    page = rita.page
    rita.open("/review")
    page.wait_for_load_state("load")
    rita.keys.press("j")
    rita.keys.press("k")
    expect(page.locator("tr[aria-current]")).to_contain_text(first)
    rita.keys.press("j")
    expect(rita.named("link", second)).to_be_focused()
    rita.keys.press("Enter")
    heading_of(page, second)
    rita.fits()
    rita.keys.press("j")
    heading_of(page, third)
    rita.keys.press("k")
    heading_of(page, second)
    typing_is_left_alone(rita)
    rita.keys.press("a")
    heading_of(page, first)
    assert stage.request(second).state == "approved"
    rita.keys.press("z")
    page.wait_for_url(re.compile(second))
    rita.hears("The approval is undone. The request is pending again.")
    assert stage.request(second).state == "pending"
    rejection(stage, rita, second)
    help_and_palette(rita)


def typing_is_left_alone(rita: Typist) -> None:
    """Letters in a field are letters."""
    address = rita.page.url
    field = rita.page.locator("textarea:visible").first
    field.focus()
    rita.page.keyboard.type("jara")
    expect(field).to_have_value("jara")
    field.fill("")
    field.blur()
    assert rita.page.url == address


def rejection(stage: Stage, rita: Typist, number: str) -> None:
    """r opens it; a reason and the words follow."""
    rita.page.wait_for_load_state("load")
    rita.keys.press("r")
    dialog = rita.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").first.focus()
    rita.keys.toggle()
    dialog.locator("textarea").focus()
    rita.page.keyboard.insert_text("请核对税号。")
    rita.enter(dialog.get_by_role("button", name=rita.word("Reject"), exact=True))
    rita.page.wait_for_url(re.compile(f"/review/(?!{number})"))
    assert stage.request(number).state == "rejected"


def help_and_palette(rita: Typist) -> None:
    """? shows the keys; Ctrl-K finds a place."""
    page = rita.page
    page.wait_for_load_state("load")
    rita.keys.press("?")
    sheet = page.locator("#shortcut-sheet")
    expect(sheet).to_contain_text(
        rita.word("Take the most urgent request; on a request's page, the next one behind it")
    )
    rita.keys.press("Escape")
    rita.keys.press("Control+k")
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    page.keyboard.insert_text(rita.word("Settings"))
    expect(page.locator("#palette [aria-selected='true']")).to_be_visible()
    rita.keys.press("Enter")
    page.wait_for_url(re.compile("/settings$"))
    rita.fits()
