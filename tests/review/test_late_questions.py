"""Questions that come too late: a clock that has run out is not stopped, and the promise that broke judges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from backoffice.calendars.rules import DayKind
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.requests.services import holds as questions
from backoffice.review.services import decisions
from backoffice.sla.models import Flag
from backoffice.sla.services import flags as sla
from tests.review.desk import NOW, Desk
from tests.review.test_holds import DAY, HOUR, answer, arrive, hold, last_hold, read
from tests.support.office import contradictions
from tests.support.visitor import Visitor


@pytest.mark.both_databases
def test_a_clock_that_has_run_out_is_not_stopped(desk: Desk, visit: Callable[..., Visitor]) -> None:
    """Promised for 20 November; asked in time and mailed too late, or asked too late: the promise that broke judges."""
    slow, late = desk.apply(days_ago=10), desk.apply(days_ago=10)
    due_at = read(desk, late).due_at
    hold(desk, slow, due_at - HOUR)
    rita = visit(desk.cast.rita)
    assert "It is late already: the clock runs on." in rita.get(f"/review/{late}/hold").text
    assert desk.run(lambda: len(sla.flag_overdue(now=due_at))) == 2
    hold(desk, late, due_at + HOUR)
    assert arrive(desk, due_at + HOUR) == 0
    page = rita.get(f"/review/{late}").text
    assert "It is late already: the clock runs on." in page
    assert "The clock stands still" not in page
    for number in (slow, late):
        held = read(desk, number)
        assert (held.paused_at, held.due_at, held.is_overdue(NOW)) == (None, due_at, True)
    # Both arrived on Saturday the 21st: the 25th is the third business day, the 4th of December the tenth.
    assert [desk.run(questions.remind, now=due_at + days * DAY) for days in (3, 4)] == [0, 2]
    assert desk.count(Message, Message.template == "information_reminder") == 2, "the question has arrived: by mail too"
    desk.run(decisions.approve, desk.cast.rita.actor, late, now=NOW, undo_seconds=60)
    desk.run(decisions.undo, desk.cast.rita.actor, late, now=NOW)
    assert read(desk, late).paused_at is None
    answer(desk, late, NOW + DAY)
    assert [desk.run(questions.end_unanswered, now=due_at + days * DAY) for days in (12, 13)] == [0, 1]
    assert last_hold(desk).paused_seconds == 0
    for number in (slow, late):
        after = read(desk, number)
        assert (after.due_at, after.flagged_at, after.paused_seconds) == (due_at, due_at, 0)
    assert desk.run(sla.flag_overdue, now=NOW + 20 * DAY) == [], "it makes no later due version to be flagged for"
    with desk.app.app_context():
        assert contradictions() == []


def test_a_clock_that_runs_out_under_an_approval_is_not_stopped_again(desk: Desk) -> None:
    number, rita = desk.apply(), desk.cast.rita.actor
    hold(desk, number)
    arrive(desk, NOW)
    desk.run(decisions.approve, rita, number, now=NOW + HOUR, undo_seconds=30 * 86_400)
    due_at = read(desk, number).due_at
    desk.run(decisions.undo, rita, number, now=due_at + HOUR)
    assert read(desk, number).is_overdue(due_at + HOUR)
    answer(desk, number, due_at + 2 * DAY)
    assert (read(desk, number).due_at, read(desk, number).paused_seconds) == (due_at, 3600)
    with desk.app.app_context():
        assert contradictions() == []


def test_a_later_day_of_the_calendar_lets_a_late_question_be_in_time(desk: Desk) -> None:
    number = desk.apply(days_ago=10)
    asked_at = read(desk, number).due_at + HOUR
    hold(desk, number, asked_at)
    desk.run(sla.flag_overdue, now=asked_at)
    arrive(desk, asked_at)
    desk.change_days(date(2026, 11, 20), DayKind.HOLIDAY)
    desk.follow_calendar()
    assert desk.run(questions.stop_clocks) == 1
    held = read(desk, number)
    assert (held.due_on, held.flagged_at, held.paused_at) == (date(2026, 11, 23), None, asked_at)


def test_each_version_of_the_due_day_is_flagged_once(desk: Desk) -> None:
    number = desk.apply()
    hold(desk, number)
    arrive(desk, NOW)
    assert desk.run(sla.flag_overdue, now=NOW + 30 * DAY) == [], "while it stands still, its day may pass"
    answer(desk, number, NOW + 10 * DAY)
    first = read(desk, number).due_at
    assert first > NOW + 10 * DAY
    assert desk.run(sla.flag_overdue, now=first - HOUR) == []
    sweeps = [desk.run(lambda at=at: len(sla.flag_overdue(now=at))) for at in (first, first + DAY)]
    assert sweeps == [1, 0]
    desk.change_days(read(desk, number).due_on, DayKind.HOLIDAY)
    desk.follow_calendar()
    second = read(desk, number).due_at
    hold(desk, number, second + HOUR)
    arrive(desk, second + HOUR)
    sweeps = [desk.run(lambda at=at: len(sla.flag_overdue(now=at))) for at in (second, second + 9 * DAY)]
    assert sweeps == [1, 0]
    with desk.app.app_context():
        flags = session.execute(select(Flag.due_at, Flag.withdrawn_at.is_(None)).order_by(Flag.due_at)).all()
        assert [tuple(flag) for flag in flags] == [(first, False), (second, True)]
        assert contradictions() == []
