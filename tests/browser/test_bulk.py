"""A reviewer decides on many requests by keyboard alone: ranges, all that match, progress, what failed once more."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from backoffice.database import session
from backoffice.review import jobs
from backoffice.review.services import claims
from tests.browser.conftest import Manner
from tests.browser.typist import Typist
from tests.journeys.stage import Stage
from tests.support.office import contradictions
from tests.support.people import Person

pytestmark = pytest.mark.browser

PAGE, MORE = 50, 3


def test_many_are_decided_on_by_keyboard(stage: Stage, typist: Callable[[Person], Typist], manner: Manner) -> None:
    numbers = [stage.apply(stage.cast.ada, f"{10 + turn}.25") for turn in range(PAGE + MORE)]
    stage.do(claims.claim, stage.cast.rui.actor, numbers[2])
    rita = typist(stage.cast.rita)
    rita.open("/review")
    expect(rita.page.locator("[data-pick]")).to_have_count(PAGE)
    expect(rita.page.locator("[data-pick-act=approve]")).to_be_disabled()
    a_range_is_ticked(rita)
    rita.keys.press("Enter")
    rita.page.wait_for_url("**/review/bulk/new?*")
    expect(rita.page.locator(".facts")).to_contain_text("¥47.00")
    rita.toggle(rita.page.locator("#bulk-doubts"))
    done_by_the_worker(rita, stage)
    what_failed_is_ticked_and_run_again(rita, stage, numbers[2])
    all_that_match_are_rejected(rita, stage)
    assert {stage.request(number).state for number in numbers[:4]} == {"approved"}
    assert {stage.request(number).state for number in numbers[4:]} == {"rejected"}
    with stage.app.app_context():
        assert contradictions() == []


def a_range_is_ticked(rita: Typist) -> None:
    """Space on the first, Shift and Space on the fourth; the bar says how many and how much, to the cent."""
    boxes, said = rita.page.locator("[data-pick]"), rita.page.locator("[data-pick-said]")
    rita.toggle(boxes.nth(0))
    rita.keys.to(boxes.nth(3))
    rita.keys.press("Shift+Space")
    expect(rita.page.locator("[data-pick]:checked")).to_have_count(4)
    expect(said).to_have_text(rita.word("%(count)s selected, %(sum)s", count=4, sum="¥47.00"))
    expect(rita.page.locator("[data-pick-act=approve]")).to_be_enabled()
    rita.fits()


def confirm(rita: Typist) -> Locator:
    """The one button of the page that asks once more."""
    return rita.page.locator("form.form button[data-verdict]")


def done_by_the_worker(rita: Typist, stage: Stage) -> None:
    """Confirm; the page waits, follows the run by itself and shows the results."""
    rita.fits()
    rita.enter(confirm(rita))
    rita.page.wait_for_url(re.compile(r"/review/bulk/\d+$"))
    expect(rita.page.get_by_role("progressbar")).to_be_visible()
    rita.fits()
    with stage.app.app_context():
        jobs.work_off()
        session.remove()
    expect(rita.page.locator("[data-progress]")).to_have_count(0)  # the bar goes a moment before the page comes anew
    rita.fits()


def what_failed_is_ticked_and_run_again(rita: Typist, stage: Stage, number: str) -> None:
    """The one that somebody else worked on says so and stays ticked; when it is free it is done."""
    row = rita.page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text(stage.cast.rui.name)
    expect(rita.page.locator("[data-pick]")).to_have_count(1)
    box = row.get_by_role("checkbox")
    expect(box).to_be_checked()
    keys_move_and_tick(rita, row, box)
    stage.do(claims.release, stage.cast.rui.actor, number)
    rita.keys.to(box)
    rita.keys.press("Enter")
    rita.page.wait_for_url("**/review/bulk/new")
    rita.toggle(rita.page.locator("#bulk-doubts"))
    done_by_the_worker(rita, stage)
    rita.reads("Everything is done.")


def keys_move_and_tick(rita: Typist, row: Locator, box: Locator) -> None:
    """As in the queue: x ticks the current row, j goes to the next one, k back."""
    link = row.get_by_role("link")
    for key, is_ticked in (("x", False), ("j", False), ("k", False), ("x", True)):
        rita.keys.press(key)
        expect(box).to_be_checked(checked=is_ticked)
    expect(link).to_be_focused()
    expect(row).to_have_attribute("aria-current", "true")


def all_that_match_are_rejected(rita: Typist, stage: Stage) -> None:
    """By the skip link to the bar; the box says how many there are on all pages, the bar what they come to."""
    for turn in range(4):
        stage.apply(stage.cast.bo, f"{turn + 1}.00")
    rita.open("/review")
    rita.press("link", "Skip to the selected requests")
    matching = rita.page.locator("[data-pick-matching]")
    expect(matching.locator("xpath=ancestor::label")).to_have_text(
        rita.word("All %(count)d that match", count=PAGE + MORE)
    )
    rita.toggle(matching)
    expect(rita.page.locator("[data-pick]").first).to_be_disabled()
    expect(rita.page.locator("[data-pick-said]")).to_contain_text("¥1,")
    rita.enter(rita.page.locator("[data-pick-act=reject]"))
    rita.page.wait_for_url("**/review/bulk/new?*")
    rita.keys.to(rita.page.get_by_role("radio").first)
    rita.keys.press("Space")
    expect(rita.page.locator("#bulk-remarks")).not_to_have_value("")
    rita.fill("Remarks", "采购单 4501")
    done_by_the_worker(rita, stage)
    rita.reads("Everything is done.")
