"""The customer's list: search, amounts, chips, and what many rows cost."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from backoffice.headers import services as headers
from backoffice.ledger.services.entries import book
from backoffice.portal.queries import invoices
from tests.portal.conftest import HEADER, Customer, World, recharge, text
from tests.portal.crowd import many_requests
from tests.portal.test_exports import rows_of
from tests.portal.test_pages import listed
from tests.support.sql import statements

pytestmark = pytest.mark.both_databases


@pytest.fixture
def numbers(world: World, ada: Customer) -> dict[str, str]:
    """Applications under two headers."""
    with world.app.app_context():
        header = {**HEADER, "name": "Müller & Söhne（上海）贸易", "tax_id": "91440300MA5DA0X7X5"}
    world.act(headers.create, world.cast.ada.actor, header)
    with world.app.app_context():
        other = str(headers_of(world, "Müller"))
    found = {"robot": ada.apply(amount="1409.50"), "robot again": ada.apply(amount="33")}
    found["müller"] = ada.apply(amount="2000", header_id=other)
    return found


def headers_of(world: World, name: str) -> int:
    """The header whose name begins like this."""
    from sqlalchemy import select

    from backoffice.database import session
    from backoffice.headers.models import InvoiceHeader

    return session.scalars(select(InvoiceHeader.id).where(InvoiceHeader.name.startswith(name))).one()


SEARCHES = {
    "机器": ["robot again", "robot"], "明": ["robot again", "robot"], "上": ["müller", "robot again", "robot"],
    "MÜLLER": ["müller"], "söhne(上海)": ["müller"], "m": ["müller"], "& S": ["müller"], "机%": [], "_": [], "乙": [],
    "1,409.50": ["robot"], "¥1409.5": ["robot"], "1409.5": ["robot"], "2000": ["müller"], "1409.51": [], "[": [],
    "1409": ["robot"], "1,409": ["robot"], "¥1409": ["robot"], "¥33": ["robot again"],
    "33.0": ["robot again"], "1409.50元": ["robot"], "1409.5 元": ["robot"], "￥1409.50圆": ["robot"],
    "1409元整": ["robot"],
    "1,409.50 CNY": ["robot"], "1409.50rmb": ["robot"], "RMB 1409.50": ["robot"], "1409.51元": [], "元": [], "CNY": [],
    "1,410": [], "-33.0": [], "2000.01": [], "Ller": ["müller"], "(上海)": ["müller"], "m%": [], "m_": [],
    "\\": [], ".*": [], "ir-2026": ["müller", "robot again", "robot"],
}  # fmt: skip


def test_the_search_finds_names_numbers_and_amounts(ada: Customer, numbers: dict[str, str]) -> None:
    for typed, found in SEARCHES.items():
        ada.get("/invoices", query_string={"q": typed})
        page = text(ada.page)
        assert [name for name in reversed(numbers) if f'/invoices/{numbers[name]}"' in page] == found, typed
    for name, number in numbers.items():
        assert listed(ada, f"?q={number.lower()}") == [number], name
        assert listed(ada, f"?q={number.replace('-', chr(0x2011))}") == [number], name


def test_an_invoice_is_found_by_its_number(ada: Customer, numbers: dict[str, str], world: World) -> None:
    world.issue(numbers["robot"])
    for typed in ("INV-2026-000001", "inv-2026-000001", "000001"):
        assert listed(ada, f"?q={typed}") == [numbers["robot"]], typed
    assert listed(ada, "?q=INV-2026-000002") == []


def test_all_filters_work_together(ada: Customer, numbers: dict[str, str], world: World) -> None:
    world.issue(numbers["robot"])
    assert listed(ada, "?min=33&max=1409.50") == [numbers["robot again"], numbers["robot"]]
    assert listed(ada, "?min=33.01&max=1,409.50") == [numbers["robot"]]
    assert listed(ada, "?status=issued&status=rejected&q=机器&min=1000") == [numbers["robot"]]
    assert listed(ada, "?status=pending&q=机器&max=1000") == [numbers["robot again"]]
    page = text(ada.get("/invoices?status=pending&q=机器&max=1000"))
    assert page.count('class="chip"') == 3
    assert 'href="/invoices/export.csv?q=%E6%9C%BA%E5%99%A8&status=pending&max=1000"' in page
    assert "No request matches these filters" in text(ada.get("/invoices?q=乙"))
    assert "The largest amount is below the smallest." in text(ada.get("/invoices?min=5&max=1"))


def test_nobody_finds_what_is_anothers(bo: Customer, numbers: dict[str, str]) -> None:
    for typed in ("明", numbers["robot"], "1409.50", "IR-"):
        assert listed(bo, f"?q={typed}") == [], typed


def test_many_rows_cost_no_more_statements(world: World, ada: Customer) -> None:
    addresses = ("", "?status=issued", "?status=rejected&status=withdrawn", "?from=2026-01-01&to=2026-11-01", "?q=明",
                 "?status=issued&from=2025-01-01&min=500&max=600", "?q=IR-20261123-000000", "?q=INV-2025-100002",
                 "?q=乙", "?min=500", "?min=99999", "?last=1", "?status=issued&last=1")  # fmt: skip
    costs = []
    for first, more in ((0, 60), (60, 1500)):
        with world.app.app_context():
            many_requests(world.cast.ada, world.header_id, more, first=first)
        for address in addresses:
            with statements(world.app) as sent:
                assert ada.get(f"/invoices{address}").status_code == 200
            of_figure = address in ("?status=issued", "?status=issued&last=1")
            # The crowd's rows are more than its account's figures say, so credits are looked up as well.
            costs.append(len(sent) - 2 * of_figure)
    assert set(costs) == {4}, "session, list, balance, credits, and the total of a list that a figure opens"


BOTH, SECOND = ("number", "invoice_number"), ("invoice_number",)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("nobody", ()), ("lin", SECOND), ("ir", BOTH), ("77777777", SECOND), ("20260716", BOTH), ("IR-2026", BOTH),
        ("R-2019", BOTH), ("inv-2026-0", SECOND), ("-", BOTH), ("Lumen 2", ()), ("机器", ()),
    ],
)  # fmt: skip
def test_numbers_are_compared_only_with_what_one_may_hold(typed: str, asked: tuple[str, ...]) -> None:
    said = str(invoices.listed(1, invoices.Wanted(search=typed)).whereclause)
    compared = [name for name in ("number", "invoice_number") if f"invoice_request.{name} " in said]
    assert tuple(compared) == asked


def total(customer: Customer, address: str) -> tuple[str, str] | None:
    """What a list says it adds up to, and over how many requests."""
    found = re.search(
        r"<dt>Total of this list</dt><dd>([^<]+)<span class=\"fact-note\">([^<]+)<", customer.get(address).text
    )
    return (found[1], found[2]) if found else None


def test_the_list_that_a_figure_opens_says_what_it_adds_up_to(ada: Customer, bo: Customer, world: World) -> None:
    for amount in ("1000", "250.50"):
        world.issue(ada.apply(amount=amount))
    world.reject(ada.apply(amount="5"))
    ada.apply(amount="70")
    lists = [(ada, "/invoices"), (world.customer("max"), "/review/accounts/lumen/requests")]
    for who, address in lists:
        assert total(who, f"{address}?status=issued") == ("¥1,250.50", "2 requests")
        assert total(who, f"{address}?status=pending&status=approved") == ("¥70.00", "1 request")
        assert total(who, address) is None, "nobody asked for the sum of everything"
        assert total(who, f"{address}?status=rejected") is None
    assert total(ada, "/invoices?status=issued&min=1000") is None
    assert total(bo, "/invoices?status=issued") is None
    ada.client.set_cookie("locale", "zh")
    assert "本列表合计" in ada.get("/invoices?status=issued").text


@pytest.mark.parametrize("failing", [False, True])
def test_the_total_of_a_list_knows_credits_and_failed_issues(
    ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    number, other = ada.apply(amount="300"), ada.apply(amount="40")
    world.issue(other)
    if failing:
        world.issue_fails(number, monkeypatch)
    else:
        world.issue(number)
    world.credit(number, "100")
    states = ("status=pending&status=approved", "status=issued")
    card = dict(
        re.findall(r">(In progress|Invoiced Amount)</a>.*?figure-value\">([^<]+)<", ada.get("/invoices").text, re.S)
    )
    told = [total(ada, f"/invoices?{state}") for state in states]
    note = "over ¥{}, less ¥100.00 credited"
    if failing:
        assert told == [("¥200.00", f"1 request {note.format('300.00')}"), ("¥40.00", "1 request")]
        assert card == {"In progress": "¥200.00", "Invoiced Amount": "¥40.00"}
    else:
        assert told == [None, ("¥240.00", f"2 requests {note.format('340.00')}")]
        assert card == {"In progress": "¥0.00", "Invoiced Amount": "¥240.00"}


def test_a_request_that_lost_its_money_is_marked_in_the_list(ada: Customer, world: World) -> None:
    whole, short = ada.apply(amount="9000"), ada.apply(amount="1000")
    tell = [replace(recharge("F1", "lumen", "40"), kind="refund", refund_of="R2")]
    world.act(book, tell, source="test")
    listed = ada.get("/invoices").text.partition("</table>")[0]
    rows = {number: row for row in listed.split("<tr>") for number in (whole, short) if number in row}
    assert re.search(r'pill-pending">Pending</span> <span class="tag tag-short">Short<', rows[short])
    assert "tag-short" not in rows[whole]
    exported = rows_of(ada, "/invoices/export.csv")
    assert [(row["Request"], row["Short"]) for row in exported] == [(short, "40.00"), (whole, "")]
    assert "¥40.00 short" in ada.get(f"/invoices/{short}").text
    ada.client.set_cookie("locale", "zh")
    assert '<span class="tag tag-short">额度不足<' in ada.get("/invoices").text
    world.act(book, [recharge("R9", "lumen", "40")], source="test")
    assert "tag-short" not in ada.get("/invoices").text
