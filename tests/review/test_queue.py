"""The queue: order, filters, counts, pages, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from backoffice.accounts import services as accounts
from backoffice.database import session
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM, Role
from backoffice.prepared import Prepared
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import Listed, Waiting, Wanted
from backoffice.review.queries.views import VIEWS, Viewer, values_of
from backoffice.review.services import claims, presence
from backoffice.sla.services import flags as sla
from tests.review.desk import NOW, Desk, recharge
from tests.support.sql import plan, statements
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

YUNQI = "云栖数据"  # the account's name, as the list shows it
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
    rows = [re.sub(r"<[^>]+>", " ", row) for row in page.split("<tr id=")[1:]]
    assert ["Overdue" in row for row in rows] == [True, False, False, False]
    assert ["Due today" in row for row in rows] == [False, True, False, False]
    assert ["Due soon" in row for row in rows] == [False, False, True, False]


def test_a_request_that_is_short_of_money_is_marked_in_every_list(desk: Desk, visit: Callable[..., Visitor]) -> None:
    whole, short = desk.apply(amount="100.00"), desk.apply(amount="200.00")
    lines = [replace(recharge("lumen", "2"), kind="refund", external_id=f"F{turn}", refund_of=f"lumen-{turn}",
                     amount=Decimal(amount)) for turn, amount in ((2, 5000), (1, 4800))]  # fmt: skip
    desk.run(entries.book, lines, source="platform", now=NOW)
    rita = visit(desk.cast.rita)
    lists = ("/review", "/review?view=short", "/review?view=all", "/review/accounts/lumen/requests",
             "/review/accounts/lumen/requests?status=pending")  # fmt: skip
    for address in lists:
        rows = dict(re.findall(r'<tr id="([^"]+)">(.*?)</tr>', rita.get(address).text, re.DOTALL))
        marked = {number for number, row in rows.items() if 'tag-short">Short<' in row}
        assert (marked, whole in rows) == ({short}, address != "/review?view=short"), address
        assert rows.keys() <= {whole, short}


def test_title_and_navigation_show_the_same_counts(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for days in (0, 1, 12):
        desk.apply(days_ago=days)
    page = visit(desk.cast.rita).get("/review").text
    assert "3 pending · 1 overdue" in page
    assert re.search(r'aria-current="page">.*?<span class="count">3</span>', page, re.S)


def test_a_tab_under_filters_bears_no_number_that_is_not_its_lists(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply(amount="10.00")
    desk.apply(amount="500.00")
    rita = visit(desk.cast.rita)
    for address, counted in (("/review", ["2"]), ("/review?sort=-amount", ["2"]), ("/review?min=500", [])):
        tabs = re.findall(r'<a class="tab"[^>]*aria-current="page"[^>]*>(.*?)</a>', rita.get(address).text, re.DOTALL)
        assert [re.findall(r'class="count">(\d+)<', tab) for tab in tabs] == [counted]


def test_dates_overdue_and_flagged_narrow_the_list(desk: Desk, visit: Callable[..., Visitor]) -> None:
    overdue, flagged, fresh = desk.apply(days_ago=10), desk.apply(days_ago=20), desk.apply(days_ago=1)
    desk.run(sla.flag_overdue, now=NOW, limit=1)  # the oldest promise alone
    rita = visit(desk.cast.rita)
    assert numbers(rita, "/review?only=overdue") == [flagged, overdue]
    assert numbers(rita, "/review?only=flagged") == [flagged]
    assert numbers(rita, "/review?only=overdue&only=flagged") == [flagged], "a second chip narrows"
    told = rita.get("/review/bulk/matching?only=overdue&only=flagged").json
    assert told["said"] == "1 request, ¥100.00"
    viewer, both = Viewer(desk.cast.rita.id, NOW), Wanted(overdue=True, flagged=True)
    with desk.app.app_context():
        assert queries.counts([both], viewer) == [1], "as a saved view counts it"
    assert numbers(rita, "/review?from=2026-11-13&to=2026-11-13") == [overdue]
    assert numbers(rita, "/review?from=2026-11-14&view=all") == [fresh]
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


def test_the_index_of_a_view_serves_it_in_its_order(desk: Desk, database: str, subtests: pytest.Subtests) -> None:
    desk.apply()
    for code, view in VIEWS.items():
        with subtests.test(code), desk.app.app_context():
            used = planned(Wanted(code), desk, database)
            # With so few rows PostgreSQL finds the days, and the mails, as cheaply by another index.
            if database == "sqlite" or code not in ("due-today", "mail"):
                assert view.index in used, used
            if code not in ("short", "mail"):  # a handful of rows, found first and sorted
                refuse_sorting(used)


def test_every_order_of_a_state_has_an_index(desk: Desk, database: str, subtests: pytest.Subtests) -> None:
    desk.apply()
    codes = ("pending", "approved", "issued", "rejected", "withdrawn", "all")
    for code, sort in product(codes, ("due", "-due", "submitted", "-submitted", "amount", "-amount")):
        with subtests.test(f"{code} by {sort}"), desk.app.app_context():
            refuse_sorting(planned(Wanted(code, sort=sort), desk, database))


FILTERS: list[dict[str, Any]] = [
    {"state": "pending"}, {"least": Decimal(5), "since": date(2026, 11, 1)}, {"header": "special"}, {"flagged": True}
]  # fmt: skip


def test_a_filter_is_read_in_the_order_of_the_list(desk: Desk, database: str, subtests: pytest.Subtests) -> None:
    desk.apply()
    for code, narrowed in product(("pending", "all"), FILTERS):
        with subtests.test(f"{code} by {narrowed}"), desk.app.app_context():
            refuse_sorting(planned(Wanted(code, **narrowed), desk, database))


def test_a_customer_is_found_by_code_or_name_and_of_several_one_is_chosen(
    desk: Desk, visit: Callable[..., Visitor]
) -> None:
    desk.apply(days_ago=2)
    theirs = desk.apply(desk.cast.bo)
    rita = visit(desk.cast.rita)
    for typed in ("yunqi", "YUNQI", "ｙｕｎｑｉ", YUNQI, YUNQI[:2], YUNQI[1:3]):
        assert numbers(rita, f"/review?customer={typed}") == [theirs], typed
    desk.run(lambda: accounts.create_account(SYSTEM, code="yq2", name=f"{YUNQI}北京分公司", now=NOW))
    assert numbers(rita, f"/review?customer={YUNQI}") == [theirs], "the whole name means one"
    assert numbers(rita, f"/review?min=5&customer={YUNQI[:2]}") == []
    assert "Several customers have this in their names." in rita.page.text
    assert 'href="/review?min=5&amp;customer=yunqi"' in rita.page.text
    assert numbers(rita, "/review?min=5&customer=yunqi") == [theirs]
    assert numbers(rita, "/review?customer=nobody") == []
    assert "Several customers" not in rita.page.text


@pytest.mark.parametrize("typed", ["lumen", "云栖"])
def test_a_customers_history_is_read_in_its_order(desk: Desk, database: str, typed: str) -> None:
    desk.apply()
    with desk.app.app_context():
        refuse_sorting(planned(Wanted("all", customer=typed), desk, database))


def test_a_customers_list_costs_no_statement_more(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply(desk.cast.bo)
    rita = visit(desk.cast.rita)
    for typed in ("yunqi", YUNQI[:2]):
        with statements(desk.app) as sent:
            rita.get(f"/review?customer={typed}")
        assert len(sent) == 3, "session, list, counts"


def test_what_is_overdue_is_found_by_its_day_and_never_by_reading_all(desk: Desk, database: str) -> None:
    desk.apply()
    with desk.app.app_context():
        used = planned(Wanted("all", overdue=True, flagged=True), desk, database)
    assert "Seq Scan on invoice_request" not in used, used
    assert not re.search(r"SCAN invoice_request", used), used


def planned(wanted: Wanted, desk: Desk, database: str) -> str:
    """How the database reads a list's first page."""
    sorting = [column.asc() if way == "asc" else column.desc() for column, way in wanted.order]
    asked = queries.queue(wanted, Viewer(desk.cast.rita.id, NOW)).order_by(*sorting).limit(51)
    return plan(asked, database, "sort")


def refuse_sorting(used: str) -> None:
    """An index holds the order: nothing is sorted, and the table is not read from end to end."""
    assert "TEMP B-TREE" not in used, used
    assert "Sort" not in used, used
    assert "Seq Scan on invoice_request" not in used, used
    assert not re.search(r"SCAN invoice_request(?! USING)", used), used


def test_counts_stop_at_their_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (0, 12, 13):
        desk.apply(days_ago=days)
    viewer = Viewer(desk.cast.rita.id, NOW)
    with desk.app.app_context():
        assert queries.waiting(viewer, ("pending", "overdue")) == Waiting({"pending": 3, "overdue": 2}, work=0)
        monkeypatch.setattr(queries, "COUNT_LIMIT", 2)
        assert queries.waiting(viewer, ("pending", "overdue")) == Waiting({"pending": 2, "overdue": 2}, work=0)


def test_the_counts_are_built_once_for_every_viewer(desk: Desk) -> None:
    mine, looked_at = desk.apply(days_ago=7), desk.apply(days_ago=1)
    desk.run(claims.claim, desk.cast.rita.actor, mine, now=NOW)
    desk.run(presence.look, desk.cast.rui.actor, looked_at, now=NOW)
    rita, rui = (Viewer(person.id, NOW) for person in (desk.cast.rita, desk.cast.rui))
    counted = ("mine", "due-today")
    with desk.app.app_context():
        told = [queries.waiting(viewer, counted) for viewer in (rita, rui, Viewer(None, NOW))]
        later = queries.waiting(Viewer(rita.id, NOW + timedelta(days=1)), counted)
    assert [one.views for one in told] == [
        {"mine": 1, "due-today": 1}, {"mine": 0, "due-today": 1}, {"mine": 0, "due-today": 1}
    ]  # fmt: skip
    assert [len(one.looking) for one in told] == [1, 0, 1]
    assert (later.views, later.looking) == ({"mine": 0, "due-today": 0}, {}), "values go along, they are not built in"


def test_a_prepared_statement_reads_what_sqlalchemy_reads(desk: Desk) -> None:
    for days in (0, 7, 12):
        desk.run(claims.claim, desk.cast.rita.actor, desk.apply(days_ago=days), now=NOW)
    lists = (Wanted(), Wanted("mine"), Wanted("due-today", least=Decimal(5), since=date(2026, 11, 1)), Wanted("second"))
    viewers = [Viewer(person.id, NOW + timedelta(days=days)) for person in desk.cast for days in (0, 3)]
    with desk.app.app_context():
        connection, found = session.connection(), 0
        for statement in map(queries.queue_for_anybody, lists):
            prepared = Prepared(statement, Listed._make)
            for values in map(values_of, viewers):
                ours = prepared.rows(connection, values)
                assert repr(ours) == repr([Listed._make(row) for row in connection.execute(statement, values)])
                found += len(ours)
                assert all(one is other for one, other in zip(ours, prepared.rows(connection, values), strict=True))
    assert found > len(viewers) * 3


def test_only_the_back_office_enters(desk: Desk, visit: Callable[..., Visitor]) -> None:
    allowed = {person.role for person in desk.cast if visit(person).get("/review").status_code == 200}
    assert allowed == {Role.REVIEWER, Role.MANAGER, Role.AUDITOR}


def test_closed_states_read_newest_first(desk: Desk, visit: Callable[..., Visitor]) -> None:
    older, newer = desk.apply(days_ago=6), desk.apply(days_ago=2)
    assert numbers(visit(desk.cast.rita), "/review?view=all") == [newer, older]
    assert numbers(visit(desk.cast.rita), "/review?status=pending") == [newer, older]
    assert VIEWS["approved"].ordered_by == "due"
    assert VIEWS["rejected"].ordered_by == "submitted"
