"""Why this day? Each day that leads to a promised one is told, for whoever waits and for whoever answers for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from backoffice import clock
from backoffice.calendars.rules import DayKind, StripKind
from backoffice.database import session
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests import queries as requests
from backoffice.requests.models import Hold, InvoiceRequest
from backoffice.requests.queries.due import Explanation, Moved, explanation
from backoffice.review.services import holds
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor


def told(desk: Desk, number: str) -> Explanation:
    with desk.app.app_context():
        found = requests.by_number(number)
        why = explanation(found, now=clock.now())
        assert why.strip[-1].of.day == found.due_on, "the strip ends with the promised day"
        return why


def counted(why: Explanation) -> int:
    return sum(day.counts for day in why.strip)


def test_holidays_and_worked_weekends_are_named(desk: Desk) -> None:
    before_golden_week = (NOW - datetime(2026, 9, 29, 2, tzinfo=UTC)).total_seconds() / 86400
    why = told(desk, desk.apply(days_ago=before_golden_week))
    kinds = {day.of.day: (day.of.kind, day.of.name) for day in why.strip}
    assert kinds[date(2026, 10, 1)] == (StripKind.HOLIDAY, "National Day")
    assert kinds[date(2026, 10, 10)] == (StripKind.MAKE_UP, "National Day")
    assert kinds[date(2026, 10, 11)] == (StripKind.WEEKEND, "")
    assert (why.days, why.more, why.spare, counted(why)) == (5, 0, 0, 5)
    assert why.strip[-1].of.day == date(2026, 10, 12)  # design/domain.md 5


def test_an_application_after_the_cut_off_counts_from_the_next_day(desk: Desk) -> None:
    desk.run(policies.set_policy, SYSTEM, PolicyKey.CUT_OFF_HOUR, 18, starts_on=date(2026, 3, 1), reason="r", now=NOW)
    late = datetime(2026, 3, 9, 11, tzinfo=UTC)  # 19:00 in Shanghai
    why = told(desk, desk.apply(days_ago=(NOW - late).total_seconds() / 86400))
    assert (why.late, why.counted_from, why.strip[-1].of.day) == (18, date(2026, 3, 10), date(2026, 3, 17))


def test_the_time_of_a_question_is_told(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(days_ago=3)
    desk.run(holds.hold, desk.cast.rita.actor, number, question="Which order?", now=NOW)
    desk.run(session.execute, update(Hold).values(clock_stopped_at=NOW))
    desk.run(holds.resume, desk.cast.rita.actor, number, now=NOW + timedelta(days=2, hours=3))
    why = told(desk, number)
    assert (why.more, why.spare, counted(why)) == (3, 0, 8)
    assert [day.of.day.day for day in why.strip if day.paused] == [23, 24, 25]
    until = NOW + timedelta(days=2, hours=3)
    assert why.moved == (Moved(date(2026, 11, 27), date(2026, 12, 2), (NOW, until)),)
    # A second question that costs no further day moves nothing.
    desk.run(holds.hold, desk.cast.rita.actor, number, question="Which site?", now=until)
    second = {"clock_stopped_at": until}
    desk.run(session.execute, update(Hold).where(Hold.ended_at.is_(None)).values(second))
    desk.run(session.execute, update(InvoiceRequest).values(paused_at=until))
    page = re.sub("<[^>]+>", "", visit(desk.cast.ada).get(f"/invoices/{number}/due").text)
    assert "The clock stands still since 25 Nov 2026, 13:00; the day moves on by that time." in page
    assert "to Wed 2 Dec 2026: the clock stood still while we waited for an answer" in page
    desk.run(holds.resume, desk.cast.rita.actor, number, now=until + timedelta(hours=1))
    assert (told(desk, number).stands, told(desk, number).moved) == (None, why.moved)


def test_a_moved_day_names_the_one_before_and_a_kept_one_says_so(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(days_ago=3)
    desk.change_days(date(2026, 11, 24), DayKind.HOLIDAY)
    desk.follow_calendar()
    assert told(desk, number).moved == (Moved(date(2026, 11, 27), date(2026, 11, 30)),)
    desk.change_days(date(2026, 11, 24), None)
    desk.follow_calendar()
    assert (told(desk, number).spare, counted(told(desk, number))) == (1, 6)
    page = visit(desk.cast.ada).get(f"/invoices/{number}/due").text
    assert "a promised day never moves earlier" in page
    assert "This one is a business day again: Tue 24 Nov 2026." in re.sub("<[^>]+>", "", page)
    assert 'datetime="2026-11-27"' in page
    assert "Promised day moved" in visit(desk.cast.ada).get(f"/invoices/{number}").text
    assert f'href="/review/{number}/due"' in visit(desk.cast.max).get(f"/review/{number}").text
    assert visit(desk.cast.bo).get(f"/invoices/{number}/due").status_code == 404
    since, until = NOW + timedelta(hours=1), NOW + timedelta(hours=3)
    desk.run(holds.hold, desk.cast.rita.actor, number, question="Which order?", now=NOW)
    desk.run(session.execute, update(Hold).values(clock_stopped_at=since))
    desk.run(holds.resume, desk.cast.rita.actor, number, now=until)
    assert told(desk, number).moved == (
        Moved(date(2026, 11, 27), date(2026, 11, 30), again=(date(2026, 11, 24),)),
        Moved(date(2026, 11, 30), date(2026, 12, 1), (since, until)),
    )  # fmt: skip
