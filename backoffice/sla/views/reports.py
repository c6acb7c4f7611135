"""The managers' page as a file: the same figures, charts and tables as PDF and as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from flask import Response
from flask_babel import gettext

from backoffice import clock
from backoffice.permissions import Permission
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.sla import labels, report
from backoffice.sla.charts.chart import Ink
from backoffice.sla.queries import figures
from backoffice.sla.queries.board import Dashboard, Part, Shown
from backoffice.sla.report.contents import Card, Cell, Column, Report, Table, composed
from backoffice.sla.views import asking, charts
from backoffice.sla.views.plumbing import blueprint
from backoffice.web.downloads import attachment
from backoffice.web.filters import FilterState
from backoffice.web.formatting import MISSING, amount, percent
from backoffice.web.guards import guard

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/sla/report.<any(pdf, xlsx):extension>")
@guard(Permission.SEE_SERVICE_LEVEL)
def report_file(extension: str) -> Response:
    """The page of this period and these filters as a file."""
    people = asking.reviewers()
    state = asking.filters(people, whole=True)
    made, now = asking.asked(state, clock.today()), clock.now()
    written = of_board(figures.dashboard(made, now), people, now, filters=_words(state))
    titles = gettext("Service level"), "service-level"
    name, plain = (f"{title} {made.since} {made.until}.{extension}" for title in titles)
    if extension == "pdf":
        return attachment(report.pdf(written), "application/pdf", name, plain)
    with report.xlsx(written) as file:
        return attachment(file.read(), _XLSX, name, plain)


def of_board(board: Dashboard, people: Mapping[str, str], now: datetime, *, filters: Iterable[str]) -> Report:
    """The report of a period's figures in the reader's language."""
    today = clock.local_date(now, clock.zone())
    days, share = asking.promise(today)
    drawn = charts.of_board(board, asking.addresses(), target_days=days, on_time_target=share)
    return composed(
        title=gettext("Service level"),
        issuer=policies.value(PolicyKey.SELLER, today)["name"],
        period=charts.span(board.asked.since, board.asked.until),
        filters=filters,
        cards=_cards(board, share),
        charts=list(drawn.values()),
        tables=[
            _parts(gettext("By reviewer"), gettext("Reviewer"), board.reviewers, people, with_load=True),
            _parts(gettext("By header type"), gettext("Header type"), board.kinds, labels.kinds),
            _parts(gettext("By amount"), gettext("Amount"), board.bands, asking.bands()),
            _rejections(board),
        ],
        made_at=now,
    )


def _words(state: FilterState) -> list[str]:
    """The filters in force as their chips say them; the period has a line of its own."""
    return [f"{one.label}: {text}" for one in state.controls if one.name != "date" for text, _ in one.parts]


def _cards(board: Dashboard, target: float) -> list[Card]:
    now, promises = board.now, board.promises
    kept = None if promises.on_time is None else promises.on_time >= target
    counted = gettext("%(met)d of %(n)d", met=promises.met.number, n=promises.due.number)
    goal = gettext("Target: %(target)s", target=percent(target, 0))
    median = gettext("%(days)s business days", days=_days(board.net.median)) if board.net.number else str(MISSING)
    turnaround = gettext("Nine of ten within %(p90)s, 95 of 100 within %(p95)s business days",
                         p90=_days(board.net.p90), p95=_days(board.net.p95))  # fmt: skip
    return [
        Card(
            gettext("On time"), counted if kept is None else percent(promises.on_time),
            goal if kept is None else f"{counted} · {goal}", None if kept is None else Ink.GOOD if kept else Ink.BAD,
        ),
        Card(gettext("Median turnaround"), median, turnaround if board.net.number else ""),
        _counted(gettext("Open requests"), now.open),
        _counted(gettext("Overdue"), now.overdue, Ink.BAD),
        _counted(gettext("Due today"), now.due_today, Ink.WARN),
        _counted(gettext("Nobody works on it"), now.unassigned),
        _counted(gettext("Issued"), board.issued),
        _counted(gettext("Rejected"), board.rejected),
        _counted(gettext("Withdrawn"), board.withdrawn),
        _counted(gettext("Issued at the first attempt"), board.first_pass),
        _counted(gettext("Issued, mail not arrived"), board.undelivered, Ink.WARN),
    ]  # fmt: skip


def _counted(label: str, shown: Shown, ink: Ink | None = None) -> Card:
    return Card(label, f"{shown.number:,}", amount(shown.amount), ink if shown.number else None)


def _parts(
    title: str, heading: str, rows: Sequence[Part], names: Mapping[str, object], *, with_load: bool = False
) -> Table:
    columns = [Column(heading), Column(gettext("Closed"), "number"), Column(gettext("On time"), "share"),
               Column(gettext("Missed"), "number"), Column(gettext("Due"), "number"),
               Column(gettext("Median"), "decimal"), Column(gettext("Nine of ten within"), "decimal")]  # fmt: skip
    if with_load:
        columns[1:1] = [Column(gettext("Works on now"), "number")]
        columns.append(Column(gettext("Verdict taken back"), "number"))
    return Table(title, tuple(columns), tuple(_row(row, names, with_load=with_load) for row in rows))


def _row(row: Part, names: Mapping[str, object], *, with_load: bool) -> tuple[Cell, ...]:
    name, on_time = str(names.get(row.value, MISSING)), row.promises.on_time
    cells = [Cell(name, name), _number(row.closed), Cell(on_time, str(percent(on_time))), _number(row.promises.missed),
             _number(row.promises.due), _decimal(row.pace.median), _decimal(row.pace.p90)]  # fmt: skip
    if with_load and row.load and row.reopened:
        cells[1:1] = [_number(row.load)]
        cells.append(_number(row.reopened))
    return tuple(cells)


def _rejections(board: Dashboard) -> Table:
    columns = (Column(gettext("Reason")), Column(gettext("Requests"), "number"),
               Column(gettext("Business days in all"), "decimal"))  # fmt: skip
    rows = ((str(labels.reasons[one.reason]), one) for one in board.reasons)
    cells = tuple((Cell(name, name), _number(one.rejected), _decimal(one.days)) for name, one in rows)
    return Table(gettext("Rejections by reason"), columns, cells)


def _number(shown: Shown) -> Cell:
    return Cell(shown.number, f"{shown.number:,}")


def _decimal(number: float | None) -> Cell:
    return Cell(number, _days(number))


def _days(number: float | None) -> str:
    return str(MISSING) if number is None else f"{number:.1f}"
