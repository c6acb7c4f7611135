"""The service level as a file: a report of cards, charts and tables, as PDF and as a spreadsheet.

    contents  what a report holds, in plain values and finished words
    pen       lines, areas and patterns on a page
    figure    a chart of `sla.charts` on paper
    grid      the columns and rows of a table
    blocks    rows of charts, tables, tables beside each other
    flow      all of it down the pages
    document  the file
    book      the same report as XLSX: one sheet for each table

The invoice's own machinery sets the text, cuts the faces and writes the file. fpdf2, HarfBuzz and XlsxWriter are loaded
by the first call, not by importing this package.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from backoffice.sla.report.contents import Report


def pdf(report: Report) -> bytes:
    """The report on A4 pages. The same report gives the same bytes; a sign that no face can show becomes a box."""
    from backoffice.sla.report import document

    return document.render(report)


def xlsx(report: Report) -> IO[bytes]:
    """The report as a spreadsheet, in an open temporary file, at its beginning, that goes when it is closed.

    Cards first, then each chart's figures, then each table. Raises Conflict when a sheet cannot hold so many rows.
    """
    from backoffice.sla.report import book

    return book.spreadsheet(report)
