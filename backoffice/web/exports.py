"""Lists as files: columns declared once, written as CSV or as a spreadsheet, in constant memory.

    COLUMNS = (Column(lazy_gettext("Request"), "code", lambda item: item.number), ...)
    return exports.answer("csv", COLUMNS, rows, name="开票申请 2026-11-24", ascii_name="invoice-requests-2026-11-24")

Every text stays the text it is: in a CSV file by the rule of `cells`, in a spreadsheet by the cell's own kind.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from flask import Response, stream_with_context

from backoffice.errors import N_, Conflict, Message
from backoffice.web import cells, formatting, sheets
from backoffice.web.addresses import url_for
from backoffice.web.downloads import disposition
from backoffice.web.filters import FilterState

# A share is a part of one, written as a percentage; a number is whole, a decimal is not. Money is an amount that bears
# its currency's sign; each cell of a column of any kind says of itself what it is (`Told`).
Kind = Literal["text", "code", "amount", "money", "number", "decimal", "share", "day", "instant", "any"]

# A person exports now and then; a script that fetches whole lists again and again would slow everybody down.
EXPORTS = "30 per minute; 300 per hour"
SHEET_ROWS = 1_048_575  # beside the head: the format's own limit
_BLOCK = 64 * 1024
_TEXTS_KEPT = 4096
_WIDTHS: dict[Kind, int] = {
    "text": 32, "code": 24, "amount": 16, "money": 18, "number": 10, "decimal": 10, "share": 10, "day": 12,
    "instant": 18, "any": 18,
}  # fmt: skip
_MIMETYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Told(NamedTuple):
    """A cell of a column of any kind."""

    kind: Kind
    value: Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading (a lazy string), what kind of thing it holds, and how a row tells it (None: empty)."""

    label: Any
    kind: Kind
    value: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A further sheet of a spreadsheet; a CSV file holds one list only."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Any]


def files_of(filters: FilterState, endpoint: str, **values: Any) -> list[tuple[str, str]]:
    """Name and address of a filtered list as each kind of file; `values` are the route's beside the extension."""
    return [(kind.upper(), filters.url(url_for(endpoint, extension=kind, **values))) for kind in _MIMETYPES]


def answer(
    extension: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    *,
    name: str,
    ascii_name: str,
    further: Sequence[Sheet] = (),
) -> Response:
    """The response that carries `rows` as a CSV file, streamed as they are read, or as a spreadsheet.

    `name` is the file's name in the reader's language, `ascii_name` the one for old programs, both without ending.
    `further` are sheets that only the spreadsheet has. Raises Conflict when a sheet cannot hold so many rows.
    """
    body: Any
    size = None
    if extension == "csv":
        body = stream_with_context(csv_lines(columns, rows))
    else:
        file = spreadsheet(columns, rows, name, further)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        body = _Blocks(file)
    response = Response(body, content_type=f"{_MIMETYPES[extension]}; charset=utf-8")
    response.headers["Content-Disposition"] = disposition(f"{name}.{extension}", f"{ascii_name}.{extension}")
    if size is not None:
        response.content_length = size
    return response


def csv_lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[bytes]:
    """A CSV file piece by piece: UTF-8 with the mark that Excel needs, amounts with a point, dates as ISO 8601."""
    out, zone, texts = io.StringIO(), formatting.local_zone(), _Texts(cells.kept_as_text)
    writer = csv.writer(out)
    told = [(column.kind, column.value) for column in columns]
    out.write("\ufeff")
    writer.writerow([cells.kept_as_text(str(column.label)) for column in columns])
    for row in rows:
        writer.writerow([_plain(kind, value(row), zone, texts) for kind, value in told])
        if out.tell() >= _BLOCK:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    written = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return written


class _Texts:
    """Texts of one file, each translated and made safe once: a list says the same few again and again."""

    def __init__(self, safe: Callable[[str], str]) -> None:
        self._safe = safe
        self._known: dict[str, str] = {}
        # A lazy string is another object each time it is read aloud; kept beside its text, its id stays its own.
        self._lazy: dict[int, tuple[Any, str]] = {}

    def of(self, value: Any) -> str:
        """The text that stands in the file."""
        if not isinstance(value, str):
            held = self._lazy.get(id(value))
            if held is None:
                held = value, self._safe(str(value))
                if len(self._lazy) < _TEXTS_KEPT:
                    self._lazy[id(value)] = held
            return held[1]
        known = self._known.get(value)
        if known is None:
            known = self._safe(value)
            if len(self._known) < _TEXTS_KEPT:
                self._known[value] = known
        return known


def _plain(kind: Kind, value: Any, zone: ZoneInfo, texts: _Texts) -> str:
    if kind == "any" and value is not None:
        kind, value = value
    if value is None:
        return ""
    if kind in ("amount", "money"):
        return f"{Decimal(value):.2f}"
    if kind in ("number", "decimal", "share"):
        return str(value)
    if kind == "day":
        return str(value.isoformat())
    if kind == "instant":
        return _local(value, zone).isoformat(sep=" ", timespec="seconds")
    return texts.of(value)


def spreadsheet(columns: Sequence[Column], rows: Iterable[Any], title: str, further: Sequence[Sheet] = ()) -> Any:
    """An open temporary file that holds the rows as XLSX, and `further` sheets behind them; it goes when it is closed.

    Raises Conflict when the rows are more than a sheet can hold.
    """
    import xlsxwriter

    file = tempfile.TemporaryFile(prefix="export-", suffix=".xlsx")  # noqa: SIM115  handed on to whoever streams it
    try:
        book = xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "remove_timezone": True}
        )
        try:
            for sheet in (Sheet(title, columns, rows), *further):
                _fill(book, sheet.columns, sheet.rows, sheet.title)
        finally:
            # Closed in any case: its own temporary files would stay behind otherwise.
            book.close()
    except BaseException:
        file.close()
        raise
    return file


def _fill(book: Any, columns: Sequence[Column], rows: Iterable[Any], title: str) -> None:
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip() or "1")
    head = book.add_format({"bold": True, "bottom": 1})
    formats = {
        "amount": book.add_format({"num_format": "#,##0.00"}),
        "number": book.add_format({"num_format": "0"}),
        "decimal": book.add_format({"num_format": "0.0"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "text": book.add_format({"num_format": "@"}),
    }
    formats["code"] = formats["text"]
    if not {"money", "any"}.isdisjoint(column.kind for column in columns):
        formats["money"] = book.add_format({"num_format": f"[${formatting.currency_sign()}]#,##0.00"})
    for at, column in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS[column.kind])
    sheet.freeze_panes(1, 0)
    as_text = sheets.text_of(sheet)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, str(column.label), head)
    written = _written(_Texts(lambda text: as_text(cells.cleaned(text))), formatting.local_zone())
    # The cell brings the format that its column does not have.
    written["any"] = lambda told: sheets.styled(written[told.kind](told.value), formats[told.kind])
    told = [(written[column.kind], column.value) for column in columns]
    below, last = sheets.Rows(sheet, [formats.get(column.kind) for column in columns]), 0
    for last, row in enumerate(rows, start=1):
        if last > SHEET_ROWS:
            raise Conflict(Message(N_("A spreadsheet cannot hold so many rows. Narrow the list, or take CSV.")))
        found = [(write, value(row)) for write, value in told]
        below.add(last, [None if _is_nothing(value) else write(value) for write, value in found])
    below.end(last)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)


def _is_nothing(value: Any) -> bool:
    # A lazy string is never empty, and would be translated to say so.
    if isinstance(value, Told):
        return _is_nothing(value.value)
    return value is None or (isinstance(value, str) and not value)


def _written(texts: _Texts, zone: ZoneInfo) -> dict[Kind, Callable[[Any], str]]:
    """How a cell of each kind is written. One that is said to hold a string is neither guessed at nor run."""
    return {
        "amount": sheets.number,
        "money": sheets.number,
        "number": sheets.number,
        "decimal": sheets.number,
        "share": sheets.number,
        "day": sheets.day,
        "instant": lambda value: sheets.instant(_local(value, zone)),
        "text": texts.of,
        "code": texts.of,
    }


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    return value.astimezone(zone).replace(tzinfo=None)


class _Blocks:
    """A file piece by piece. No generator: one that nobody begins, as for HEAD, would never close its file."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block: bytes = b"" if self._file.closed else self._file.read(_BLOCK)
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        """Let the file go; the server calls it whatever became of the answer."""
        self._file.close()

    def __del__(self) -> None:
        # An answer that was dropped before anybody began to read it.
        self.close()


def dated(name: str, on: date) -> str:
    """A file's name with its day."""
    return f"{name} {on.isoformat()}"
