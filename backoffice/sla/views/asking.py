"""What the managers' page is asked about: the period and the filters of its address, and the addresses of its lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from flask import request, url_for
from flask_babel import gettext, lazy_gettext

from backoffice import clock
from backoffice.requests.rules import Reason
from backoffice.sla import labels, rules
from backoffice.sla.messages import lists
from backoffice.sla.messages.lists import Address
from backoffice.sla.queries.lists import NOW, RECEIVED, STEPS, Asked, Figure
from backoffice.web.filters import DateRange, FilterSet, FilterState, OneOf, Span

PERIODS = {"": lazy_gettext("Last 30 days"), "12w": lazy_gettext("Last 12 weeks"), "ytd": lazy_gettext("This year")}
# What the cell of a list may be, by figure.
CELLS: Mapping[Figure, frozenset[str]] = {
    Figure.AGE: frozenset(str(number) for number in range(rules.LAST_AGE + 1)),
    Figure.TURNAROUND: frozenset(str(number) for number in range(1, rules.LAST_BUCKET + 1)),
    Figure.REASON: frozenset(reason.value for reason in Reason),
    **dict.fromkeys(STEPS, frozenset(step.value for step in rules.Step)),
}
LONGEST = timedelta(days=3 * 366)


class Days(DateRange):
    """The days of a period: one that has begun, and no longer than figures are added up for."""

    __slots__ = ()

    def fault(self, span: Span) -> str:
        """What is wrong with a period, so that nothing could be told about it."""
        if backwards := super().fault(span):
            return backwards
        today = clock.today()
        since, until = _ends(span, today)
        if since > today:
            return str(gettext("This period lies ahead, and figures end today. Choose one that has begun."))
        if until - since > LONGEST:
            return str(gettext("A period is three years long at most. Choose a shorter one."))
        return ""


def _ends(span: Span, today: date) -> tuple[date, date]:
    """The first and the last day: never after today, and thirty days where only the last one was typed."""
    until = min(span.high or today, today)
    return span.low or until - timedelta(days=29), until


def filters(people: Mapping[str, str], *, whole: bool = False, figure: Figure | None = None) -> FilterState:
    """The filters of this address: of the page, or of the list of a figure those that narrow it.

    `whole`: raises NotFound where one of them cannot be followed, as for a file.
    """
    days = Days("date", lazy_gettext("Period"), "from", "to")
    reviewer = OneOf("reviewer", lazy_gettext("Reviewer"), list(people.items()))
    offered = FilterSet(
        *(() if figure in NOW else (days,)),
        OneOf("kind", lazy_gettext("Header type"), list(labels.kinds.items())),
        OneOf("band", lazy_gettext("Amount"), list(labels.bands().items())),
        *(() if figure in RECEIVED else (reviewer,)),
        carried={
            "cell": sorted(CELLS.get(figure, ())) if figure else (),
            **({} if figure in NOW else {"period": [name for name in PERIODS if name]}),
        },
    )
    return offered.parse_whole(request.args) if whole else offered.parse(request.args)


def asked(state: FilterState, today: date) -> Asked:
    """What the filters ask about: the days that were typed, else the period of the address; never after today."""
    carried, span = dict(state.carried), state.get("date")
    since, until = _ends(span, today) if span else _period(carried.get("period", ""), today)
    band, reviewer = (int(typed) if (typed := state.get(name)) else None for name in ("band", "reviewer"))
    return Asked(since, until, state["kind"], band, reviewer, carried.get("cell", ""))


def _period(name: str, today: date) -> tuple[date, date]:
    if name == "ytd":
        return today.replace(month=1, day=1), today
    return today - timedelta(days=12 * 7 - 1 if name == "12w" else 29), today


def addresses() -> Address:
    """Tells the address of a figure's list. A page has hundreds of them: the route is looked up once."""
    return lists.addresses(url_for("sla.requests", figure="-")[:-1])
