"""Why this amount, open work and the reconciliation in a real browser: both languages and widths, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from tests.browser.conftest import Screen
from tests.browser.test_applying import enters
from tests.browser.test_looks import STICKS_OUT
from tests.journeys.stage import NOW, Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

SCREENS = [("en", 1280), ("zh", 320)]
WORDS = {
    "en": {"amount": "Invoiceable Amount", "why": "Why this amount?", "progress": "In progress", "show": "Show",
           "debt": "Invoice debt", "work": "Open work", "true": "Every cent is accounted for", "month": "Month"},
    "zh": {"amount": "可开票金额", "why": "为什么是这个金额？", "progress": "处理中", "show": "查看",
           "debt": "多开发票", "work": "待办事项", "true": "分文不差", "month": "月份"},
}  # fmt: skip


@pytest.fixture
def owed(stage: Stage) -> str:
    """Ada's invoice over 100.00, of which the platform refunded 60.00 later; returns the request's number."""
    (recharge,) = stage.do(
        book,
        [
            Line(
                number=1, kind="recharge", external_id="R-owed", account="yunqi", status="completed",
                amount=Decimal("100.00"), occurred_at=NOW - timedelta(days=900), refund_of=None,
            )
        ],
        source="platform",
    )  # fmt: skip
    assert recharge.outcome == "added"
    number = stage.approve(stage.apply(stage.cast.bo, "100.00"))
    stage.work()
    refund = Line(
        number=1, kind="refund", external_id="F-owed", account="yunqi", status="completed",
        amount=Decimal("60.00"), occurred_at=NOW, refund_of="R-owed",
    )  # fmt: skip
    stage.do(book, [refund], source="platform")
    return number


def opened(window: Callable[..., Screen], person: Person, path: str, language: str, width: int) -> Page:
    """A page of the site in a language and on a screen."""
    screen = window(person, viewport={"width": width, "height": 800})
    screen.page.context.add_cookies([{"name": "locale", "value": language, "url": screen.site}])
    return screen.open(path)


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_the_amount_is_explained_down_to_its_entries(
    stage: Stage, owed: str, window: Callable[..., Screen], language: str, width: int
) -> None:
    words = WORDS[language]
    page = opened(window, stage.cast.bo, "/invoices", language, width)
    enters(page, "link", words["amount"])
    expect(page.get_by_role("heading", level=1)).to_have_text(words["why"])
    assert not page.evaluate(STICKS_OUT)
    expect(page.locator("#explained tbody tr")).to_have_count(4)
    expect(page.get_by_text("60.00").first).to_be_visible()
    page.locator("#on").focus()
    page.locator("#on").fill(f"{NOW - timedelta(days=400):%Y-%m-%d}")
    enters(page, "button", words["show"])
    expect(page.locator("#past .figure-value").first).to_have_text("¥0.00")
    assert not page.evaluate(STICKS_OUT)
    past = f"{NOW - timedelta(days=400):%Y-%m-%d}"
    page.locator("#past").get_by_role("link", name=words["progress"]).press("Enter")
    page.wait_for_url(re.compile(f"to={past}&figure=reserved"))
    assert not page.evaluate(STICKS_OUT)
    page.go_back()
    page.locator("#explained").get_by_role("link", name=words["progress"]).press("Enter")
    page.wait_for_url(re.compile("status=pending&status=approved"))


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_open_work_leads_to_the_request_and_the_month_adds_up(
    stage: Stage, owed: str, window: Callable[..., Screen], language: str, width: int
) -> None:
    words = WORDS[language]
    page = opened(window, stage.cast.rita, "/review/work", language, width)
    expect(page.get_by_role("heading", level=1)).to_have_text(words["work"])
    expect(page.get_by_role("heading", name=words["debt"])).to_be_visible()
    assert not page.evaluate(STICKS_OUT)
    enters(page, "link", owed)
    page.wait_for_url(re.compile(f"/review/{owed}"))
    page.goto(page.url.replace(f"/review/{owed}", "/review/books"))
    expect(page.get_by_text(words["true"])).to_be_visible()
    assert not page.evaluate(STICKS_OUT)
    page.get_by_label(words["month"], exact=True).focus()
    enters(page, "button", words["show"])
    page.wait_for_url(re.compile(r"month=2026-11"))
    expect(page.get_by_text(words["true"])).to_be_visible()
