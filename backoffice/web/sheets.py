"""Rows of a spreadsheet written at once: xlsxwriter asks of every cell again what a column knows of all its cells.

It takes names below xlsxwriter's public ones: in constant memory a sheet writes each row to a file of its own and
forgets it, and the rows go into that file here. `tests/web/test_exports.py` reads them back with another library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

_EPOCH = datetime.fromisoformat("1899-12-30")
_EPOCH_DAY = _EPOCH.date()
_DAY_SECONDS = 86_400
# The format's own limit, in UTF-16 units; no text of ours comes near it, and half of it is safe in any script.
_LONGEST = 16_383


def text_of(sheet: Any) -> Callable[[str], str]:
    """How a text stands in the file: what looks like an escape of the format, or like markup, is neither."""

    def written(value: str) -> str:
        shown = escape(sheet._escape_control_characters(value[:_LONGEST]))
        kept = ' xml:space="preserve"' if shown != shown.strip() else ""
        return f'" t="inlineStr"><is><t{kept}>{shown}</t></is></c>'

    return written


def number(value: Any) -> str:
    """A number, exact."""
    return f'"><v>{value:f}</v></c>'


def day(value: date) -> str:
    """A date as the format counts days."""
    return f'"><v>{(value - _EPOCH_DAY).days}</v></c>'


def instant(value: datetime) -> str:
    """A local date and time as the format counts days."""
    passed = value - _EPOCH
    return f'"><v>{passed.days + (passed.seconds + passed.microseconds / 1e6) / _DAY_SECONDS:.16G}</v></c>'


def styled(cell: str, form: Any) -> str:
    """A cell with a format of its own, for a column without one."""
    return f'" s="{form._get_xf_index()}{cell}'


class Rows:
    """The rows below the head of a sheet that was begun in constant memory; nothing else may be written to it after.

    `formats` are those of the columns, None where each cell has its own (`styled`).
    """

    def __init__(self, sheet: Any, formats: Sequence[Any]) -> None:
        from xlsxwriter.utility import xl_col_to_name

        self._sheet = sheet
        self._begin = [f'<c r="{xl_col_to_name(at)}' for at in range(len(formats))]
        self._style = ["" if form is None else styled("", form) for form in formats]
        sheet._write_single_row(1)  # the head

    def add(self, number: int, cells: Sequence[str | None]) -> None:
        """Row `number`, the head being 0; None is an empty cell."""
        row = number + 1
        written = "".join(
            f"{begin}{row}{style}{cell}"
            for begin, style, cell in zip(self._begin, self._style, cells, strict=True)
            if cell is not None
        )
        self._sheet.fh.write(f'<row r="{row}">{written}</row>')

    def end(self, last: int) -> None:
        """Say how far the sheet goes."""
        self._sheet.previous_row = last + 1
        self._sheet.dim_rowmax = max(last, self._sheet.dim_rowmax or 0)
