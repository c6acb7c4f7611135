"""The monthly reconciliation: page, files, months, and that a difference would be seen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import openpyxl
import pytest
from flask import Flask

from backoffice.ledger import queries as ledger
from backoffice.ledger.queries import Month
from backoffice.ledger.rules import Figures
from backoffice.money import CENT
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

FEBRUARY, MARCH = datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def two_months(app: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> Cast:
    """Lumen pays in February, is invoiced and refunded in March; Yunqi pays in March."""
    freeze(FEBRUARY)
    with app.app_context():
        office = Office(cast)
        recharge = office.recharge("100.00")
        freeze(MARCH)
        office.issued("33.33")
        office.apply("10.00")
        office.refund(recharge, "80.00")
        office.recharge("20.01", to="yunqi")
    return cast


def test_the_page_shows_the_equation_and_the_register(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    max_ = visit(two_months.max)
    max_.get("/review/books?month=2026-03")
    assert "Every cent is accounted for" in max_.page.text
    assert "120.01 − 80.00 = 20.01 + 10.00 + 33.33 − 13.33 − 10.00" in max_.page.text
    assert "The register holds 1 invoice of this month over ¥33.33" in max_.page.text
    max_.get("/review/books?month=2026-02")
    assert "100.00 − 0.00 = 100.00 + 0.00 + 0.00 − 0.00 − 0.00" in max_.page.text
    assert "The month is not over" not in max_.page.text


def test_the_present_month_is_shown_first_and_said_to_be_unfinished(
    two_months: Cast, visit: Callable[..., Visitor]
) -> None:
    otto = visit(two_months.otto)
    otto.get("/review/books")
    assert "March 2026" in otto.page.text
    assert "The month is not over" in otto.page.text
    assert re.findall(r'<option value="([0-9-]+)"', otto.page.text) == ["2026-03", "2026-02"]


@pytest.mark.parametrize("month", ["2026-13", "x", "1999-01", "2026-1", "2026-01-01"])
def test_a_month_that_is_none_is_not_found(cast: Cast, visit: Callable[..., Visitor], month: str) -> None:
    assert visit(cast.max).get(f"/review/books?month={month}").status_code == 404


def test_the_files_hold_a_line_for_each_account(two_months: Cast, visit: Callable[..., Visitor]) -> None:
    rita = visit(two_months.rita)
    text = rita.client.get("/review/books.csv?month=2026-03").get_data().decode("utf-8-sig")
    rows = {row["Account code"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["lumen"]["Free at the beginning"] == "100.00"
    assert rows["lumen"]["Debt"] == "13.33"
    assert rows["yunqi"]["Free"] == "20.01"
    assert {row["Difference"] for row in rows.values()} == {"0.00"}
    sheet = openpyxl.load_workbook(io.BytesIO(rita.client.get("/review/books.xlsx?month=2026-03").data)).active
    assert sheet is not None
    head, *lines = sheet.iter_rows(values_only=True)
    debt = head.index("Debt")
    assert {line[0]: line[debt] for line in lines} == {"lumen": 13.33, "yunqi": 0}


def test_a_difference_would_be_shown(
    two_months: Cast, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses a line that does not balance, so the page is shown one that it never could hold."""
    wrong = Month(Figures(), Figures(recharged=CENT))
    monkeypatch.setattr(ledger, "reconcile_all", lambda first: wrong)
    max_ = visit(two_months.max)
    max_.get("/review/books?month=2026-03")
    assert "The books do not add up" in max_.page.text
    assert "Every cent is accounted for" not in max_.page.text
