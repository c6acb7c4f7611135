"""The managers' page: every figure equals its list, small samples show no percentage."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

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
from backoffice.sla.queries import figures as queries
from backoffice.sla.queries.figures import Figure
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


def test_each_list_holds_what_its_figure_counts(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=4, broken=2)
    with desk.app.app_context():
        overview = queries.overview(NOW)
        lists = {figure: list(session.scalars(queries.listed(figure, NOW))) for figure in Figure}
    assert {figure: len(listed) for figure, listed in lists.items()} == {
        Figure.OPEN: overview.open.number,
        Figure.OVERDUE: overview.overdue.number,
        Figure.DUE_TODAY: overview.due_today.number,
        Figure.MET: overview.met,
        Figure.MISSED: overview.missed,
        Figure.DUE_IN_PERIOD: overview.n,
        Figure.CLOSED: overview.turnaround_n,
    }
    manager = visit(desk.cast.max)
    for figure, listed in lists.items():
        page = manager.get(f"/sla/requests/{figure}").text
        assert page.count("<tr") == 1 + len(listed), figure
        words = "1 request" if len(listed) == 1 else f"{len(listed)} requests"
        assert f"{words} · ¥{sum((one.amount for one in listed), Decimal(0)):,.2f}" in page


def test_what_waits_for_the_customer_is_late_on_no_page(desk: Desk, visit: Callable[..., Visitor]) -> None:
    asked, late = desk.apply(days_ago=21), desk.apply(days_ago=21)
    then = NOW - timedelta(days=20)
    desk.run(holds.hold, desk.cast.rita.actor, asked, question="Which contract?", now=then)
    paused = update(InvoiceRequest).where(InvoiceRequest.number == asked).values(paused_at=then)
    desk.run(lambda: session.execute(paused))
    with desk.app.app_context():
        lists = {figure: {row.number for row in session.scalars(queries.listed(figure, NOW))} for figure in Figure}
        wanted = queue.queue(Wanted(view="overdue"), Viewer(None, NOW))
        on_the_desk = {row.number for row in session.execute(wanted)}
    assert lists[Figure.OPEN] == {asked, late}
    assert lists[Figure.OVERDUE] == on_the_desk == {late}
    assert lists[Figure.MISSED] == lists[Figure.DUE_IN_PERIOD] == {late}
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
    assert shown(page, "turnaround") == "—"
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
    assert visit(desk.cast.max).get("/sla/requests/nonsense").status_code == 404
