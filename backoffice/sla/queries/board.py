"""What the managers' page shows, as plain values: each figure with its list, each series in the order of its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from backoffice.sla.queries.lists import Asked, Figure
from backoffice.sla.queries.paces import Pace
from backoffice.sla.rules import SMALLEST_SAMPLE, Step


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: its list, what that is asked about, and how many requests and how much money it counts."""

    figure: Figure
    asked: Asked
    number: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Now:
    """What is open. `oldest` were submitted on the day `oldest_on`; `ages` go by business days."""

    open: Shown
    overdue: Shown
    due_today: Shown
    due_next: Shown
    next_day: date
    unassigned: Shown
    paused: Shown
    oldest: Shown
    oldest_on: date | None
    ages: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Promises:
    """Requests whose promised day fell in some days: kept, broken, both, and kept with holds.

    With holds: what would be kept even if the clock had never stood still.
    """

    met: Shown
    missed: Shown
    due: Shown
    met_gross: Shown

    @property
    def on_time(self) -> float | None:
        """Share kept, 0 to 1; None where too few for a percentage."""
        return _share(self.met.number, self.due.number)

    @property
    def on_time_gross(self) -> float | None:
        """The share that would be kept had the clock never stood still."""
        return _share(self.met_gross.number, self.due.number)


def _share(number: int, of: int) -> float | None:
    return number / of if of >= SMALLEST_SAMPLE else None


@dataclass(frozen=True, slots=True)
class StepPace:
    """A step of what the period closed: what went through it, what kept its target or missed it, its pace in hours."""

    step: Step
    measured: Shown
    kept: Shown
    late: Shown
    pace: Pace

    @property
    def share(self) -> float | None:
        """Share that kept the target, of what had one; None where too few."""
        return _share(self.kept.number, self.kept.number + self.late.number)


@dataclass(frozen=True, slots=True)
class Flow:
    """What some days received and closed, and what was open at the end of the last one."""

    first: date
    last: date
    received: Shown
    out: Shown
    backlog: Shown


@dataclass(frozen=True, slots=True)
class Week:
    """Promises of one week, cut to the period."""

    first: date
    last: date
    promises: Promises


@dataclass(frozen=True, slots=True)
class Part:
    """What one header type, band or reviewer has of the whole. `load` is what a reviewer works on now."""

    value: str
    promises: Promises
    closed: Shown
    pace: Pace
    reopened: Shown | None = None
    load: Shown | None = None


@dataclass(frozen=True, slots=True)
class Rejections:
    """Rejections for one reason, and the business days that they took in all."""

    reason: str
    rejected: Shown
    days: float


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The page. `folded_at` is when it was true; None before the worker has folded anything."""

    asked: Asked
    folded_at: datetime | None
    now: Now
    promises: Promises
    weeks: tuple[Week, ...]
    flow: tuple[Flow, ...]
    closed: Shown
    issued: Shown
    rejected: Shown
    withdrawn: Shown
    first_pass: Shown
    resubmitted: Shown
    held: Shown
    undelivered: Shown
    net: Pace
    gross: Pace
    chain: Pace
    steps: tuple[StepPace, ...]
    distribution: tuple[Shown, ...]
    kinds: tuple[Part, ...]
    bands: tuple[Part, ...]
    reviewers: tuple[Part, ...]
    reasons: tuple[Rejections, ...]
