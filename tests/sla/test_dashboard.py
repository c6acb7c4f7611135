"""The managers' page: every figure equals its list, small samples show no percentage."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from backoffice import scheduling
from backoffice.database import session, transaction
from backoffice.ledger.models import Reservation
from backoffice.permissions import Role
from backoffice.requests.models import InvoiceRequest
from backoffice.review.queries import queue
from backoffice.review.queries.queue import Wanted
from backoffice.review.queries.views import Viewer
from backoffice.review.services import decisions as review
from backoffice.review.services import holds
from backoffice.sla import jobs
from backoffice.sla.queries import lists
from backoffice.sla.queries.lists import Asked, Figure
from tests.review.desk import NOW, Desk
from tests.support.sql import statements
from tests.support.visitor import Visitor


def reject(desk: Desk, number: str, days_ago: float) -> None:
    """Close a request that many days before NOW."""
    at = NOW - timedelta(days=days_ago)
    desk.run(review.reject, desk.cast.rita.actor, number, reason="other", remarks="No.", now=at)


def shown(page: str, name: str) -> str:
    """A figure's value as the page shows it."""
    found = re.search(rf'id="{name}">.*?<p class="figure-value">(.*?)</p>', page, re.S)
    assert found, name
    return found[1].strip()


def history(desk: Desk, *, kept: int, broken: int) -> None:
    """Requests of three weeks ago, closed in time or too late, and two open ones, one of them overdue."""
    for _ in range(kept):
        reject(desk, desk.apply(days_ago=21), days_ago=19)
    for _ in range(broken):
        reject(desk, desk.apply(amount="7.00", days_ago=21), days_ago=2)
    desk.apply(amount="30.00", days_ago=10)
    desk.apply(amount="500.00", days_ago=7)
    fold(desk)


def fold(desk: Desk) -> None:
    """What the worker does every half minute."""
    with desk.app.app_context():
        jobs.fold()


def test_a_request_without_its_money_is_marked_in_every_list(desk: Desk, visit: Callable[..., Visitor]) -> None:
    short, whole = desk.apply(amount="30.00", days_ago=10), desk.apply(amount="5.00", days_ago=0)
    with desk.app.app_context(), transaction():
        of_short = select(InvoiceRequest.id).where(InvoiceRequest.number == short)
        session.execute(update(Reservation).where(Reservation.request_id.in_(of_short)).values(short=1))
    manager = visit(desk.cast.max)
    for address in ("/sla/requests/open", "/sla/requests/overdue", "/sla"):
        rows = dict(re.findall(r'<tr id="(IR-[^"]+)">(.*?)</tr>', manager.get(address).text, re.S))
        marked = {number for number, row in rows.items() if 'tag-short">Short<' in row}
        assert marked == {short} & set(rows), address
        assert rows.keys() & {short, whole}, address


def test_a_list_says_its_number_and_sum_and_keeps_its_filters(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=4, broken=2)
    manager = visit(desk.cast.max)
    page = manager.get("/sla?kind=enterprise&from=2026-11-01").text
    for figure, number, words in (
        ("met", 4, "4 requests · ¥400.00"), ("missed", 3, "3 requests · ¥44.00"), ("open", 2, "2 requests · ¥530.00"),
    ):  # fmt: skip
        address = re.search(rf'href="(/sla/requests/{figure}\?[^"]*)"', page)
        assert address
        listed = manager.get(address[1].replace("&amp;", "&")).text
        assert listed.count("<tr id=") == number
        assert words in listed
        assert "Remove filter Header type: Enterprise" in listed
    assert manager.get("/sla/requests/missed?kind=personal").text.count("<tr id=") == 0
    weekly = manager.get("/sla?period=ytd").text
    assert 'aria-current="page">This year' in weekly
    assert len(set(re.findall(r'href="(/sla/requests/backlog\?[^"]*)"', weekly))) == 48


@pytest.mark.parametrize("query", [
    "from=nonsense", "from=2026-12-01&to=2026-11-01", "to=2999-01-01", "from=0001-01-01", "reviewer=0", "band=9",
    "period=century", "from=2999-01-01",
])  # fmt: skip
@pytest.mark.one_database
def test_no_address_ends_in_an_error_page(desk: Desk, visit: Callable[..., Visitor], query: str) -> None:
    manager = visit(desk.cast.max)
    assert manager.get(f"/sla?{query}").status_code == 200
    assert manager.get(f"/sla/requests/missed?{query}").status_code == 200


@pytest.mark.parametrize(("query", "said"), [
    ("from=2026-11-24", "This period lies ahead"), ("from=2099-01-01", "This period lies ahead"),
    ("from=2030-01-01&to=2030-02-01", "This period lies ahead"),
    ("from=2023-11-20", "three years long at most"), ("from=2001-01-01&to=2005-01-01", "three years long at most"),
    ("from=2026-11-23", ""), ("from=2026-11-20&to=2099-01-01", ""), ("to=2026-11-20", ""), ("from=2023-11-25", ""),
])  # fmt: skip
@pytest.mark.one_database
def test_a_period_that_nothing_is_told_of_is_refused_and_none_takes_its_place_in_silence(
    desk: Desk, visit: Callable[..., Visitor], query: str, said: str
) -> None:
    desk.apply(days_ago=0)
    manager = visit(desk.cast.max)
    for address in ("/sla", "/sla/requests/missed"):
        page = manager.get(f"{address}?{query}").text
        assert ("This period lies ahead" in page or "three years long at most" in page) is bool(said), address
        assert said in page, address
        # What is shown instead has no chip that says otherwise.
        assert ("Remove filter Period" in page) is not bool(said), address
    assert manager.get(f"/sla/report.pdf?{query}").status_code == (404 if said else 200)


def test_what_waits_for_the_customer_is_late_on_no_page(desk: Desk, visit: Callable[..., Visitor]) -> None:
    asked, late = desk.apply(days_ago=21), desk.apply(days_ago=21)
    then = NOW - timedelta(days=20)
    desk.run(holds.hold, desk.cast.rita.actor, asked, question="Which contract?", now=then)
    paused = update(InvoiceRequest).where(InvoiceRequest.number == asked).values(paused_at=then)
    desk.run(lambda: session.execute(paused))
    with desk.app.app_context():
        month = Asked(date(2026, 10, 25), date(2026, 11, 23))
        found = {
            figure: {row.number for row in session.scalars(lists.listed(figure, month, NOW))}
            for figure in (Figure.OPEN, Figure.OVERDUE, Figure.MISSED, Figure.DUE_IN_PERIOD, Figure.PAUSED)
        }
        wanted = queue.queue(Wanted(view="overdue"), Viewer(None, NOW))
        on_the_desk = {row.number for row in session.execute(wanted)}
    assert found[Figure.OPEN] == {asked, late}
    assert found[Figure.OVERDUE] == on_the_desk == {late}
    assert found[Figure.MISSED] == found[Figure.DUE_IN_PERIOD] == {late}
    assert found[Figure.PAUSED] == {asked}
    fold(desk)
    assert shown(visit(desk.cast.max).get("/sla").text, "overdue") == "1"


def test_the_page_shows_the_figures(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=4, broken=2)
    page = visit(desk.cast.max).get("/sla").text
    assert (shown(page, "open"), shown(page, "overdue"), shown(page, "due-today")) == ("2", "1", "1")
    # Four kept, two closed late and one still open past its day.
    assert shown(page, "on-time") == "57.1%"
    assert "4 of 7 · target 95%" in page
    assert shown(page, "missed") == "3"
    assert shown(page, "turnaround") == "2.0 business days"
    assert "Promise: 5 business days" in page


def test_under_five_cases_there_is_no_percentage(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=3, broken=0)
    page = visit(desk.cast.max).get("/sla").text
    assert shown(page, "on-time") == "3 of 4"
    assert "Too few for a percentage (fewer than 5)" in page
    assert "%" not in shown(page, "on-time")


def test_an_empty_installation_has_a_page(desk: Desk, visit: Callable[..., Visitor]) -> None:
    page = visit(desk.cast.max).get("/sla").text
    assert shown(page, "open") == "0"
    assert (shown(page, "turnaround"), shown(page, "oldest")) == ("—", "—")
    assert "nothing is open" in page
    assert "No worker has counted these figures yet." in page
    assert "No worker has looked for overdue requests yet." in page
    assert "No request counts towards this figure" in visit(desk.cast.max).get("/sla/requests/missed").text


def test_the_page_says_when_the_sweep_ran(desk: Desk, visit: Callable[..., Visitor]) -> None:
    with desk.app.app_context():
        scheduling.record_run("sweep", jobs.sweep)
    page = visit(desk.cast.max).get("/sla").text
    assert re.search(r"last looked for: <time[^>]*>23 Nov 2026, 10:00</time>", page)


def test_the_navigation_counts_what_is_overdue(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=0, broken=0)
    page = visit(desk.cast.max).get("/sla").text
    assert re.search(r'href="/sla" aria-current="page">.*?<span class="count">1</span>', page, re.S)


@pytest.mark.parametrize(("address", "cost"), [("/sla", 14), ("/sla/requests/open", 5)])
def test_the_cost_does_not_grow_with_the_history(
    desk: Desk, visit: Callable[..., Visitor], address: str, cost: int
) -> None:
    max_, costs = visit(desk.cast.max), []
    max_.get(address)  # the calendar is read once per process
    for _ in range(2):
        history(desk, kept=3, broken=3)
        with statements(desk.app) as sent:
            assert max_.get(address).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= cost


def test_only_those_who_watch_the_promise_enter(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for address in ("/sla", "/sla/requests/open"):
        allowed = {person.role for person in desk.cast if visit(person).get(address).status_code == 200}
        assert allowed == {Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR}
    for address in ("nonsense", "open?cell=1", "age", "age?cell=9", "turnaround?cell=0", "reason?cell=nothing"):
        assert visit(desk.cast.max).get(f"/sla/requests/{address}").status_code == 404, address


def test_each_tile_says_what_it_counts_and_opens_what_it_was_counted_from(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    history(desk, kept=5, broken=1)
    # What belongs to a list alone is none of the page's.
    page = visit(desk.cast.max).get("/sla?cell=1").text
    assert not re.search(r'href="/sla/requests/open[^"]*cell=', page)
    tiles = dict(re.findall(r'<div class="figure figure-link" id="([a-z0-9-]+)">(.*?)</div>', page, re.S))
    assert len(tiles) == 20
    assert [name for name, tile in tiles.items() if not re.search(r'<a href="[^"]+" title="[^"]{20,}">', tile)] == []
    for name, whole, part in (("held", "closed", "held"), ("end-to-end", "issued", "resubmitted")):
        assert re.findall(r'href="/sla/requests/([a-z-]+)', tiles[name]) == [whole, part]
