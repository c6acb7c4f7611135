"""Turnaround: how many of what was closed took how long. Without filters it stands folded, else it is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from backoffice.database import session
from backoffice.headers.rules import HeaderKind
from backoffice.requests.rules import Reason
from backoffice.sla import rules
from backoffice.sla.models import DayPace, Outcome
from backoffice.sla.queries import lists, recount
from backoffice.sla.queries.lists import Asked, Count
from backoffice.sla.rules import Clock, Kept, Split, Step


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests were measured, and in how many business days half, nine tenths and 95 % of them were done."""

    number: int
    median: float | None
    p90: float | None
    p95: float | None

    @classmethod
    def of(cls, measured: Mapping[int, Count] | None, unit: int = rules.TENTHS) -> Pace:
        """The pace of so many requests by tenths of a business day; in hours of minutes with a `unit` of 60."""
        numbers = {took: count.number for took, count in (measured or {}).items()}
        return cls(sum(numbers.values()), *(rules.quantile(numbers, share, unit) for share in (0.5, 0.9, 0.95)))


def read(asked: Asked, reviewers: Sequence[str]) -> Mapping[str, Mapping[int, Count]]:
    """Numbers and sums by slice (`DayPace`) and what it took, of what the period closed."""
    found: dict[str, dict[int, Count]] = defaultdict(dict)
    if not lists.narrowed(asked):
        slices = [
            *Clock,
            *(f"{Split.KIND}:{kind}" for kind in HeaderKind),
            *(f"{Split.BAND}:{band}" for band in range(len(rules.BANDS))),
            *(f"{Split.REVIEWER}:{person}" for person in reviewers),
            *(f"{Split.REASON}:{reason}" for reason in Reason),
            *(f"{step}:{kept}" for step in Step for kept in Kept),
        ]
        keys = DayPace.slice, DayPace.took
        folded = select(*keys, func.sum(DayPace.number), func.sum(DayPace.amount)).group_by(*keys)
        days = DayPace.day.between(asked.since, asked.until)
        for name, took, number, amount in session.execute(folded.where(DayPace.slice.in_(slices), days)):
            found[name][took] = Count(number, amount)
        return found
    closed = (Outcome.closed_on.between(asked.since, asked.until), *lists.narrowed(asked))
    for (name, _, took), (number, amount) in recount.paces_of(*closed).items():
        found[name][took] = found[name].get(took, Count()) + Count(number, amount)
    return found
