"""Forecasts: nothing of the future is looked at, the better one is chosen, and paces are the ones it takes."""

from __future__ import annotations

import random
from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.calendars.rules import BusinessCalendar, DayKind, SpecialDay
from backoffice.sla import forecast as rules
from backoffice.sla.forecast import Flow, History, Method, forecast, outlook, pace_to_clear, pace_to_keep

HOLIDAYS = {date(2026, 10, day): SpecialDay(DayKind.HOLIDAY) for day in range(1, 8)}
CALENDAR = BusinessCalendar({6, 7}, {**HOLIDAYS, date(2026, 10, 10): SpecialDay(DayKind.WORKDAY)}, {2026: False})
START = date(2026, 3, 2)
CUT_OFF = date(2026, 10, 12)

flows = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=30, max_size=260)
due_days = st.lists(st.integers(-9, 25), max_size=40).map(lambda given: [CUT_OFF + timedelta(days=at) for at in given])
paces = st.one_of(st.just(0.0), st.floats(0.05, 40))


def series(pairs: list[tuple[int, int]]) -> list[Flow]:
    """One calendar day each, from a Monday on."""
    return [Flow(START + timedelta(days=at), *pair) for at, pair in enumerate(pairs)]


@settings(max_examples=40)
@given(flows, st.integers(20, 200), st.integers(0, 99))
def test_nothing_from_the_cut_off_on_is_looked_at(pairs: list[tuple[int, int]], at: int, later: int) -> None:
    known = series(pairs)
    cut_off = START + timedelta(days=at)
    changed = [flow if flow.day < cut_off else Flow(flow.day, later, later // 2) for flow in known]
    told = forecast(History(known, 50, CALENDAR, cut_off))
    assert told == forecast(History(changed, 50, CALENDAR, cut_off))
    if told is not None:
        assert told.days[0].day >= cut_off
        assert all(CALENDAR.is_business_day(day.day) for day in told.days)
        assert len(told.days) == rules.HORIZON
        assert min(told.backlog) >= 0 or min(History(known, 50, CALENDAR, cut_off).backlog) < 0
        expected = Method.SEASONAL if told.errors.seasonal < told.errors.naive else Method.NAIVE
        assert told.method == expected


@given(flows, st.integers(20, 150))
def test_each_trial_knew_only_what_was_before_it(pairs: list[tuple[int, int]], begin: int) -> None:
    history = History(series(pairs), 50, CALENDAR, CUT_OFF)
    begin = min(begin, len(history.days) - 1)
    if begin < rules.LEAST_HISTORY:
        return
    day = history.days[begin]
    then = History([flow for flow in series(pairs) if flow.day < day], 50, CALENDAR, day)
    earlier = history.before(begin)
    assert (earlier.days, earlier.backlog, earlier.outflow, earlier.closed, earlier.open_now) == (
        then.days, then.backlog, then.outflow, then.closed, then.open_now,
    )  # fmt: skip


def test_days_off_belong_to_the_next_business_day() -> None:
    history = History([Flow(date(2026, 9, 30), 5, 3, 1), Flow(date(2026, 10, 3), 4, 0), Flow(date(2026, 10, 10), 1, 2),
                       Flow(date(2026, 10, 11), 7, 0)], 10, CALENDAR, CUT_OFF)  # fmt: skip
    assert [day.day for day in history.days] == [30, 8, 9, 10]
    assert history.inflow == [5, 4, 0, 1]
    assert history.backlog == [12, 16, 16, 15]
    assert history.open_now == 22, "the Sunday before the cut-off is known, too"
    assert history.pace == pytest.approx(4 / 4), "a withdrawal is nobody's work"


def test_a_noisy_backlog_is_told_better_than_by_last_week_and_a_repeated_week_is_not() -> None:
    chance = random.Random(7)
    level, noisy = 60, []
    for at in range(220):
        working = CALENDAR.is_business_day(START + timedelta(days=at))
        wanted = round(60 + chance.gauss(0, 9)) if working else level
        noisy.append((max(0, wanted - level), max(0, level - wanted)))
        level = wanted
    told = forecast(History(series(noisy), 60, CALENDAR, START + timedelta(days=215)))
    assert told is not None
    assert told.method == Method.SEASONAL
    assert told.errors.seasonal < 0.9 * told.errors.naive
    weekly = [(30, 0), (0, 10), (0, 10), (0, 5), (0, 5), (0, 0), (0, 0)] * 28
    same = forecast(History(series(weekly), 20, CALENDAR, START + timedelta(days=189)))
    assert same is not None
    assert same.errors.naive == 0
    assert same.method == Method.NAIVE, "not better: the naive one is shown"
    assert same.backlog == tuple(day.naive for day in same.days)


def test_too_short_a_history_tells_nothing_and_an_untried_one_is_naive() -> None:
    assert forecast(History((), 4, CALENDAR, CUT_OFF)) is None
    assert forecast(History(series([(1, 1)] * 20), 4, CALENDAR, START + timedelta(days=18))) is None
    short = forecast(History(series([(1, 1)] * 30), 4, CALENDAR, START + timedelta(days=22)))
    assert short is not None
    assert (short.errors.count, short.method) == (0, Method.NAIVE)


@given(due_days, paces, paces)
def test_a_faster_pace_never_breaks_more_promises(due: list[date], one: float, other: float) -> None:
    slow, fast = (outlook(enumerate(due), pace, CALENDAR, CUT_OFF) for pace in sorted((one, other)))
    assert [each.key for each in slow] == [each.key for each in fast]
    assert [each.due_on for each in slow] == sorted(due)
    assert {each.key for each in fast if each.misses} <= {each.key for each in slow if each.misses}
    done = [each.done_on or date.max for each in slow]
    assert done == sorted(done)
    if one and other:  # no day closes more than its pace
        for day in set(done):
            assert done.count(day) <= min(one, other) + 1


@given(due_days)
def test_the_pace_to_keep_is_the_slowest_that_keeps(due: list[date]) -> None:
    pace = pace_to_keep(due, CALENDAR, CUT_OFF)
    can = {key for key, day in enumerate(due) if day >= CUT_OFF and CALENDAR.business_days_between(
        CUT_OFF - timedelta(days=1), day)}  # fmt: skip
    missed = {each.key for each in outlook(enumerate(due), pace, CALENDAR, CUT_OFF) if each.misses}
    assert not can & missed
    if can:
        slower = outlook(enumerate(due), pace * 0.99, CALENDAR, CUT_OFF)
        assert can & {each.key for each in slower if each.misses}


def test_known_paces() -> None:
    friday = CUT_OFF + timedelta(days=4)
    assert pace_to_clear(20, CALENDAR, CUT_OFF, friday) == 4
    assert pace_to_clear(20, CALENDAR, CUT_OFF, CUT_OFF - timedelta(days=1)) is None
    assert pace_to_clear(3, CALENDAR, date(2026, 10, 10), date(2026, 10, 10)) == 3, "a worked Saturday"
    told = outlook([(1, CUT_OFF), (2, CUT_OFF), (3, friday)], 1.0, CALENDAR, CUT_OFF)
    assert [(each.done_on, each.misses) for each in told] == [
        (CUT_OFF, False), (CUT_OFF + timedelta(days=1), True), (CUT_OFF + timedelta(days=2), False),
    ]  # fmt: skip
    assert all(each.misses for each in outlook([(1, friday)], 0.0, CALENDAR, CUT_OFF))
    assert isclose(pace_to_keep([CUT_OFF, CUT_OFF, friday], CALENDAR, CUT_OFF), 2)
