"""An account's books in a real browser: from open work to the entry, the account and its month, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.browser.test_applying import enters
from tests.browser.test_books import opened, owed
from tests.browser.test_looks import STICKS_OUT
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser
__all__ = ["owed"]

SCREENS = [("en", 320), ("en", 1280), ("zh", 320), ("zh", 1280)]
WORDS = {
    "en": {"open": "Open"},
    "zh": {"open": "打开"},
}


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_work_leads_to_the_entry_the_account_and_its_month(
    stage: Stage, owed: str, window: Callable[..., Screen], language: str, width: int
) -> None:
    words = WORDS[language]
    page = opened(window, stage.cast.max, "/review/work", language, width)
    page.locator("a", has_text="R-owed").first.press("Enter")
    page.wait_for_url(re.compile(r"/review/entries/\d+"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("R-owed")
    expect(page.get_by_role("link", name=owed).first).to_be_visible()
    assert not page.evaluate(STICKS_OUT)
    page.locator("dd a[href='/review/accounts/yunqi']").press("Enter")
    page.wait_for_url(re.compile("/review/accounts/yunqi$"))
    assert not page.evaluate(STICKS_OUT)
    page.locator("a[href$='/entries?debt=1']").first.press("Enter")
    page.wait_for_url(re.compile(r"/entries\?debt=1"))
    expect(page.locator("tbody tr")).to_have_count(1)
    assert not page.evaluate(STICKS_OUT)
    page.goto(page.url.replace("/yunqi/entries?debt=1", ""))
    page.locator("#code").fill("yunqi")
    enters(page, "button", words["open"])
    page.wait_for_url(re.compile("/review/accounts/yunqi$"))
    page.locator("a[href*='/review/books?account=yunqi']").first.press("Enter")
    page.wait_for_url(re.compile(r"/review/books\?account=yunqi"))
    expect(page.locator("a[href='/review/accounts/yunqi']")).to_be_visible()
    assert not page.evaluate(STICKS_OUT)
