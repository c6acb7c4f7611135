"""What the balance was at the end of a past day: each figure, its list, and the statement up to then."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from backoffice import clock
from backoffice.money import parse_amount
from tests.portal.conftest import Customer, World, text
from tests.portal.test_balance import PAGE, book, cents, told

pytestmark = pytest.mark.both_databases

LABELS = {"Invoiceable Amount": "Movement", "Invoiced Amount": "Invoiced"}
NO_DAYS = [
    "x",
    "2026-02-30",
    "31.12.2026",
    "2026-1-1",
    "2026-W10-1",
    "' OR 1",
    "1969-12-31",
    "0001-01-01",
    "9999-12-31",
]


def test_a_past_day_shows_what_could_be_invoiced_then(world: World, ada: Customer) -> None:
    today = clock.today()
    ada.apply(amount="300")
    assert then(ada, today - timedelta(days=1)) == "¥0.00"
    assert then(ada, today) == "¥9,700.00"


def then(customer: Customer, day: date) -> str:
    """The Invoiceable Amount that the page tells of the end of a day."""
    page = customer.get(f"{PAGE}?on={day}").text
    past = page[page.index('id="past"') :]
    (value,) = re.findall(r'Invoiceable Amount</a>.*?<p class="figure-value">([^<]+)<', past, flags=re.S)
    return str(value)


@pytest.mark.parametrize("failing", [False, True])
def test_each_figure_of_a_past_day_opens_the_statement_up_to_then(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    world.issue(ada.apply(amount="1000"))
    if failing:
        world.issue_fails(ada.apply(amount="300"), monkeypatch)
    day = clock.today()
    with clock.moved_to(clock.now() + timedelta(days=3)):
        ada = world.customer("ada")
        ada.apply(amount="20")
        page = ada.get(f"{PAGE}?on={day}").text
        past = page[page.index('id="past"') :]
        tiles = re.findall(r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">([^<]+)<', past, flags=re.S)
        assert [name for _, name, _ in tiles] == [
            "Invoiceable Amount", "Invoiced Amount", "In progress", "Recharged", "Refunded",
        ]  # fmt: skip
        for address, name, value in tiles:
            listed = html.unescape(ada.get(html.unescape(address)).text)
            label = {"Invoiceable Amount": "Movement", "Invoiced Amount": "Invoiced"}.get(name, name)
            amounts = re.findall(rf'data-label="{label}">(-?¥[^<]+)<', listed)
            if name == "Invoiceable Amount":
                assert f"<dt>Movement</dt><dd>{value}" in listed
            else:
                total = sum((parse_amount(one.replace("¥", "")) for one in amounts), Decimal(0))
                assert abs(total) == parse_amount(value[1:]), name


def test_what_was_owed_and_missing_on_a_past_day_opens_the_lines_behind_it(world: World, ada: Customer) -> None:
    number = ada.apply(amount="6000")
    world.issue(number)
    short = ada.apply(amount="4000")
    book(world, told("refund", "F1", "100", refund_of="R1"), told("refund", "F2", "40", refund_of="R2"))
    day = clock.today()
    with clock.moved_to(clock.now() + timedelta(days=3)):
        pages = (
            (world.customer("ada"), PAGE, "Invoiced and refunded later", "Missing in requests"),
            (world.customer("max"), "/review/accounts/lumen", "Debt", "Short"),
        )
        before = [past(who, f"{page}?on={day}") for who, page, _, _ in pages]
        # Later movements, both ways, are none of that day's.
        book(world, told("refund", "F3", "7", refund_of="R1"), told("recharge", "R9", "15"))
        world.credit(number, "30")
        for (who, page, debt, missing), then in zip(pages, before, strict=True):
            assert past(who, f"{page}?on={day}") == then
            assert (then[debt], then[missing]) == (("¥100.00", "100.00"), ("¥40.00", "40.00"))
            now = past(who, f"{page}?on={clock.today()}")
            assert (now[debt], now[missing]) == (("¥77.00", "77.00"), ("¥25.00", "25.00"))
            for name, about in ((debt, ["F1"]), (missing, [short])):
                address = re.findall(rf'<a href="([^"]+)">{name}</a>', who.get(f"{page}?on={day}").text)[-1]
                listed = who.get(html.unescape(address)).text
                assert [
                    re.sub("<[^>]+>", "", one) for one in re.findall(r'data-label="About">(.*?)</td>', listed)
                ] == about
                assert f"<dt>{name}</dt><dd>{then[name][0]}" in listed


def past(customer: Customer, address: str) -> dict[str, tuple[str, str]]:
    """Each figure that a page tells of the end of a day, and the sum that its statement says."""
    page = customer.get(address).text
    tiles = re.findall(
        r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">([^<]+)<', page[page.index('id="past"') :], flags=re.S
    )
    found = {}
    for link, name, value in tiles:
        listed = html.unescape(customer.get(html.unescape(link)).text)
        rows = re.findall(rf'data-label="{LABELS.get(name, name)}">(-?)¥([^<]+)<', listed)
        found[name] = value, str(abs(sum((parse_amount(sign + one) for sign, one in rows), Decimal(0))))
    return found


def test_a_day_that_is_over_says_the_same_after_a_failed_issue_is_done(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issue(ada.apply(amount="1000"))
    number = ada.apply(amount="300")
    world.issue_fails(number, monkeypatch)
    day = clock.today()
    with clock.moved_to(clock.now() + timedelta(days=3)):
        done = clock.today()
        pages = [(world.customer("ada"), PAGE), (world.customer("max"), "/review/accounts/lumen")]
        before = [past(who, f"{page}?on={day}") for who, page in pages]
        world.finish(number)
        assert [past(who, f"{page}?on={day}") for who, page in pages] == before
        for (who, page), invoiced in zip(pages, ("Invoiced Amount", "Invoiced"), strict=True):
            then = past(who, f"{page}?on={day}")
            assert (then[invoiced], then["In progress"]) == (("¥1,000.00", "1000.00"), ("¥300.00", "300.00"))
            # What was finished counts on the day on which it was finished, here and in the statement of that day.
            now = past(who, f"{page}?on={done}")
            assert (now[invoiced], now["In progress"]) == (("¥1,300.00", "1300.00"), ("¥0.00", "0.00"))
            statement = "/invoices/statement" if page == PAGE else f"{page}/statement"
            listed = html.unescape(who.get(f"{statement}?figure=invoiced&from={done}").text)
            assert re.findall(r'data-label="Invoiced">([^<]+)<', listed) == ["-¥300.00"]


def test_what_is_no_day_is_kept_and_explained(ada: Customer, subtests: pytest.Subtests) -> None:
    for typed in NO_DAYS:
        with subtests.test(typed):
            page = ada.get(PAGE, query_string={"on": typed})
            assert page.status_code == 200
            assert "End of the day: enter a date from 1970 on as year-month-day" in text(page)
            assert "Balance at the end of" not in text(page)
            assert f'value="{html.escape(typed, quote=True).replace("&#x27;", "&#39;")}"' in page.text


def test_a_day_that_is_still_to_come_is_refused(ada: Customer) -> None:
    page = text(ada.get(f"{PAGE}?on={clock.today() + timedelta(days=1)}"))
    assert "This day has not ended yet" in page
    assert "Balance at the end of" not in page


@pytest.mark.parametrize("day", ["1970-01-01", "1999-12-31"])
def test_before_anything_was_booked_all_is_nothing_and_so_are_the_lists(ada: Customer, day: str) -> None:
    assert {value for value, _ in past(ada, f"{PAGE}?on={day}").values()} == {"¥0.00"}
    for address in re.findall(r'href="(/invoices/statement[?][^"]+)"', ada.get(f"{PAGE}?on={day}").text):
        assert "Nothing was booked that fits these filters" in text(ada.get(html.unescape(address)))


def test_after_a_refund_of_used_money_the_statement_still_adds_up(world: World, ada: Customer) -> None:
    world.issue(ada.apply(amount="6000"))
    ada.apply(amount="4000")
    book(world, told("refund", "F1", "100", refund_of="R1"), told("refund", "F2", "40", refund_of="R2"))
    book(world, told("recharge", "R9", "60"))
    shown = list(map(cents, re.findall(r'"Movement">([^<]+)<.*?Balance then">([^<]+)<', ada.get(PAGE).text)))
    # The recharge covers the short request by itself, which moves nothing of what is left.
    assert shown[:2] == [(Decimal(0), Decimal(-80)), (Decimal(60), Decimal(-80))]
    assert all(later[1] - later[0] == earlier[1] for later, earlier in pairwise(shown))
    day = clock.today()
    for who, page in ((ada, PAGE), (world.customer("rita"), "/review/accounts/lumen")):
        then = text(who.get(f"{page}?on={day}"))
        assert "nothing, and ¥80.00 was missing at the end of" in then
        assert "¥100.00" in then
