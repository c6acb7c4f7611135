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
        ("上半年账单", date(2026, 3, 31), True),
        ("上半年账单", date(2026, 4, 1), False),
        ("2026-11-23", date(2026, 11, 23), False),
        ("2026-11-24", date(2026, 11, 23), True),
        ("HT-2027-001", date(2026, 11, 23), False),
        ("2027-13", date(2026, 11, 23), False),
        ("Oct 5, 2026", date(2026, 9, 30), True),
        ("FY 2026", date(2026, 1, 1), False),
        *(
            (typed, date(2026, 11, 30), True)
            for typed in (
                "Usage Oct 2026 - Sep", "Nov 2026 - May", "API usage Nov 2026 to June, thanks", "November to May",
                "2026年10月至9月推理服务费", "2026年11月到10月", "11月至6月推理费", "2026年12-3月", "12至3月推理费",
                "2026年12至11月推理服务费", "2026年12到6月", "2026年12月至3月", "1-3月", "Oct-2027", "十二至十一月",
                "2026年9月-2025年10月", "Nov-2026 - Oct-2026", "Nov - Oct 2026", "2025年12月-2027年6月",
            )
        ),
        *(
            (typed, date(2026, 11, 30), False)
            for typed in (
                "2025年12月至2026年2月", "10-11月", "7月至9月", "2026年9月至11月", "Sep - Oct 2026",
                "Dec 2025 - Jan 2026", "July to September 2026",
                "Oct-2026", "九至十一月", "2026年10-11月", "25年12月-26年1月",
            )
        ),
    ],
)  # fmt: skip
def test_a_period_is_compared_with_the_day_of_the_application(typed: str, today: date, is_news: bool) -> None:
    assert periods.is_to_come(typed, today) is is_news
