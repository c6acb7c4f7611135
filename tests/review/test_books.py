"""The monthly reconciliation: page, files, months, and that a difference would be seen."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text

from backoffice.database import session, transaction
from backoffice.issuing import queries as issuing
from backoffice.issuing.queries import Register
from backoffice.money import CENT
from backoffice.web.formatting import MISSING
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

FEBRUARY, MARCH = datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def two_months(app: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> Cast:
    """Lumen pays in February, is invoiced and refunded in March; Yunqi pays in March."""
    freeze(FEBRUARY)
    with app.app_context():
        told_in_two_months(cast, freeze)
    return cast


def told_in_two_months(cast: Cast, freeze: Callable[[datetime], None]) -> Office:
    """What `two_months` tells, with February begun."""
    office = Office(cast)
    recharge = office.recharge("100.00")
    freeze(MARCH)
    office.issued("33.33")
    office.apply("10.00")
    office.refund(recharge, "80.00")
    office.recharge("20.01", to="yunqi")
    return office


def test_the_page_shows_the_equation_and_the_register(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(two_months.max)
    max_.get("/review/books?month=2026-03")
    assert "Every cent is accounted for" in max_.page.text
    assert "120.01 − 80.00 = 20.01 + 10.00 + 33.33 − 13.33 − 10.00" in max_.page.text
    assert "The register holds 1 invoice of this month over ¥33.33" in max_.page.text
    max_.get("/review/books?month=2026-02")
    assert "100.00 − 0.00 = 100.00 + 0.00 + 0.00 − 0.00 − 0.00" in max_.page.text
    assert "The month is not over" not in max_.page.text
    assert "Every cent is accounted for" not in max_.page.text, "rows were counted for the present alone"
    assert "Journal and register of this month agree" in max_.page.text
    assert "Compared: 1 line of the journal" in max_.page.text
    assert "see how the present month compares" in max_.page.text


def test_a_credit_note_is_no_difference_from_the_register(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        number = office.issued("33.33")
        office.credit(number, {"R-1": "3.33"})
    max_ = visit(cast.max)
    max_.get("/review/books")
    assert "The books do not add up" not in max_.page.text
    assert "The register holds 1 invoice of this month over ¥33.33" in max_.page.text
    assert "they took ¥3.33 back in this month" in max_.page.text


def test_the_present_month_is_shown_first_and_said_to_be_unfinished(
    two_months: Cast, visit: Callable[..., Visitor]
) -> None:
    otto = visit(two_months.otto)
    otto.get("/review/books")
    assert "March 2026" in otto.page.text
    assert "The month is not over" in otto.page.text
    assert re.findall(r'<option value="([0-9-]+)"', otto.page.text) == ["2026-03", "2026-02"]


@pytest.mark.both_databases
@pytest.mark.parametrize("code", ["%00", "a%00b", "nobody", "%27--"])
def test_an_account_that_none_can_be_is_no_fault(cast: Cast, visit: Callable[..., Visitor], code: str) -> None:
    for page in ("books", "books.csv", "books.xlsx"):
        assert visit(cast.max).get(f"/review/{page}?account={code}").status_code in (200, 400, 404), page


@pytest.mark.parametrize("month", ["2026-13", "x", "1999-01", "2026-1", "2026-01-01"])
def test_a_month_that_is_none_is_not_found(cast: Cast, visit: Callable[..., Visitor], month: str) -> None:
    assert visit(cast.max).get(f"/review/books?month={month}").status_code == 404


def test_the_files_hold_a_line_for_each_account_and_add_up(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    rita = visit(two_months.rita)
    *accounts, total = rows_of(rita, "/review/books.csv?month=2026-03")
    rows = {row["Account code"]: row for row in accounts}
    assert rows["lumen"]["Free at the beginning"] == "100.00"
    assert rows["lumen"]["Debt in the month"] == rows["lumen"]["Debt now"] == "13.33"
    assert rows["lumen"]["Reserved in the month"] == rows["lumen"]["Short now"] == "10.00"
    assert rows["yunqi"]["Free now"] == "20.01"
    assert total["Account"] == "Total"
    assert {row["Difference"] for row in [*accounts, total]} == {"0.00"}
    names = ("Recharged", "Refunded", "Free", "Reserved", "Invoiced", "Debt", "Short")
    for row in [*accounts, total]:
        for name in names:
            begins, moved, ends = (
                Decimal(row[f"{name} {when}"]) for when in ("at the beginning", "in the month", "now")
            )
            assert begins + moved == ends, (row["Account"], name)
        for when in ("at the beginning", "in the month", "now"):
            recharged, refunded, free, reserved, invoiced, debt, short = (Decimal(row[f"{n} {when}"]) for n in names)
            assert recharged - refunded == free + reserved + invoiced - debt - short
    for column in total:
        if column not in ("Account", "Account code"):
            assert sum(Decimal(row[column]) for row in accounts) == Decimal(total[column]), column
    sheet = openpyxl.load_workbook(io.BytesIO(rita.client.get("/review/books.xlsx?month=2026-03").data)).active
    assert sheet is not None
    head, *lines = sheet.iter_rows(values_only=True)
    assert list(head) == list(total)
    debt = head.index("Debt now")
    assert {line[1]: line[debt] for line in lines} == {"Lumen Robotics": 13.33, "云栖数据": 0, "Total": 13.33}


def test_only_a_month_that_is_over_has_an_end(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(two_months.max)
    for month, file, page, other in (
        ("2026-03", "Free now", "Now", "At the end"),
        ("2026-02", "Free at the end", "At the end", "Now"),
    ):
        assert file in rows_of(max_, f"/review/books.csv?month={month}")[0]
        told = max_.get(f"/review/books?month={month}").text
        assert f'<th scope="row">{page}</th>' in told
        assert f'<th scope="row">{other}</th>' not in told


def rows_of(who: Visitor, address: str) -> list[dict[str, str]]:
    """The lines of a file."""
    return list(csv.DictReader(io.StringIO(who.client.get(address).get_data().decode("utf-8-sig"))))


def test_each_line_of_an_account_adds_up_by_itself(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(two_months.max)
    file = {row["Account code"]: row for row in rows_of(max_, "/review/books.csv?month=2026-03")}
    names = ("Recharged", "Refunded", "Free", "Reserved", "Invoiced", "Debt", "Short", "Difference")
    for when, label in (("opening", "at the beginning"), ("moved", "in the month"), ("closing", "now")):
        page = max_.get(f"/review/books?month=2026-03&when={when}").text
        shown = page[page.index('id="accounts"') :]
        for code in ("lumen", "yunqi"):
            line = re.search(rf">{code}</span>.*?</tr>", shown)
            assert line is not None
            told = {
                name: Decimal(re.findall(rf'data-label="{name}">(?:<a [^>]+>)?([^<]+)<', line[0])[0]) for name in names
            }
            assert told.pop("Difference") == 0
            assert told == {name: Decimal(file[code][f"{name} {label}"]) for name in told}
            assert told["Recharged"] - told["Refunded"] == (
                told["Free"] + told["Reserved"] + told["Invoiced"] - told["Debt"] - told["Short"]
            )
    assert max_.get("/review/books?when=ever").status_code == 404
    assert 'when=closing#accounts" aria-current="page"' in max_.get("/review/books?month=2026-03").text


@pytest.mark.parametrize("month", ["2026-02", "2026-03"])
def test_every_figure_opens_the_lines_that_add_up_to_it(
    app: Flask,
    cast: Cast,
    freeze: Callable[[datetime], None],
    visit: Callable[..., Visitor],
    monkeypatch: pytest.MonkeyPatch,
    month: str,
) -> None:
    freeze(FEBRUARY)
    with app.app_context():
        office = told_in_two_months(cast, freeze)
        office.recharge("60.00")
        office.approve(number := office.apply("12.00"))
        with monkeypatch.context() as broken:
            broken.setattr("backoffice.storage.put", _no_space)
            assert not office.issue(number), "it has its number: the journal counts it as invoiced"
    max_ = visit(cast.max)
    cell = re.compile(r'data-label="(\w+)"><a href="([^"]+)">([^<]+)</a>')
    opened = 0
    for when in ("opening", "moved", "closing"):
        page = max_.get(f"/review/books?month={month}&when={when}").text
        totals, accounts = page[: page.index('id="accounts"')], page[page.index('id="accounts"') :]
        sums: dict[str, Decimal] = {}
        for name, address, value in cell.findall(accounts):
            told, listed = Decimal(value.replace(",", "")), max_.get(html.unescape(address)).text
            lines = re.findall(rf'data-label="{LISTED.get(name, name)}">(-?)¥([0-9.,]+)<', listed)
            assert sum((Decimal(sign + one.replace(",", "")) for sign, one in lines), Decimal(0)) == told, address
            if lines:
                assert f"<dt>{LISTED.get(name, name)}</dt><dd>{'-' if told < 0 else ''}¥{abs(told):,.2f}<" in listed
            sums[name] = sums.get(name, Decimal(0)) + told
            opened += bool(lines)
        there = f"/review/books?month={month}&amp;when={when}&amp;figure="
        of_all = [row for row in cell.findall(totals) if row[1].startswith(there)]
        assert {name: cents(value) for name, _, value in of_all} == sums
        for name, address, value in of_all:
            assert opens(max_, address, name) == cents(value), address
    assert opened >= 4


def cents(written: str) -> Decimal:
    """An amount as a page writes it."""
    return Decimal(written.replace("¥", "").replace(",", ""))


def opens(who: Visitor, address: str, name: str) -> Decimal:
    """What a column adds up to over all pages of the list at an address, which says the same of itself."""
    total, first, found = Decimal(0), True, None
    while address:
        page = who.get(html.unescape(address))
        assert page.status_code == 200, address
        listed = page.text[page.text.find('id="accounts"') :] if "/review/books?" in address else page.text
        cells = re.findall(rf'data-label="{name}">(?:<a [^>]+>)?([^<]+)<', listed)
        total += sum((cents(each) for each in cells if each != MISSING), Decimal(0))
        if first:
            found = re.search(rf"<dt>(?:{name}|{name} · [^<]+|Total of this list)</dt><dd>([^<]+)<", listed)
        following = re.search(r'<a [^>]*href="([^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', page.text)
        address, first = (following[1] or following[2]) if following else "", False
    assert found is None or cents(found[1]) == total, "what stands above the list is its sum"
    assert found is not None or not total
    return total


def test_every_sentence_opens_the_list_that_adds_up_to_it(
    app: Flask, cast: Cast, freeze: Callable[[datetime], None], visit: Callable[..., Visitor]
) -> None:
    freeze(FEBRUARY)
    with app.app_context():
        office = told_in_two_months(cast, freeze)
        recharge = office.recharge("200.00")
        office.credit(office.issued("12.00"), {recharge: "5.00"})
        office.apply_often(60)
        office.issued("3.21", cast.bo)
    max_ = visit(cast.max)
    page = max_.get("/review/books").text
    links = dict(re.findall(r'<a href="([^"]+)">(See [^<]+)</a>', page))
    words = {word: address for address, word in links.items()}
    register, journal, credits = (words[f"See {what}"] for what in ("the invoices", "the lines", "what they took back"))
    assert "The register holds 3 invoices of this month over ¥48.54" in page
    assert opens(max_, register, "Amount") == Decimal("48.54")
    assert "3 invoices, before credit notes" in max_.get(register).text
    listed = re.findall(r">(INV-[0-9-]+)<", max_.page.text)
    assert listed == sorted(listed, reverse=True), "newest first, in the order of the numbers and not of the sums"
    assert len(set(listed)) == 3
    assert "they took ¥5.00 back in this month" in page
    assert opens(max_, html.unescape(credits), "Invoiced") == Decimal("-5.00")
    moved = page[page.index(">Moved in the month<") : page.index("</tbody>")]
    (number,) = re.findall(r"Compared: (\d+) lines of the journal", page)
    assert int(number) > 60, "more than a page"
    assert f"<dt>Lines of this list</dt><dd>{number}<" in max_.get(journal).text
    told = dict(re.findall(r'data-label="(\w+)"><a [^>]+>([^<]+)<', moved.split("</tr>")[0]))
    assert len(told) == 7
    for name, value in told.items():
        assert opens(max_, journal, name) == cents(value), name
    assert "Nothing was booked that fits these filters" in max_.get("/review/books/journal?kind=opening").text
    for name in ("journal", "register"):
        assert "in this month" in max_.get(f"/review/books/{name}?month=2026-01").text
        assert max_.get(f"/review/books/{name}?month=2026-13").status_code == 404


LISTED = {"Reserved": "In progress"}


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


def test_each_account_leads_to_its_books_and_back_to_its_line(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(two_months.max)
    assert 'href="/review/accounts/yunqi"' in max_.get("/review/books").text
    page = max_.get("/review/books?account=yunqi").text
    assert 'href="/review/accounts/yunqi"' in page
    assert 'href="/review/accounts/lumen"' not in page
    assert [row["Account code"] for row in rows_of(max_, "/review/books.csv?month=2026-03&account=yunqi")] == [
        "yunqi",
        "",
    ]


def test_an_account_that_is_none_makes_no_file_that_looks_complete(
    two_months: Cast, visit: Callable[..., Visitor]
) -> None:
    max_ = visit(two_months.max)
    page = max_.get("/review/books?month=2026-03&account=NOPE").text
    assert "No account has the code NOPE." in page
    assert "/review/books.csv" not in page
    for query in ("account=NOPE", "acount=lumen", "account=lumen&account=yunqi", "month=2026-3"):
        for extension in ("csv", "xlsx"):
            assert max_.get(f"/review/books.{extension}?{query}").status_code == 404
    assert "No account has the code NOPE." in max_.get("/review/books.csv?account=NOPE").text
    assert "<strong>acount</strong>: This list has no such filter." in max_.get("/review/books?acount=lumen").text
    assert "no such filter" not in max_.get("/review/books?account=lumen&month=2026-03&when=moved&after=x").text
    refused = max_.get("/review/books.csv?acount=lumen").text
    assert "acount" in refused
    assert "cannot be read" in refused


def test_a_journal_with_a_line_that_leads_nowhere_is_shown(
    two_months: Cast, app: Flask, visit: Callable[..., Visitor]
) -> None:
    max_ = visit(two_months.max)
    assert "The books do not add up" not in max_.get("/review/books?month=2026-02").text
    with app.app_context(), transaction():
        names = "account_id, kind, recharged, refunded, free, reserved, invoiced, debt, short"
        after = "recharged_after, refunded_after, free_after, reserved_after, invoiced_after, debt_after, short_after"
        session.execute(
            text(
                f"INSERT INTO ledger_movement ({names}, at, {after})"
                f" SELECT {names}, at, {after} FROM ledger_movement ORDER BY id LIMIT 1"
            )
        )
    page = max_.get("/review/books?month=2026-02").text
    assert "do not lead from its beginning to its end" in page
    assert "The books do not add up" in page


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE ledger_entry SET amount = amount + 100 WHERE kind = 'recharge' AND invoiced = 0",
        "UPDATE ledger_entry SET invoiced = invoiced - 100 WHERE invoiced > 0",
        "UPDATE ledger_reservation SET amount = amount - 100 WHERE state = 'settled'",
        "UPDATE ledger_reservation SET short = 0",
    ],
)
def test_rows_that_say_something_else_than_the_journal_are_shown(
    two_months: Cast, app: Flask, visit: Callable[..., Visitor], fault: str
) -> None:
    max_ = visit(two_months.max)
    with app.app_context(), transaction():
        changed = session.execute(text(fault))
        assert changed.rowcount > 0  # type: ignore[attr-defined]
    page = max_.get("/review/books?month=2026-03").text
    assert "The books do not add up" in page
    assert "Every cent is accounted for" not in page


def test_a_register_that_says_something_else_is_shown(
    two_months: Cast, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses to change an invoice, so the page is shown a register that it never could hold."""
    monkeypatch.setattr(issuing, "register_between", lambda first, last: Register(1, CENT))
    assert "The books do not add up" in visit(two_months.max).get("/review/books?month=2026-03").text
