"""The queue: order, filters, counts, pages, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from backoffice.permissions import Role
from backoffice.requests.rules import State
from backoffice.requests.services import changes as requests
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import QueueView
from backoffice.review.services import decisions as services
from backoffice.sla import services as sla
from tests.review.desk import NOW, Desk
from tests.support.sql import plan, statements
from tests.support.visitor import Visitor

NUMBER = re.compile(r'href="/review/(IR-\d{8}-\d{6})"')


def numbers(visitor: Visitor, address: str = "/review") -> list[str]:
    """The requests a list shows, in its order."""
    return NUMBER.findall(visitor.get(address).text)


def test_the_most_urgent_request_comes_first(desk: Desk, visit: Callable[..., Visitor]) -> None:
    fresh, oldest, middle = desk.apply(days_ago=0), desk.apply(desk.cast.bo, days_ago=12), desk.apply(days_ago=4)
    assert numbers(visit(desk.cast.rita)) == [oldest, middle, fresh]


def test_urgency_is_said_in_words(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for days in (0, 4, 7, 12):  # due in five business days, in three days, today, and long ago
        desk.apply(days_ago=days)
    page = visit(desk.cast.rita).get("/review").text
    rows = [re.sub(r"<[^>]+>", " ", row) for row in page.split("<tr>")[2:]]
    assert ["Overdue" in row for row in rows] == [True, False, False, False]
    assert ["Due today" in row for row in rows] == [False, True, False, False]
    assert ["Due soon" in row for row in rows] == [False, False, True, False]


def test_title_and_navigation_show_the_same_counts(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for days in (0, 1, 12):
        desk.apply(days_ago=days)
    page = visit(desk.cast.rita).get("/review").text
    assert "3 pending · 1 overdue" in page
    assert re.search(r'aria-current="page">.*?<span class="count">3</span>', page, re.S)


@pytest.mark.parametrize("status", ["pending", "approved", "rejected", "withdrawn", "all", "issued", "nonsense"])
def test_each_tab_lists_its_state(desk: Desk, visit: Callable[..., Visitor], status: str) -> None:
    made = {state: desk.apply(days_ago=3) for state in ("pending", "approved", "rejected", "withdrawn")}
    desk.run(services.approve, desk.cast.rita.actor, made["approved"], now=NOW)
    desk.run(services.reject, desk.cast.rita.actor, made["rejected"], reason="other", remarks="No.", now=NOW)
    desk.run(requests.withdraw, desk.cast.ada.actor, made["withdrawn"], now=NOW)
    wanted = {"all": set(made.values()), "issued": set(), "nonsense": {made["pending"]}}
    found = numbers(visit(desk.cast.rita), f"/review?status={status}")
    assert set(found) == wanted.get(status, {made.get(status)})
    assert len(found) == len(set(found))


def test_dates_overdue_and_flagged_narrow_the_list(desk: Desk, visit: Callable[..., Visitor]) -> None:
    overdue, flagged, fresh = desk.apply(days_ago=10), desk.apply(days_ago=20), desk.apply(days_ago=1)
    desk.run(sla.flag_overdue, now=NOW, limit=1)  # the oldest promise alone
    rita = visit(desk.cast.rita)
    assert numbers(rita, "/review?only=overdue") == [flagged, overdue]
    assert numbers(rita, "/review?only=flagged") == [flagged]
    assert numbers(rita, "/review?from=2026-11-13&to=2026-11-13") == [overdue]
    assert numbers(rita, "/review?from=2026-11-14&status=all") == [fresh]
    nothing = rita.get("/review?from=2026-12-01").text
    assert "No request matches these filters" in nothing
    assert "Enter a date" in rita.get("/review?from=tomorrow").text


def test_an_empty_queue_says_so(desk: Desk, visit: Callable[..., Visitor]) -> None:
    assert "Nothing waits for a decision" in visit(desk.cast.rita).get("/review").text


def test_pages_hold_every_request_once(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [desk.apply(amount="1.00", days_ago=8 - index / 10) for index in range(53)]
    rita = visit(desk.cast.rita)
    first = numbers(rita)
    assert len(first) == 50
    following = re.search(r'href="([^"]+after=[^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', rita.page.text)
    assert following
    rest = numbers(rita, (following[1] or following[2]).replace("&amp;", "&"))
    assert first + rest == made


def test_the_queue_costs_three_statements_however_long_it_is(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, costs = visit(desk.cast.rita), []
    for more in (1, 30):
        for _ in range(more):
            desk.apply(amount="1.00", days_ago=2)
        with statements(desk.app) as sent:
            assert rita.get("/review").status_code == 200
        costs.append(len(sent))
    assert costs == [3, 3], "session, list, counts"


@pytest.mark.parametrize("view", [QueueView(), QueueView(overdue=True)], ids=["pending", "overdue"])
def test_the_partial_index_serves_the_queue(desk: Desk, database: str, view: QueueView) -> None:
    desk.apply()
    with desk.app.app_context():
        asked = queries.queue(view, now=NOW).order_by(*(column for column, _ in view.order)).limit(51)
        used = plan(asked, database, "sort")
    assert "ix_invoice_request_queue" in used
    assert "TEMP B-TREE" not in used
    assert "Sort" not in used


def test_counts_stop_at_their_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (0, 12, 13):
        desk.apply(days_ago=days)
    with desk.app.app_context():
        assert queries.waiting(NOW) == queries.Waiting(pending=3, overdue=2, work=0)
        monkeypatch.setattr(queries, "COUNT_LIMIT", 2)
        assert queries.waiting(NOW) == queries.Waiting(pending=2, overdue=2, work=0)


def test_only_the_back_office_enters(desk: Desk, visit: Callable[..., Visitor]) -> None:
    allowed = {person.role for person in desk.cast if visit(person).get("/review").status_code == 200}
    assert allowed == {Role.REVIEWER, Role.MANAGER, Role.AUDITOR}


def test_closed_states_read_newest_first(desk: Desk, visit: Callable[..., Visitor]) -> None:
    older, newer = desk.apply(days_ago=6), desk.apply(days_ago=2)
    assert numbers(visit(desk.cast.rita), "/review?status=all") == [newer, older]
    assert QueueView(State.APPROVED).by_urgency
    assert not QueueView(State.REJECTED).by_urgency
