"""Files of lists: what a spreadsheet reads back, and what it must never run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from babel import Locale
from flask import Flask
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from backoffice.errors import Conflict
from backoffice.web import exports
from backoffice.web.cells import kept_as_text
from backoffice.web.exports import Column

COLUMNS = (
    Column("编号", "code", lambda row: row[0]),
    Column("Name", "text", lambda row: row[1]),
    Column("Amount", "amount", lambda row: row[2]),
    Column("Entries", "number", lambda row: row[3]),
    Column("Day", "day", lambda row: row[4]),
    Column("At", "instant", lambda row: row[5]),
)
AT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
PLAIN = ("IR-1", "上海流明机器人有限公司", Decimal("1409.50"), 3, date(2026, 11, 23), AT)
FORMULAS = (
    '=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1", "＝1+1", "＋1", "－1", "＠x",
)  # fmt: skip


@pytest.fixture(autouse=True)
def in_a_request() -> Iterator[None]:
    app = Flask(__name__)
    app.config["BACKOFFICE_SETTINGS"] = SimpleNamespace(timezone="Asia/Shanghai", currency="CNY")
    with app.test_request_context("/"):
        yield


def as_csv(*rows: Any) -> list[list[str]]:
    content = b"".join(exports.csv_lines(COLUMNS, rows)).decode()
    assert content.startswith("\ufeff"), "Excel reads UTF-8 by this mark"
    return list(csv.reader(io.StringIO(content[1:], newline="")))


def as_sheet(*rows: Any) -> Any:
    with exports.spreadsheet(COLUMNS, rows, "Invoices: 2026/11") as file:
        return load_workbook(io.BytesIO(file.seek(0) or file.read())).active


def test_csv_is_plain_and_exact() -> None:
    assert as_csv(PLAIN) == [
        ["编号", "Name", "Amount", "Entries", "Day", "At"],
        ["IR-1", "上海流明机器人有限公司", "1409.50", "3", "2026-11-23", "2026-11-24 00:30:00"],
    ]


def test_a_sheet_holds_numbers_dates_and_text() -> None:
    sheet = as_sheet(PLAIN, ("1", None, Decimal("-0.05"), None, None, None))
    values = [cell.value for cell in sheet[2]]
    assert values[:4] == ["IR-1", PLAIN[1], 1409.5, 3]
    assert [str(value) for value in values[4:]] == ["2026-11-23 00:00:00", "2026-11-24 00:30:00"]
    assert [cell.number_format for cell in sheet[2]] == [
        "@", "@", "#,##0.00", "0", "yyyy-mm-dd", "yyyy-mm-dd hh:mm",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]] == ["1", None, -0.05, None, None, None]
    assert [cell.value for cell in sheet[1]] == ["编号", "Name", "Amount", "Entries", "Day", "At"]
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("payload", FORMULAS)
def test_no_text_becomes_a_formula(payload: str) -> None:
    for row in ((payload, "x"), ("x", payload)):
        row = (*row, None, None, None, None)
        written = next(cell for cell in as_csv(row)[1] if cell != "x")
        assert written == f"'{payload}"
        cells = [cell for cell in as_sheet(row)[2] if cell.value not in ("x", None)]
        assert [cell.data_type for cell in cells] == ["s"]
        # XML has one kind of line end.
        assert str(cells[0].value).replace("_x000D_", "\r") == payload


@pytest.mark.parametrize("code", ["913100001234567890", "000123456789012", "0012"])
def test_long_codes_keep_all_their_figures(code: str) -> None:
    row = (code, "", None, None, None, None)
    assert as_csv(row)[1][0] == f"'{code}", "Excel would make 9.13E+17 of it"
    cell = as_sheet(row)["A2"]
    assert (cell.value, cell.data_type) == (code, "s")


@pytest.mark.parametrize(
    "told",
    [
        "1E5", "1e5", "12e10", "1.5E+3", ".5E3", "2E-4", "3-4", "1/2", "3/4", "1-2-3", "2026-11", "2026-03-01",
        "2026/1/2", "1.2.2026", "3.4", "00123", "1.10", "1,234", "9:30", "9:30 PM", "9 AM", "9 p", "50%", "(5)",
        "1 1/2",
        "1219 0876 5410 888", "3月4日", "2026年11月", "1月2日", "一月二日", "上午9:30", "1월 2일",
        "2026-03-01T09:30:00+08:00",
        "￥5", "€5", "5 €", "CHF 5", "MAR1", "SEPT2", "3-Apr", "Apr-3", "3 april 2026", "Dec 2026", "März 1", "1. mrz",
        "1 août 2026", "3 de marzo de 2026", "1 мая", "12 ŞUBAT", "Sunday, March 1, 2026", "Sonntag, 1. März 2026",
        "5 Μαρτίου", "TRUE", "false", "Wahr", "#N/A", "００12", "１２-３", "１２", " 7",
    ],
)  # fmt: skip
def test_no_text_becomes_a_number_a_day_or_an_hour(told: str) -> None:
    """Codes and prose by one rule, and read back with one apostrophe less."""
    row = (told, told, None, None, None, None)
    assert as_csv(row)[1][:2] == [f"'{told}"] * 2
    first, second, *_ = as_sheet(row)[2]
    assert [(cell.value, cell.data_type) for cell in (first, second)] == [(told, "s")] * 2


@pytest.mark.parametrize("told", ["-5", "-1/2", "=1", "'tis", "'00123", "+86 21 5555"])
def test_a_text_is_marked_once_so_that_it_can_be_read_back(told: str) -> None:
    row = (told, told, None, None, None, None)
    assert as_csv(row)[1][:2] == [f"'{told}"] * 2


def test_a_heading_is_text_like_any_other() -> None:
    column = Column("1-2", "amount", lambda row: row)
    assert b"".join(exports.csv_lines([column], [Decimal(-5)])).decode() == "\ufeff'1-2\r\n-5.00\r\n"


@pytest.mark.parametrize(
    "language",
    ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "hr", "tr", "ru",
     "uk", "bg", "el", "id"],
)  # fmt: skip
def test_the_months_of_many_languages_are_known(language: str) -> None:
    months = Locale.parse(language).months
    for width in ("wide", "abbreviated"):
        for name in months["format"][width].values():
            assert kept_as_text(f"1 {name}") == f"'1 {name}"


@pytest.mark.parametrize(
    "told",
    [
        "IR-20261125-158235", "INV-2026-000001", "CN-2026-000001", "91310000MA1FL0A277", "12345", "0",
        "R1", "E5", "1E", "E-5",
        "PAY-3-4", "MAY", "March", "MARTIN1", "DE136695976", "3a-4b", "alipay", "明-3", "1x2", "2026-Q1",
        "Rent for March 1",
        "3 servers, May", "第3季度", "三月费用", "订单 12 号费用", "一", "ada@lumen.example", "#3", "",
    ],
)  # fmt: skip
def test_a_text_that_stays_what_it_is_goes_out_bare(told: str) -> None:
    assert as_csv((told, told, None, None, None, None))[1][:2] == [told] * 2


def test_control_characters_do_not_break_a_file() -> None:
    row = ("a\x00b\x0b", 'quote " comma , line\nbreak', None, None, None, None)
    assert as_csv(row)[1][:2] == ["ab", row[1]]
    assert as_sheet(row)["A2"].value == "ab"


def test_csv_is_written_piece_by_piece() -> None:
    read = []

    def rows() -> Iterator[Any]:
        for turn in range(5000):
            read.append(turn)
            yield PLAIN

    pieces = exports.csv_lines(COLUMNS, rows())
    first = next(pieces)
    assert len(first) < 2 * exports._BLOCK
    assert len(read) < 3000, "the rest is read when it is wanted"


def test_a_sheet_that_would_be_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SHEET_ROWS", 2)
    with pytest.raises(Conflict):
        exports.spreadsheet(COLUMNS, [PLAIN] * 3, "x")


def test_file_names_speak_chinese_and_ascii() -> None:
    response = exports.answer("xlsx", COLUMNS, [PLAIN], name='发票 "1"', ascii_name="invoices-1")
    said = response.headers["Content-Disposition"]
    assert said == "attachment; filename=\"invoices-1.xlsx\"; filename*=UTF-8''%E5%8F%91%E7%A5%A8%20%221%22.xlsx"
    assert response.content_length == len(response.get_data())
    response.close()


@pytest.mark.parametrize(
    "value", ["<r><t>bold</t></r>", "a < b & c > d", "_x0041_", "  two blanks  ", "a\nb", "😀", '"q"']
)
def test_a_spreadsheet_holds_the_very_text_whatever_looks_like_markup(value: str) -> None:
    sheet = as_sheet((value, value, Decimal("-0.01"), 10**9, date(2026, 2, 28), AT))
    assert [unescape(sheet["A2"].value), sheet["B2"].data_type] == [value, "s"]
    assert [cell.value for cell in sheet[2]][2:5] == [-0.01, 10**9, datetime(2026, 2, 28)]  # noqa: DTZ001  a cell has no zone
    assert sheet.dimensions == "A1:F2"


def test_a_list_without_rows_is_a_head() -> None:
    sheet = as_sheet()
    assert (sheet.max_row, sheet["A1"].value, sheet.dimensions) == (1, "编号", "A1:F1")
