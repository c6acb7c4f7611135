"""The month's bill, the list of entries, and one entry with everything behind it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from backoffice import clock
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.money import parse_amount
from backoffice.portal.queries.bills import Month
from backoffice.requests.queries.entries import SHOWN
from tests.portal.conftest import NOW, Customer, World, text
from tests.portal.crowd import many_entries, many_requests
from tests.support.sql import statements


def line(kind: str, external_id: str, amount: str, day: int, **further: object) -> Line:
    """A line of lumen's in March."""
    fields: dict[str, object] = {"status": "completed", "refund_of": None, "channel": "Bank transfer", **further}
    return Line(
        number=1, kind=kind, external_id=external_id, account="lumen", amount=Decimal(amount),
        occurred_at=datetime(2026, 3, day, 2, tzinfo=UTC), **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def tell(world: World, *lines: Line) -> None:
    """Let the books take lines."""
    world.act(book, list(lines), source="test")


def figures(page: str) -> list[str]:
    return re.findall(r'figure-value">([^<]+)<', page)


def ids(browser: Customer, query: str = "") -> list[str]:
    page = text(browser.get(f"/bills/entries{query}"))
    return re.findall(r'class="key"><a href="/bills/entries/\d+">([^<]+)<', page)


def open_entry(browser: Customer, external_id: str) -> str:
    """The page of an entry, found as a person finds it."""
    page = text(browser.get(f"/bills/entries?q={external_id}"))
    return text(browser.get(re.findall(r'class="key"><a href="(/bills/entries/\d+)"', page)[0]))


def test_the_month_adds_up(ada: Customer, world: World) -> None:
    tell(
        world,
        line("refund", "F1", "500", 3, refund_of="R1"),
        line("consumption", "C1", "1234.56", 4),
        line("consumption", "C2", "1", 5),
        line("grant", "G1", "88", 5),
        line("recharge", "P1", "70", 5, status="pending"),
        line("refund", "W1", "12", 5, refund_of="R99"),
    )
    world.issue(ada.apply(amount="250.50"))
    page = text(ada.get("/bills"))
    # Recharges, refunds, consumption, grants.
    assert figures(page) == ["¥10,000.00", "¥512.00", "¥1,235.56", "¥88.00"]
    # From the beginning to the end, as booked: what waits was not taken off.
    assert steps(page) == ["¥0.00", "¥10,000.00", "-¥500.00", "-¥250.50", "¥0.00", "¥9,249.50"]
    assert "Recharges ¥70.00" in re.sub(r"<[^>]+>", "", page)
    assert "¥12.00 of the refunds is not taken off yet" in page
    assert "INV-2026-000001" in page
    for day, told in ((1, "Recharges ¥6,000.00"), (5, "Grants ¥88.00 · Consumption ¥1.00 · Refunds ¥12.00")):
        address = f"/bills/entries?status=completed&from=2026-03-0{day}&to=2026-03-0{day}"
        assert f'<a class="chart-bar" href="{address}" aria-label="{day} Mar 2026: {told}"' in page
        assert len(ids(ada, f"?from=2026-03-0{day}&to=2026-03-0{day}")) == {1: 1, 5: 4}[day]


def steps(page: str) -> list[str]:
    """The amounts from the month's beginning to its end."""
    table = page[page.index("From the beginning to the end") :]
    return re.findall(r'class="num" data-label="Amount">([^<]+)<', table[: table.index("</table>")])


def test_the_balance_of_a_month_can_be_followed_to_the_cent(ada: Customer, world: World) -> None:
    ada.apply(amount="300")
    world.issue(ada.apply(amount="250.50"))
    with clock.moved_to(NOW + timedelta(days=30)):
        ada = world.customer("ada")
        tell(world, line("recharge", "R8", "77.77", 1), line("refund", "F8", "6000", 1, refund_of="R1"))
        ada.apply(amount="3000")
        page = text(ada.get("/bills"))
    *moves, end = [parse_amount(step.replace("¥", "")) for step in steps(page)]
    assert sum(moves) == end
    # A recharge of March that was told in April counts where it was booked.
    assert [str(move) for move in moves] == ["9449.50", "77.77", "-6000.00", "0.00", "-3000.00"]


def test_a_month_without_a_bill_is_said_and_never_filed_under_a_wrong_name(ada: Customer) -> None:
    assert "There is no bill of 2031-07; this is the newest." in text(ada.get("/bills?month=2031-07"))
    assert "There is no bill" not in text(ada.get("/bills"))
    for extension in ("csv", "xlsx"):
        assert ada.get(f"/bills/export.{extension}?month=2031-07").status_code == 404


def test_each_month_has_its_bill(ada: Customer, world: World) -> None:
    with clock.moved_to(NOW + timedelta(days=60)):
        ada = world.customer("ada")
        page = text(ada.get("/bills"))
        assert "Bill of May 2026" in page
        assert "Nothing was completed in this month." in page
        assert re.findall(r'<option value="([^"]+)"', page) == ["2026-05", "2026-04", "2026-03"]
        assert 'rel="prev"' in page
        assert 'rel="next"' not in page
        march = text(ada.get("/bills?month=2026-03"))
        assert "Bill of March 2026" in march
        assert steps(march)[-1] == "¥10,000.00"
        assert "Invoiceable at the end" in march
        ada.client.set_cookie("locale", "zh")
        assert "2026年3月账单" in text(ada.get("/bills?month=2026-03"))
        for wrong in ("2026-13", "x", "2025-01", "0000-01", "9999-12", "%00"):
            assert "2026年5月账单" in text(ada.get(f"/bills?month={wrong}")), wrong


def test_an_account_without_entries_is_told_what_to_expect(world: World) -> None:
    neu = world.customer("neu")
    assert "No bills yet" in text(neu.get("/bills"))
    assert "No entries yet" in text(neu.get("/bills/entries"))
    assert neu.get("/bills/export.csv", buffered=True).status_code == 200


def test_the_bill_as_a_file(ada: Customer, world: World) -> None:
    tell(world, line("consumption", "C1", "9.50", 2))
    content = ada.get("/bills/export.csv?month=2026-03").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert [(row["Day"], row["Recharges"], row["Recharges: entries"], row["Consumption"]) for row in rows] == [
        ("2026-03-01", "6000.00", "1", "0.00"), ("2026-03-02", "4000.00", "1", "9.50"),
    ]  # fmt: skip


def test_entries_are_found_by_each_filter(ada: Customer, bo: Customer, world: World) -> None:
    tell(
        world,
        line("consumption", "C1", "5", 4),
        line("refund", "F1", "1000", 4, refund_of="R2"),
        line("recharge", "P1", "70", 5, status="pending"),
        line("recharge", "X1", "71", 5, status="failed"),
    )
    ada.apply(amount="6000")
    assert ids(ada) == ["X1", "P1", "F1", "C1", "R2", "R1"]
    assert ids(ada, "?kind=recharge") == ["X1", "P1", "R2", "R1"]
    assert ids(ada, "?kind=recharge&status=completed") == ["R2", "R1"]
    assert ids(ada, "?status=pending") == ["P1"]
    assert ids(ada, "?status=failed&kind=recharge") == ["X1"]
    assert ids(ada, "?free=1") == ["R2"]
    assert ids(ada, "?free=1&kind=refund") == []
    assert ids(ada, "?min=70&max=1,000") == ["X1", "P1", "F1"]
    assert ids(ada, "?from=2026-03-02&to=2026-03-04&kind=recharge") == ["R2"]
    assert ids(ada, "?q=R1") == ["R1"]
    assert ids(ada, "?q=R") == ids(ada, "?q=R3") == ids(ada, "?q=r1") == []
    assert "No entry matches these filters" in text(ada.page)
    assert ids(bo) == ["R3"]
    assert "Choose from the list." in text(ada.get("/bills/entries?kind=x"))


def test_a_recharge_shows_its_invoices_and_an_invoice_its_recharges(ada: Customer, world: World) -> None:
    issued, pending = ada.apply(amount="6500"), ada.apply(amount="100")
    world.issue(issued)
    tell(world, line("refund", "F1", "900", 5, refund_of="R2"))
    page = open_entry(ada, "R2")
    assert f'/invoices/{issued}"' in page
    assert f'/invoices/{pending}"' in page
    assert "INV-2026-000001" in page
    assert "F1" in page
    assert re.findall(r"<dt>(\w+)</dt><dd>(¥[\d,.]+)", page) == [
        ("Paid", "¥4,000.00"), ("Refunded", "¥900.00"), ("Reserved", "¥100.00"), ("Invoiced", "¥500.00"),
        ("Free", "¥2,500.00"),
    ]  # fmt: skip
    request = text(ada.get(f"/invoices/{issued}"))
    links = re.findall(r'href="(/bills/entries/\d+)">(R\d)<', request)
    assert [name for _, name in links] == ["R1", "R2"]
    assert "Recharge R2" in text(ada.get(links[1][0]))


def test_a_refund_shows_what_it_did(ada: Customer, world: World) -> None:
    world.issue(ada.apply(amount="6000"))
    covered, short = ada.apply(amount="3000"), ada.apply(amount="900")
    tell(
        world,
        line("refund", "F1", "1000", 5, refund_of="R1"),
        line("refund", "F2", "3500", 5, refund_of="R2"),
        line("refund", "F3", "5", 5, refund_of="R9"),
    )
    assert "¥1,000.00 of it had been invoiced before: finance has to correct that." in open_entry(ada, "F1")
    assert "¥1,000.00 was invoiced and refunded later" in open_entry(ada, "R1")
    words = " ".join(re.sub(r"<[^>]+>", "", open_entry(ada, "F2")).split())
    assert f"{short}: its money went; ¥900.00 found no other recharge" in words
    assert f"{covered}: its money went; ¥2,500.00 found no other recharge" in words
    assert "Its recharge R9 is not in the books yet" in open_entry(ada, "F3")
    assert "Not taken off yet" in text(ada.get("/bills/entries?q=F3"))


def test_a_refund_that_takes_nothing_off_says_why(ada: Customer, world: World) -> None:
    tell(
        world,
        line("recharge", "P1", "70", 5, status="pending"),
        line("refund", "F1", "70", 5, refund_of="P1"),
        line("refund", "F2", "500", 5, refund_of="N1"),
    )
    assert "Its recharge is not completed yet." in open_entry(ada, "F1")
    tell(world, line("recharge", "N1", "499", 6))
    assert "Less than this refund is left of its recharge" in open_entry(ada, "F2")
    assert "¥570.00 of the refunds is not taken off yet" in text(ada.get("/bills"))


def test_anothers_entry_is_not_found(ada: Customer, bo: Customer) -> None:
    page = text(ada.get("/bills/entries"))
    for address in re.findall(r'class="key"><a href="(/bills/entries/\d+)"', page):
        assert bo.get(address).status_code == 404
    for address in ("/bills/entries/0", "/bills/entries/99999999", "/bills/entries/x"):
        assert ada.get(address).status_code == 404


def test_many_rows_cost_no_more_statements(world: World, ada: Customer) -> None:
    by_one = ("", "?kind=grant", "?status=pending", "?status=completed&kind=refund", "?free=1", "?q=M0-12", "?last=1",
              "?from=2026-01-01&to=2026-11-01", "?kind=grant&last=1")  # fmt: skip
    by_amount = ("?min=10", "?min=99999", "?min=500&kind=refund", "?min=1&max=2&from=2026-01-01")
    addresses = {"/bills?month=2026-11": 11, "/bills?month=2026-01": 11, "/invoices/apply": 11}
    addresses |= {f"/bills/entries{query}": 2 for query in by_one}
    # Whether few entries have such amounts is one question more.
    addresses |= {f"/bills/entries{query}": 3 for query in by_amount}
    with clock.moved_to(datetime(2026, 11, 23, 3, tzinfo=UTC)):
        ada = world.customer("ada")
        ada.get("/invoices/apply")  # each process reads the calendar once
        for first, more in ((0, 100), (100, 2000)):
            with world.app.app_context():
                many_entries(world.cast.lumen, more, prefix=f"M{first}")
                many_requests(world.cast.ada, world.header_id, more, first=first)
            for address, cost in addresses.items():
                with statements(world.app) as sent:
                    assert ada.get(address).status_code == 200
                assert len(sent) == cost, (address, more)


def test_every_step_of_the_month_is_the_sum_of_the_list_it_opens(
    ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(world, line("refund", "F1", "500", 3, refund_of="R1"))
    world.issue(ada.apply(amount="250.50"))
    ada.apply(amount="20")
    world.issue_fails(ada.apply(amount="300"), monkeypatch)
    page = text(ada.get("/bills"))
    table = page[page.index("From the beginning to the end") :]
    rows = re.findall(
        r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th><td class="num" data-label="Amount">([^<]+)<', table
    )
    assert [(name, value) for _, name, value in rows] == [
        ("Invoiceable at the beginning", "¥0.00"), ("Recharges booked", "¥10,000.00"), ("Refunds booked", "-¥500.00"),
        ("Put on invoices", "-¥250.50"), ("In progress", "-¥320.00"),
    ]  # fmt: skip
    for address, name, value in rows[1:]:
        if address == "#invoiced":
            listed = re.findall(r'class="num" data-label="Amount">¥([^<]+)<', page[page.index('id="invoiced"') :])
            assert [f"-¥{one}" for one in listed] == [value]
            continue
        listed = text(ada.get(address))
        label = {"Recharges booked": "Recharged", "Refunds booked": "Refunded"}.get(name, name)
        amounts = re.findall(rf'data-label="{label}">(-?¥[^<]+)<', listed)
        assert sum(parse_amount(one.replace("¥", "")) for one in amounts) == parse_amount(value.replace("¥", "")), name
        assert f"<dt>{label}</dt><dd>{value}" in listed, "the page says its sum"


def test_a_bill_that_is_over_says_the_same_after_a_failed_issue_is_done(
    ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issue(ada.apply(amount="250.50"))
    number = ada.apply(amount="300")
    world.issue_fails(number, monkeypatch)
    with clock.moved_to(NOW + timedelta(days=30)):
        ada = world.customer("ada")

        def march() -> tuple[list[str], list[str]]:
            page = text(ada.get("/bills?month=2026-03"))
            return steps(page), re.findall(r"INV-2026-[0-9]+", page[page.index('id="invoiced"') :])

        before = march()
        world.finish(number)
        assert march() == before == (
            ["¥0.00", "¥10,000.00", "¥0.00", "-¥250.50", "-¥300.00", "¥9,449.50"], ["INV-2026-000001"]
        )  # fmt: skip
        april = text(ada.get("/bills?month=2026-04"))
        assert steps(april) == ["¥9,449.50", "¥0.00", "¥0.00", "-¥300.00", "¥300.00", "¥9,449.50"]
        assert "INV-2026-000002" in april[april.index('id="invoiced"') :]


def test_a_statement_keeps_to_the_days_asked_for(ada: Customer, world: World) -> None:
    with clock.moved_to(NOW + timedelta(days=30)):
        ada = world.customer("ada")
        tell(world, line("recharge", "R8", "77.77", 1))
        april = text(ada.get("/invoices/statement?figure=recharged&from=2026-04-01&to=2026-04-30"))
        assert "<dt>Recharged</dt><dd>¥77.77" in april
        march = text(ada.get("/invoices/statement?figure=recharged&to=2026-03-31"))
        assert "<dt>Recharged</dt><dd>¥10,000.00" in march
        assert "Nothing was booked that fits these filters" in text(ada.get("/invoices/statement?from=2026-05-01"))
        assert "Choose from the list." in text(ada.get("/invoices/statement?figure=free_after"))


def test_a_recharge_in_many_requests_leads_on_to_all_of_them(ada: Customer, world: World) -> None:
    numbers = [ada.apply(amount=str(10 + turn)) for turn in range(SHOWN + 3)]
    page = open_entry(ada, "R1")
    assert f"{SHOWN} of {SHOWN + 3} are shown." in page
    assert f"All together: ¥{sum(range(10, 13 + SHOWN)):,}.00." in page
    (address,) = re.findall(r'href="(/bills/entries/\d+/uses)"', page)
    found: list[str] = []
    while address:
        page = text(ada.get(address))
        found += re.findall(r'class="key"><a href="/invoices/([^"]+)"', page)
        further = re.findall(r'href="([^"]+)"[^>]*rel="next"', page)
        address = further[0] if further else ""
    assert found == numbers[::-1]


def test_a_recharge_with_many_refunds_leads_on_to_all_of_them(ada: Customer, bo: Customer, world: World) -> None:
    tell(world, *(line("refund", f"F{turn}", "1.50", 5, refund_of="R1") for turn in range(SHOWN + 1)))
    page = open_entry(ada, "R1")
    assert f"{SHOWN} of {SHOWN + 1} are shown." in page
    (address,) = re.findall(r'href="(/bills/entries/\d+/refunds)"', page)
    assert 'rel="next"' in text(ada.get(address))
    assert len(re.findall(r'class="key"', text(ada.get(f"{address}?last=1")))) == SHOWN
    assert bo.get(address).status_code == 404
    assert ada.get(address.replace("refunds", "requests")).status_code == 404


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 12, 31), date(2028, 2, 29)])
def test_months_follow_each_other(day: date) -> None:
    month = Month.of(day)
    assert month.following.previous == month.previous.following == month
    assert month.days[0].day == 1
    assert month.days[-1] == month.last == day
    assert str(month) == f"{day:%Y-%m}"
