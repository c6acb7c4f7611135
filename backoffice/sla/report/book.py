"""The report as a spreadsheet: the cards, each chart's figures and each table on a sheet of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, cast

from backoffice.sla.charts.chart import Chart
from backoffice.sla.report import contents
from backoffice.sla.report.contents import Card, Cell, Report
from backoffice.web import exports
from backoffice.web.formatting import MISSING


def spreadsheet(report: Report) -> IO[bytes]:
    """See backoffice.sla.report.xlsx."""
    told = {table.chart for table in report.tables}
    charts = (chart for chart in report.charts if chart.key not in told)
    sheets = [_figures(report), *map(_chart, charts), *map(_table, report.tables)]
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
        (report.issuer, None, None, None, None),
        (report.title, _text(report.period), None, None, words.made),
        *((each, None, None, None, None) for each in report.filters),
    ]
    labels = words.label, words.figure, words.unit, words.amount, words.note
    kinds: tuple[exports.Kind, ...] = "text", "any", "text", "money", "text"
    columns = [_column(at, *each) for at, each in enumerate(zip(labels, kinds, strict=True))]
    return exports.Sheet(words.figures, columns, [*about, *map(_card, report.cards)])


def _card(card: Card) -> tuple[object, ...]:
    value: exports.Told | None = exports.Told(card.kind, card.value)
    if card.value is None:
        value = None if card.figure == MISSING else _text(card.figure)
    return card.label, value, card.unit, card.amount, card.note if card.amount is None else ""


def _text(words: str) -> exports.Told:
    return exports.Told("text", words)


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
