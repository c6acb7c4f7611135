"""Periods that remarks name: which of them are to come."""

from __future__ import annotations

from datetime import date

import pytest

from backoffice.review.checks import periods


@pytest.mark.parametrize(
    ("typed", "today", "is_news"),
    [
        ("12月账期", date(2026, 1, 9), False),
        ("December", date(2026, 2, 1), False),
        ("12月账期", date(2026, 11, 23), True),
        ("2026年12月", date(2026, 12, 1), False),
        ("26年12月", date(2026, 11, 30), True),
        ("第四季度", date(2027, 1, 5), False),
        ("第三季度", date(2026, 6, 30), True),
        ("下半年账单", date(2026, 6, 30), True),
        ("下半年账单", date(2026, 7, 1), False),
        ("2026-11-23", date(2026, 11, 23), False),
        ("2026-11-24", date(2026, 11, 23), True),
        ("HT-2027-001", date(2026, 11, 23), False),
        ("2027-13", date(2026, 11, 23), False),
        ("Oct 5, 2026", date(2026, 9, 30), True),
        ("FY 2026", date(2026, 1, 1), False),
    ],
)
def test_a_period_is_compared_with_the_day_of_the_application(typed: str, today: date, is_news: bool) -> None:
    assert periods.is_to_come(typed, today) is is_news
