"""The verification page: both halves must be right, and neither half alone tells anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.extensions import limiter
from backoffice.headers import services as headers
from backoffice.issuing import jobs
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.requests.services import applying as requests
from backoffice.review.services import decisions as review


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


@pytest.fixture
def number(app: Flask, cast: Any) -> str:
    """An issued invoice over 1,234.50."""
    with app.app_context():
        now = clock.now()
        with transaction():
            paid = Line(
                number=1,
                kind="recharge",
                external_id="R1",
                account="lumen",
                status="completed",
                amount=Decimal("2000.00"),
                occurred_at=now,
                refund_of=None,
            )
            book([paid], source="test", now=now)
            header = headers.create(cast.ada.actor, {"kind": "personal", "name": "Ada Lin"}, now=now)
            made = requests.apply(
                cast.ada.actor,
                requests.Application(header_id=header.id, amount="1234.50", email="ap@lumen.example"),
                submit_token="t",
                locale="en",
                now=now,
            )
            name = made.number
        with transaction():
            review.approve(cast.rita.actor, name, now=now)
        assert jobs.issue_due() == 1
    return "INV-" + str(clock.today().year) + "-000001"


def test_number_and_total_together_are_confirmed(visitor: Any, number: str) -> None:
    page = visitor.get(f"/verify?number={number}")
    assert number in page.text
    answer = visitor.submit({"number": number.lower(), "amount": "1,234.50"})
    assert "This invoice is genuine" in answer.text
    assert "Ada Lin" not in answer.text


@pytest.mark.parametrize("amount", ["1234.51", "0.01"])
def test_a_wrong_total_tells_nothing(visitor: Any, number: str, amount: str) -> None:
    visitor.get("/verify")
    answer = visitor.submit({"number": number, "amount": amount})
    assert "We know no such invoice" in answer.text
    assert "issued by" not in answer.text


@pytest.mark.parametrize(("typed", "amount"), [("INV-2026-999999", "1"), ("' OR 1=1 --", "1"), ("\x00", "1")])
def test_an_unknown_number_is_no_error(visitor: Any, number: str, typed: str, amount: str) -> None:
    visitor.get("/verify")
    answer = visitor.submit({"number": typed, "amount": amount})
    assert answer.status_code in (200, 422)
    assert "This invoice is genuine" not in answer.text


def test_trying_amounts_is_slowed_down(visitor: Any, number: str) -> None:
    for cents in range(1, 22):
        visitor.get("/verify")
        answer = visitor.submit({"number": number, "amount": f"0.{cents:02d}"})
        if answer.status_code == 429:
            break
    assert (answer.status_code, cents) == (429, 21)
