"""The managers' page as a file says what the page says, for the same period and filters."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import openpyxl
import pypdf
import pytest

from tests.review.desk import Desk
from tests.sla.test_dashboard import history, shown
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database


def test_report_and_page_say_the_same(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=4, broken=2)
    manager = visit(desk.cast.max)
    page = manager.get("/sla?period=12w&kind=enterprise").text
    addresses = [found.replace("&amp;", "&") for found in re.findall(r'href="(/sla/report\.[^"]+)"', page)]
    assert addresses == [f"/sla/report.{ending}?period=12w&kind=enterprise" for ending in ("pdf", "xlsx")]
    pdf, xlsx = (manager.get(address) for address in addresses)
    assert (pdf.mimetype, pdf.headers["Content-Disposition"].split(";")[0]) == ("application/pdf", "attachment")
    words = " ".join(" ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf.data)).pages).split())
    for said in ("Service level", "Header type: Enterprise", "By reviewer", "Backlog, in and out", "Target: 95%"):
        assert said in words
    book = openpyxl.load_workbook(io.BytesIO(xlsx.data))
    cards = {row[0]: row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}
    for label, name in (
        ("Open requests", "open"),
        ("Overdue", "overdue"),
        ("Rejected", "rejected"),
        ("On time", "on-time"),
    ):
        assert cards[label] == shown(page, name)
    reviewers = next(sheet for sheet in book.worksheets if "By reviewer" in sheet.title)
    ((who, *figures),) = reviewers.iter_rows(min_row=2, max_col=6, values_only=True)
    assert (who, figures) == ("Rita Moreau", [0, 6, pytest.approx(4 / 6, abs=1e-6), 2, 6])


def test_a_file_is_not_made_of_filters_that_cannot_be_followed(desk: Desk, visit: Callable[..., Visitor]) -> None:
    manager = visit(desk.cast.max)
    for query in ("kind=martian", "from=yesterday", "unknown=1"):
        assert manager.get(f"/sla/report.pdf?{query}").status_code == 404
    assert manager.get("/sla/report.doc").status_code == 404
    assert manager.get("/sla/report.xlsx").status_code == 200, "of an empty installation, too"
    manager.get("/sla")
    manager.submit(button="中文")
    chinese = pypdf.PdfReader(io.BytesIO(manager.get("/sla/report.pdf").data))
    assert "服务时效" in chinese.pages[0].extract_text().replace("\n", "")
