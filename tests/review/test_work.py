"""The page of open work: each kind of item appears by itself, says what to do, and goes when its cause is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.review.queries import queue, work
from backoffice.review.queries.views import Viewer
from backoffice.review.queries.work import Kind
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.sql import plan, statements
from tests.support.visitor import Visitor

JUNE, NOVEMBER = date(2026, 6, 30), date(2026, 11, 24)


def open_items(kind: Kind, today: date = JUNE) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """What, how much and which requests of each item of a kind."""
    session.rollback()
    return [
        (item.about, None if item.amount is None else str(item.amount), item.requests)
        for item in work.items(kind, today)
    ]


def counted() -> int:
    """The number beside the navigation's entry."""
    session.rollback()
    return queue.waiting(Viewer(None, clock.now())).work


def test_debt_names_the_recharge_and_the_invoices_on_it(office: Office) -> None:
    recharge = office.recharge("100.00")
    first, second = office.issued("30.00"), office.issued("50.00")
    assert (open_items(Kind.DEBT), counted()) == ([], 0)
    office.refund(recharge, "60.00")
    assert open_items(Kind.DEBT) == [(recharge, "40.00", (first, second))]
    assert counted() == 1


def test_a_short_request_goes_when_money_covers_it(office: Office) -> None:
    recharge = office.recharge("100.00")
    number = office.apply("80.00")
    office.refund(recharge, "50.00")
    assert open_items(Kind.SHORT) == [(number, "30.00", (number,))]
    assert counted() == 1
    office.recharge("30.00")
    assert (open_items(Kind.SHORT), counted()) == ([], 0)


def test_a_refund_waits_until_its_recharge_is_completed(office: Office) -> None:
    office.book(office.line("refund", "5.00", "F-1", refund_of="R-later"))
    assert open_items(Kind.REFUND) == [("F-1", "5.00", ())]
    assert counted() == 1
    office.book(office.line("recharge", "50.00", "R-later"))
    assert (open_items(Kind.REFUND), counted()) == ([], 0)


def test_an_issue_that_failed_shows_its_reason(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.recharge("100.00")
    number = office.apply("80.00")
    office.approve(number)
    with monkeypatch.context() as broken:
        broken.setattr("backoffice.storage.put", _no_space)
        assert not office.issue(number)
    (item,) = work.items(Kind.ISSUE_FAILED, JUNE)
    assert (item.about, str(item.amount)) == (number, "80.00")
    assert "no space" in str(item.detail)
    assert counted() == 1


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


def test_a_mail_that_failed_names_its_request(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("80.00")
    with transaction():
        for message in session.query(Message):
            message.state, message.server_answer = "failed", "550 no such user"
    assert open_items(Kind.MAIL) == [("accounts.payable@lumen.example", None, (number,))]
    assert counted() == 1


def test_a_provisional_year_matters_from_november_of_the_year_before(office: Office) -> None:
    assert open_items(Kind.CALENDAR, JUNE) == []
    assert open_items(Kind.CALENDAR, NOVEMBER) == [("2027", None, ())]


def test_the_page_says_what_to_do_or_that_nothing_waits(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    freeze(datetime(2026, 6, 30, tzinfo=UTC))
    rita, ana = visit(cast.rita), visit(cast.ana)
    assert "Nothing waits" in rita.get("/review/work").text
    with app.app_context():
        office = Office(cast)
        recharge = office.recharge("100.00")
        number = office.issued("80.00")
        office.refund(recharge, "50.00")
    page = rita.get("/review/work").text
    assert "Invoice debt" in page
    assert "a new recharge does not close the item" in page
    assert "credit note" not in page
    assert re.search(rf'href="/review/entries/\d+">{recharge}<', page)
    assert 'href="/review/accounts/lumen"' in page
    assert f'href="/review/{number}"' in page
    assert "30.00" in page
    page = ana.get("/review/work").text
    assert number in page
    assert f'href="/review/{number}"' not in page, "an administrator may not open the queue"


def test_the_count_costs_one_statement_however_much_there_is(app: Flask, office: Office) -> None:
    office.recharge("100.00")
    one = sent_by_counting(app)
    for turn in range(5):
        office.refund(office.recharge("10.00"), "1.00")
        office.book(office.line("refund", "5.00", f"E-{turn}", refund_of=f"R-later-{turn}"))
    assert sent_by_counting(app) == one == 1


def test_the_count_reads_no_table_from_end_to_end(office: Office, database: str) -> None:
    for kind in work.counts():
        used = plan(select(kind), database)
        assert not re.search(
            r"SCAN (ledger_entry|ledger_reservation|invoice_request|message|account)\b(?! USING)|Seq Scan", used
        ), used


def sent_by_counting(app: Flask) -> int:
    """How many statements the count costs."""
    session.rollback()
    with statements(app) as sent:
        counted()
    return len(sent)
