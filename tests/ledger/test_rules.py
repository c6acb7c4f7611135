"""A line of the platform's file: what is read, and what is refused with which words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from backoffice.ledger.rules import LineError, may_become, missing_columns, parse_line

ZONE = ZoneInfo("Asia/Shanghai")
GOOD = {
    "kind": "recharge",
    "external_id": "R1",
    "account": "lumen",
    "status": "completed",
    "amount": "1234.50",
    "currency": "CNY",
    "occurred_at": "2026-03-02T09:30:00+08:00",
    "refund_of": "",
}


def parse(**changes: str) -> object:
    return parse_line(2, {**GOOD, **changes}, currency="CNY", zone=ZONE)


def test_a_good_line_is_read_exactly() -> None:
    line = parse_line(7, GOOD, currency="CNY", zone=ZONE)
    assert line.number == 7
    assert line.amount == Decimal("1234.50")
    assert line.occurred_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert line.refund_of is None
    assert not line.assumed_zone


def test_a_time_without_offset_is_taken_in_the_zone_and_marked() -> None:
    line = parse_line(2, {**GOOD, "occurred_at": "2026-03-02 09:30:00"}, currency="CNY", zone=ZONE)
    assert line.occurred_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert line.assumed_zone


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "gift"}, "kind is gift"),
        ({"status": ""}, "status is -"),
        ({"external_id": " "}, "external_id is empty"),
        ({"account": ""}, "account is empty"),
        ({"amount": "12.345"}, "two decimals"),
        ({"amount": "1e3"}, "in figures"),
        ({"amount": "NaN"}, "in figures"),
        ({"amount": "0"}, "greater than zero"),
        ({"amount": "-5"}, "greater than zero"),
        ({"amount": "99999999999999"}, "too large"),
        ({"currency": "USD"}, "currency is USD, not CNY"),
        ({"currency": ""}, "currency is -"),
        ({"occurred_at": "02.03.2026"}, "ISO 8601"),
        ({"occurred_at": "1926-03-02"}, "century"),
        ({"refund_of": "R0"}, "refund_of names"),
        ({"kind": "refund"}, "refund_of names"),
        ({"description": "x" * 300}, "description"),
        ({"payer_name": "A\x00B"}, "payer_name"),
    ],
)
def test_a_bad_line_is_refused_with_the_reason(changes: dict[str, str], words: str) -> None:
    with pytest.raises(LineError, match=words):
        parse(**changes)


@pytest.mark.parametrize(
    ("known", "told", "allowed"),
    [
        ("pending", "completed", True),
        ("pending", "failed", True),
        ("completed", "completed", True),
        ("completed", "pending", False),
        ("completed", "failed", False),
        ("failed", "completed", False),
    ],
)
def test_only_pending_entries_move_on(known: str, told: str, allowed: bool) -> None:
    assert may_become(known, told) is allowed


def test_missing_columns_are_named_in_order() -> None:
    assert missing_columns(["amount", "kind", "status", "account", "currency"]) == [
        "external_id",
        "occurred_at",
        "refund_of",
    ]
