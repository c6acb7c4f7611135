"""An administrator hands in a file by keyboard, watches it arrive, and settles what is in conflict."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.ledger import jobs
from backoffice.ledger.rules import REQUIRED_COLUMNS, Line, parse_line
from backoffice.ledger.services.entries import book
from tests.browser.conftest import Screen
from tests.support.people import Cast

pytestmark = pytest.mark.browser

KNOWN = {"kind": "recharge", "external_id": "W-1", "account": "lumen", "status": "completed", "amount": "10.00",
         "currency": "CNY", "occurred_at": "2026-03-02T09:30:00+08:00", "refund_of": ""}  # fmt: skip
WORDS = {
    "en": ("CSV file", "Import", "Waiting for its turn", "Conflict", "Reason", "Settle the conflict", "settled"),
    "zh": ("CSV 文件", "导入", "等待处理", "冲突", "原因", "解决冲突", "已解决"),
}


def row(**changes: str) -> str:
    """A line of the file."""
    return ",".join(({**KNOWN, **changes})[name] for name in REQUIRED_COLUMNS)


def press(page: Page, name: str) -> None:
    """Reach a button with the keyboard and press it."""
    button = page.locator("main").get_by_role("button", name=name, exact=True)
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("locale", "width"), [("en", 1280), ("zh", 320)])
def test_hand_in_watch_and_settle(
    app: Flask, cast: Cast, window: Callable[..., Screen], locale: str, width: int
) -> None:
    label, send, waiting, conflict, reason, settle, settled = WORDS[locale]
    with app.app_context(), transaction():
        known: Line = parse_line(2, KNOWN, currency="CNY", zone=clock.zone())
        book([known], source="platform", now=clock.now())
    screen = window(cast.ana, viewport={"width": width, "height": 800})
    screen.page.context.add_cookies([{"name": "locale", "value": locale, "url": screen.site}])
    page = screen.open("/admin/imports")
    content = "\n".join([",".join(REQUIRED_COLUMNS), row(external_id="W-2"), row(amount="11.00")])
    page.get_by_label(label).set_input_files({"name": "march.csv", "mimeType": "text/csv", "buffer": content.encode()})
    press(page, send)
    expect(page.get_by_text(waiting)).to_be_visible()
    with app.app_context():
        assert jobs.import_due() == 2
        session.remove()
    # Nobody touches the page: its script sees the end and shows the report.
    link = page.locator("table").get_by_role("link", name=conflict, exact=True)
    expect(link).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name=re.compile("11\\.00"))).to_be_visible()
    field = page.get_by_label(reason)
    field.focus()
    page.keyboard.type("OK")
    press(page, settle)
    expect(page.get_by_role("link", name=re.compile(settled, re.IGNORECASE))).to_be_visible()
