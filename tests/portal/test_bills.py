"""The month's bill, and its files."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace

import openpyxl
import pytest

from backoffice import clock
from backoffice.money import parse_amount
from backoffice.portal.queries.bills import Month
from backoffice.portal.views import exports
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import entries as behind
from backoffice.web.paging import batches
from tests.portal.conftest import NOW, Customer, World, text
from tests.portal.crowd import many_entries, many_requests
from tests.portal.march import ids, line, tell
from tests.support.sql import statements


def figures(page: str) -> list[str]:
    return re.findall(r'figure-value">([^<]+)<', page)


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


def test_every_amount_of_a_day_opens_the_list_that_adds_up_to_it(ada: Customer, world: World) -> None:
    tell(
        world,
        line("consumption", "C1", "1234.56", 2),
        line("consumption", "C2", "0.44", 2),
        line("consumption", "C3", "5", 3),
        line("consumption", "C4", "7", 2, status="pending"),
        line("grant", "G1", "88", 2),
        line("refund", "F1", "500", 4, refund_of="R1"),
        line("refund", "W1", "12", 4, refund_of="R99"),
    )
    page = text(ada.get("/bills"))
    table = page[page.index("Figures by day") :]
    cells = re.findall(r'data-label="[^"]+"><a href="([^"]+)">([^<]+)</a>', table[: table.index("</table>")])
    assert "¥1,235.00" in [value for _, value in cells]
    assert len(cells) > 8
    pending = re.findall(r'<a href="([^"]+status=pending[^"]+)">\w+ ([^<]+)<', page)
    assert [value for _, value in pending] == ["¥7.00"]
    for address, value in [*cells, *pending]:
        listed = text(ada.get(html.unescape(address)))
        amounts = re.findall(r'class="num" data-label="Amount">¥([0-9.,]+)<', listed)
        assert "¥" + f"{sum(map(parse_amount, amounts)):,.2f}" == value, address
        number = f"{len(amounts)} {'entry' if len(amounts) == 1 else 'entries'}"
        assert re.search(rf"Total of this list</dt><dd>{value}<span[^>]*>{number}<", listed), address


def test_the_list_that_a_bar_opens_adds_up_by_kind(ada: Customer, world: World) -> None:
    tell(world, line("consumption", "C1", "3", 2), line("consumption", "C2", "4", 2), line("grant", "G1", "88", 2))
    (address,) = re.findall(r'class="chart-bar" href="([^"]+2026-03-02)"', text(ada.get("/bills")))
    listed = text(ada.get(html.unescape(address)))
    tiles = re.findall(r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">([^<]+)<', listed, re.S)
    assert [(name, value) for _, name, value in tiles] == [
        ("Recharges", "¥4,000.00"),
        ("Consumption", "¥7.00"),
        ("Grants", "¥88.00"),
    ]
    assert ids(ada, html.unescape(tiles[-1][0]).partition("entries")[2]) == ["G1"]
    assert "Totals of this list" not in text(ada.get("/bills/entries?status=completed"))


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
        refused = ada.get(f"/bills/export.{extension}?month=2031-07")
        assert refused.status_code == 404
        assert "There is no bill of 2031-07." in text(refused)


def test_a_month_that_is_not_said_means_the_same_to_page_and_file(ada: Customer) -> None:
    assert "There is no bill" not in text(ada.get("/bills?month="))
    assert "mnth: This list has no such filter." in text(ada.get("/bills?mnth=2026-03")).replace("</strong>", "")
    assert "Not all filters" not in text(ada.get("/bills?month=2026-03&last=1"))
    for extension in ("csv", "xlsx"):
        answer = ada.get(f"/bills/export.{extension}?month=", buffered=True)
        assert answer.status_code == 200
        assert f"bill-2026-03.{extension}" in answer.headers["Content-Disposition"]
    assert "A bill has no part everything." in text(ada.get("/bills/export.csv?part=everything"))


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


def test_the_files_of_a_bill_say_what_its_page_says(ada: Customer, world: World) -> None:
    number = ada.apply(amount="250.50")
    world.issue(number)
    world.credit(number, "50.50")
    ada.apply(amount="320")
    page = text(ada.get("/bills"))
    assert "less ¥50.50 credited" in page
    book = openpyxl.load_workbook(io.BytesIO(ada.get("/bills/export.xlsx?month=2026-03").data))
    days, balance, invoices = (list(sheet.iter_rows(values_only=True)) for sheet in book)
    assert len(days) > 1
    assert balance[1:] == [
        ("Invoiceable at the beginning", 0), ("Recharges booked", 10000), ("Refunds booked", 0),
        ("Put on invoices", -200), ("In progress", -320), ("Invoiceable now", 9480),
    ]  # fmt: skip
    assert [(row[0], row[4], row[5]) for row in invoices[1:]] == [(number, 250.5, 50.5)]
    files = re.findall(r'href="(/bills/export\.csv[^"]+)"[^>]*aria-label="([^"]+)"', page)
    assert [name for _, name in files] == [
        "This bill as CSV: Day by day", "This bill as CSV: Invoiceable Amount", "This bill as CSV: What was invoiced",
    ]  # fmt: skip
    for (address, _), sheet in zip(files, (days, balance, invoices), strict=True):
        content = ada.get(address.replace("&amp;", "&")).get_data().decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(content, newline=""))
        assert head == list(sheet[0])
        assert [row[0] for row in rows] == [str(row[0]).removesuffix(" 00:00:00") for row in sheet[1:]]
        amounts = [at for at, name in enumerate(head) if name in ("Amount", "Credited", "Recharges")]
        for at in amounts:
            assert [Decimal(row[at]) for row in rows] == [Decimal(str(row[at])) for row in sheet[1:]]


def test_the_sheets_of_a_bill_are_read_from_one_state_of_the_books(
    ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [ada.apply(amount=amount) for amount in ("10", "20", "30")]
    for number in numbers:
        world.issue(number)
    monkeypatch.setattr(exports, "batches", partial(batches, size=1))
    credited: list[str] = []

    def meanwhile(requests: list[InvoiceRequest]) -> dict[int, Decimal]:
        """A credit note comes while the file is written."""
        found = behind.credited(requests)
        if not credited:
            credited.append(numbers[0])
            world.credit(numbers[0], "4")
        return found

    monkeypatch.setattr(exports, "behind", SimpleNamespace(credited=meanwhile))
    book = openpyxl.load_workbook(io.BytesIO(ada.get("/bills/export.xlsx?month=2026-03").data))
    _, balance, invoices = (list(sheet.iter_rows(values_only=True)) for sheet in book)
    assert credited == [numbers[0]]
    assert dict(balance[1:])["Put on invoices"] == -60
    assert sorted((row[4], row[5]) for row in invoices[1:]) == [(10, 0), (20, 0), (30, 0)]


def test_the_file_of_a_month_that_is_over_tells_its_end(ada: Customer, world: World) -> None:
    with clock.moved_to(NOW + timedelta(days=30)):
        ada = world.customer("ada")
        for month, told in (("2026-03", "Invoiceable at the end"), ("2026-04", "Invoiceable now")):
            content = ada.get(f"/bills/export.csv?month={month}&part=balance").get_data().decode("utf-8-sig")
            assert content.splitlines()[-1].startswith(told)
            assert f"{told}</a></th>" in text(ada.get(f"/bills?month={month}"))


def test_the_bill_says_of_each_recharge_whether_it_counts(ada: Customer, world: World) -> None:
    tell(
        world,
        line("recharge", "P1", "70", 5, status="pending"),
        line("recharge", "X1", "71", 5, status="failed"),
    )
    rows = re.findall(r'<th scope="row" class="key"><a [^>]*>(\w+)</a></th>(.*?)</tr>', ada.get("/bills").text, re.S)
    said = {name: re.sub(r"<[^>]+>", " ", rest) for name, rest in rows}
    assert "In process" in said["P1"]
    assert "Failed" in said["X1"]
    assert not re.search("In process|Failed|Completed", said["R2"])


def test_many_rows_cost_no_more_statements(world: World, ada: Customer) -> None:
    by_one = ("", "?kind=grant", "?status=pending", "?status=failed&from=2026-01-01", "?q=M0-12",
              "?last=1", "?from=2026-01-01&to=2026-11-01", "?kind=grant&last=1")  # fmt: skip
    opened_by_figures = (
        "?kind=recharge&status=completed", "?kind=grant&status=completed", "?kind=recharge&status=pending", "?taken=no",
        "?free=1", "?free=1&last=1", "?status=completed&kind=refund&from=2026-01-01", "?kind=grant&status=pending",
        "?status=completed&from=2026-01-05&to=2026-01-05", "?taken=no&from=2026-01-01&to=2026-01-31",
    )  # fmt: skip
    by_amount = ("?min=10", "?min=99999", "?min=500&kind=refund", "?min=1&max=2&from=2026-01-01")
    addresses = {"/bills?month=2026-11": 11, "/bills?month=2026-01": 11, f"/invoices/apply/{'x' * 32}?new=1": 9}
    addresses |= {f"/bills/entries{query}": 2 for query in by_one}
    # What the list adds up to is one question more, and so is whether few entries have such amounts.
    addresses |= {f"/bills/entries{query}": 3 for query in opened_by_figures}
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
        ("Invoiceable now", "¥8,929.50"),
    ]  # fmt: skip
    assert re.findall(r'class="num" data-label="Amount">([^<]+)</td>', text(ada.get(rows[-1][0])))[4] == "¥8,929.50"
    for address, name, value in rows[1:-1]:
        if address == "#invoiced":
            invoices = page[page.index('id="invoiced"') :]
            invoices = invoices[: invoices.find("</table>")]
            listed = re.findall(r'class="num" data-label="Amount">¥([^<]+)<', invoices)
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


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 12, 31), date(2028, 2, 29)])
def test_months_follow_each_other(day: date) -> None:
    month = Month.of(day)
    assert month.following.previous == month.previous.following == month
    assert month.days[0].day == 1
    assert month.days[-1] == month.last == day
    assert str(month) == f"{day:%Y-%m}"
