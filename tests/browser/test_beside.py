"""What a page offers beside its form, in a browser whose scripts are switched off: nothing that was typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser


def switch_to_chinese(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Your menu|你的菜单")).click()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_without_scripts_the_buttons_beside_the_form_lose_no_word(stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada, java_script_enabled=False)
    page = screen.open("/invoices/apply")
    amount, remarks = page.locator("[name=amount]"), page.locator("[name=remarks]")
    amount.fill("5")
    remarks.fill("Older")
    page.get_by_role("button", name="Review", exact=True).click()
    page = screen.open("/invoices/apply")
    where = page.url
    amount.fill("77.70")
    remarks.fill("采购单 7\n第二行")
    page.get_by_role("button", name="Throw away").click()
    expect(page.locator(".toast")).to_contain_text("The application is thrown away.")
    switch_to_chinese(page)
    assert page.url == where
    expect(amount).to_have_value("77.70")
    expect(remarks).to_have_value("采购单 7\n第二行")
    # Enter in a field is still the next step, although buttons of the page's head belong to the form now.
    remarks.fill("Typed on")
    amount.press("Enter")
    page.wait_for_url("**/review")
    expect(page.get_by_role("main")).to_contain_text("Typed on")
    page.go_back()
    remarks.fill("Typed last")
    page.locator(".toast button", has_text="撤销").click()
    expect(remarks).to_have_value("Older")
    page.get_by_role("main").locator("summary").first.click()
    page.get_by_role("link", name="继续").click()
    expect(remarks).to_have_value("Typed last")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_header_survives_another_language(stage: Stage, window: Callable[..., Screen], scripts: bool) -> None:
    page = window(stage.cast.ada, java_script_enabled=scripts).open("/invoice-headers/new")
    name = page.locator("[name=name]")
    name.fill("流明")
    if scripts:  # each button is its own form's again
        expect(page.locator("button[form][formaction]")).to_have_count(0)
    switch_to_chinese(page)
    expect(name).to_have_value("流明")


def test_with_scripts_the_words_outlive_another_language_and_a_theme_without_a_new_page(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    remarks = page.locator("[name=remarks]")
    expect(page.locator("[data-preference] button[form]")).to_have_count(0)
    remarks.fill("Order 9")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(remarks).to_have_value("Order 9")
    page.keyboard.press("Escape")
    switch_to_chinese(page)
    expect(remarks).to_have_value("Order 9")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_signing_out_leaves_the_words_on_the_server_and_none_in_the_tab(
    stage: Stage, window: Callable[..., Screen], scripts: bool
) -> None:
    screen = window(stage.cast.ada, java_script_enabled=scripts)
    page = screen.open("/invoices/apply")
    if scripts:
        expect(page.locator("[data-preference] button[form]")).to_have_count(0)
    page.get_by_label("Remarks").fill("Order 9")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")
    if scripts:
        assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('keep'))") == []
    screen.sign_in(stage.cast.ada)
    screen.open("/invoices/apply")
    expect(page.get_by_label("Remarks")).to_have_value("")
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_label("Remarks")).to_have_value("Order 9")
