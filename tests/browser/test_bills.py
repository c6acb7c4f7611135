"""Bills, lists and many files at once in a real browser: both languages, wide and narrow, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from tests.browser.conftest import Screen
from tests.browser.test_looks import STICKS_OUT
from tests.journeys.stage import NOW, Stage

pytestmark = pytest.mark.browser


@pytest.fixture
def ready(stage: Stage) -> Stage:
    """Two issued invoices, one open request, and a month with every kind of entry."""
    for amount in ("100.00", "1409.50"):
        stage.approve(stage.apply(stage.cast.ada, amount))
    stage.apply(stage.cast.ada, "7.00")
    stage.work()
    lines = [
        Line(
            number=1, kind=kind, external_id=f"{kind}-{days}", account="lumen", status="completed",
            amount=Decimal(amount), occurred_at=NOW - timedelta(days=days), refund_of=None,
        )
        for kind, amount, days in (("consumption", "80.50", 1), ("grant", "20", 1), ("consumption", "999999", 15))
    ]  # fmt: skip
    stage.do(book, lines, source="platform")
    return stage


def enter(ready: Stage, window: Callable[..., Screen], width: int) -> Page:
    """Ada at the list, on a screen."""
    screen = window(ready.cast.ada, viewport={"width": width, "height": 800})
    return screen.open("/invoices")


def test_the_bars_have_room_and_touch_targets(ready: Stage, window: Callable[..., Screen]) -> None:
    for width in (1280, 320):
        page = enter(ready, window, width)
        page.goto(page.url.replace("/invoices", f"/bills?month={NOW:%Y-%m}"))
        sizes = page.locator("a.chart-bar:visible .chart-slot").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().width)"
        )
        assert min(sizes, default=0) >= 24 if width == 1280 else not sizes
        drawing = page.locator(".chart:visible")
        expect(drawing).to_have_count(1)
        assert drawing.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth"), "all days are in view"
        boxes = page.locator(".chart-name:visible").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect()).map((box) => [box.left, box.right])"
        )
        assert all(before[1] < after[0] for before, after in pairwise(boxes))
        assert not page.evaluate(STICKS_OUT)


def test_a_download_can_be_stopped_and_a_refusal_is_read(ready: Stage, window: Callable[..., Screen]) -> None:
    page = enter(ready, window, 1280)
    held: list[Route] = []
    page.route("**/export.csv*", lambda route: held.append(route))
    page.get_by_role("link", name="This list as CSV").press("Enter")
    expect(page.locator("[data-download-bar]")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-download-text]")).to_have_text("The download was stopped.")
    page.unroute("**/export.csv*")
    with page.expect_download() as arriving:
        page.get_by_role("link", name="This list as XLSX").click()
    assert arriving.value.suggested_filename.startswith("Invoices ")
    page.evaluate("document.querySelector('a[href*=\"archive.zip\"]').href = '/invoices/archive.zip?q=nobody'")
    page.locator('a[href*="archive.zip"]').first.click()
    expect(page.get_by_text("No invoice is chosen.")).to_be_visible()


def test_paper_holds_the_list_alone(ready: Stage, window: Callable[..., Screen]) -> None:
    page = enter(ready, window, 1280)
    page.emulate_media(media="print")
    for gone in (".list-bar", ".filter-bar", ".side", ".topbar-actions", ".pick"):
        assert not page.locator(gone).first.is_visible(), gone
    expect(page.locator("tbody tr").first).to_be_visible()
    page.goto(page.url.replace("/invoices", f"/bills?month={NOW:%Y-%m}"))
    assert not page.locator(".month-bar").is_visible()
    expect(page.locator(".chart-wide")).to_be_visible()
