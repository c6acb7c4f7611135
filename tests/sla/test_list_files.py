"""The lists behind the figures as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from backoffice import clock
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest
from backoffice.sla.queries import lists
from backoffice.sla.queries.lists import NOW, Asked, Figure
from backoffice.sla.views.asking import CELLS
from tests.review.desk import Desk
from tests.sla.test_dashboard import history
from tests.support.visitor import Visitor


def rows_of(manager: Visitor, address: str) -> list[dict[str, str]]:
    """What a CSV file holds, by heading."""
    answer = manager.get(address)
    assert answer.status_code == 200, address
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def test_a_file_holds_the_rows_of_its_figure(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=3, broken=2)
    manager = visit(desk.cast.max)
    with desk.app.app_context():
        asked = Asked(clock.today().replace(day=1), clock.today())
        whole = [one for one in Figure if one not in CELLS]
        counted = {one: lists.total(one, asked, clock.now()) for one in whole}
        session.remove()
    for figure, told in counted.items():
        days = "" if figure in NOW else f"?from={asked.since}&to={asked.until}"
        rows = rows_of(manager, f"/sla/requests/{figure}.csv{days}")
        assert len(rows) == told.number, figure
        assert sum(Decimal(row["Amount"]) for row in rows) == told.amount, figure
    assert {one: counted[one].number for one in (Figure.MET, Figure.MISSED, Figure.OPEN)} == {
        Figure.MET: 3, Figure.MISSED: 3, Figure.OPEN: 2,
    }  # fmt: skip


def test_a_file_says_what_became_of_each_promise(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=1, broken=1)
    manager = visit(desk.cast.max)
    due = {row["Request"]: row for row in rows_of(manager, "/sla/requests/due-in-period.csv")}
    columns = "Promise", "Status", "Amount", "Reason of the rejection"
    told = sorted(tuple(row[name] for name in columns) for row in due.values())
    assert told == [
        ("", "Pending", "30.00", ""),
        ("Kept", "Rejected", "100.00", "Another reason"),
        ("Missed", "Rejected", "7.00", "Another reason"),
    ]
    with desk.app.app_context():
        late = select(func.count()).where(InvoiceRequest.closed_at.is_(None), InvoiceRequest.due_at < clock.now())
        assert session.scalar(late) == 1
    kept = next(row for row in due.values() if row["Promise"] == "Kept")
    assert (kept["Header type"], kept["Customer account"]) == ("Enterprise", "Lumen Robotics")
    assert (float(kept["Business hours"]), kept["Of these on hold"]) == (48.0, "0.0")


def test_a_list_offers_no_filter_that_does_not_narrow_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=1, broken=0)
    manager = visit(desk.cast.max)
    rita = desk.cast.rita.id
    for address, applies in (
        ("open?from=2026-11-01", False), ("will-miss?period=12w", False), (f"open?reviewer={rita}", True),
        (f"received?reviewer={rita}", False), ("received?from=2026-11-01", True), (f"closed?reviewer={rita}", True),
    ):  # fmt: skip
        page = manager.get(f"/sla/requests/{address}").text
        assert ("This list has no such filter." in page) is not applies, address
        assert ('class="chip' in page) is applies, address
        with manager.get(f"/sla/requests/{address.replace('?', '.csv?')}") as answer:
            assert answer.get_data()
            assert answer.status_code == (200 if applies else 404), address


def test_a_spreadsheet_keeps_the_filters_of_its_page(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=1, broken=0)
    manager = visit(desk.cast.max)
    page = manager.get("/sla/requests/open?kind=enterprise").text
    assert 'href="/sla/requests/open.xlsx?kind=enterprise"' in page
    book = load_workbook(io.BytesIO(manager.get("/sla/requests/open.xlsx?kind=enterprise").get_data()))
    assert [cell.value for cell in book.active["E"]] == ["Amount", 30, 500]
    assert rows_of(manager, "/sla/requests/open.csv?kind=personal") == []


@pytest.mark.one_database
@pytest.mark.parametrize("address", [
    "nothing.csv", "open.pdf", "met.csv?cell=3", "age.csv", "met.csv?from=2026-13-01", "met.csv?band=9",
])  # fmt: skip
def test_no_file_of_another_list_than_was_asked_for(desk: Desk, visit: Callable[..., Visitor], address: str) -> None:
    assert visit(desk.cast.max).get(f"/sla/requests/{address}").status_code == 404
