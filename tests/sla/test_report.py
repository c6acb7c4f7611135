"""The report as PDF and as a spreadsheet: the same figures, both languages' signs, the same bytes each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from backoffice.sla import report
from backoffice.sla.charts.chart import Chart, Ink, Kind, Point, Series, Stroke, Target
from backoffice.sla.report.contents import Card, Cell, Column, Report, Table, Words, composed

WORDS = Words(
    "制作于 30 Nov",
    "第 {page} 页，共 {pages} 页",
    "没有可显示的内容",
    "指标",
    "项目",
    "数值",
    "备注",
    "单位",
    "金额合计",
)


@pytest.fixture
def wording() -> Flask:
    """An application that knows the languages and the zone, and nothing else."""
    app = Flask("backoffice")
    app.config["BACKOFFICE_SETTINGS"] = SimpleNamespace(timezone="Asia/Shanghai", currency="CNY")
    Babel(app)
    return app


def chart(kind: Kind, places: int = 9) -> Chart:
    """One of each ink and stroke, with a target."""
    series = tuple(
        Series(ink.value, tuple(Point(f"W{at}", at + 0.5, f"{at}.5") for at in range(places)), ink, stroke)
        for ink, stroke in zip(Ink, [*Stroke, *Stroke], strict=False)
    )
    return Chart(kind.value, f"图 {kind.value}", kind, series, "周", "摘要", Target(5, "目标 5"))


def full(rows: int = 50) -> Report:
    """A report of several pages with everything in it."""
    columns = (Column("Header"), Column("Tax ID", "code"), Column("Amount", "money"), Column("Open", "number"),
               Column("Pace", "decimal"), Column("On time", "share"), Column("Due", "day"))  # fmt: skip
    row = (Cell("=1+1 欧阳 😀 Łukasz", "=1+1 欧阳 😀 Łukasz"), Cell("911100000000001520", "911100000000001520"),
           Cell(Decimal("1234.50"), "1,234.50"), Cell(7, "7"), Cell(1.25, "1.3"), Cell(0.932, "93.2%"),
           Cell(date(2026, 11, 30), "30 Nov 2026"))  # fmt: skip
    return Report(
        "Service level", "明流科技", "2026-11", ("Reviewer: Ada", "Type: special"),
        tuple(Card(f"Figure {at}", "95", "22 unassigned", Ink.BAD) for at in range(6)),
        (*map(chart, Kind), Chart("none", "Nothing", Kind.LINES, (), "W"), chart(Kind.COLUMNS, 60)),
        (Table("By header", columns, (row,) * rows, "A note."), Table("By header", columns, ())),
        datetime(2026, 11, 30, 7, tzinfo=UTC), "en", WORDS,
    )  # fmt: skip


def test_the_pdf_says_everything_on_numbered_pages() -> None:
    made = report.pdf(full())
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(made)).pages]
    words = "\n".join(pages)
    for number, page in enumerate(pages, 1):
        assert f"第 {number} 页，共 {len(pages)} 页" in page
    for wanted in ("明流科技", "Reviewer: Ada · Type: special", "22 unassigned", "图 areas", "摘要", "目标 5",
                   "没有可显示的内容", "=1+1 欧阳 □ Łukasz", "911100000000001520", "A note."):  # fmt: skip
        assert wanted in words
    assert words.count("93.2%") == 50
    assert all("Tax ID" in page for page in pages if "93.2%" in page), "the labels stand on every page"
    assert report.pdf(full()) == made, "the same report, the same bytes"
    assert report.pdf(replace(full(), title="Other")) != made


def pages_of(made: Report) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(report.pdf(made))).pages]


@pytest.mark.parametrize("rows", range(36, 44))
def test_a_table_goes_on_with_its_title_and_no_row_stands_alone(rows: int) -> None:
    columns = Column("Header"), Column("Open", "number")
    lines = tuple((Cell(f"row {at}", f"row {at}"), Cell(at, str(at))) for at in range(rows))
    first = Table("First", columns, lines[:3])
    long = Table("By reason", columns, lines)
    pages = pages_of(replace(full(), cards=(), charts=(), tables=(first, long)))
    counts = [page.split("By reason")[-1].count("row ") if "By reason" in page else 0 for page in pages]
    assert sum(counts) == rows, "each page that has rows has the title above them"
    assert all(count != 1 for count in counts)
    assert [page.count("row ") for page in pages] == [counts[0] + 3, *counts[1:]]


def test_the_end_of_a_page_is_used_by_what_fits_there() -> None:
    columns = Column("Header"), Column("Open", "number")
    small = Table("Small", columns, ((Cell("a", "a"), Cell(1, "1")),) * 2)
    long = Table("Long", columns, ((Cell("b", "b"), Cell(1, "1")),) * 25)
    charts = tuple(replace(chart(Kind.LINES), key=f"c{at}", title=f"Chart {at}") for at in range(6))
    one, two = pages_of(replace(full(), charts=charts, tables=(long, small)))[:2]
    assert ("Chart 3" in one, "Small" in one, "Chart 4" in one) == (True, True, False)
    assert ("Chart 4" in two, "Long" in two) == (True, True)


def test_tables_of_charts_stand_beside_each_other() -> None:
    columns = Column("Header"), Column("Open", "number")
    tables = tuple(
        Table(f"Table {at}", columns, ((Cell("a", "a"), Cell(1, "1")),) * 30, chart=f"c{at}") for at in range(4)
    )
    empty = replace(full(), cards=(), charts=())
    assert [page.count("Table ") for page in pages_of(replace(empty, tables=tables))] == [2, 2]
    long = tuple(replace(table, rows=table.rows * 2) for table in tables[:2])
    assert len(pages_of(replace(empty, tables=long))) == 4, "too long to stand beside each other"


def test_an_empty_report_is_one_page() -> None:
    empty = replace(full(), cards=(), charts=(), tables=(), filters=())
    assert len(pypdf.PdfReader(BytesIO(report.pdf(empty))).pages) == 1


def test_a_row_has_as_many_cells_as_columns() -> None:
    with pytest.raises(ValueError, match="cells"):
        Table("t", (Column("a"),), ((),))


def test_the_spreadsheet_has_a_sheet_for_each_table_and_runs_nothing(wording: Flask) -> None:
    with wording.test_request_context("/"), report.xlsx(full(2)) as file:
        book = openpyxl.load_workbook(BytesIO(file.read()))
    names = book.sheetnames
    assert len(names) == 1 + 6 + 2
    assert names[0] == "1 指标"
    assert names[-2:] == ["8 By header", "9 By header"]
    first = list(book[names[0]].values)
    assert ("Figure 0", "95", None, None, "22 unassigned") in first
    sheet = book[names[-2]]
    cells = [sheet.cell(2, at) for at in range(1, 8)]
    assert [cell.data_type for cell in cells] == ["s", "s", "n", "n", "n", "n", "d"], "no formula, tax IDs are text"
    assert [cells[0].value, cells[1].value, cells[3].value] == ["=1+1 欧阳 😀 Łukasz", "911100000000001520", 7]
    assert cells[5].value == pytest.approx(0.932)
    assert cells[5].number_format == "0.0%"
    plot = list(book[names[1]].values)
    assert plot[0] == ("周", *(ink.value for ink in Ink))
    assert plot[1][1] == pytest.approx(0.5)


def test_the_words_follow_the_reader(wording: Flask) -> None:
    with wording.test_request_context("/"):
        for language, tag, page in (("en", "en", "Page 2 of 3"), ("zh", "zh-CN", "第 2 页，共 3 页")):
            with force_locale(language):
                made = composed(title="t", issuer="", period="", filters=(), cards=(), charts=(), tables=(),
                                made_at=datetime(2026, 11, 30, 7, tzinfo=UTC))  # fmt: skip
            assert made.language == tag
            assert made.words.page.format(page=2, pages=3) == page
