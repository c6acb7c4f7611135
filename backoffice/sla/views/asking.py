"""What the managers' page is asked about: the period and the filters of its address, and the addresses of its lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from flask import request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.permissions import Role
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.rules import Reason
from backoffice.sla import labels, rules
from backoffice.sla.queries.board import Shown
from backoffice.sla.queries.lists import NOW, Asked, Figure
from backoffice.web.filters import DateRange, FilterSet, FilterState, OneOf
from backoffice.web.formatting import amount

PERIODS = {"": lazy_gettext("Last 30 days"), "12w": lazy_gettext("Last 12 weeks"), "ytd": lazy_gettext("This year")}
# What the cell of a list may be, by figure.
CELLS: Mapping[Figure, frozenset[str]] = {
    Figure.AGE: frozenset(str(number) for number in range(rules.LAST_AGE + 1)),
    Figure.TURNAROUND: frozenset(str(number) for number in range(1, rules.LAST_BUCKET + 1)),
    Figure.REASON: frozenset(reason.value for reason in Reason),
}
# No page of figures reaches back further.
LONGEST = timedelta(days=3 * 366)


def reviewers() -> dict[str, str]:
    """The names of everybody who reviews or has decided, by id."""
    people = session.execute(select(User.id, User.name).where(User.role == Role.REVIEWER).order_by(User.name, User.id))
    return {str(id_): name for id_, name in people}


def bands() -> dict[str, str]:
    """The amount bands in words."""
    starts = [*rules.BANDS]
    words = [gettext("Under %(amount)s", amount=amount(starts[1]))]
    words += [
        gettext("%(least)s to under %(most)s", least=amount(low), most=amount(high))
        for low, high in pairwise(starts[1:])
    ]
    words.append(gettext("%(amount)s and more", amount=amount(starts[-1])))
    return {str(number): text for number, text in enumerate(words)}


def filters(people: Mapping[str, str], *, whole: bool = False) -> FilterState:
    """The filters of this address; `whole`: raises Invalid where one of them cannot be followed, as for a file."""
    offered = FilterSet(
        DateRange("date", lazy_gettext("Period"), "from", "to"),
        OneOf("kind", lazy_gettext("Header type"), list(labels.kinds.items())),
        OneOf("band", lazy_gettext("Amount"), list(bands().items())),
        OneOf("reviewer", lazy_gettext("Reviewer"), list(people.items())),
        carried={"period": [name for name in PERIODS if name], "cell": sorted(set().union(*CELLS.values()))},
    )
    return offered.parse_whole(request.args) if whole else offered.parse(request.args)


def asked(state: FilterState, today: date) -> Asked:
    """What the filters ask about: the days that were typed, else the period of the address; never after today."""
    span = state["date"]
    since, until = _period(dict(state.carried).get("period", ""), today)
    if span:
        until = min(span.high or today, today)
        since = span.low or until - timedelta(days=29)
    since = min(max(since, until - LONGEST), until)
    band, reviewer = (int(state[name]) if state[name] else None for name in ("band", "reviewer"))
    return Asked(since, until, state["kind"], band, reviewer, request.args.get("cell", ""))


def promise(today: date) -> tuple[int, float]:
    """The business days that are promised, and the share of promises that is to be kept."""
    policy = policies.dated(PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.ON_TIME_TARGET)
    return policy(PolicyKey.SLA_BUSINESS_DAYS, today), policy(PolicyKey.ON_TIME_TARGET, today) / 100


def _period(name: str, today: date) -> tuple[date, date]:
    if name == "ytd":
        return today.replace(month=1, day=1), today
    return today - timedelta(days=12 * 7 - 1 if name == "12w" else 29), today


def addresses() -> Callable[[Shown], str]:
    """Tells the address of a figure's list. A page has hundreds of them: the route is looked up once."""
    return _addresses(url_for("sla.requests", figure="-")[:-1])


@lru_cache(maxsize=8)
def _addresses(base: str) -> Callable[[Shown], str]:
    """The same one each time: pieces of pages are remembered by what they are drawn with."""

    def address(shown: Shown) -> str:
        of = shown.asked
        # Days, ids and coded words: nothing in them has to be quoted.
        query = "" if shown.figure in NOW else f"&from={of.since}&to={of.until}"
        query += f"&kind={of.header_kind}" if of.header_kind else ""
        query += f"&band={of.band}" if of.band is not None else ""
        query += f"&reviewer={of.reviewer}" if of.reviewer is not None else ""
        query += f"&cell={of.cell}" if of.cell else ""
        return f"{base}{shown.figure}?{query[1:]}" if query else f"{base}{shown.figure}"

    return address
