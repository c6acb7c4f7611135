"""What the weekly report tells: the last full week beside the one before, and what stands out at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.database import session
from backoffice.sla import rules
from backoffice.sla.models import WeeklyReport
from backoffice.sla.queries import coming, figures
from backoffice.sla.queries.board import Dashboard
from backoffice.sla.queries.lists import Asked, Count

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the managers' page: its figures, and what its days received and closed in all."""

    board: Dashboard

    @property
    def received(self) -> int:
        """Requests that came in."""
        return sum(day.received.number for day in self.board.flow)

    @property
    def out(self) -> int:
        """Requests closed or withdrawn."""
        return sum(day.out.number for day in self.board.flow)

    @property
    def open(self) -> int:
        """Requests open at the end of its Sunday."""
        return self.board.flow[-1].backlog.number


@dataclass(frozen=True, slots=True)
class Weekly:
    """The report: a week, the one before it, and of now how many promises will break at the present pace.

    `former` is what the report of the week before said of its moment; None where there was none.
    """

    monday: date
    week: Week
    before: Week
    missing: int
    former: WeeklyReport | None

    @property
    def overdue(self) -> Count:
        """What is overdue now."""
        shown = self.week.board.now.overdue
        return Count(shown.number, shown.amount)

    @property
    def is_worth_telling(self) -> bool:
        """Whether there was a request at all in these two weeks: one that came in, was closed, or stayed open."""
        return any(week.received or week.out or week.open for week in (self.week, self.before))


def due(now: datetime) -> date | None:
    """Monday of the week whose report is to be made now; None where it is too early, or was made."""
    local = now.astimezone(clock.zone())
    monday = rules.reported_week(local, calendars.current_calendar())
    if monday is None or session.get(WeeklyReport, monday) is not None:
        return None
    return monday


def read(monday: date, now: datetime) -> Weekly:
    """The report of the week that begins on `monday`, from what is folded."""
    week, before = (
        Week(figures.dashboard(Asked(day, day + timedelta(days=6)), now)) for day in (monday, monday - WEEK)
    )
    return Weekly(monday, week, before, coming.coming(now).missing_count, session.get(WeeklyReport, monday - WEEK))
