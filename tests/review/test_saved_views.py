"""A person's own views: kept from the present filters, counted in the navigation, nobody else's business."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from backoffice.database import session, transaction
from backoffice.review.models import SavedView
from backoffice.review.queries import queue as queries
from backoffice.review.services import saved_views
from tests.review.desk import NOW, Desk
from tests.support.sql import statements
from tests.support.visitor import Visitor

QUERY = "view=all&sort=-amount&min=50"


def save(visitor: Visitor, name: str, query: str = QUERY) -> Visitor:
    """Keep a list under a name, as the button above it leads one to."""
    page = visitor.get(f"/review/views?{query}").text
    assert "optional" not in page, "a view has to have a name"
    visitor.submit({"name": name})
    return visitor


def in_navigation(visitor: Visitor) -> list[tuple[str, str]]:
    """Name and count of each saved view in the navigation."""
    group = visitor.get("/review").text.partition("Saved views</p>")[2].partition("</nav>")[0]
    return re.findall(r"<span[^>]*>([^<]+)</span>(?:<span class=\"count\">([^<]+))?", group)


def test_a_view_keeps_the_filters_and_the_order_and_is_counted(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply(amount="49.99")
    desk.apply(amount="50.00")
    rita = save(visit(desk.cast.rita), "Large <ones>", f"{QUERY}&unknown=1&max=wrong&after=x")
    assert rita.page.status_code == 303
    assert rita.page.location == "/review?view=all&sort=-amount"
    save(rita, "Large", QUERY)
    assert rita.page.location == "/review?view=all&sort=-amount&min=50"
    assert in_navigation(rita) == [("Large &lt;ones&gt;", "2"), ("Large", "1")]
    page = rita.get("/review?view=all&sort=-amount&min=50").text
    assert re.search(r'min=50" aria-current="page"', page)


@pytest.mark.one_database
def test_a_name_waits_for_whoever_signs_in_again(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    rita = save(visit(desk.cast.rita), "Large")

    def comes_back(typed: str, hours: int) -> None:
        freeze(NOW + timedelta(hours=hours))
        assert rita.submit({"name": typed}).location.startswith("/login")
        rita.follow()
        rita.submit({"email": desk.cast.rita.email, "password": "invoice-demo-2026"})
        rita.follow()
        assert ("You are signed in again" in rita.page.text, f'value="{typed}"' in rita.page.text) == (True, True)

    rita.get(f"/review/views?{QUERY}")
    comes_back("Very large", 3)
    assert rita.submit({"name": "Very large"}).location == "/review?view=all&sort=-amount&min=50"
    assert "Very large" in [name for name, _ in in_navigation(rita)]
    rita.get(re.findall(r'href="(/review/views/\d+)"', rita.get("/review/views").text)[0])
    comes_back("Largest", 6)
    assert rita.submit({"name": "Largest"}).status_code == 303
    assert "Largest" in [name for name, _ in in_navigation(rita)]


def test_what_is_not_kept_of_a_view_is_said_before_it_is_saved(desk: Desk, visit: Callable[..., Visitor]) -> None:
    page = visit(desk.cast.rita).get(f"/review/views?{QUERY}&unknown=1&max=wrong&after=x").text
    assert "Not all filters of this address were applied" in page
    assert "<strong>unknown</strong>: This list has no such filter." in page
    assert "<strong>Amount</strong>: " in page
    assert "<strong>after</strong>" not in page
    assert "Not all filters" not in visit(desk.cast.rita).get(f"/review/views?{QUERY}").text


def test_a_view_whose_filters_are_known_no_more_says_so_when_it_is_opened(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    """As one that was saved before a release took a filter, a view or an order away."""
    rita = save(visit(desk.cast.rita), "Old", QUERY)
    with desk.app.app_context(), transaction():
        session.execute(update(SavedView).values(query="view=gone&sort=size&urgent=1&status=lost&min=50"))
    (address,) = re.findall(r'href="(/review\?[^"]*urgent=1[^"]*)"', rita.get("/review").text)
    page = rita.get(address.replace("&amp;", "&")).text
    for name, why in (("view", "no such value"), ("sort", "no such value"), ("urgent", "no such filter")):
        assert re.search(rf"<strong>{name}</strong>: [^<]*{why}", page)
    assert '<details class="disclosure" open>' in page
    assert "Choose from the list." in page


def test_counts_of_saved_views_stop_at_their_limit(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply()
    rita = save(visit(desk.cast.rita), "All", "view=all")
    monkeypatch.setattr(queries, "COUNT_LIMIT", 1000)
    monkeypatch.setattr("backoffice.web.navigation._COUNT_LIMIT", 1)
    assert in_navigation(rita) == [("All", "1+")]


def test_saved_views_cost_one_statement_whatever_their_number(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, costs = visit(desk.cast.rita), []
    for name in ("one", "two", "three"):
        save(rita, name)
        with statements(desk.app) as sent:
            assert rita.get("/review").status_code == 200
        costs.append(len(sent))
    assert costs == [4, 4, 4], "session, list, counts with the views themselves, counts of the views"


def test_a_view_is_renamed_and_deleted_by_its_owner_alone(desk: Desk, visit: Callable[..., Visitor]) -> None:
    rita, rui = save(visit(desk.cast.rita), "Mine alone"), visit(desk.cast.rui)
    with desk.app.app_context():
        (kept,) = session.query(SavedView).all()
    assert in_navigation(rui) == []
    address = f"/review/views/{kept.id}"
    assert rui.get(address).status_code == 404
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', rui.get("/review/views").text)
    assert token
    for end in ("", "/delete"):
        answer = rui.client.post(address + end, data={"csrf_token": token[1], "name": "taken"})
        assert answer.status_code == 404
    rita.get(address)
    rita.submit({"name": "Renamed"})
    assert [name for name, _ in in_navigation(rita)] == ["Renamed"]
    rita.get("/review/views")
    rita.submit({}, button="Delete")
    assert in_navigation(rita) == []


@pytest.mark.parametrize(
    ("name", "told"), [("", "Name the view."), ("Known", "You have a view of this name."), ("x" * 61, "61 characters")]
)
def test_a_name_that_cannot_be_stands_beside_its_error(
    desk: Desk, visit: Callable[..., Visitor], name: str, told: str
) -> None:
    rita = save(save(visit(desk.cast.rita), "Known"), name)
    assert rita.page.status_code == 422
    assert told in rita.page.text
    assert 'value="view=all&amp;sort=-amount&amp;min=50"' in rita.page.text


def test_twenty_views_are_enough(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for number in range(20):
        desk.run(saved_views.create, desk.cast.rita.actor, f"View {number}", "view=all", now=NOW)
    rita = save(visit(desk.cast.rita), "One more")
    assert "You have 20 views" in rita.page.text
    assert len(in_navigation(rita)) == 20
