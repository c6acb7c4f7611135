"""Whether a remark speaks of a time to come: then the customer may want the invoice later, or dated later.

A month or a quarter without its year is taken for the last one that was, unless the next one of that name is near: in
November, December may be either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

# Months ahead whose bare name may as well mean the coming one.
_NEAR = 3
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = (
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_NUMERALS = {
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十一": 11, "十二": 12,
}  # fmt: skip
_COMING = re.compile(
    "[下次][一个下]{0,2}(?:月|周|星期|礼拜|季|年|日|期)|明[年天日早晚]|后[天年]|来[年月]|[年月季周]?[底末]|年后|节后"
    r"|\b(?:next|coming|following|later|tomorrow|future|upcoming)\b",
    re.IGNORECASE,
)
# A month, and its year where that is known.
_Month = tuple[int | None, int]
# Each half of a year, and the last month in which so little of it was used that the rest may be meant.
_HALVES = (
    (re.compile("(?:(20[0-9]{2}) ?年)?上半年"), 3), (re.compile("(?:(20[0-9]{2}) ?年)?下半年"), 6),
)  # fmt: skip
_YEAR = r"((?<![A-Za-z0-9/-])20[0-9]{2}|(?<![A-Za-z0-9])(?:20)?[0-9]{2}(?=\s*年))"
_CHINESE_MONTH = "([0-9]{1,2}|十[一二]?|[一二三四五六七八九])"
_DATES = (
    # The year first, in figures: 2026-12, 2026/12/01, 20261201.
    re.compile(
        r"(?<![A-Za-z0-9/-])(?P<y>20[0-9]{2})[-/.](?P<m>[0-9]{1,2})(?:[-/.](?P<d>[0-9]{1,2}))?(?![A-Za-z0-9/-])"
    ),
    re.compile(r"(?<![A-Za-z0-9/-])(?P<y>20[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})?(?![A-Za-z0-9/-])"),
    re.compile(r"(?<![A-Za-z0-9/-])(?P<m>[0-9]{1,2})[./-](?P<y>20[0-9]{2})(?![A-Za-z0-9/-])"),
    re.compile(r"(?<![A-Za-z0-9/-])(?P<d>[0-9]{1,2})[./-](?P<m>[0-9]{1,2})[./-](?P<y>20[0-9]{2})(?![A-Za-z0-9/-])"),
    re.compile(r"(?<![A-Za-z0-9/-])(?P<m>[0-9]{1,2})[./-](?P<d>[0-9]{1,2})[./-](?P<y>20[0-9]{2})(?![A-Za-z0-9/-])"),
)
_OF_A_YEAR = (
    (re.compile(rf"{_YEAR}\s*年?度?\s*{_CHINESE_MONTH}\s*月"), 0, 1),
    (re.compile(rf"{_MONTH_NAME}(?:\s+[0-9]{{1,2}}(?:[a-z]{{2}})?)?[,\s-]*(?:of )?(20\d\d)", re.IGNORECASE), 1, 0),
    (re.compile(rf"\b(20[0-9]{{2}})\s+{_MONTH_NAME}", re.IGNORECASE), 0, 1),
)  # fmt: skip
_QUARTERS_OF_A_YEAR = (
    (re.compile(rf"{_YEAR}\s*年?度?\s*(?:第?([1-4一二三四])\s*季度|[-/]?q([1-4])\b)", re.IGNORECASE), 0, (1, 2)),
    (re.compile(r"\bq([1-4])\s*[-/]?\s*(20[0-9]{2})\b", re.IGNORECASE), 1, (0,)),
    (re.compile(r"(?<![A-Za-z0-9/-])((?:20)?[0-9]{2})\s*[-/]?q([1-4])\b", re.IGNORECASE), 0, (1,)),
)
_ANY_YEAR = re.compile("(20[0-9]{2})|(?<![0-9])([0-9]{2})(?= ?年)")
# From one month to another: each with its year or without, the first in Chinese without its sign as well.
_TO = r"\s*(?:-|–|~|至|到|\bto\b)\s*"
_SPANS = (
    re.compile(
        rf"(?:{_YEAR}\s*年?度?\s*)?(?<![0-9]){_CHINESE_MONTH}\s*(?:月份?)?{_TO}(?:{_YEAR}\s*年?度?\s*)?"
        rf"{_CHINESE_MONTH}\s*月"
    ),
    re.compile(
        rf"(?:(20[0-9]{{2}})\s+)?{_MONTH_NAME}[\s-]*(20[0-9]{{2}})?{_TO}{_MONTH_NAME}(?:[\s-]*(20[0-9]{{2}}))?",
        re.IGNORECASE,
    ),
)
_BARE_MONTH = re.compile(rf"{_CHINESE_MONTH}\s*月|{_MONTH_NAME}", re.IGNORECASE)
_BARE_QUARTER = re.compile(r"([1-4一二三四])\s*季度|\bq([1-4])\b", re.IGNORECASE)
_BARE_YEAR = re.compile(rf"(?:{_YEAR}|(?<=\bfy)((?:20)?[0-9]{{2}}))(?![A-Za-z0-9/-]*[0-9])", re.IGNORECASE)


def is_to_come(text: str, today: date) -> bool:
    """Whether some period or date in a text, folded by NFKC, begins after the month of `today`, or may.

    A date with a day is to come on the day after `today` already. What ends before it begins may end in any year.
    """
    if _COMING.search(text):
        return True
    if any(
        (half := pattern.search(text)) and today.month <= until and half[1] in (None, str(today.year))
        for pattern, until in _HALVES
    ):
        return True
    if any(day > today for day in _dates(text)):
        return True
    if any(_span_is_to_come(begins, ends, today) for begins, ends in _spans(text)):
        return True
    rest = text
    for pattern, year_at, month_at in _OF_A_YEAR:
        for found in pattern.findall(rest):
            if (_year(found[year_at]), _month(found[month_at])) > (today.year, today.month):
                return True
        rest = pattern.sub(" ", rest)
    quarter = (today.month + 2) // 3
    for pattern, year_at, quarter_at in _QUARTERS_OF_A_YEAR:
        for found in pattern.findall(rest):
            if (_year(found[year_at]), _number("".join(found[at] for at in quarter_at))) > (today.year, quarter):
                return True
        rest = pattern.sub(" ", rest)
    if any(_is_near(_month("".join(found)), today) for found in _BARE_MONTH.findall(rest)):
        return True
    if any((quarter - _number("".join(found))) % 4 == 3 for found in _BARE_QUARTER.findall(rest)):
        return True
    return any(_year("".join(found)) > today.year for found in _BARE_YEAR.findall(rest))


def is_of_a_past_year(text: str, today: date) -> bool:
    """Whether a period, folded by NFKC, is of a year that is over: by the year that it names, else by when there was a
    month or quarter of its name last."""
    years = [_year("".join(found)) for found in _ANY_YEAR.findall(text)]
    if years:
        return min(years) < today.year
    spans = [month for begins, ends in _spans(text) for _, month in (begins, ends)]
    months = [*spans, *(_month("".join(found)) for found in _BARE_MONTH.findall(text))]
    quarters = [_number("".join(found)) for found in _BARE_QUARTER.findall(text)]
    return any(month > today.month for month in months) or any(one > (today.month + 2) // 3 for one in quarters)


def _spans(text: str) -> Iterator[tuple[_Month, _Month]]:
    """Each span of months: from when, to when; a year that only one end has is that of both."""
    for found in _SPANS[0].findall(text):
        yield _span(found[0], found[1], found[2], found[3])
    for found in _SPANS[1].findall(text):
        yield _span(found[0] or found[2], found[1], found[4], found[3])


def _span(year: str, month: str, end_year: str, end_month: str) -> tuple[_Month, _Month]:
    years = [_year(told) if told else None for told in (year or end_year, end_year or year)]
    return (years[0], _month(month)), (years[1], _month(end_month))


def _span_is_to_come(begins: _Month, ends: _Month, today: date) -> bool:
    (year, month), (end_year, end_month) = begins, ends
    if year is None or end_year is None:
        # One that has begun and ends later in the year lies ahead in part, or is that of the year before.
        return end_month < month or _is_near(month, today) or month <= today.month < end_month
    return (end_year, end_month) < (year, month) or max((year, month), (end_year, end_month)) > (
        today.year, today.month,
    )  # fmt: skip


def _is_near(month: int, today: date) -> bool:
    """Whether the next month of this number is as likely meant as the last one."""
    return (today.month - month) % 12 >= 12 - _NEAR


def _dates(text: str) -> Iterator[date]:
    for pattern in _DATES:
        for found in pattern.finditer(text):
            parts = found.groupdict()
            try:
                yield date(int(parts["y"]), int(parts["m"]), int(parts.get("d") or 1))
            except ValueError:
                continue


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _month(text: str) -> int:
    return _number(text) if text[0] in _NUMERALS or text.isdigit() else _MONTHS.index(text[:3].casefold()) + 1


def _number(text: str) -> int:
    return _NUMERALS.get(text) or int(text)
