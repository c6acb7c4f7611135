"""The managers' page as a report: the same figures, charts and tables, in finished words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from flask_babel import gettext, ngettext

from backoffice import clock
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.sla import labels
from backoffice.sla.charts.chart import Chart, Ink
from backoffice.sla.messages import charts, definitions
from backoffice.sla.messages.definitions import Glossary
from backoffice.sla.messages.lists import Address
from backoffice.sla.queries import terms
from backoffice.sla.queries.board import Dashboard, Flow, Part, Promises, Shown, Week
from backoffice.sla.queries.paces import Pace
from backoffice.sla.report.contents import Card, Cell, Column, Kind, Report, Table, composed
from backoffice.sla.rules import SMALLEST_SAMPLE, is_by_day
from backoffice.web.formatting import MISSING, amount, percent, short_day


def of_board(
    board: Dashboard, people: Mapping[str, str], now: datetime, to: Address, *, filters: Iterable[str] = ()
) -> Report:
    """The report of a period's figures in the reader's language. `people` are the reviewers' names by id."""
    today = clock.local_date(now, clock.zone())
    held = terms.in_force(today)
    drawn = charts.of_board(board, to, target_days=held.days, on_time_target=held.on_time)
    words = definitions.of_board(held.days)
    return composed(
        title=gettext("Service level"),
        issuer=policies.value(PolicyKey.SELLER, today)["name"],
        period=charts.span(board.asked.since, board.asked.until),
        filters=filters,
        cards=_cards(board, held.on_time),
        charts=list(drawn.values()),
        tables=[
            *_of_charts(words, board, drawn),
            _steps(words, board, held.steps),
            _parts(words, "reviewers", "reviewer", board.reviewers, people, with_load=True),
            _parts(words, "kinds", "kind", board.kinds, labels.kinds),
            _parts(words, "bands", "band", board.bands, labels.bands()),
            _rejections(words, board),
        ],
        made_at=now,
    )


def _cards(board: Dashboard, target: float) -> list[Card]:
    now, promises = board.now, board.promises
    kept = None if promises.on_time is None else promises.on_time >= target
    counted = gettext("%(met)d of %(n)d", met=promises.met.number, n=promises.due.number)
    goal = gettext("Target: %(target)s", target=percent(target, 0))
    held = ngettext(
        "the clock of %(held)d of %(num)d request stood still", "the clock of %(held)d of %(num)d requests stood still",
        board.closed.number, held=board.held.number,
    )  # fmt: skip
    again = ngettext(
        "%(again)d of %(num)d request issued after a resubmission",
        "%(again)d of %(num)d requests issued after a resubmission",
        board.issued.number, again=board.resubmitted.number,
    )  # fmt: skip
    turnaround = gettext(
        "Of %(n)d closed nine of ten within %(p90)s, 95 of 100 within %(p95)s business days",
        n=board.net.number, p90=_days(board.net.p90), p95=_days(board.net.p95),
    )  # fmt: skip
    oldest = now.oldest_on
    of_oldest = ngettext("%(num)d request of this day", "%(num)d requests of this day", now.oldest.number)
    if oldest is None:
        of_oldest = gettext("nothing is open")
    return [
        Card(
            gettext("On time"), counted if kept is None else percent(promises.on_time),
            goal if kept is None else f"{counted} · {goal}", None if kept is None else Ink.GOOD if kept else Ink.BAD,
            promises.on_time, "share",
        ),
        _on_time_with_holds(promises),
        _median(gettext("Median turnaround"), board.net, turnaround if board.net.number else ""),
        _median(gettext("Median with holds"), board.gross, held),
        _median(gettext("Median end to end"), board.chain, again),
        _counted(gettext("Open requests"), now.open),
        _counted(gettext("Overdue"), now.overdue, Ink.BAD),
        _counted(gettext("Due today"), now.due_today, Ink.WARN),
        _counted(gettext("Due on the next business day"), now.due_next),
        _counted(gettext("Nobody works on it"), now.unassigned),
        _counted(gettext("Clock stands still"), now.paused),
        Card(gettext("Oldest"), str(MISSING) if oldest is None else charts.plain_day(oldest),
             of_oldest, value=oldest, kind="day"),
        _counted(gettext("Kept"), promises.met),
        _counted(gettext("Missed"), promises.missed, Ink.BAD),
        _counted(gettext("Issued"), board.issued),
        _counted(gettext("Rejected"), board.rejected),
        _counted(gettext("Withdrawn"), board.withdrawn),
        _first_attempt(board),
        _counted(gettext("Issued, mail not arrived"), board.undelivered, Ink.WARN),
    ]  # fmt: skip


def _on_time_with_holds(promises: Promises) -> Card:
    counted = gettext("%(met)d of %(n)d", met=promises.met_gross.number, n=promises.due.number)
    share = promises.on_time_gross
    text = counted if share is None else percent(share)
    return Card(gettext("On time with holds"), text, "" if share is None else counted, value=share, kind="share")


def _first_attempt(board: Dashboard) -> Card:
    number, issued = board.first_pass.number, board.issued.number
    label, of = gettext("Issued at the first attempt"), gettext("of %(n)d issued", n=issued)
    if issued < SMALLEST_SAMPLE:
        return Card(label, f"{number:,}", of, value=number, kind="number")
    return Card(label, percent(number / issued), of, value=number / issued, kind="share")


def _median(label: str, pace: Pace, note: str) -> Card:
    median = pace.median
    return Card(label, _in_days(median), note, value=median, kind="decimal", unit=gettext("business days"))


def _counted(label: str, shown: Shown, ink: Ink | None = None) -> Card:
    text, ink = f"{shown.number:,}", ink if shown.number else None
    return Card(label, text, amount(shown.amount), ink, shown.number, "number", amount=shown.amount)


def _of_charts(words: Glossary, board: Dashboard, drawn: Mapping[str, Chart]) -> Iterator[Table]:
    """The tables below the page's charts, with their sums."""

    def table(
        key: str, columns: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]], spans: Sequence[Week | Flow] = ()
    ) -> Table:
        labels = drawn[key].labels
        names = [_short(span, board) for span in spans] or labels
        places = [Cell(label, name) for label, name in zip(labels, names, strict=True)]
        return Table(
            words[key].label, columns, tuple((at, *row) for at, row in zip(places, rows, strict=True)), chart=key
        )

    for key, place, shown in (("ages", "age", board.now.ages), ("distribution", "bucket", board.distribution)):
        columns = _columns(words, place, requests="number", amount="money")
        yield table(key, columns, ((_number(one), Cell(one.amount, amount(one.amount))) for one in shown))
    columns = _columns(words, "week", on_time="share", met="number", missed="number", due_in_period="number")
    promises = [(Cell(of.on_time, str(percent(of.on_time))), of) for of in (week.promises for week in board.weeks)]
    rows = ((share, _number(of.met), _number(of.missed), _number(of.due)) for share, of in promises)
    yield table("on-time-by-week", columns, rows, board.weeks)
    if board.flow:
        grain = "day" if is_by_day(board.asked.since, board.asked.until) else "week"
        columns = _columns(words, grain, received="number", out="number", backlog="number")
        moved = ((_number(one.received), _number(one.out), _number(one.backlog)) for one in board.flow)
        yield table("flow", columns, moved, board.flow)


def _short(span: Week | Flow, board: Dashboard) -> str:
    """Some days as a narrow column has room for them: without the year if that is the one in which the period ends."""
    if span.last.year != board.asked.until.year:
        return charts.span(span.first, span.last)
    return " – ".join(dict.fromkeys(short_day(day)[0] for day in (span.first, span.last)))


def _columns(words: Glossary, first: str, **figures: Kind) -> tuple[Column, ...]:
    """The head of a table: the page's own words, by key what its rows are, then its figures with their kinds."""
    named = ((key.replace("_", "-"), kind) for key, kind in figures.items())
    return (Column(words[first].label), *(Column(words[key].label, kind) for key, kind in named))


def _parts(
    words: Glossary, title: str, heading: str, rows: Sequence[Part], names: Mapping[str, object],
    *, with_load: bool = False,
) -> Table:  # fmt: skip
    load: dict[str, Kind] = {"load": "number"} if with_load else {}
    reopened: dict[str, Kind] = {"reopened": "number"} if with_load else {}
    columns = _columns(words, heading, **load, closed="number", on_time="share", missed="number",
                       due_in_period="number", median="decimal", p90="decimal", **reopened)  # fmt: skip
    return Table(words[title].label, columns, tuple(_row(row, names, with_load=with_load) for row in rows))


def _row(row: Part, names: Mapping[str, object], *, with_load: bool) -> tuple[Cell, ...]:
    name, on_time = str(names.get(row.value, MISSING)), row.promises.on_time
    cells = [Cell(name, name), _number(row.closed), Cell(on_time, str(percent(on_time))), _number(row.promises.missed),
             _number(row.promises.due), _decimal(row.pace.median), _decimal(row.pace.p90)]  # fmt: skip
    if with_load and row.load and row.reopened:
        cells[1:1] = [_number(row.load)]
        cells.append(_number(row.reopened))
    return tuple(cells)


def _steps(words: Glossary, board: Dashboard, targets: Mapping[str, int | None]) -> Table:
    columns = _columns(words, "step", target="number", requests="number", median="decimal", p90="decimal",
                       step_kept="number", step_late="number", step_share="share")  # fmt: skip
    rows = []
    for one in board.steps:
        name, target = str(labels.steps[one.step]), targets[one.step]
        rows.append((Cell(name, name), Cell(target, str(MISSING) if target is None else str(target)),
                     _number(one.measured), _hours(one.pace.median), _hours(one.pace.p90), _number(one.kept),
                     _number(one.late), Cell(one.share, str(percent(one.share)))))  # fmt: skip
    return Table(words["steps"].label, columns, tuple(rows), gettext("24 business hours are a business day."))


def _hours(number: float | None) -> Cell:
    return Cell(number, labels.hours(number))


def _rejections(words: Glossary, board: Dashboard) -> Table:
    columns = _columns(words, "reason", requests="number", days="decimal")
    rows = ((str(labels.reasons[one.reason]), one) for one in board.reasons)
    cells = tuple((Cell(name, name), _number(one.rejected), _decimal(one.days)) for name, one in rows)
    return Table(words["reasons"].label, columns, cells)


def _number(shown: Shown) -> Cell:
    return Cell(shown.number, f"{shown.number:,}")


def _decimal(number: float | None) -> Cell:
    return Cell(number, _days(number))


def _in_days(number: float | None) -> str:
    return str(MISSING) if number is None else str(gettext("%(days)s business days", days=_days(number)))


def _days(number: float | None) -> str:
    return str(MISSING) if number is None else f"{number:.1f}"
