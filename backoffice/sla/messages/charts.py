"""The series of the managers' page as charts; every mark leads to the list that it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from flask_babel import gettext, ngettext

from backoffice.sla import rules
from backoffice.sla.charts.chart import Chart, Ink, Kind, Moment, Point, Series, Stroke, Target, grouped
from backoffice.sla.messages.lists import Address
from backoffice.sla.queries.board import Dashboard, Shown, Week
from backoffice.web.formatting import amount, day, percent, short_day


def of_board(board: Dashboard, to: Address, *, target_days: int, on_time_target: float) -> dict[str, Chart]:
    """The charts by their names, in the order of the page; no backlog where a reviewer is asked about."""
    charts = [_ages(board.now.ages, to, target_days), _on_time(board.weeks, to, on_time_target)]
    charts += [_distribution(board.distribution, to, target_days)]
    charts += [_flow(board, to)] if board.flow else []
    return {chart.key: chart for chart in charts}


def _ages(buckets: Sequence[Shown], to: Address, target_days: int) -> Chart:
    labels = [str(age) for age in range(rules.LAST_AGE)] + [f"{rules.LAST_AGE}+"]

    def ink(age: int) -> Ink | None:
        return Ink.BAD if age > target_days else Ink.WARN if age == target_days else None

    points = tuple(
        _point(label, one, to, ink(age)) for age, (label, one) in enumerate(zip(labels, buckets, strict=True))
    )
    return Chart(
        "ages",
        gettext("Open requests by age"),
        Kind.COLUMNS,
        (Series(gettext("Requests"), points),),
        gettext("Business days since submission"),
        categories=True,
        legend=(
            (Ink.WARN, gettext("As many days as are promised today")),
            (Ink.BAD, gettext("More days than are promised today")),
        ),
    )


def _distribution(buckets: Sequence[Shown], to: Address, target_days: int) -> Chart:
    last = rules.LAST_BUCKET
    labels = [str(days) for days in range(1, last)] + [f"> {last - 1}"]
    points = tuple(
        _point(label, one, to, Ink.BAD if days > target_days else None)
        for days, (label, one) in enumerate(zip(labels, buckets, strict=True), 1)
    )
    return Chart(
        "distribution",
        gettext("Turnaround"),
        Kind.COLUMNS,
        (Series(gettext("Requests"), points),),
        gettext("Within so many business days"),
        categories=True,
        summary=gettext(
            "A promise ends with its day: what was kept may have taken up to a day more than was promised."
        ),
        legend=((Ink.BAD, gettext("More days than are promised today")),),
    )


def _on_time(weeks: Sequence[Week], to: Address, target: float) -> Chart:
    name = gettext("On time")
    points = tuple(
        Point(
            span(week.first, week.last),
            week.promises.on_time,
            _share(week),
            to(week.promises.due),
            gettext(
                "%(span)s: %(met)d of %(n)d on time", span=span(week.first, week.last),
                met=week.promises.met.number, n=week.promises.due.number,
            ),
        )
        for week in weeks
    )  # fmt: skip
    return Chart(
        "on-time-by-week",
        gettext("On time by week"),
        Kind.LINES,
        (Series(name, points),),
        gettext("Week"),
        summary=gettext("Weeks with fewer than %(least)d promises have no percentage.", least=rules.SMALLEST_SAMPLE),
        target=Target(target, gettext("Target: %(target)s", target=percent(target, 0))),
        tick=_percent,
        whole=False,
        ceiling=1.0,
        from_zero=False,
        moments=moments(week.first for week in weeks),
    )


def _share(week: Week) -> str:
    promises = week.promises
    if promises.on_time is None:
        return str(gettext("%(met)d of %(n)d", met=promises.met.number, n=promises.due.number))
    return percent(promises.on_time)


def _flow(board: Dashboard, to: Address) -> Chart:
    # Not by the length of the first row: a period may begin with a Sunday, a week of one day.
    daily = rules.is_by_day(board.asked.since, board.asked.until)

    def series(name: str, shown: Iterable[Shown], ink: Ink, stroke: Stroke) -> Series:
        places = (span(one.first, one.last) for one in board.flow)
        return Series(name, tuple(_point(*each, to) for each in zip(places, shown, strict=True)), ink, stroke)

    return Chart(
        "flow",
        gettext("Backlog, in and out"),
        Kind.LINES,
        (
            series(gettext("Open at its end"), (one.backlog for one in board.flow), Ink.ACCENT, Stroke.SOLID),
            series(gettext("Received"), (one.received for one in board.flow), Ink.WARN, Stroke.DASHED),
            series(gettext("Closed or withdrawn"), (one.out for one in board.flow), Ink.GOOD, Stroke.DOTTED),
        ),
        gettext("Day") if daily else gettext("Week"),
        moments=moments(one.first for one in board.flow),
    )


def _point(label: str, shown: Shown, to: Address, ink: Ink | None = None) -> Point:
    said = ngettext(
        "%(label)s: %(number)s request, %(amount)s", "%(label)s: %(number)s requests, %(amount)s", shown.number,
        label=label, number=grouped(shown.number), amount=amount(shown.amount),
    )  # fmt: skip
    return Point(label, shown.number, grouped(shown.number), to(shown), said, ink)


def moments(days: Iterable[date]) -> tuple[Moment, ...]:
    """How days stand below a chart: a week by its first one, the Monday unless the period begins later."""
    return tuple(Moment(*short_day(on)) for on in days)


def span(first: date, last: date) -> str:
    """A day, or the first and last of several, as plain text."""
    return plain_day(first) if first == last else f"{plain_day(first)} – {plain_day(last)}"


def plain_day(on: date) -> str:
    """A day without the markup that pages give it."""
    return str(day(on).striptags())


def _percent(share: float) -> str:
    return percent(share, 0)
