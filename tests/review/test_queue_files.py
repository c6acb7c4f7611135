"""The queue's lists as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from backoffice.review.services import claims
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases


def rows_of(reviewer: Visitor, address: str) -> list[dict[str, str]]:
    """What a CSV file holds, by heading."""
    answer = reviewer.get(address)
    assert answer.status_code == 200, address
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def test_a_file_holds_what_the_list_shows_in_its_order(desk: Desk, visit: Callable[..., Visitor]) -> None:
    small, large = desk.apply(amount="5.00", days_ago=1), desk.apply(amount="900.00", days_ago=3)
    desk.run(claims.claim, desk.cast.rui.actor, small, now=NOW)
    rita = visit(desk.cast.rita)
    told = rows_of(rita, "/review/queue.csv?sort=-amount")
    assert [(row["Request"], row["Amount"], row["Assignee"]) for row in told] == [
        (large, "900.00", ""), (small, "5.00", desk.cast.rui.name),
    ]  # fmt: skip
    assert {(row["Status"], row["Header type"], row["Customer account"]) for row in told} == {
        ("Pending", "Enterprise", "Lumen Robotics")
    }
    assert told[0]["Tax ID"].isalnum()
    assert [row["Request"] for row in rows_of(rita, "/review/queue.csv?max=10")] == [small]
    assert rows_of(rita, "/review/queue.csv?view=issued") == []


def test_a_page_leads_to_the_file_of_its_own_filters(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(amount="5.00", days_ago=1)
    rita = visit(desk.cast.rita)
    page = rita.get("/review?view=all&max=10").text
    address = "/review/queue.xlsx?view=all&amp;max=10"
    assert f'href="{address}"' in page
    book = load_workbook(io.BytesIO(rita.get(address.replace("&amp;", "&")).get_data()))
    assert [cell.value for cell in book.active["A"]] == ["Request", number]
    assert rita.get("/review/queue.csv?max=much").status_code == 404
