"""A promised day that rests on a year whose holidays are not announced says so wherever whoever works reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest

from backoffice import clock
from backoffice.calendars.rules import DayKind
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import changing
from backoffice.sla import jobs
from backoffice.sla.services import effects
from backoffice.sla.views import policy_words
from tests.review.desk import NOW, Desk
from tests.support.sql import statements
from tests.support.visitor import Visitor

AHEAD = 36  # days: Tuesday, 29 December
MOMENT = NOW + timedelta(days=AHEAD)
TOLD = "Provisional: the official holidays of 2027 are not announced. The day may still move to a later one"


def marks(page: str) -> int:
    return unescape(page).count(f'title="{TOLD}')


@pytest.fixture
def numbers(desk: Desk) -> list[str]:
    """One that is due in 2026, and two in 2027."""
    return [desk.apply(days_ago=-31, amount="1.00"), *(desk.apply(days_ago=-AHEAD, amount="1.00") for _ in range(2))]


def test_lists_and_the_page_of_the_request_mark_it(
    desk: Desk, visit: Callable[..., Visitor], numbers: list[str]
) -> None:
    with clock.moved_to(MOMENT):
        with desk.app.app_context():
            jobs.fold()
        rita, max_ = visit(desk.cast.rita), visit(desk.cast.max)
        assert [TOLD in rita.get(f"/review/{number}").text for number in numbers] == [False, True, True]
        assert marks(rita.get("/review").text) == 2
        assert marks(max_.get("/sla/requests/open").text) == 2
        # Without a pace nothing that is open will be done in time.
        assert marks(max_.get("/sla/forecast").text) == 2
        with statements(desk.app) as few:
            rita.get("/review")
        for _ in range(8):
            desk.apply(days_ago=-AHEAD, amount="1.00")
        with statements(desk.app) as many:
            assert marks(rita.get("/review").text) == 10
        assert len(many) == len(few)


def test_who_moves_into_such_a_year_is_marked(desk: Desk, visit: Callable[..., Visitor], numbers: list[str]) -> None:
    with clock.moved_to(MOMENT):
        ana = visit(desk.cast.ana)
        ana.get("/admin/calendar?day=2026-12-30")
        fields = {"first": "2026-12-30", "last": "2026-12-31", "kind": DayKind.HOLIDAY.value, "reason": "Notice"}
        page = ana.submit(fields, button="Show whom it moves").text
    assert all(number in page for number in numbers)
    assert marks(page) == 3, "the one that was due in 2026 moves into the next year"


def test_the_example_of_a_policy_says_it(desk: Desk) -> None:
    def told(on: date) -> str:
        with desk.app.test_request_context():
            plan = changing.plan(desk.cast.ana.actor, PolicyKey.SLA_BUSINESS_DAYS, 4, starts_on=on, now=NOW)
            return " ".join(policy_words.sentences(plan, effects.of(plan, now=NOW), clock.today(), waits=False))

    assert TOLD in told(date(2026, 12, 29))
    assert "Provisional" not in told(date(2026, 12, 1))
