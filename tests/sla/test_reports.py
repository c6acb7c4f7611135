"""The managers' page as a file says what the page says, for the same period and filters."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime

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
    for said in (
        "¥530.00",
        "6+ 1 ¥30.00",
        "Service level",
        "Header type: Enterprise",
        "By reviewer",
        "Backlog, in and out",
        "Target: 95%",
    ):
        assert said in words
    book = openpyxl.load_workbook(io.BytesIO(xlsx.data))
    cards = {row[0]: row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}
    for label, name in (("Open requests", "open"), ("Overdue", "overdue"), ("Rejected", "rejected")):
        assert cards[label] == int(shown(page, name))
    assert f"{cards['On time']:.1%}" == shown(page, "on-time")
    reviewers = next(sheet for sheet in book.worksheets if "By reviewer" in sheet.title)
    ((who, *figures),) = reviewers.iter_rows(min_row=2, max_col=6, values_only=True)
    assert (who, figures) == ("Rita Moreau", [0, 6, pytest.approx(4 / 6, abs=1e-6), 2, 6])


def test_figures_of_the_spreadsheet_are_numbers_with_their_formats(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=4, broken=2)
    manager = visit(desk.cast.max)
    manager.get("/sla")
    manager.submit(button="中文")
    book = openpyxl.load_workbook(io.BytesIO(manager.get("/sla/report.xlsx?period=12w").data))
    first = book.worksheets[0]
    assert [cell.value for cell in first[1]] == ["指标", "数值", "单位", "金额合计", "说明"]
    rows = {row[0].value: row for row in first.iter_rows(min_row=4)}
    for label, value, style, unit, amount, note in (
        ("未结申请", 2, "0", None, 530, None),
        ("按时率", pytest.approx(4 / 7), "0.0%", None, None, "7 件中 4 件 · 目标:95%"),
        ("办理时长中位数", 2.0, "0.0", "个工作日", None,
         "6 件已办结申请中，九成在 14.6 个、百分之九十五在 14.6 个工作日内"),
        ("最早", datetime.fromisoformat("2026-11-13"), "yyyy-mm-dd", None, None, "该日共 1 件"),
    ):  # fmt: skip
        name, figure, of, money, said = rows[label]
        assert (name.data_type, figure.value, figure.number_format) == ("s", value, style), label
        assert (of.value, money.value, said.value) == (unit, amount, note), label
        assert money.value is None or money.number_format == "[$¥]#,##0.00"
    assert {row[1].data_type for row in rows.values()} == {"n", "d"}, "not one figure is a text"
    ages = next(sheet for sheet in book.worksheets if "未结申请的账龄" in sheet.title)
    counted = list(ages.iter_rows(min_row=2, max_row=8, max_col=3))
    assert [sum(row[at].value for row in counted) for at in (1, 2)] == [2, 530], "the sums stand beside the counts"
    assert {row[2].number_format for row in counted} == {"[$¥]#,##0.00"}
    heads = {cell.value for sheet in book.worksheets for cell in sheet[1]}
    assert "应到期件数" in heads
    assert "到期日" not in heads


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
