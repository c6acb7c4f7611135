"""An account's books in a real browser: from open work to the entry, the account and its month, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.test_books import owed
from tests.browser.typist import Typist
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser
__all__ = ["owed"]


def test_work_leads_to_the_entry_the_account_and_its_month(
    stage: Stage, owed: str, typist: Callable[[Person], Typist]
) -> None:
    manager = typist(stage.cast.max)
    manager.open("/review/work")
    manager.enter(manager.page.locator("a", has_text="R-owed").first)
    manager.page.wait_for_url(re.compile(r"/review/entries/\d+"))
    expect(manager.page.get_by_role("heading", level=1)).to_contain_text("R-owed")
    expect(manager.named("link", owed).first).to_be_visible()
    manager.fits()
    manager.enter(manager.page.locator("dd a[href='/review/accounts/yunqi']"))
    manager.page.wait_for_url(re.compile("/review/accounts/yunqi$"))
    manager.fits()
    note = manager.page.locator("#debts .card-note").first
    edge = note.evaluate("element => parseFloat(getComputedStyle(element).paddingInlineStart)")
    assert edge >= 8, "the sentence above the table stands clear of the card's border"
    manager.enter(manager.page.locator("a[href$='/entries?debt=1']").first)
    manager.page.wait_for_url(re.compile(r"/entries\?debt=1"))
    expect(manager.page.locator("tbody tr")).to_have_count(1)
    manager.fits()
    manager.go("Account books")
    manager.page.wait_for_url(re.compile("/review/accounts$"))
    manager.keys.to(manager.page.locator("#code"))
    manager.keys.type("yunqi")
    manager.press("button", "Open")
    manager.page.wait_for_url(re.compile("/review/accounts/yunqi$"))
    manager.enter(manager.page.locator("a[href*='/review/books?account=yunqi']").first)
    manager.page.wait_for_url(re.compile(r"/review/books\?account=yunqi"))
    expect(manager.page.locator("a[href='/review/accounts/yunqi']")).to_be_visible()
    manager.fits()
