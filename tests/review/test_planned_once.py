"""Plans of a page's statements are kept: to plan those of the desk takes longer than to run them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from backoffice.database import session, transaction
from backoffice.requests.models import InvoiceRequest
from tests.review.desk import Desk
from tests.support.sql import planned, statements
from tests.support.visitor import Visitor

_KEPT = text("SELECT statement, generic_plans FROM pg_prepared_statements")
PAGES = ("/review", "/review?view=issued", "/review?view=all&only=overdue", "/review/{number}", "/review/work")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.sqlite_only
def test_a_page_that_is_opened_again_plans_nothing(desk: Desk, visit: Callable[..., Visitor], path: str) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    with planned(desk.app) as made:
        rita.get(path.format(number=number))
        assert made, "what is planned is seen"
        made.clear()
        for _ in range(2):
            assert rita.get(path.format(number=number)).status_code == 200
    assert made == []


@pytest.mark.sqlite_only
def test_verdicts_between_pages_plan_nothing(desk: Desk, visit: Callable[..., Visitor]) -> None:
    numbers = [desk.apply() for _ in range(6)]
    rita = visit(desk.cast.rita)
    with planned(desk.app) as made:
        for number in numbers[:4]:
            made.clear()
            rita.get(f"/review/{number}")
            assert rita.submit({"remarks": ""}, button="Approve").status_code == 303
            rita.follow()
    assert made == []


@pytest.mark.postgres_only
def test_what_the_desk_asks_each_time_is_planned_for_any_values(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    for _ in range(8):  # five plans for the values come first
        for page in ("/review", f"/review/{number}", "/review?min=5", "/review?view=all&q=lumen"):
            assert rita.get(page).status_code == 200
    with desk.app.app_context():
        kept = [(row.statement, row.generic_plans) for row in session.execute(_KEPT)]
    by_size = sorted(kept, key=lambda one: -len(one[0]))
    # The request with all that there is one of, its account's others, and the counts of the queue.
    assert [generic > 0 for _, generic in by_size[:3]] == [True] * 3
    assert not [statement for statement, _ in kept if "amount >=" in statement.split("ORDER BY")[0][-300:]]
    assert not [statement for statement, _ in kept if "request_search" in statement], "a search is planned each time"


@pytest.mark.both_databases
def test_what_was_typed_stands_in_no_statement(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply()
    rita = visit(desk.cast.rita)
    with statements(desk.app) as sent:
        for asked in (
            "assignee=zq'x", "customer=zq'x", "q=zq'x@zq.example", "q=zqxzqx", "q=91310000MA1FZQXZQX", "min=777.77",
            "q=IR-20261123-777777", "from=2017-07-07", "due-from=2017-07-07",
        ):  # fmt: skip
            assert rita.get(f"/review?view=all&{asked}").status_code == 200
            assert rita.get(f"/review/queue.csv?view=all&{asked}").status_code in (200, 404)
    assert len(sent) > 20
    typed = re.compile(r"zq|777|91310000MA1FZQXZQX|2017-07", re.IGNORECASE)
    assert [found for statement in sent if (found := typed.findall(statement))] == []


@pytest.mark.postgres_only
def test_a_schema_that_changes_under_way_fails_a_page_once_at_most(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    for _ in range(8):
        rita.get(f"/review/{number}")
    with desk.app.app_context(), transaction():
        session.execute(text("ALTER TABLE invoice_request ALTER COLUMN remarks TYPE varchar(9999)"))
    rita.get(f"/review/{number}")
    assert [rita.get(f"/review/{number}").status_code for _ in range(3)] == [200] * 3


@pytest.mark.postgres_only
def test_a_transaction_that_fails_leaves_the_connection_of_use(desk: Desk) -> None:
    with desk.app.app_context():
        for _ in range(2):
            with pytest.raises(DBAPIError):
                session.execute(text("SELECT 1 / 0"))
            session.rollback()
            assert session.scalar(text("SELECT 1")) == 1
            with pytest.raises(DBAPIError), transaction():
                session.execute(text("SELECT 1 / 0"))
            assert session.scalar(text("SELECT 1")) == 1


@pytest.mark.both_databases
def test_a_transaction_that_ends_in_an_error_keeps_nothing(desk: Desk) -> None:
    number = desk.apply()

    def fail() -> None:
        with transaction():
            session.execute(update(InvoiceRequest).values(remarks="changed"))
            raise ZeroDivisionError

    with desk.app.app_context():
        with pytest.raises(ZeroDivisionError):
            fail()
        assert session.scalar(select(InvoiceRequest.remarks).where(InvoiceRequest.number == number)) == ""
