"""What an import says it brought is what the books took: each cent once, when it is completed, and not before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerFile, LedgerMovement
from backoffice.ledger.services import files
from backoffice.ledger.services.report import Report
from tests.ledger.handed_in import Books, hand_in
from tests.ledger.test_batches import TOLD, Life, Told, a_file
from tests.support.databases import examples
from tests.support.office import Office, contradictions
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

AT = "CNY,2026-03-02T09:30:00+08:00"
FIRST = [
    f"recharge,R-1,lumen,pending,700.00,{AT},",
    f"recharge,R-1,lumen,completed,700.00,{AT},",
    f"recharge,R-2,lumen,failed,50.00,{AT},",
    f"recharge,R-3,lumen,pending,30.00,{AT},",
    f"recharge,R-4,lumen,pending,9.00,{AT},",
    f"refund,F-1,lumen,completed,100.00,{AT},R-1",
    f"refund,F-2,lumen,pending,11.00,{AT},R-1",
    f"refund,F-3,lumen,completed,5.00,{AT},R-3",
    f"refund,F-4,lumen,completed,6.00,{AT},R-9",
    f"consumption,C-1,lumen,completed,8.00,{AT},",
    f"grant,G-1,lumen,completed,2.00,{AT},",
]
SECOND = [
    f"recharge,R-3,lumen,completed,30.00,{AT},",
    f"recharge,R-4,lumen,failed,9.00,{AT},",
    f"refund,F-4,lumen,failed,6.00,{AT},R-9",
    f"refund,F-2,lumen,completed,11.00,{AT},R-1",
]


def told(record: LedgerFile) -> dict[str, str]:
    """What an import says, without what is nothing."""
    return {name: total for name, total in record.sums.items() if Decimal(total)}


def test_the_history_says_what_the_books_took(ana: Visitor, books: Books) -> None:
    def took() -> tuple[Decimal, Decimal]:
        moved = select(func.sum(LedgerMovement.recharged), func.sum(LedgerMovement.refunded))
        recharged, refunded = books.ask(lambda: session.execute(moved).one())
        balance = books.ask(lambda: queries.balance(books.cast.lumen))
        assert (balance.recharged, balance.refunded) == (recharged, refunded)
        return recharged - refunded, books.ask(lambda: queries.not_invoiceable(books.cast.lumen))

    page = hand_in(ana, *FIRST)
    books.work()
    first = books.record()
    assert told(first) == {
        "recharge": "700.00", "refund": "100.00", "pending": "39.00", "failed": "50.00", "waiting": "11.00",
        "consumption": "8.00", "grant": "2.00",
    }  # fmt: skip
    net, aside = took()
    assert (first.new_money, aside.pending, aside.waiting_refunds) == (net, Decimal("39.00"), Decimal("11.00"))
    text = ana.get(page).text
    assert "¥600.00" in text
    assert "Recharges that failed" in text
    assert "¥600.00" in ana.get("/admin/imports").text
    hand_in(ana, *SECOND)
    books.work()
    second = books.record()
    assert told(second) == {
        "recharge": "30.00", "refund": "16.00", "pending": "-39.00", "failed": "9.00", "waiting": "-11.00",
    }  # fmt: skip
    net, aside = took()
    assert (first.new_money or 0) + (second.new_money or 0) == net
    assert (aside.pending, aside.waiting_refunds) == (0, 0)
    assert books.ask(contradictions) == []


def test_an_import_from_before_claims_no_new_money(ana: Visitor, books: Books, app: Flask) -> None:
    page = hand_in(ana, *FIRST)
    books.work()
    with app.app_context(), transaction():
        session.get_one(LedgerFile, books.record().id).sums = {"recharge": "1400.00"}
    assert "¥1,400.00" not in ana.get("/admin/imports").text
    assert "every line, whatever its status" in ana.get(page).text


def test_any_lines_add_up_to_what_they_did_however_they_are_cut(office: Office, database: str) -> None:
    def state(life: Life) -> dict[str, Decimal]:
        session.rollback()
        figures, aside = queries.balance(life.account_id), queries.not_invoiceable(life.account_id)
        return {
            "recharge": figures.recharged, "refund": figures.refunded, "pending": aside.pending,
            "waiting": aside.waiting_refunds, "grant": aside.grants, "consumption": aside.consumption,
        }  # fmt: skip

    @settings(
        max_examples=examples(25, database), deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    @given(before=st.lists(TOLD, max_size=5), lines=st.lists(TOLD, min_size=2, max_size=12), size=st.integers(1, 6))
    @example(before=[], lines=[Told("C1", "pending"), Told("C1", "completed")], size=1)
    @example(before=[Told("F6", "completed")], lines=[Told("C1", "completed"), Told("F7", "completed")], size=2)
    def the_same(before: list[Told], lines: list[Told], size: int) -> None:
        life = Life(office, False, [])
        if before:
            life.book(before)
        began = state(life)
        with transaction():
            file_id = a_file()
        report = Report()
        for batch in files.batches(iter(life.read(lines)), size):
            with transaction():
                files.take_batch(batch, report, source="platform", file_id=file_id, now=clock.now())
        did: dict[str, Any] = {name: report.sums.get(name, Decimal(0)) for name in began}
        assert did == {name: total - began[name] for name, total in state(life).items()}
        assert report.new_money == did["recharge"] - did["refund"]

    the_same()
