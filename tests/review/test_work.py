"""The page of open work: each kind of item appears by itself, says what to do, and goes when its cause is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from backoffice import clock
from backoffice.calendars.models import CalendarYear
from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import ABOUT
from backoffice.requests.services import holds, recipients
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


def refuse_all_mails() -> None:
    """The mail server refuses for good what there is."""
    with transaction():
        for message in session.query(Message):
            message.state, message.server_answer = "failed", "550 no such user"


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


def test_a_short_request_has_waited_since_a_refund_made_it_short(
    office: Office, freeze: Callable[[datetime], None]
) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    freeze(begin)
    recharge = office.recharge("100.00")
    office.apply("80.00")
    since = []
    for days, happens in enumerate(
        (lambda: office.refund(recharge, "50.00"), lambda: office.refund(recharge, "10.00"),
         lambda: office.recharge("60.00"), lambda: office.refund(recharge, "30.00")), 1
    ):  # fmt: skip
        freeze(begin + timedelta(days=days))
        happens()
        session.rollback()
        since.append([(item.since - begin).days for item in work.items(Kind.SHORT, JUNE) if item.since])
    assert since == [[1], [1], [], [4]], "the second refund took more; new money covered all; the third began anew"


def test_a_debt_has_waited_since_it_was_last_made(office: Office, freeze: Callable[[datetime], None]) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    freeze(begin)
    first, second = office.recharge("100.00"), office.recharge("100.00")
    number = office.issued("150.00")
    since = []
    for days, happens in enumerate(
        (
            lambda: office.refund(first, "30.00"),
            lambda: office.refund(second, "60.00"),  # of which 50 was free
            lambda: office.credit(number, {first: "10.00"}),
            lambda: office.refund(first, "5.00"),
            lambda: office.credit(number, {first: "35.00", second: "10.00"}),
            lambda: office.refund(first, "9.00"),  # the credit left 10 of it free
            lambda: office.refund(first, "2.00"),
            lambda: office.refund(second, "1.00"),
        ),
        1,
    ):
        freeze(begin + timedelta(days=days))
        happens()
        session.rollback()
        since.append({item.about: (item.since - begin).days for item in work.items(Kind.DEBT, JUNE) if item.since})
    assert since == [
        {first: 1}, {first: 1, second: 2}, {first: 1, second: 2}, {first: 1, second: 2}, {}, {}, {first: 7},
        {first: 7, second: 8},
    ]  # fmt: skip


def debts_by_day(
    office: Office, freeze: Callable[[datetime], None], steps: list[Callable[[], object]]
) -> list[dict[str, tuple[int, str]]]:
    """After each step, a day apart: of each recharge since which day its debt is open, and how much it is."""
    begin, told = datetime(2026, 3, 2, tzinfo=UTC), []
    for days, happens in enumerate(steps, 1):
        freeze(begin + timedelta(days=days))
        happens()
        session.rollback()
        told.append({
            item.about: ((item.since - begin).days, str(item.amount))
            for item in work.items(Kind.DEBT, JUNE) if item.since
        })  # fmt: skip
    return told


def test_of_several_credit_notes_each_makes_good_what_it_names(
    office: Office, freeze: Callable[[datetime], None]
) -> None:
    freeze(datetime(2026, 3, 2, tzinfo=UTC))
    first, second = office.recharge("100.00"), office.recharge("100.00")
    number = office.issued("200.00")
    told = debts_by_day(office, freeze, [
        lambda: office.refund(first, "10.00"),
        lambda: office.refund(second, "10.00"),
        # The later part is credited first, and wholly; the earlier one's debt stays as old as it is.
        lambda: office.credit(number, {second: "10.00"}),
        lambda: office.refund(second, "4.00"),
        lambda: office.credit(number, {first: "10.00"}),
        lambda: office.refund(first, "3.00"),
        lambda: office.credit(number, {second: "4.00", first: "1.00"}),
    ])  # fmt: skip
    assert told == [
        {first: (1, "10.00")},
        {first: (1, "10.00"), second: (2, "10.00")},
        {first: (1, "10.00")},
        {first: (1, "10.00"), second: (4, "4.00")},
        {second: (4, "4.00")},
        {second: (4, "4.00"), first: (6, "3.00")},
        {first: (6, "2.00")},
    ]


def test_what_was_taken_first_is_made_good_first(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(datetime(2026, 3, 2, tzinfo=UTC))
    recharge = office.recharge("100.00")
    one, other = office.issued("60.00"), office.issued("40.00")
    told = debts_by_day(office, freeze, [
        lambda: office.refund(recharge, "30.00"),
        lambda: office.refund(recharge, "20.00"),
        lambda: office.credit(other, {recharge: "29.99"}),
        lambda: office.credit(one, {recharge: "0.01"}),
        lambda: office.refund(recharge, "7.00"),
        lambda: office.credit(one, {recharge: "20.01"}),
        # More than the debt: the rest is free, and what a refund takes of that is no debt.
        lambda: office.credit(one, {recharge: "10.00"}),
        lambda: office.refund(recharge, "4.00"),
    ])  # fmt: skip
    assert [day.get(recharge) for day in told] == [
        (1, "30.00"), (1, "50.00"), (1, "20.01"), (2, "20.00"), (2, "27.00"), (5, "6.99"), None, (8, "0.99"),
    ]  # fmt: skip


def test_what_a_request_had_reserved_makes_no_debt_older(office: Office, freeze: Callable[[datetime], None]) -> None:
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    freeze(begin)
    recharge = office.recharge("100.00")
    office.issued("60.00")
    office.apply("40.00")
    for days, amount in ((1, "40.00"), (2, "5.00")):
        freeze(begin + timedelta(days=days))
        office.refund(recharge, amount)
    session.rollback()
    (item,) = work.items(Kind.DEBT, JUNE)
    assert (str(item.amount), item.since) == ("5.00", begin + timedelta(days=2))


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
    refuse_all_mails()
    assert open_items(Kind.MAIL) == [("accounts.payable@lumen.example", None, (number,))]
    assert [item.mail for item in work.items(Kind.MAIL, JUNE)] == ["submitted"]
    assert counted() == 1


def test_a_notice_that_failed_is_settled_by_the_invoice_and_an_invoice_by_itself(office: Office) -> None:
    office.recharge("100.00")
    number = office.issued("80.00")
    refuse_all_mails()
    assert [item[2] for item in open_items(Kind.MAIL)] == [(number,), (number,)]
    with transaction():
        recipients.send_again(
            office.cast.ada.actor, number, recipient="accounts.payable@lumen.example", email="new@lumen.example",
            now=clock.now(),
        )  # fmt: skip
    assert [item[0] for item in open_items(Kind.MAIL)] == ["accounts.payable@lumen.example"]
    with transaction():
        for message in session.query(Message).where(Message.state == "queued"):
            message.state, message.accepted_at = "accepted", clock.now()
    assert (open_items(Kind.MAIL), counted()) == ([], 0)
    with transaction():
        for message in session.query(Message).where(Message.template == "issued"):
            message.state, message.accepted_at, message.follows_id = "failed", None, None
        session.query(Message).where(Message.recipient == "new@lumen.example").update(
            {"state": "accepted", "accepted_at": clock.now()}
        )
    assert len(open_items(Kind.MAIL)) == 1, "what one recipient got is not what another got"


def test_what_managers_are_told_does_not_settle_a_question_that_failed(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("80.00")
    with transaction():
        found = queries.by_number(number)
        holds.ask(office.cast.rita.actor, found, "Which contract?", first=None, now=clock.now())
    refuse_all_mails()
    with transaction():
        told = {"count": 0, "requests": [], "person": "Max"}
        delivery.queue("flagged", "max@backoffice.example", "en", told, at=clock.now(), about=(ABOUT, found.id))
    with transaction():
        session.query(Message).where(Message.template == "flagged").update(
            {"state": "accepted", "accepted_at": clock.now()}
        )
    assert sorted(item.mail for item in work.items(Kind.MAIL, JUNE)) == ["information_wanted", "submitted"]


def test_a_provisional_or_missing_year_matters_from_november_of_the_year_before(office: Office) -> None:
    assert open_items(Kind.CALENDAR, JUNE) == []
    assert open_items(Kind.CALENDAR, NOVEMBER) == [("2027", None, ())]
    # Nobody has brought the next year: it matters as early, and before that once a promise reaches into it.
    with transaction():
        session.execute(delete(CalendarYear).where(CalendarYear.year == 2027))
    assert open_items(Kind.CALENDAR, JUNE) == []
    office.recharge("100.00")
    promised = office.apply("80.00")
    with transaction():
        far = {"due_on": date(2027, 1, 4), "due_at": datetime(2027, 1, 4, 16, tzinfo=UTC)}
        session.execute(update(InvoiceRequest).where(InvoiceRequest.number == promised).values(far))
    for today in (JUNE, NOVEMBER):
        assert [(one.about, str(one.detail)) for one in work.items(Kind.CALENDAR, today)] == [
            ("2027", "The calendar of 2027 is missing: it is counted by weekdays alone.")
        ]


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
    for kind in work.counts().values():
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
