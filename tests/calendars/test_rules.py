"""Business days and due dates: the vectors of the official arrangements, and a slow reference over twenty years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.calendars.official import official
from backoffice.calendars.rules import (
    BusinessCalendar,
    DayKind,
    SpecialDay,
    StripKind,
    business_seconds_between,
    due_at,
    due_on,
    explain_due,
    fingerprint,
)
from backoffice.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The four whose midnight is missing once a year, one whose hour is repeated across it, and one without changes.
ZONES = [
    ZoneInfo(name)
    for name in ("Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/Havana", "Europe/Berlin", "Asia/Shanghai")
]
FIRST, LAST = date(2008, 1, 1), date(2027, 12, 31)
DAYS = st.dates(FIRST, LAST)


@cache
def china() -> BusinessCalendar:
    found = official("CN", range(2008, 2028), today=date(2026, 11, 23))
    return BusinessCalendar(map(int, found.weekend), found.special, found.years)


def reference_is_business_day(day: date) -> bool:
    """What the library itself says, without a table of ours."""
    return bool(_library().is_working_day(day))


@cache
def _library() -> object:
    import holidays

    return holidays.China(years=range(2007, 2029))


def reference_due(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= reference_is_business_day(day)
    return day


@pytest.mark.parametrize(
    ("submitted", "due"),
    [("2026-02-13", "2026-02-27"), ("2026-02-14", "2026-02-28"), ("2026-02-15", "2026-02-28"),
     ("2026-03-07", "2026-03-13"), ("2026-04-30", "2026-05-11"), ("2026-09-24", "2026-10-09"),
     ("2026-09-29", "2026-10-12"), ("2026-09-30", "2026-10-13"), ("2026-10-01", "2026-10-13"),
     ("2025-12-31", "2026-01-08")],
)  # fmt: skip
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_official_arrangements(submitted: str, due: str, hour: int) -> None:
    at = datetime.fromisoformat(f"{submitted}T{hour:02}:59:59").replace(tzinfo=SHANGHAI)
    assert due_on(china(), at.astimezone(UTC), SHANGHAI, 5) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [("2026-03-06T19:00", "2026-03-13"), ("2026-03-09T19:00", "2026-03-17"), ("2026-03-09T17:59:59", "2026-03-16"),
     ("2026-03-09T18:00", "2026-03-17")],
)  # fmt: skip
def test_the_cut_off_moves_to_the_next_calendar_day(submitted: str, due: str) -> None:
    at = datetime.fromisoformat(submitted).replace(tzinfo=SHANGHAI)
    assert due_on(china(), at, SHANGHAI, 5, 18) == date.fromisoformat(due)


@settings(max_examples=300)
@given(DAYS, st.integers(1, 40))
def test_due_dates_agree_with_counting_day_by_day(day: date, days: int) -> None:
    if day > LAST - timedelta(days=100):
        day -= timedelta(days=100)
    due = china().add_business_days(day, days)
    assert due == reference_due(day, days)
    assert china().is_business_day(due)
    assert china().business_days_between(day, due) == days
    assert china().business_days_between(due, day) == -days


@settings(max_examples=100)
@given(DAYS, st.integers(-400, 400))
def test_spans_agree_with_counting_day_by_day(start: date, length: int) -> None:
    end = min(max(start + timedelta(days=length), FIRST), LAST)
    early, late = min(start, end), max(start, end)
    counted = sum(reference_is_business_day(early + timedelta(days=n)) for n in range(1, (late - early).days + 1))
    assert china().business_days_between(start, end) == (counted if end >= start else -counted)


@given(st.dates(date(1900, 1, 1), date(2300, 1, 1)), st.integers(1, 300))
def test_beyond_the_data_weekdays_count_and_the_seams_do_not_show(day: date, days: int) -> None:
    due = china().add_business_days(day, days)
    strip = china().explain(day, due)
    assert [one.number for one in strip if one.number] == list(range(1, days + 1))
    assert strip[-1].day == due
    assert strip[-1].number == days
    assert china().business_days_between(day, due) == days
    for one in strip:
        assert bool(one.number) is china().is_business_day(one.day)
        if one.day.year not in range(2008, 2028):
            assert (one.kind == StripKind.WEEKEND) is (one.day.weekday() >= 5)
            assert one.provisional


def test_a_calendar_without_data_counts_weekdays() -> None:
    plain = BusinessCalendar([5, 6], {})
    assert plain.add_business_days(date(2026, 3, 5), 1) == date(2026, 3, 8)
    assert plain.is_provisional(2026)
    assert BusinessCalendar([], {}).add_business_days(date(2026, 3, 5), 365) == date(2027, 3, 5)


def test_arguments_that_mean_nothing() -> None:
    with pytest.raises(ValueError, match="never all of them"):
        BusinessCalendar(range(1, 8), {})
    with pytest.raises(ValueError, match="forward"):
        china().add_business_days(date(2026, 1, 1), -1)
    assert china().add_business_days(date(2026, 1, 1), 0) == date(2026, 1, 1)
    for day in (date(9999, 12, 31), date(9999, 12, 28), date(9999, 10, 1)):
        with pytest.raises(Invalid, match="too far in the future"):
            china().add_business_days(day, 300)


def slow_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, found by looking at every minute."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=1)
    return at


@pytest.mark.parametrize(
    ("name", "jump", "utc"),
    [("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00+00:00"),
     ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00+00:00"),
     ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00+00:00"),
     ("America/Havana", date(2026, 3, 8), "2026-03-08T05:00+00:00")],
)  # fmt: skip
def test_days_whose_midnight_does_not_exist(name: str, jump: date, utc: str) -> None:
    zone = ZoneInfo(name)
    found = due_at(jump - timedelta(days=1), zone)
    assert found == datetime.fromisoformat(utc) == slow_start(jump, zone)
    assert found.tzinfo is UTC
    assert found.astimezone(zone).hour == 1
    assert (found - timedelta(microseconds=1)).astimezone(zone).date() == jump - timedelta(days=1)


@settings(max_examples=60)
@given(st.dates(date(2026, 1, 1), date(2026, 12, 30)), st.sampled_from(ZONES))
def test_overdue_begins_with_the_local_day_after(day: date, zone: ZoneInfo) -> None:
    assert due_at(day, zone) == slow_start(day + timedelta(days=1), zone)


def slow_seconds(start: datetime, end: datetime, zone: ZoneInfo) -> float:
    """Business seconds by a walk from one start of a local day to the next."""
    seconds, at = 0.0, start
    while at < end:
        day = at.astimezone(zone).date()
        following = min(end, due_at(day, zone))
        seconds += (following - at).total_seconds() if china().is_business_day(day) else 0.0
        at = following
    return seconds


INSTANTS = st.datetimes(datetime(2008, 1, 3), datetime(2027, 12, 28)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(max_examples=300, deadline=None)
@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=500)), st.sampled_from(ZONES))
def test_business_seconds_agree_with_a_walk(start: datetime, length: timedelta, zone: ZoneInfo) -> None:
    found = business_seconds_between(china(), start, start + length, zone)
    assert found == pytest.approx(slow_seconds(start, start + length, zone), abs=1e-3)


def test_business_seconds_of_short_and_of_changed_days() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    friday = date(2026, 4, 24)  # a business day of China's calendar, 23 hours long in Cairo
    start, end = due_at(friday - timedelta(days=1), cairo), due_at(friday, cairo)
    assert business_seconds_between(china(), start, end, cairo) == 23 * 3600
    assert business_seconds_between(china(), end, start, cairo) == 0
    saturday = datetime(2026, 3, 7, 3, tzinfo=UTC)
    assert business_seconds_between(china(), saturday, saturday + timedelta(hours=9), SHANGHAI) == 0
    worked = datetime(2026, 2, 14, 3, tzinfo=UTC)
    assert business_seconds_between(china(), worked, worked + timedelta(hours=9), SHANGHAI) == 9 * 3600


def test_a_strip_says_what_each_day_does() -> None:
    strip = china().explain(date(2026, 2, 13), date(2026, 2, 24))
    assert [(one.day.day, one.kind, one.name, one.number) for one in strip] == [
        (14, "make_up", "Spring Festival", 1), (15, "weekend", "", 0), (16, "holiday", "Chinese New Year's Eve", 0),
        (17, "holiday", "Spring Festival", 0), (18, "holiday", "Spring Festival", 0),
        (19, "holiday", "Spring Festival", 0), (20, "holiday", "Spring Festival", 0), (21, "weekend", "", 0),
        (22, "weekend", "", 0), (23, "holiday", "Spring Festival", 0), (24, "counted", "", 2),
    ]  # fmt: skip
    assert not any(one.provisional for one in strip)
    assert china().explain(date(2026, 2, 13), date(2026, 2, 13)) == ()


def test_the_command_prints_the_due_day_and_the_strip() -> None:
    assert explain_due(china(), date(2026, 12, 30), 2).splitlines() == [
        "due 2027-01-04 Mon",
        "     2026-12-30 Wed  submitted",
        "  1  2026-12-31 Thu  business day",
        "  -  2027-01-01 Fri  holiday: New Year's Day",
        "  -  2027-01-02 Sat  weekend",
        "  -  2027-01-03 Sun  weekend",
        "  2  2027-01-04 Mon  business day",
        "2027 is provisional: its official working weekends are not known yet",
    ]
    assert explain_due(china(), date(2026, 2, 13), 1).splitlines()[2] == (
        "  1  2026-02-14 Sat  working weekend: Spring Festival"
    )


def test_a_fingerprint_depends_on_all_that_is_shown_and_on_no_order() -> None:
    day, other = date(2026, 2, 16), date(2026, 2, 17)
    eve, feast = SpecialDay(DayKind.HOLIDAY, "Eve"), SpecialDay(DayKind.HOLIDAY, "Feast")
    variants = [
        ("67", {day: eve, other: feast}, {2026: False}), ("56", {day: eve, other: feast}, {2026: False}),
        ("67", {day: eve}, {2026: False}), ("67", {day: eve, other: feast}, {2026: True}),
        ("67", {day: feast, other: feast}, {2026: False}), ("67", {day: eve, other: feast}, {2026: False, 2027: False}),
        ("67", {day: SpecialDay(DayKind.WORKDAY, "Eve"), other: feast}, {2026: False}),
    ]  # fmt: skip
    assert len({fingerprint(*variant) for variant in variants}) == len(variants)
    assert fingerprint("67", {other: feast, day: eve}, {2026: False}) == fingerprint(*variants[0])
