"""What a credit note takes back of an invoice: debt is closed first, the rest can be invoiced again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import exc, select, text

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid
from backoffice.ledger import queries
from backoffice.ledger.models import Allocation, LedgerMovement
from backoffice.ledger.queries import months
from backoffice.ledger.rules import FIGURES
from backoffice.review.queries import work
from tests.support.office import Office, contradictions

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _books_agree(office: Office) -> object:
    yield
    assert contradictions() == []
    assert months.recount() == months.reconcile_all(clock.today().replace(day=1)).closing


def credits_of(account_id: int) -> list[dict[str, str]]:
    """What each credit moved, oldest first."""
    session.rollback()
    lines = session.scalars(
        queries.movements_of(account_id).where(LedgerMovement.kind == "credit").order_by(LedgerMovement.id)
    )
    return [{name: str(getattr(line.moved, name)) for name in FIGURES if getattr(line.moved, name)} for line in lines]


def test_debt_is_closed_first_and_the_rest_is_free_again(office: Office) -> None:
    recharge = office.recharge("100.00")
    number = office.issued("90.00")
    office.refund(recharge, "50.00")
    assert str(queries.invoice_debt(office.cast.lumen)) == "40.00"
    office.credit(number, {"R-1": "30.00"})
    assert str(queries.invoice_debt(office.cast.lumen)) == "10.00"
    assert (office.counters(), office.invoiceable()) == (("50.00", "0.00", "60.00"), "0.00")
    office.credit(number, {"R-1": "25.00"})
    assert str(queries.invoice_debt(office.cast.lumen)) == "0.00"
    assert (office.counters(), office.invoiceable()) == (("50.00", "0.00", "35.00"), "15.00")
    assert credits_of(office.cast.lumen) == [
        {"invoiced": "-30.00", "debt": "-30.00"},
        {"free": "15.00", "invoiced": "-25.00", "debt": "-10.00"},
    ]
    (part,) = queries.parts_of(office.request(number).id)
    assert (str(part.amount), str(part.credited)) == ("90.00", "55.00")


def test_one_credit_takes_from_several_recharges(office: Office) -> None:
    office.recharge("30.00")
    office.recharge("70.00")
    number = office.issued("100.00")
    office.credit(number, {"R-1": "30.00", "R-2": "20.00"})
    assert credits_of(office.cast.lumen) == [
        {"free": "30.00", "invoiced": "-30.00"}, {"free": "20.00", "invoiced": "-20.00"},
    ]  # fmt: skip
    assert [(str(p.amount), str(p.credited)) for p in queries.parts_of(office.request(number).id)] == [
        ("30.00", "30.00"), ("70.00", "20.00"),
    ]  # fmt: skip
    assert office.parts(office.apply("50.00")) == [("R-1", "30.00"), ("R-2", "20.00")]


def test_what_is_free_again_covers_short_requests_oldest_first(office: Office) -> None:
    office.recharge("100.00")
    number = office.issued("100.00")
    second = office.recharge("100.00")
    older, newer = office.apply("50.00"), office.apply("50.00")
    office.refund(second, "100.00")
    office.credit(number, {"R-1": "60.00"})
    assert (office.short(older), office.short(newer), office.invoiceable()) == ("0.00", "40.00", "0.00")


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"R-1": "60.01"}, "line-1"),  # beside the line it is too much for
        ({"R-1": "60.00", "R-2": "0.01"}, "amount"),
        ({"R-1": "0.00"}, "amount"),
        ({}, "amount"),
    ],
)
def test_never_more_than_is_left_and_never_nothing(office: Office, parts: dict[str, str], field: str) -> None:
    office.recharge("100.00")
    office.recharge("100.00")
    number = office.issued("100.00")
    office.credit(number, {"R-1": "40.00"})
    with pytest.raises(Invalid) as refused:
        office.credit(number, parts)
    assert list(refused.value.fields) == [field]
    assert office.counters() == ("200.00", "0.00", "60.00")
    office.credit(number, {"R-1": "60.00"})
    assert office.counters() == ("200.00", "0.00", "0.00")


def test_only_what_is_invoiced_can_be_credited(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("50.00")
    with pytest.raises(Conflict):
        office.credit(number, {"R-1": "10.00"})
    office.withdraw(number)
    with pytest.raises(Conflict):
        office.credit(number, {"R-1": "10.00"})
    assert credits_of(office.cast.lumen) == []


def test_the_work_item_of_a_debt_closes_by_itself(office: Office) -> None:
    recharge = office.recharge("100.00")
    whole, part = office.issued("60.00"), office.issued("40.00")
    office.refund(recharge, "75.00")
    (item,) = work.items(work.Kind.DEBT, TODAY)
    assert (item.about, str(item.amount), item.requests) == (recharge, "75.00", (whole, part))
    office.credit(whole, {"R-1": "60.00"})
    (item,) = work.items(work.Kind.DEBT, TODAY)
    assert (str(item.amount), item.requests) == ("15.00", (part,)), "one credited in full needs no other credit note"
    assert session.scalar(select(work.counts()[work.Kind.DEBT])) == 1
    office.credit(part, {"R-1": "15.00"})
    assert work.items(work.Kind.DEBT, TODAY) == []
    assert session.scalar(select(work.counts()[work.Kind.DEBT])) == 0


def test_a_refund_after_a_credit_finds_the_free_part(office: Office) -> None:
    recharge = office.recharge("100.00")
    office.credit(office.issued("100.00"), {"R-1": "30.00"})
    office.refund(recharge, "40.00")
    assert str(queries.invoice_debt(office.cast.lumen)) == "10.00"


def test_a_credit_counts_from_its_own_day(office: Office, freeze: Callable[[datetime], None]) -> None:
    freeze(datetime(2026, 3, 2, tzinfo=UTC))  # not the end of a month, where the next one would have the credit
    office.recharge("100.00")
    number, day = office.issued("100.00"), clock.today()
    freeze(clock.now() + timedelta(days=2))
    office.credit(number, {"R-1": "30.00"})
    assert [str(queries.balance_on(office.cast.lumen, day + timedelta(days=n)).invoiced) for n in (0, 1, 2)] == [
        "100.00", "100.00", "70.00",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", ["credited = amount + 1", "credited = -1", "credited = 1, state = 'open'"])
def test_the_database_itself_keeps_credits_within_their_part(office: Office, wrong: str) -> None:
    office.recharge("100.00")
    office.issued("100.00")
    session.rollback()
    with pytest.raises(exc.IntegrityError), transaction():
        session.execute(text(f"UPDATE ledger_allocation SET {wrong}"))
    session.rollback()
    assert session.scalar(select(Allocation.credited)) == Decimal(0)
