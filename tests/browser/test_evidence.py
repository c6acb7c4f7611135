"""A reviewer reads the evidence by keyboard alone, in both languages, at desk and phone width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Manner, Screen
from tests.browser.keyboard import Keyboard
from tests.journeys.stage import Stage

pytestmark = pytest.mark.browser

WORDS = {"en": ("Duplicate", "Fail", "Open the PDF"), "zh": ("重复申请", "不符", "打开 PDF")}


def test_a_duplicate_is_seen_and_opened_with_the_keyboard(
    stage: Stage, window: Callable[..., Screen], manner: Manner
) -> None:
    duplicate, fail, open_pdf = WORDS[manner.language]
    first, number = (stage.apply(stage.cast.ada, "250.00") for _ in range(2))
    screen = window(stage.cast.rita, viewport=manner.size)
    screen.page.context.add_cookies([{"name": "locale", "value": manner.language, "url": screen.site}])
    desk = screen.open(f"/review/{number}")
    check = desk.locator("[data-check=duplicate]")
    expect(check).to_contain_text(duplicate)
    expect(check).to_contain_text(fail)
    twin, keys = check.get_by_role("link", name=first), Keyboard(desk)
    expect(twin).to_be_hidden()
    keys.to(check.locator("summary"))
    keys.press("Enter")
    expect(twin).to_be_visible()
    keys.to(twin)
    keys.to(desk.get_by_role("link", name=open_pdf))
    assert desk.evaluate("document.documentElement.scrollWidth") <= manner.width
