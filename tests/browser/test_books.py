"""Open work and the reconciliation in a real browser: both languages and widths, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from backoffice import clock
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from tests.browser.typist import Typist
from tests.journeys.stage import NOW, Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser


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


def test_open_work_leads_to_the_request_and_the_month_adds_up(
    stage: Stage, owed: str, typist: Callable[[Person], Typist]
) -> None:
    rita = typist(stage.cast.rita)
    rita.open("/review/work")
    rita.arrives("Open work")
    expect(rita.control("heading", "Invoice debt")).to_be_visible()
    rita.enter(rita.named("link", owed))
    rita.page.wait_for_url(re.compile(f"/review/{owed}"))
    rita.fits()
    rita.open("/review/books")
    rita.reads("Every cent is accounted for")
    rita.press("button", "Show")
    rita.page.wait_for_url(re.compile(f"month={clock.today():%Y-%m}"))
    rita.reads("Every cent is accounted for")
    rita.fits()
