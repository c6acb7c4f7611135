"""A line of the platform's file: what is read, and what is refused with which words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from backoffice.ledger.rules import may_become, missing_columns, parse_line
from backoffice.ledger.spreadsheets import LineError

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


@pytest.mark.parametrize(
    "written",
    ["2026/3/2 9:30", "2026/03/02 09:30:00", "2026-3-2 9:30", "2026.3.2 9:30", "2026年3月2日 9:30", "2026-03-02T09:30"],
)
def test_dates_as_a_spreadsheet_writes_them_are_read_when_the_year_comes_first(written: str) -> None:
    line = parse_line(2, {**GOOD, "occurred_at": written}, currency="CNY", zone=ZONE)
    assert (line.occurred_at, line.assumed_zone) == (datetime(2026, 3, 2, 1, 30, tzinfo=UTC), True)


@pytest.mark.parametrize("written", ["2026-03-29 02:30:00", "2026/10/25 2:30"])
def test_an_hour_that_is_missing_or_comes_twice_is_refused(written: str) -> None:
    with pytest.raises(LineError, match="skipped or passed twice"):
        parse_line(2, {**GOOD, "occurred_at": written}, currency="CNY", zone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2000-01-01T00:00:00+00:00", True),
        ("2000-01-01T00:00:00+14:00", False),
        ("2200-12-31T23:59:59+00:00", True),
        ("2200-12-31T13:00:00-12:00", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:00:00-12:00", False),
    ],
)
def test_the_century_is_that_of_the_moment_that_is_kept(written: str, read: bool) -> None:
    if read:
        assert parse_line(2, {**GOOD, "occurred_at": written}, currency="CNY", zone=ZONE).occurred_at.tzinfo is UTC
        return
    with pytest.raises(LineError, match="not in this century"):
        parse(occurred_at=written)


@pytest.mark.parametrize("written", ["0,500", "0,001", "00,500", "012,345.00", "-0,500", "0,500.25"])
def test_thousands_that_begin_with_a_nought_are_not_guessed(written: str) -> None:
    with pytest.raises(LineError, match="write decimals with a point"):
        parse(amount=written)


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("external_id", '="00123"', "00123"),
        ("external_id", "'00123", "00123"),
        ("external_id", "6E17", "6E17"),
        ("external_id", '="620260302001712000"', "620260302001712000"),
        ("external_id", "'620260302001712000", "620260302001712000"),
        ("external_id", "620260302001712345", "620260302001712345"),
        ("external_id", "620260302001000", "620260302001000"),
        ("external_id", "020260302001712000", "020260302001712000"),
        ("external_id", "R620260302001712000", "R620260302001712000"),
        ("description", "620260302001712000", "620260302001712000"),
        ("description", '="007"', "007"),
        ("payer_name", "'s-Hertogenbosch B.V.", "'s-Hertogenbosch B.V."),
        ("description", "two  spaces", "two spaces"),
        ("amount", "1,234.50", Decimal("1234.50")),
        ("amount", "1,234", Decimal("1234.00")),
        ("amount", "'7.5", Decimal("7.50")),
    ],
)
def test_what_a_spreadsheet_marks_as_text_is_unwrapped(column: str, written: str, read: object) -> None:
    assert getattr(parse_line(2, {**GOOD, column: written}, currency="CNY", zone=ZONE), column) == read


@pytest.mark.parametrize(
    "amount", ["1,234", "1，234", "１，２３４", "￥1,234", "￥１，２３４", "12,34", "１２，３４", "０,５００"]
)
def test_signs_of_another_width_say_no_more_than_plain_ones(amount: str) -> None:
    with pytest.raises(LineError, match=f"amount is {amount}: "):
        parse_line(2, {**GOOD, "amount": amount}, currency="CNY", zone=ZONE, comma_is_unclear=True)


def test_a_comma_alone_says_nothing_where_semicolons_separate() -> None:
    def read(amount: str) -> Decimal:
        return parse_line(2, {**GOOD, "amount": amount}, currency="CNY", zone=ZONE, comma_is_unclear=True).amount

    assert (read("1234.5"), read("1,234.50")) == (Decimal("1234.50"), Decimal("1234.50"))
    with pytest.raises(LineError, match="the comma may mean decimals"):
        read("1,234")


def test_a_time_without_offset_is_taken_in_the_zone_and_marked() -> None:
    line = parse_line(2, {**GOOD, "occurred_at": "2026-03-02 09:30:00"}, currency="CNY", zone=ZONE)
    assert line.occurred_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    assert line.assumed_zone
    assert not line.assumed_midnight


@pytest.mark.parametrize(
    ("written", "is_alone"),
    [("2026-11-20", True), ("2026/11/20", True), ("2026年11月20日", True), ("2026-11-20 00:00", False),
     ("20261120T0000", False), ("2026-11-20T00:00+08:00", False)],
)  # fmt: skip
def test_a_date_alone_is_midnight_in_the_zone_and_marked(written: str, is_alone: bool) -> None:
    line = parse_line(2, {**GOOD, "occurred_at": written}, currency="CNY", zone=ZONE)
    assert line.occurred_at == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert line.assumed_midnight == is_alone


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "gift"}, "kind is gift"),
        ({"status": ""}, "status is -"),
        ({"external_id": " "}, "external_id is empty"),
        ({"account": ""}, "account is empty"),
        ({"amount": "12.345"}, "two decimals"),
        ({"amount": "1e3"}, "amount is 1e3: Excel has shortened it"),
        ({"amount": "6.2E+17"}, "amount is 6.2E.17: Excel has shortened it"),
        ({"amount": "1.234,50"}, "write decimals with a point"),
        ({"amount": "1234,50"}, "write decimals with a point"),
        ({"amount": "1 234,50"}, "write decimals with a point"),
        ({"amount": "1.234.567"}, "write decimals with a point"),
        ({"external_id": "6.2E+17"}, "external_id is 6.2E.17: Excel has shortened it"),
        ({"external_id": "6.2E17"}, "external_id is 6.2E17: Excel has shortened it"),
        ({"external_id": "6.2e17"}, "external_id is 6.2e17: Excel has shortened it"),
        ({"kind": "refund", "refund_of": "6,20E17"}, "refund_of is 6,20E17: Excel has shortened it"),
        ({"external_id": "620260302001712000"}, "external_id is 620260302001712000: only zeros after 15 figures"),
        ({"external_id": "620260302001712000.00"}, "only zeros after 15 figures, as Excel rounds a long number"),
        ({"external_id": "6202603020017120"}, "format the column as text and export again"),
        ({"kind": "refund", "refund_of": "620260302001712000"}, "refund_of is 620260302001712000: only zeros after"),
        ({"external_id": "6,2E+17"}, "external_id is 6,2E.17: Excel has shortened it"),
        ({"kind": "refund", "refund_of": "6.2E+17"}, "refund_of is 6.2E.17: Excel has shortened it"),
        ({"bank_reference": "1E+12"}, "bank_reference is 1E.12: Excel has shortened it"),
        ({"amount": "NaN"}, "in figures"),
        ({"amount": "0"}, "greater than zero"),
        ({"amount": "-5"}, "greater than zero"),
        ({"amount": "99999999999999"}, "too large"),
        ({"external_id": "#REF!"}, "external_id is #REF!: a spreadsheet has damaged it"),
        ({"external_id": "########"}, "a spreadsheet has damaged it"),
        ({"kind": "refund", "refund_of": "#N/A"}, "refund_of is #N/A: a spreadsheet has damaged it"),
        ({"kind": "refund", "refund_of": "R1"}, "names the refund itself"),
        ({"occurred_at": "2026年11月1日 下午 3:00"}, "12-hour clock"),
        ({"occurred_at": "2026-11-01 03:00 PM"}, "12-hour clock"),
        ({"currency": "USD"}, "currency is USD, not CNY"),
        ({"currency": ""}, "currency is -"),
        ({"occurred_at": "02.03.2026"}, "day and month cannot be told apart; write ISO 8601"),
        ({"occurred_at": "3/2/2026"}, "day and month cannot be told apart"),
        ({"occurred_at": "3/2/26 9:30"}, "day and month cannot be told apart"),
        ({"occurred_at": "46083.39"}, "as Excel counts days"),
        ({"occurred_at": "46083"}, "as Excel counts days"),
        ({"occurred_at": "2026/2/30"}, "ISO 8601"),
        ({"occurred_at": "2026-W10-1"}, "ISO 8601"),
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
