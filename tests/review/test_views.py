"""The desk's views: each holds exactly its requests, its count says how many, and filters narrow any of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.ledger.models import Reservation
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.services import changes
from backoffice.review.queries import queue as queries
from backoffice.review.queries.queue import Wanted
from backoffice.review.queries.views import COUNTED, VIEWS, Viewer
from backoffice.review.services import claims, decisions, holds
from tests.review.desk import NOW, Desk
from tests.review.test_queue import numbers
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

# Which of the requests of `Stage` each view holds.
HELD_BY = {
    "pending": {"fresh", "today", "late", "mine", "theirs", "lapsed", "second", "short"},
    "mine": {"mine"},
    "unassigned": {"fresh", "today", "late", "lapsed", "second", "short"},
    "due-today": {"today"},
    "overdue": {"late", "held", "late approved"},
    "on-hold": {"held", "paused"},
    "second": {"second"},
    "short": {"short"},
    "approved": {"approved", "late approved", "failed"},
    "failed": {"failed"},
    "mail": {"rejected"},
    "issued": set(),
    "rejected": {"rejected"},
    "withdrawn": {"withdrawn"},
}


@pytest.fixture
def made(desk: Desk) -> dict[str, str]:
    """Number by name of a request of every kind."""
    late = {"late", "held", "paused", "late approved"}
    names = sorted(set().union(*HELD_BY.values()))
    made = {name: desk.apply(days_ago=12 if name in late else 7 if name == "today" else 1) for name in names}
    rita, rui = desk.cast.rita.actor, desk.cast.rui.actor
    desk.run(claims.claim, rita, made["mine"], now=NOW)
    desk.run(claims.claim, rui, made["theirs"], now=NOW)
    desk.run(claims.claim, rita, made["lapsed"], now=NOW - timedelta(hours=1))
    for name in ("held", "paused"):
        desk.run(holds.hold, rita, made[name], question="Which contract?", now=NOW)
    for name in ("approved", "late approved", "failed"):
        desk.run(decisions.approve, rui, made[name], now=NOW)
    desk.run(decisions.reject, rita, made["rejected"], reason="other", remarks="No.", now=NOW)
    desk.run(changes.withdraw, desk.cast.ada.actor, made["withdrawn"], now=NOW)
    desk.run(_write, made, desk.cast.rui.id)
    return made


def _write(made: dict[str, str], rui: int) -> None:
    """What takes days or a broken server to come about."""

    def of(name: str) -> Any:
        return update(InvoiceRequest).where(InvoiceRequest.number == made[name])

    def id_of(name: str) -> Any:
        return select(InvoiceRequest.id).where(InvoiceRequest.number == made[name]).scalar_subquery()

    session.execute(of("paused").values(paused_at=NOW))
    session.execute(of("second").values(second_wanted_at=NOW))
    wanted = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == made["second"])).one()
    basis = session.scalars(select(requests.basis_of(wanted.id))).one()
    session.add(
        Decision(
            request_id=wanted.id, verdict="first_approve", decided_by=rui, decided_by_label="芮明",
            decided_at=NOW, basis=basis,
        )
    )  # fmt: skip
    session.execute(of("failed").values(issue_error="no space left"))
    session.execute(update(Reservation).where(Reservation.request_id == id_of("short")).values(short=1))
    session.execute(
        update(Message)
        .where(Message.about_id == id_of("rejected"), Message.template == "rejected")
        .values(state="failed")
    )


def test_a_view_holds_exactly_its_requests(desk: Desk, visit: Callable[..., Visitor], made: dict[str, str]) -> None:
    by_number = {number: name for name, number in made.items()}
    rita = visit(desk.cast.rita)
    shown = {code: sorted(by_number[number] for number in numbers(rita, f"/review?view={code}")) for code in HELD_BY}
    assert shown == {code: sorted(names) for code, names in HELD_BY.items()}


def test_the_view_of_all_holds_all(desk: Desk, visit: Callable[..., Visitor], made: dict[str, str]) -> None:
    assert sorted(numbers(visit(desk.cast.rita), "/review?view=all")) == sorted(made.values())
    assert set(HELD_BY) | {"all"} == set(VIEWS)


def test_counts_are_those_of_the_lists(desk: Desk, made: dict[str, str]) -> None:
    with desk.app.app_context():
        counts = queries.waiting(Viewer(desk.cast.rita.id, NOW)).views
    assert counts == {code: len(HELD_BY[code]) for code in COUNTED}
    assert len(made) > 10


FOUND_BY: dict[str, set[str]] = {
    "assignee=rita": {"mine"},
    "assignee=RITA": {"mine"},
    "assignee=芮": {"theirs"},
    "assignee=%25": set(),
    "status=rejected": {"rejected"},
    "status=pending&only=flagged": set(),
    "due_from=2026-11-23&due_to=2026-11-23": {"today"},
    "due_to=2026-11-22": {"late", "held", "paused", "late approved"},
    "min=100&max=100&status=withdrawn": {"withdrawn"},
    "max=99.99": set(),
    "type=enterprise&status=rejected": {"rejected"},
    "type=personal": set(),
    "type=special": set(),
    "customer=lumen&status=rejected": {"rejected"},
    "customer=yunqi": set(),
    "customer=LUMEN&status=rejected": {"rejected"},
    "customer=robotics&status=rejected": {"rejected"},
    "customer=nobody": set(),
}


def test_filters_narrow_a_view_and_stand_as_chips(
    desk: Desk, visit: Callable[..., Visitor], made: dict[str, str]
) -> None:
    by_number = {number: name for name, number in made.items()}
    rita = visit(desk.cast.rita)
    for narrowed, found in FOUND_BY.items():
        shown = {by_number[number] for number in numbers(rita, f"/review?view=all&{narrowed}")}
        assert shown == found, narrowed
        page = rita.page.text
        chips = len({pair.partition("_")[0] for pair in narrowed.split("&")})
        both_ends = "min=" in narrowed and "max=" in narrowed
        assert page.count("Remove filter") == chips - both_ends, narrowed
        assert 'name="view" value="all"' in page, f"{narrowed}: filtering stays in the view"


def test_every_order_pages_both_ways(
    desk: Desk, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    for index in range(7):
        desk.apply(amount=f"{10 + index % 3}.00", days_ago=index)
    monkeypatch.setattr("backoffice.review.views.queue.PAGE_SIZE", 3)
    rita = visit(desk.cast.rita)
    orders = ("due", "-due", "submitted", "-submitted", "amount", "-amount")
    for view, sort in product(("pending", "all"), orders):
        with subtests.test(f"{view} by {sort}"):
            pages_agree(rita, view, sort)


def pages_agree(rita: Visitor, view: str, sort: str) -> None:
    pages = [numbers(rita, f"/review?view={view}&sort={sort}")]
    while following := linked(rita, "next"):
        pages.append(numbers(rita, following))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({number for page in pages for number in page}) == 7
    backwards = [numbers(rita, f"/review?view={view}&sort={sort}&last=1")]
    while previous := linked(rita, "prev"):
        backwards.insert(0, numbers(rita, previous))
    # The first page is filled up from what follows it.
    read = list(dict.fromkeys(number for page in backwards for number in page))
    assert read == [number for page in pages for number in page]


def linked(visitor: Visitor, rel: str) -> str:
    """The address of the neighbouring page, empty where there is none."""
    found = re.search(rf'href="([^"]+)"[^>]*rel="{rel}"', visitor.page.text)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_header_of_the_table_sorts_and_turns_round(desk: Desk, visit: Callable[..., Visitor]) -> None:
    small, large = desk.apply(amount="1.00"), desk.apply(amount="2.00")
    rita = visit(desk.cast.rita)
    assert 'href="/review?sort=amount"' in rita.get("/review").text
    assert numbers(rita, "/review?sort=amount") == [small, large]
    assert 'aria-sort="ascending"><a class="sort" href="/review?sort=-amount"' in rita.page.text
    assert numbers(rita, "/review?sort=-amount") == [large, small]
    assert numbers(rita, "/review?sort=nonsense&view=nonsense") == [small, large]


def test_a_list_reads_no_more_for_its_filters(desk: Desk) -> None:
    with desk.app.app_context():
        asked, all_of_them = (
            [each["name"] for each in queries.queue(wanted, Viewer(None, NOW)).column_descriptions]
            for wanted in (Wanted("all", customer="lumen"), Wanted("all"))
        )
    assert asked == all_of_them
    assert tuple(asked) == queries.Listed._fields
    assert "header" not in asked, "the frozen header stays in the database"


@pytest.mark.parametrize(("language", "selector"), [("en", ""), ("zh", ":lang(zh) ")])
def test_on_a_phone_the_columns_have_the_names_of_the_head(
    desk: Desk, visit: Callable[..., Visitor], language: str, selector: str
) -> None:
    desk.apply()
    rita = visit(desk.cast.rita)
    rita.client.set_cookie("locale", language)
    page = rita.get("/review?view=all").text
    assert '<table class="table table-stacked requests requests-state requests-invoice">' in page
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a [^>]+>)?([^<]+)', page)
    sheet = (Path(desk.app.static_folder or "") / "css" / "records.css").read_text()
    named = re.findall(rf'^  {re.escape(selector)}\.requests[^\n]*::before {{ content: "([^"]+)"', sheet, re.MULTILINE)
    # The number is the head of its row. A box before it has no name of its own.
    assert named == heads[1:]


def test_every_tab_of_work_says_how_much_there_is(
    desk: Desk, made: dict[str, str], visit: Callable[..., Visitor]
) -> None:
    page = visit(desk.cast.rita).get("/review").text
    tabs = re.findall(r'<a class="tab" href="/review\?view=([a-z-]+)".*?</a>', page)
    told = dict(re.findall(r'<a class="tab" href="/review\?view=([a-z-]+)"[^<]*<span class="count">(\d+)<', page))
    told |= dict(
        re.findall(r'<a class="tab" href="/review\?view=([a-z-]+)" aria-current[^<]*<span class="count">(\d+)<', page)
    )
    assert set(tabs) >= set(COUNTED)
    assert told == {code: str(len(HELD_BY[code])) for code in COUNTED if HELD_BY[code]}
