"""What a report holds: plain values, and words that are finished in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from flask_babel import gettext, pgettext

from backoffice.sla.charts.chart import Chart, Ink
from backoffice.web.formatting import instant, page_locale

Kind = Literal["text", "code", "money", "number", "decimal", "share", "day"]
Value = str | int | float | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it is, how it reads, a remark, and the ink that says whether it is well.

    For the spreadsheet: its `value` with its kind (None: the text of the figure), in which `unit`, and the sum of money
    that belongs to it. A note that only tells that sum is left out there.
    """

    label: str
    figure: str
    note: str = ""
    ink: Ink | None = None
    value: Value = None
    kind: Kind = "text"
    unit: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `code` is text that looks like a number (a tax ID), `share` a part of one, `money` in major units."""

    label: str
    kind: Kind = "text"

    @property
    def is_figure(self) -> bool:
        """Whether it stands at the right edge of its column."""
        return self.kind in ("money", "number", "decimal", "share")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value for the spreadsheet, and how it reads on paper."""

    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading, each as long as the columns; ValueError otherwise.

    `chart` is the key of the chart whose figures they are: on paper two such tables stand beside each other, and the
    spreadsheet has no sheet of the chart besides.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    chart: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row of a table has as many cells as the table has columns")


@dataclass(frozen=True, slots=True)
class Words:
    """What the report says besides its figures. `page` has room for `page` and `pages`."""

    made: str
    page: str
    nothing: str
    figures: str
    label: str
    figure: str
    note: str
    unit: str
    amount: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `made_at` is aware; `language` is a BCP 47 tag."""

    title: str
    issuer: str
    period: str
    filters: tuple[str, ...]
    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    made_at: datetime
    language: str
    words: Words


def composed(
    *,
    title: str,
    issuer: str,
    period: str,
    filters: Iterable[str],
    cards: Sequence[Card],
    charts: Sequence[Chart],
    tables: Sequence[Table],
    made_at: datetime,
) -> Report:
    """The report of figures that were read and worded already, in the language of the page or of the mail's reader.

    `filters` are the words of the filters in force, as the page's chips say them.
    """
    return Report(
        title=title,
        issuer=issuer,
        period=period,
        filters=tuple(filters),
        cards=tuple(cards),
        charts=tuple(charts),
        tables=tuple(tables),
        made_at=made_at,
        language={"zh": "zh-CN"}.get(page_locale(), page_locale()),
        words=Words(
            made=gettext("Made on %(when)s", when=instant(made_at).striptags()),
            page=gettext("Page {page} of {pages}"),
            nothing=gettext("Nothing to show in this period."),
            figures=gettext("Figures"),
            label=gettext("Measure"),
            figure=gettext("Value"),
            note=gettext("Explanation"),
            unit=gettext("Unit"),
            amount=pgettext("sum", "Amount"),
        ),
    )
