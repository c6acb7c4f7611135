"""The stage of the demo: the people, the calendar, and what happens when, in the order of time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from rich.console import Console
from rich.progress import Progress

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.errors import Conflict
from backoffice.permissions import Actor


@dataclass(order=True)
class Event:
    """Something that happens at a moment; `order` keeps moments of the same second in order."""

    at: datetime
    order: int
    act: Callable[[], object] = field(compare=False)


class Stage:
    """Events of the last `days` days, told one after the other with the clock moved to each."""

    def __init__(self, settings: Settings, *, seed: int, days: int) -> None:
        self.settings = settings
        self.days = days
        self.random = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.now = clock.now()
        self.today = clock.local_date(self.now, settings.zone)
        self.start = self.today - timedelta(days=days)
        self.calendar = calendars.current_calendar()
        self.people: dict[str, Actor] = {}
        self.header_ids: dict[str, list[int]] = {}
        self._events: list[Event] = []
        self._order = count()

    def tell(self) -> None:
        """Let everything happen that was scheduled up to now; what happens may schedule more."""
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("a year of history", total=self.days)
            while self._events and self._events[0].at <= self.now:
                event = heapq.heappop(self._events)
                with clock.moved_to(event.at):
                    event.act()
                progress.update(task, completed=(event.at.date() - self.start).days)

    def schedule(self, at: datetime, act: Callable[[], object]) -> None:
        """Let `act` happen at a moment; never, when it is still to come."""
        heapq.heappush(self._events, Event(at, next(self._order), act))

    def at_random(self, day: date, act: Callable[[], object]) -> None:
        """Let `act` happen at some moment of office hours."""
        self.schedule(self.office_time(day), act)

    def office_time(self, day: date) -> datetime:
        """Some moment of a day's office hours."""
        return self.at(day, self.random.randrange(9, 18), self.random.randrange(60), self.random.randrange(60))

    def at(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """A local time of a day."""
        return datetime.combine(day, time(hour, minute, second), tzinfo=self.settings.zone)

    def ago(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A local time so many days ago, or on the first full day of a shorter story."""
        return self.at(max(self.today - timedelta(days=days), self.start + timedelta(days=1)), hour, minute)

    def business_days_ago(self, count: int) -> date:
        """The day that lies so many business days back."""
        day = self.today
        while count:
            day -= timedelta(days=1)
            count -= self.calendar.is_business_day(day)
        return day

    def cents(self, below: int) -> Decimal:
        """Some amount below so many cents."""
        return Decimal(self.random.randrange(below)) / 100

    @contextmanager
    def tolerant(self) -> Iterator[None]:
        """A transaction of people who may be late: what was decided or went short meanwhile is left as it is."""
        try:
            with transaction():
                yield
        except Conflict:
            return
