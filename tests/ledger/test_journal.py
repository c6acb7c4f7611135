"""The journal: a line for whatever moves, the balance of any past day, and a month to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import exc, func, insert, select, text

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerMovement
from backoffice.ledger.queries import months
from backoffice.ledger.rules import FIGURES, Figures
from tests.support.office import Office, contradictions

MARCH = date(2026, 3, 1)


def shanghai(day: int, hour: int = 12, minute: int = 0, month: int = 3) -> datetime:
    """An instant by the installation's clock, eight hours ahead of UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def journal(account_id: int) -> list[tuple[str, dict[str, str]]]:
    """Kind and what moved of each line, oldest first; figures that stood still are left out."""
    session.rollback()
    lines = session.scalars(queries.movements_of(account_id).order_by(LedgerMovement.id))
    return [
        (line.kind, {name: str(getattr(line.moved, name)) for name in FIGURES if getattr(line.moved, name)})
        for line in lines
    ]


def told(figures: Figures) -> dict[str, str]:
    """The figures that are not zero."""
    return {name: str(getattr(figures, name)) for name in FIGURES if getattr(figures, name)}


def test_every_verb_is_a_line_that_says_what_moved(office: Office) -> None:
    first = office.recharge("100.00")
    issued, kept = office.apply("40.00"), office.apply("60.00")
    office.approve(issued)
    assert office.issue(issued)
    office.refund(first, "70.00")
    office.recharge("50.00")
    office.withdraw(kept)
    assert journal(office.cast.lumen) == [
        ("recharge", {"recharged": "100.00", "free": "100.00"}),
        ("reserve", {"free": "-40.00", "reserved": "40.00"}),
        ("reserve", {"free": "-60.00", "reserved": "60.00"}),
        ("settle", {"reserved": "-40.00", "invoiced": "40.00"}),
        # First it looks like debt; then the reservation gives way and is short, for nothing else is free.
        ("refund", {"refunded": "70.00", "debt": "70.00"}),
        ("reallocate", {"debt": "-60.00", "short": "60.00"}),
        ("recharge", {"recharged": "50.00", "free": "50.00"}),
        ("cover", {"free": "-50.00", "short": "-50.00"}),
        ("release", {"free": "50.00", "reserved": "-60.00", "short": "-10.00"}),
    ]
    assert told(queries.balance(office.cast.lumen)) == {
        "recharged": "150.00", "refunded": "70.00", "free": "50.00", "invoiced": "40.00", "debt": "10.00",
    }  # fmt: skip
    assert contradictions() == []


def test_a_balance_in_the_past_is_what_the_books_said_then(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(shanghai(10, 23, 59))
    recharge = office.recharge("100.00")
    freeze(shanghai(11, 0, 0))
    number = office.apply("80.00")
    freeze(shanghai(20))
    office.refund(recharge, "30.00")
    lumen = office.cast.lumen
    assert told(queries.balance_on(lumen, date(2026, 3, 9))) == {}
    assert told(queries.balance_on(lumen, date(2026, 3, 10))) == {"recharged": "100.00", "free": "100.00"}
    assert told(queries.balance_on(lumen, date(2026, 3, 11))) == {
        "recharged": "100.00", "free": "20.00", "reserved": "80.00",
    }  # fmt: skip
    # A recharge of an earlier day that is told only now does not change what could be invoiced then.
    office.recharge("500.00", occurred_at=shanghai(1))
    assert told(queries.balance_on(lumen, date(2026, 3, 19)))["free"] == "20.00"
    assert queries.balance_on(lumen, date(2026, 3, 20)) == queries.balance(lumen)
    assert office.short(number) == "0.00"


def test_a_clock_that_goes_back_does_not_turn_the_journal_round(
    office: Office, freeze: Callable[[datetime], None]
) -> None:
    freeze(shanghai(10))
    office.recharge("100.00")
    freeze(shanghai(9))
    office.apply("40.00")
    lines = session.scalars(queries.movements_of(office.cast.lumen).order_by(LedgerMovement.id)).all()
    assert [line.at for line in lines] == [shanghai(10), shanghai(10)]
    assert told(queries.balance_on(office.cast.lumen, date(2026, 3, 9))) == {}
    assert contradictions() == []


def test_a_month_adds_up_to_the_cent_and_agrees_with_what_was_issued(
    office: Office, freeze: Callable[[datetime], None]
) -> None:
    freeze(shanghai(28, month=2))
    first = office.recharge("100.00")
    freeze(shanghai(5))
    office.recharge("200.01", to="yunqi")
    office.issued("33.33")
    freeze(shanghai(31, 23, 59))
    office.issued("150.00", office.cast.bo)
    office.refund(first, "80.00")
    freeze(shanghai(1, 0, 0, month=4))
    office.issued("0.01", office.cast.bo) if office.invoiceable(office.cast.yunqi) == "0.01" else None
    lumen, yunqi = office.cast.lumen, office.cast.yunqi
    each = months.reconcile(MARCH, [lumen, yunqi])
    assert told(each[lumen].opening) == {"recharged": "100.00", "free": "100.00"}
    assert told(each[lumen].moved) == {
        "refunded": "80.00", "free": "-100.00", "invoiced": "33.33", "debt": "13.33",
    }  # fmt: skip
    assert told(each[yunqi].moved) == {"recharged": "200.01", "free": "50.01", "invoiced": "150.00"}
    together = months.reconcile_all(MARCH)
    assert together.opening == each[lumen].opening + each[yunqi].opening
    assert together.closing == each[lumen].closing + each[yunqi].closing
    assert {month.difference for month in (*each.values(), together)} == {Figures().free}
    assert told(months.reconcile_all(date(2026, 1, 1)).closing) == {}


def test_a_refund_a_second_time_or_a_failed_recharge_moves_nothing(office: Office) -> None:
    recharge = office.recharge("100.00")
    office.book(office.line("refund", "30.00", "F-1", refund_of=recharge))
    before = journal(office.cast.lumen)
    office.book(office.line("refund", "30.00", "F-1", refund_of=recharge))
    office.book(office.line("recharge", "10.00", "R-x", status="pending"))
    office.book(office.line("recharge", "10.00", "R-x", status="failed"))
    office.book(office.line("consumption", "5.00", "C-1"), office.line("grant", "5.00", "G-1"))
    assert journal(office.cast.lumen) == before


def test_no_line_can_be_edited_deleted_or_made_unbalanced(office: Office) -> None:
    office.recharge("100.00")
    for statement in ("UPDATE ledger_movement SET free = free", "DELETE FROM ledger_movement"):
        with pytest.raises(exc.DBAPIError, match="a movement of money"), transaction():
            session.execute(text(statement))
    session.rollback()
    line = session.scalars(select(LedgerMovement)).first()
    assert line is not None
    values = {column.key: getattr(line, column.key) for column in LedgerMovement.__table__.columns}
    count = session.scalar(select(func.count()).select_from(LedgerMovement))
    for wrong in ("free", "free_after"):
        with pytest.raises(exc.IntegrityError), transaction():
            session.execute(insert(LedgerMovement), {**values, "id": 99, wrong: values[wrong] + 1})
    session.rollback()
    assert session.scalar(select(func.count()).select_from(LedgerMovement)) == count


def test_days_add_up_by_the_local_day_of_each_entry(office: Office) -> None:
    late, early = shanghai(10, 23, 59), shanghai(11, 0, 0)
    office.book(
        office.line("recharge", "10.00", "R-1", occurred_at=late),
        office.line("recharge", "20.00", "R-2", occurred_at=early),
        office.line("grant", "5.00", "G-1", occurred_at=early),
        office.line("consumption", "1.50", "C-1", occurred_at=early),
        office.line("consumption", "2.50", "C-2", occurred_at=early),
        office.line("recharge", "7.00", "R-3", occurred_at=early, status="pending"),
    )
    office.book(office.line("recharge", "7.00", "R-3", occurred_at=late))
    told = queries.not_invoiceable(office.cast.lumen)
    assert (str(told.grants), str(told.consumption), str(told.pending)) == ("5.00", "4.00", "0.00")
    rows = session.execute(text("SELECT day, kind, entries, amount FROM ledger_day ORDER BY day, kind"))
    assert [(str(day), kind, entries, amount) for day, kind, entries, amount in rows] == [
        ("2026-03-10", "recharge", 2, 1700),
        ("2026-03-11", "consumption", 2, 400),
        ("2026-03-11", "grant", 1, 500),
        ("2026-03-11", "recharge", 1, 2000),
    ]
    assert clock.zone().key == "Asia/Shanghai"
