"""Forms that tell beside themselves what they would do, while somebody types: the seller, and a credit note's sums."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser


def test_a_change_of_the_seller_is_told_while_it_is_typed_and_saved_by_one_press(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    page = window(stage.cast.ana).open("/admin/seller")
    told, face = page.locator("#seller-change"), page.locator("#seller-face")
    expect(told).to_contain_text("as soon as something is changed")
    name = page.get_by_label("Name", exact=True)
    before = name.input_value()
    name.fill("新云台科技有限公司")
    expect(told).to_contain_text(before)
    expect(told.locator(".fact", has_text="Name").first).to_contain_text("新云台科技有限公司")
    expect(face).to_contain_text("新云台科技有限公司")
    page.get_by_label("Tax ID").fill("91310000MA1FL0A276")
    expect(told).to_contain_text("check symbols do not fit")
    page.get_by_label("Tax ID").fill("9131")
    expect(told).to_contain_text("as soon as something is changed and nothing is missing or wrong")
    page.get_by_label("Tax ID").fill("91500000MA60K9P35N")
    page.get_by_label("Reason").fill("renamed")
    expect(told).to_contain_text("91500000MA60K9P35N")
    page.get_by_role("button", name="Save the seller").click()
    expect(page.locator(".toast")).to_contain_text("The seller is saved.")


def test_the_sum_of_a_credit_note_follows_its_amounts(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.approve(stage.apply(stage.cast.ada, "60.00"))
    stage.work()
    page = window(stage.cast.rita).open(f"/review/{number}/credit")
    sums = page.locator("#credit-sum")
    page.locator("[name^=line-]").fill("12.50")
    expect(sums.locator(".fact", has_text="To be taken back").first).to_contain_text("12.50")
    expect(sums).to_contain_text("47.50")
    sums.get_by_text("Line by line").first.click()
    page.locator("[name^=line-]").fill("20.00")
    expect(sums).to_contain_text("40.00")
    # What was opened stays open.
    expect(sums.locator("details")).to_have_attribute("open", "")
