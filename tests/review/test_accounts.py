"""An account's books for finance: each figure equals the list it opens, and one entry tells everything behind it."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.issuing import queries as issuing
from backoffice.ledger.jobs import import_file
from backoffice.ledger.models import Allocation, LedgerEntry, LedgerMovement, Reservation
from backoffice.ledger.queries import entries as ledger
from backoffice.ledger.rules import FIGURES
from backoffice.money import CENT, ZERO, parse_amount
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import entries
from tests.portal.crowd import many_entries, many_requests
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.sql import gather_figures, plan, statements
from tests.support.visitor import Visitor

LUMEN = "/review/accounts/lumen"


@pytest.fixture
def busy(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Lumen has an issued, a pending and a failing request, a debt, a short request and a refund that waits."""
    with app.app_context():
        office = Office(cast)
        first = office.recharge("100.00", payer_name="流明机器人", bank_reference="BANK-77")
        office.issued("80.00")
        second = office.recharge("50.00")
        number = office.apply("30.00")
        office.approve(number)
        with monkeypatch.context() as broken:
            broken.setattr("backoffice.storage.put", _no_space)
            assert not office.issue(number)
        office.apply("35.00")
        office.refund(first, "60.00")
        office.refund(second, "10.00")
        office.book(office.line("refund", "5.00", "F-waits", refund_of="R-later"))
    return cast


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


def read(visitor: Visitor, address: str) -> str:
    """The page at an address, its entities read."""
    answer = visitor.get(html.unescape(address))
    assert answer.status_code == 200, address
    return html.unescape(answer.text)


def test_every_figure_is_the_sum_of_the_list_it_opens(busy: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(busy.max)
    page = read(max_, LUMEN)
    tiles = re.findall(r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">¥([^<]+)<', page, flags=re.S)
    values = {name: parse_amount(value) for _, name, value in tiles}
    assert values["Invoiced"] == Decimal("80.00")
    assert values["Debt"] > 0
    assert values["Short"] > 0
    columns = {"Free": "Free", "Invoiceable Amount": "Movement"}
    for address, name, _ in tiles:
        listed = read(max_, address)
        if name == "Debt":
            assert re.findall(r'class="key"><a href="[^"]+">([^<]+)<', listed) == ["R-1"]
            continue
        if name == "Short":
            lacking = re.findall(r'class="fact-note">¥([0-9.]+) missing<', listed)
            assert sum(map(parse_amount, lacking)) == values[name]
            continue
        # A list of requests names its columns in the stylesheet; the amounts stand third behind the number.
        named = f'data-label="{columns.get(name, "Amount")}"'
        cell = r"</th><td>[^<]*</td><td>[^<]*</td><td" if "requests" in address else named
        found = re.findall(rf"{cell}[^>]*>(?:<span>)?(-?)¥([0-9.,]+) ?<", listed)
        total = sum((parse_amount(sign + one) for sign, one in found), Decimal(0))
        assert max(total, Decimal(0)) == values[name], (name, found)
    assert len(tiles) == 8
    assert "has its invoice number already" in page


def test_the_lists_of_entries_that_figures_open_say_what_they_add_up_to(
    app: Flask, busy: Cast, visit: Callable[..., Visitor]
) -> None:
    max_ = visit(busy.max)
    tiles = re.findall(r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">(¥[^<]+)<', read(max_, LUMEN), flags=re.S)
    opened = [(address, value) for address, _, value in tiles if "/entries?" in address and value != "¥0.00"]
    assert len(opened) == 3
    opened.append((f"{LUMEN}/entries?taken=no", "¥5.00"))
    for address, value in opened:
        listed = read(max_, address)
        number = listed.count('class="key"')
        words = f"{number} {'entry' if number == 1 else 'entries'}"
        assert f'<dt>Total of this list</dt><dd>{value}<span class="fact-note">{words}<' in listed, address
    assert "Total of this list" not in read(max_, f"{LUMEN}/entries")
    listed = read(max_, f"{LUMEN}/entries?status=completed&from=2000-01-01&to={clock.today()}")
    sums = re.findall(r'entries\?[^"]*kind=(\w+)">[^<]+</a>.*?figure-value">([^<]+)<', listed, flags=re.S)
    assert dict(sums) == {"recharge": "¥150.00", "refund": "¥75.00"}


def test_a_past_day_and_the_statement_add_up(busy: Cast, visit: Callable[..., Visitor]) -> None:
    page = read(visit(busy.otto), f"{LUMEN}?on={clock.today()}")
    past = page[page.index('id="past"') :]
    tiles = re.findall(r'<a href="([^"]+)">([^<]+)</a>.*?figure-value">¥([^<]+)<', past, flags=re.S)
    figures = ["Invoiceable Amount", "Recharged", "Refunded", "In progress", "Invoiced"]
    assert [name for _, name, _ in tiles] == [*figures, "Debt", "Short"], "what is missing is said beside the rest"
    otto = visit(busy.otto)
    for address, name, value in tiles[1:5]:
        assert f"<dt>{name}</dt><dd>{'' if name == 'Recharged' else '-'}¥{value}" in read(otto, address)
    assert "Enter a date as year-month-day" in read(otto, f"{LUMEN}?on=x")


def test_an_account_is_chosen_by_its_code(busy: Cast, visit: Callable[..., Visitor]) -> None:
    ana = visit(busy.ana)
    assert ana.get("/review/accounts?code=lumen").headers["Location"] == LUMEN
    page = read(ana, "/review/accounts?code=nobody")
    assert "No account has this code" in page
    assert 'value="nobody"' in page
    assert 'href="/review/accounts/yunqi"' in page
    for address in ("/review/accounts/nobody", "/review/accounts/nobody/entries", "/review/entries/99999999"):
        assert ana.get(address).status_code == 404


def test_one_entry_tells_everything_behind_it(app: Flask, busy: Cast, visit: Callable[..., Visitor]) -> None:
    rita, ana = visit(busy.rita), visit(busy.ana)
    listed = read(rita, f"{LUMEN}/entries?q=R-1")
    (address,) = re.findall(r'class="key"><a href="([^"]+)"', listed)
    page = read(rita, address)
    for fact in ("流明机器人", "BANK-77", "platform", "INV-2026-", "none: it was not imported from a file"):
        assert fact in page, fact
    assert "¥60.00 was invoiced and refunded later" in page
    (refund,) = re.findall(r'class="key"><a href="(/review/entries/\d+)">F-', page)
    told = read(rita, refund)
    assert "had been invoiced before: finance has to correct that" in told
    assert 'data-label="Movement">' in told
    assert re.search(r'href="/review/IR-', page)
    assert not re.search(r'href="/review/IR-', read(ana, address)), "an administrator may not open requests"


def test_an_entry_names_both_files_that_told_it(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    head = "kind,external_id,account,status,amount,currency,occurred_at,refund_of"
    for who, status in (("ana", "pending"), ("max", "completed")):
        (file := tmp_path / f"{status}.csv").write_text(
            f"{head}\nrecharge,R-two,lumen,{status},100.00,CNY,2026-03-02T09:30:00+08:00,\n"
        )
        with app.app_context():
            import_file(file, getattr(cast, who).actor, source="platform", currency="CNY", zone=clock.zone())
            # Once more, by a third: it says nothing new.
            import_file(file, cast.rui.actor, source="platform", currency="CNY", zone=clock.zone())
    rita = visit(cast.rita)
    (address,) = re.findall(r'class="key"><a href="([^"]+)"', read(rita, f"{LUMEN}/entries?q=R-two"))
    page = re.sub(r"<[^>]+>", "", read(rita, address))
    assert re.search(rf"File\s*pending.csv\s*imported .* by {cast.ana.name}", page)
    assert re.search(rf"Completed by the file\s*completed.csv\s*imported .* by {cast.max.name}", page)
    assert cast.rui.name not in page


def test_work_and_the_request_lead_to_the_entries(busy: Cast, visit: Callable[..., Visitor]) -> None:
    rita = visit(busy.rita)
    work = read(rita, "/review/work")
    for name in ("R-1", "F-waits"):
        (address,) = set(re.findall(rf'href="(/review/entries/\d+)">{name}<', work))
        assert name in read(rita, address)
    (number,) = set(re.findall(r'id="short".*?href="/review/(IR-[^"]+)"', work, flags=re.S))
    assert re.search(r'<a href="/review/entries/\d+">R-\d</a>', read(rita, f"/review/{number}"))


def test_the_list_as_a_file_holds_what_it_shows(busy: Cast, visit: Callable[..., Visitor]) -> None:
    content = visit(busy.max).client.get(f"{LUMEN}/entries/export.csv?kind=recharge").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert {row["ID"]: (row["Amount"], row["Refunded"]) for row in rows} == {
        "R-1": ("100.00", "60.00"),
        "R-2": ("50.00", "10.00"),
    }


def test_more_entries_cost_no_more_statements(app: Flask, busy: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(busy.max)
    costs: list[list[int]] = []
    for more in (0, 400):
        with app.app_context():
            many_entries(busy.lumen, more)
        counts = []
        for address in (LUMEN, f"{LUMEN}/entries", f"{LUMEN}/statement", f"{LUMEN}/requests", "/review/entries/1"):
            with statements(app) as sent:
                assert max_.get(address).status_code == 200
            counts.append(len(sent))
        costs.append(counts)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 12, costs


def test_a_large_account_is_served_by_indexes(context: Flask, cast: Cast, office: Office, database: str) -> None:
    for person in (cast.ada, cast.bo):
        account = person.account_id or 0
        many_entries(account, 3000, prefix=f"M{account}")
        many_requests(person, office.headers[account], 2000, first=account * 10_000)
        _many_movements(account)
    gather_figures(database)
    account, shown = cast.lumen, entries.entry(1)
    asked: list[tuple[str, Any, str]] = [
        ("debt", ledger.listed(account, ledger.Wanted(debt=True)).limit(51), "ix_ledger_entry_debt"),
        ("statement", _ordered(entries.statement(account), entries.STATEMENT_ORDER), "ix_ledger_movement_account"),
        ("uses", _ordered(entries.uses(1), entries.USES_ORDER), "ix_ledger_allocation_recharge_id"),
        ("refunds", ledger.refunds_of(shown).limit(51), "ix_ledger_entry_refund_of"),
        ("movements", _ordered(entries.movements(1), entries.MOVEMENTS_ORDER), "ix_ledger_movement_entry_id"),
    ]
    faults = []
    for name, statement, index in asked:
        used = plan(statement, database)
        session.rollback()
        scans = re.search(r"SCAN (ledger_|invoice_)|Seq Scan", used)
        if scans or index not in used:
            faults.append(f"{name}: {used}")
    with statements(context) as sent:
        issuing.being_issued(account)
    assert len(sent) == 1
    assert not faults, "\n".join(faults)


def _many_movements(account_id: int) -> None:
    """A line of the journal for each entry and a part of it for each request, all over nothing: plans need rows."""
    ids = session.scalars(select(LedgerEntry.id).where(LedgerEntry.account_id == account_id)).all()
    requests = session.scalars(select(InvoiceRequest.id).where(InvoiceRequest.account_id == account_id)).all()
    session.rollback()
    nothing = dict.fromkeys((*FIGURES, *(f"{name}_after" for name in FIGURES)), ZERO)
    line = {"account_id": account_id, "kind": "refund", "at": clock.now(), **nothing}
    settled = {"state": "settled", "amount": CENT}
    with transaction():
        session.execute(insert(LedgerMovement), [{**line, "entry_id": each} for each in ids])
        session.execute(
            insert(Reservation), [{**settled, "request_id": each, "account_id": account_id} for each in requests]
        )
        session.execute(
            insert(Allocation),
            [{**settled, "request_id": each, "recharge_id": ids[turn]} for turn, each in enumerate(requests)],
        )


def _ordered(statement: Any, order: Any) -> Any:
    return statement.order_by(*(column.asc() if way == "asc" else column.desc() for column, way in order)).limit(51)
