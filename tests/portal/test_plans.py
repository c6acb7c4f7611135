"""What the lists and the bill cost: one index each, no sort of an account, and no more statements for more rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice import clock
from backoffice.database import close_connections, session
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerEntry, free_recharges, in_debt
from backoffice.ledger.queries import entries
from backoffice.portal.queries import bills, invoices
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.queries import entries as behind
from backoffice.web.paging import PageRequest, paginate
from tests.conftest import DATABASES
from tests.portal.conftest import NOW, Customer, World, settle
from tests.portal.crowd import many_entries, many_movements, many_requests
from tests.support import databases
from tests.support.apps import test_settings, whole_app
from tests.support.people import Cast, known_cast
from tests.support.sql import gather_figures, plan, statements

pytestmark = pytest.mark.both_databases

LISTS = {
    "all": (invoices.Wanted(), "ix_invoice_request_account"),
    "one state": (invoices.Wanted(states=["rejected"]), "ix_invoice_request_account_state"),
    "two states": (invoices.Wanted(states=["rejected", "withdrawn"]), "ix_invoice_request_account"),
    "states and dates": (
        invoices.Wanted(states=["pending", "approved"], since=date(2026, 1, 1)), "ix_invoice_request_account",
    ),
    "amounts": (invoices.Wanted(least=Decimal(5000)), "ix_invoice_request_account"),
    "name": (invoices.Wanted(search="明"), "ix_invoice_request_account"),
    "number": (invoices.Wanted(search="ir-20261123-000000"), "number"),
    "invoice number": (invoices.Wanted(search="inv-2025-100002"), "invoice_number"),
}  # fmt: skip
ENTRIES = {
    "all": (entries.Wanted(), "ix_ledger_entry_account_occurred"),
    "kind": (entries.Wanted(kind="grant"), "ix_ledger_entry_account_kind"),
    "kind and dates": (entries.Wanted(kind="grant", since=date(2026, 3, 1)), "ix_ledger_entry_account_kind"),
    "kind and completed": (entries.Wanted(kind="refund", status="completed"), "ix_ledger_entry_account_kind"),
    "pending": (entries.Wanted(status="pending"), "ix_ledger_entry_uncompleted"),
    "kind and pending": (entries.Wanted(kind="recharge", status="pending"), "ix_ledger_entry_uncompleted"),
    "failed": (entries.Wanted(status="failed"), "ix_ledger_entry_uncompleted"),
    "free": (entries.Wanted(free=True), "ix_ledger_entry_free"),
    "debt": (entries.Wanted(debt=True), "ix_ledger_entry_debt"),
    "free recharges": (entries.Wanted(free=True, kind="recharge"), "ix_ledger_entry_free"),
    "amounts": (entries.Wanted(least=Decimal(100)), "ix_ledger_entry_account_occurred"),
    "id": (entries.Wanted(search="M-12"), "external_id"),
}


def test_every_list_is_served_by_its_index(crowded: Crowded) -> None:
    with crowded.app.app_context():
        lists = [("invoices", invoices.listed, invoices.ORDER, *row) for row in LISTS.items()]
        lists += [("entries", entries.listed, entries.ORDER, *row) for row in ENTRIES.items()]
        faults = []
        for page, listed, order, name, (wanted, index) in lists:
            statement = listed(crowded.cast.lumen, wanted).order_by(*(column.desc() for column, _ in order)).limit(51)
            faults += [f"{page} {name}: {fault}" for fault in unfit(plan(statement, crowded.kind), index, name)]
            session.rollback()
    assert not faults, "\n".join(faults)


def test_the_total_of_a_list_reads_the_requests_of_one_account_alone(crowded: Crowded) -> None:
    with crowded.app.app_context():
        faults = []
        for states in (["issued"], ["pending", "approved"]):
            of_list = issuing.of_list(crowded.cast.lumen, states)
            used = plan(select(func.count(), func.sum(InvoiceRequest.amount)).where(*of_list), crowded.kind)
            session.rollback()
            if "ix_invoice_request_account" not in used or "SCAN" in used or "Seq Scan" in used:
                faults.append(used)
    assert not faults, "\n".join(faults)


def test_the_total_of_a_list_of_entries_is_read_from_days_or_inside_an_index(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed = entries.Wanted(kind="recharge", status="completed")
    lists = [
        (completed, "ledger_day"),
        (replace(completed, since=date(2026, 3, 1), until=date(2026, 3, 1)), "ledger_day"),
        (entries.Wanted(taken="no"), "ix_ledger_entry_waiting"),
        (entries.Wanted(kind="recharge", status="pending"), "ix_ledger_entry_uncompleted"),
        (entries.Wanted(free=True), "ix_ledger_entry_free"),
        (entries.Wanted(debt=True), "ix_ledger_entry_debt"),
    ]
    with crowded.app.app_context():
        faults = []
        for wanted, index in lists:
            asked: list[Any] = []
            for name in ("execute", "scalar"):
                verb = getattr(session, name)
                monkeypatch.setattr(
                    session, name, lambda statement, _verb=verb, _to=asked: _to.append(statement) or _verb(statement)
                )
            assert entries.total(crowded.cast.lumen, wanted) is not None
            monkeypatch.undo()
            session.rollback()
            used = plan(asked[0], crowded.kind)
            session.rollback()
            if index not in used or "Seq Scan" in used or "SCAN" in used:
                faults.append(f"{index}: {used}")
        for other in (entries.Wanted(), entries.Wanted(kind="grant"), replace(completed, least=Decimal(1))):
            with statements(crowded.app) as sent:
                assert entries.total(crowded.cast.lumen, other) is None
            assert not sent
    assert not faults, "\n".join(faults)


def test_requests_that_lack_money_are_found_by_the_index_of_these(crowded: Crowded) -> None:
    further = invoices.Wanted(short=True, states=["pending"], since=date(2026, 1, 1), least=Decimal(5))
    with crowded.app.app_context():
        faults = []
        for wanted in (invoices.Wanted(short=True), further, replace(further, states=["pending", "approved"])):
            listed = invoices.listed(crowded.cast.lumen, wanted)
            used = plan(listed.order_by(*(column.desc() for column, _ in invoices.ORDER)).limit(51), crowded.kind)
            session.rollback()
            by_key = "invoice_request USING INTEGER PRIMARY KEY" if crowded.kind == "sqlite" else "pk_invoice_request"
            if "ix_ledger_reservation_short" not in used or by_key not in used:
                faults.append(used)
    assert not faults, "\n".join(faults)


def test_amounts_that_few_entries_have_are_found_by_amount(crowded: Crowded) -> None:
    with crowded.app.app_context():
        with statements(crowded.app) as sent:
            few = entries.listed(crowded.cast.lumen, entries.Wanted(least=Decimal(500), kind="refund"))
            page = paginate(session, few, entries.ORDER, PageRequest(), whole=select(LedgerEntry))
        assert len(sent) == 2
        assert {(entry.kind, entry.amount) for entry in page.items} == {("refund", Decimal(500))}
        session.rollback()
        asked = select(LedgerEntry.id).where(LedgerEntry.account_id == crowded.cast.lumen, LedgerEntry.amount >= 500)
        assert not unfit(plan(asked.limit(501), crowded.kind), "ix_ledger_entry_account_amount", "")
        session.rollback()
        for also in ({}, {"free": True}, {"kind": "refund"}, {"status": "pending"}, {"since": date(2026, 1, 1)}):
            few = entries.listed(crowded.cast.lumen, entries.Wanted(least=Decimal(500), **also))
            used = plan(few.order_by(LedgerEntry.occurred_at.desc(), LedgerEntry.id.desc()).limit(51), crowded.kind)
            by_key = (
                "rowid=?" in used if crowded.kind == "sqlite" else "ANY" in used
            )  # PostgreSQL chooses by what it counted
            assert by_key, f"{also}: {used}"
            session.rollback()


def test_a_page_of_the_list_is_found_inside_the_index(crowded: Crowded) -> None:
    nowhere = invoices.Wanted(states=["issued", "rejected"], least=Decimal(5000), search="77乙")
    with crowded.app.app_context():
        asked: list[Any] = []

        def execute(*sent: Any) -> Any:
            asked.append(sent)
            return session.execute(*sent)

        reader = SimpleNamespace(execute=execute)
        reader.get_bind = session.get_bind
        for wanted in (invoices.Wanted(), invoices.Wanted(search="7777"), nowhere):
            listed = invoices.listed(crowded.cast.lumen, wanted)
            paginate(reader, listed, invoices.ORDER, PageRequest(), whole=requests.rows())
            statement, values = asked[-1]
            used = plan(statement, crowded.kind, values=values)
            session.rollback()
            index = "ix_invoice_request_account"
            way = "COVERING INDEX" if crowded.kind == "sqlite" else "Index Only Scan Backward using"
            by_key = "INTEGER PRIMARY KEY (rowid=?)" if crowded.kind == "sqlite" else "pk_invoice_request"
            assert f"{way} {index} " in used, used
            assert by_key in used, used


def test_the_statement_of_one_figure_is_read_by_the_index_of_that_figure(crowded: Crowded) -> None:
    periods = {"": (None, None), " and dates": (date(2026, 3, 1), date(2026, 9, 1)), " since": (date(2026, 9, 1), None)}
    with crowded.app.app_context():
        faults = []
        for figure in entries.FIGURES:
            for name, (since, until) in periods.items():
                lines = behind.statement(crowded.cast.lumen, behind.Lines(figure, since, until))
                for backwards in (False, True):
                    order = [c.asc() if backwards else c.desc() for c, _ in behind.STATEMENT_ORDER]
                    used = plan(lines.order_by(*order).limit(51), crowded.kind, "sort")
                    session.rollback()
                    index = f"ix_ledger_movement_{figure}"
                    faults += [f"{figure}{name}: {fault}" for fault in unfit(used, index, name)]
                    # From the first day on, where one is named, and not only up to the last.
                    bound = re.search(rf"{index}.*?(?:account_id=\? AND at>\?|Cond: .*?[ (]at >=? )", used, re.DOTALL)
                    faults += [f"{figure}{name}: no first day in {used}"] if since and not bound else []
    assert not faults, "\n".join(faults)


def test_the_sum_and_number_of_a_statement_are_read_by_one_statement_and_the_index_of_its_figure(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite looks at the figure itself even where the index holds no line without it.
    way = "INDEX " if crowded.kind == "sqlite" else "Index Only Scan using "
    with crowded.app.app_context():
        faults = []
        for figure in ("", "recharged", "refunded", "reserved", "invoiced", "short"):
            for since, until in ((None, None), (date(2026, 3, 1), date(2026, 9, 1))):
                asked: list[Any] = []
                execute = session.execute
                with monkeypatch.context() as watched:
                    watched.setattr(session, "execute", lambda sql, _to=asked, _do=execute: _to.append(sql) or _do(sql))
                    issuing.moved(crowded.cast.lumen, behind.Lines(figure, since, until))
                assert len(asked) == 1
                session.rollback()
                used = plan(asked[0], crowded.kind)
                session.rollback()
                index = f"ix_ledger_movement_{figure or 'account'}"
                if f"{way}{index}" not in used or "SCAN ledger_movement" in used or "Seq Scan" in used:
                    faults.append(f"{figure} {since}: {used}")
    assert not faults, "\n".join(faults)


def test_a_statement_is_counted_no_further_than_a_page_can_bear(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "LINES_COUNTED", 2)
    assert "2 lines" in ada.get("/invoices/statement?figure=recharged").text
    monkeypatch.setattr(issuing, "LINES_COUNTED", 1)
    assert "more than 1 lines" in ada.get("/invoices/statement?figure=recharged").text


def test_the_bill_is_served_by_indexes(crowded: Crowded, monkeypatch: pytest.MonkeyPatch) -> None:
    november, faults, indexes = bills.Month(date(2026, 11, 1)), [], []
    with crowded.app.app_context():
        asked: list[Any] = []
        execute, scalars, scalar = session.execute, session.scalars, session.scalar
        for name, verb in (("execute", execute), ("scalars", scalars), ("scalar", scalar)):
            monkeypatch.setattr(
                session, name, lambda statement, *rest, _verb=verb: asked.append(statement) or _verb(statement, *rest)
            )
        bills.months(crowded.cast.lumen, november.last)
        bills.bill(crowded.cast.lumen, november)
        monkeypatch.undo()
        asked.append(
            bills.issued(crowded.cast.lumen, november).order_by(*(c.desc() for c, _ in bills.ISSUED_ORDER)).limit(51)
        )
        for statement in asked:
            used = plan(statement, crowded.kind)
            session.rollback()
            indexes.append(used)
            if "Seq Scan" in used or "SCAN" in used or "TEMP B-TREE FOR ORDER" in used:
                faults.append(f"{statement}\n{used}")
    assert len(asked) == 10
    inside = "COVERING INDEX " if crowded.kind == "sqlite" else "Index Only Scan using "
    for index in (
        "ix_ledger_entry_waiting",
        "ix_ledger_entry_uncompleted",
        f"{inside}ix_invoice_request_account_issued",
    ):
        assert any(index in used for used in indexes), "\n".join([index, *indexes])
    assert not faults, "\n".join(faults)


def test_what_is_in_process_is_added_up_by_the_index_of_the_uncompleted(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crowded.app.app_context():
        asked: list[Any] = []
        scalar = session.scalar
        monkeypatch.setattr(session, "scalar", lambda statement: asked.append(statement) or scalar(statement))
        ledger.not_invoiceable(crowded.cast.lumen)
        monkeypatch.undo()
        (pending,) = asked
        session.rollback()
        assert not unfit(plan(pending, crowded.kind), "ix_ledger_entry_uncompleted", "")


def test_money_is_given_out_by_the_index_of_free_recharges(crowded: Crowded) -> None:
    with crowded.app.app_context():
        oldest_first = free_recharges(crowded.cast.lumen).execution_options(yield_per=None).limit(10)
        assert not unfit(plan(oldest_first, crowded.kind), "ix_ledger_entry_free", "")
        debts = select(LedgerEntry.id).where(LedgerEntry.account_id == crowded.cast.lumen, in_debt())
        oldest_first = debts.order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        assert not unfit(plan(oldest_first, crowded.kind), "ix_ledger_entry_debt", "")


@dataclass(frozen=True)
class Crowded:
    """An installation with thousands of rows, which the tests of this module only read."""

    app: Flask
    cast: Cast
    kind: str


@pytest.fixture(scope="module", params=DATABASES)
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowded]:
    """Filled once for all tests of a kind: that takes as long as twenty of them."""
    kind, folder = request.param, tmp_path_factory.mktemp("crowd")
    url = databases.new_database(kind, folder, peopled=True)
    app = whole_app(test_settings(folder, url))
    with clock.moved_to(NOW):
        with app.app_context():
            cast = known_cast()
        world = settle(app, cast)
        with app.app_context():
            crowd(world, kind)
        yield Crowded(app, cast, kind)
    with app.app_context():
        session.remove()
        close_connections()
    databases.drop_database(url)


def crowd(world: World, database: str) -> None:
    """Thousands of rows of two accounts, so that neither is all there is."""
    assert world.neu.account_id is not None
    for turn, person in enumerate((world.cast.ada, world.neu)):
        many_requests(person, world.header_id, 2000, first=turn * 2000)
        many_entries(person.account_id or 0, 3000, prefix="MN"[turn])
        many_movements(person.account_id or 0, 3000)
    gather_figures(database)


def unfit(used: str, index: str, name: str) -> list[str]:
    """What is wrong with a plan: another index, a scan, or a sort of more than one row."""
    alone = name in ("number", "invoice number", "id")
    bad = [word for word in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort") if word in used and not alone]
    return [f"{bad} in {used}"] if bad else [] if index in used else [f"no {index} in {used}"]
