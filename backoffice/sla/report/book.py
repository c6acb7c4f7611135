"""The report as a spreadsheet: the cards, each chart's figures and each table on a sheet of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, cast

from backoffice.sla.charts.chart import Chart
from backoffice.sla.report import contents
from backoffice.sla.report.contents import Cell, Report
from backoffice.web import exports


def spreadsheet(report: Report) -> IO[bytes]:
    """See backoffice.sla.report.xlsx."""
    sheets = [_figures(report), *map(_chart, report.charts), *map(_table, report.tables)]
    # A number in front: titles may be the same, or longer than a sheet's name.
    first, *others = (
        exports.Sheet(f"{number} {sheet.title}", sheet.columns, sheet.rows) for number, sheet in enumerate(sheets, 1)
    )
    file = cast("IO[bytes]", exports.spreadsheet(first.columns, first.rows, first.title, others))
    file.seek(0)
    return file


def _figures(report: Report) -> exports.Sheet:
    words = report.words
    about = [
        (report.issuer, "", ""),
        (report.title, report.period, words.made),
        *((each, "", "") for each in report.filters),
    ]
    cards = [(card.label, card.figure, card.note) for card in report.cards]
    columns = [_column(at, label, "text") for at, label in enumerate((words.label, words.figure, words.note))]
    return exports.Sheet(words.figures, columns, [*about, *cards])


def _chart(chart: Chart) -> exports.Sheet:
    kind: exports.Kind = "share" if chart.ceiling == 1 else "number" if _is_whole(chart) else "decimal"
    columns = [_column(0, chart.heading, "text")]
    columns += [_column(at, each.name, kind) for at, each in enumerate(chart.series, 1)]
    return exports.Sheet(
        chart.title, columns, [(label, *(point.value for point in points)) for label, points in chart.rows]
    )


def _is_whole(chart: Chart) -> bool:
    return all(value == int(value) for value in chart.values)


def _table(table: contents.Table) -> exports.Sheet:
    columns = [_column(at, column.label, column.kind) for at, column in enumerate(table.columns)]
    return exports.Sheet(table.title, columns, [_values(row) for row in table.rows])


def _values(row: Sequence[Cell]) -> list[contents.Value]:
    return [cell.value for cell in row]


def _column(at: int, label: str, kind: exports.Kind) -> exports.Column:
    return exports.Column(label, kind, lambda row: row[at])
