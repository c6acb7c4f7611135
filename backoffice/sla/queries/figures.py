"""The figures of the managers' page, read from what the worker folds: at most a minute old, quick at any size.

Each figure names its list and what that is asked about (`lists.listed`); the rows of the list are what it counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import URL, func, select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.money import ZERO
from backoffice.requests.rules import Reason
from backoffice.sla import rules
from backoffice.sla.models import Backlog, DayFigures, Fold
from backoffice.sla.queries import lists, paces, recount
from backoffice.sla.queries.board import (
    Dashboard,
    Flow,
    Now,
    Part,
    Promises,
    Rejections,
    Shown,
    StepPace,
    Week,
)
from backoffice.sla.queries.lists import Asked, Count, Figure
from backoffice.sla.queries.paces import Pace
from backoffice.sla.rules import Clock, Kept, Split, Step

_NAMES = recount.FIGURES
_SUMS = [func.sum(getattr(DayFigures, name)) for figure in _NAMES for name in (figure, f"{figure}_amount")]
Row = Mapping[str, Count]
_NOTHING: Row = dict.fromkeys(_NAMES, Count())


class _Open(NamedTuple):
    """What is open as of the fold: a row of `Backlog`. There may be thousands, and a page goes through them often."""

    due_on: date
    submitted_on: date
    stage: str
    header_kind: str
    band: int
    claimed_by_id: int
    number: int
    amount: Decimal


_FOLD = select(Fold.folded_at, Fold.edition)
_BACKLOG = select(*(getattr(Backlog, name) for name in _Open._fields))
_VALUE = {
    Split.KIND: attrgetter("header_kind"), Split.BAND: attrgetter("band"), Split.REVIEWER: attrgetter("claimed_by_id"),
}  # fmt: skip


def dashboard(asked: Asked, now: datetime) -> Dashboard:
    """All figures of a period. `asked.until` is today at most."""
    today = clock.local_date(now, clock.zone())
    # A page reads one state of the database: the edition is that of all that is read after it.
    fold = session.execute(_FOLD, execution_options=PLANNED_ONCE).one_or_none()
    database, edition = session.connection().engine.url, fold.edition if fold else ""
    board = _added_up(asked, today, calendars.current_calendar(), database, edition)
    undelivered = lists.undelivered(asked)
    return board(
        folded_at=fold.folded_at if fold else None,
        undelivered=Shown(Figure.UNDELIVERED, asked, undelivered.number, undelivered.amount),
    )


@lru_cache(maxsize=64)
def _added_up(
    asked: Asked, today: date, calendar: BusinessCalendar, _at: URL, _edition: str
) -> Callable[..., Dashboard]:
    """The page but for what is counted live, and for when the rest was folded."""
    book = _Book(asked, today, calendar)
    whole = book.total(asked.since, asked.until)
    split = book.by_split()
    measured = paces.read(asked, [key[1] for key in split if key[0] is Split.REVIEWER])
    first_pass, issued = whole["first_pass"], whole["issued"]
    again = Count(issued.number - first_pass.number, issued.amount - first_pass.amount)
    return partial(
        Dashboard,
        asked=asked,
        now=book.now_figures(),
        promises=book.promises(asked, whole),
        weeks=tuple(book.weeks()),
        flow=tuple(book.flow()),
        closed=book.shown(Figure.CLOSED, issued + whole["rejected"]),
        issued=book.shown(Figure.ISSUED, issued),
        rejected=book.shown(Figure.REJECTED, whole["rejected"]),
        withdrawn=book.shown(Figure.WITHDRAWN, whole["withdrawn"]),
        first_pass=book.shown(Figure.FIRST_PASS, first_pass),
        resubmitted=book.shown(Figure.RESUBMITTED, again),
        held=book.shown(Figure.HELD, whole["held"]),
        net=Pace.of(measured.get(Clock.NET)),
        gross=Pace.of(measured.get(Clock.GROSS)),
        chain=Pace.of(measured.get(Clock.CHAIN)),
        steps=tuple(book.step(step, measured) for step in Step),
        distribution=book.distribution(measured.get(Clock.NET, {})),
        kinds=book.parts(Split.KIND, split, measured),
        bands=book.parts(Split.BAND, split, measured),
        reviewers=book.parts(Split.REVIEWER, split, measured),
        reasons=tuple(book.rejections(measured)),
    )


class _Book:
    """What was folded for a period, read by few statements, and the figures made of it."""

    def __init__(self, asked: Asked, today: date, calendar: BusinessCalendar) -> None:
        self.asked, self.today, self.calendar = asked, today, calendar
        self.by_day = self._days()
        self.backlog = [row for row in map(_Open._make, session.execute(_BACKLOG)) if self._wanted(row)]
        self.open = [row for row in self.backlog if asked.reviewer in (None, row.claimed_by_id)]
        # What was promised for a day that is past, and whose clock does not stand still.
        self.late = [row for row in self.open if row.due_on < today and row.stage != "paused"]

    def shown(self, figure: Figure, count: Count, **of: Any) -> Shown:
        """A figure of the page, or of what `of` narrows it to."""
        return Shown(figure, replace(self.asked, **of) if of else self.asked, count.number, count.amount)

    def _wanted(self, row: _Open) -> bool:
        kind, band = self.asked.header_kind, self.asked.band
        return kind in ("", row.header_kind) and band in (None, row.band)

    def _narrowed(self, *keys: Any) -> Any:
        conditions = []
        if self.asked.header_kind:
            conditions.append(DayFigures.header_kind == self.asked.header_kind)
        if self.asked.band is not None:
            conditions.append(DayFigures.band == self.asked.band)
        return select(*keys, *_SUMS).where(*conditions).group_by(*keys)

    def _days(self) -> dict[date, Row]:
        """Figures by day, those after the period as well: the backlog of its days is counted back from now."""
        asked = self._narrowed(DayFigures.day).where(DayFigures.day >= self.asked.since)
        if self.asked.reviewer is not None:
            asked = asked.where(DayFigures.reviewer_id == self.asked.reviewer)
        return {row[0]: _row(row[1:]) for row in session.execute(asked)}

    def total(self, first: date, last: date) -> Row:
        """The sum of these days."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        total = dict(_NOTHING)
        for row in filter(None, map(self.by_day.get, days)):
            total = {name: total[name] + row[name] for name in _NAMES}
        return total

    def by_split(self) -> dict[tuple[Split, str], Row]:
        """Figures by header type, by band and by reviewer."""
        found: dict[tuple[Split, str], Row] = defaultdict(lambda: _NOTHING)
        days = DayFigures.day.between(self.asked.since, self.asked.until)
        keys = (DayFigures.header_kind, DayFigures.band, DayFigures.reviewer_id)
        for kind, band, person, *sums in session.execute(self._narrowed(*keys).where(days)):
            if self.asked.reviewer not in (None, person):
                continue
            row = _row(sums)
            for key in ((Split.KIND, kind), (Split.BAND, str(band)), *([(Split.REVIEWER, str(person))] * (person > 0))):
                found[key] = {name: found[key][name] + row[name] for name in _NAMES}
        return found

    def now_figures(self) -> Now:
        """What is open as of the fold; what is overdue follows the day."""
        today, following = self.today, self.calendar.add_business_days(self.today, 1)
        age = {day: lists.age(self.calendar, day, today) for day in {row.submitted_on for row in self.open}}
        oldest_on = min(age, default=None)
        ages: dict[int, list[_Open]] = defaultdict(list)
        for row in self.open:
            ages[age[row.submitted_on]].append(row)
        free = [row for row in self.open if row.stage == "pending" and not row.claimed_by_id]
        return Now(
            open=self.shown(Figure.OPEN, _sum(self.open)),
            overdue=self.shown(Figure.OVERDUE, _sum(self.late)),
            due_today=self.shown(Figure.DUE_TODAY, _sum([row for row in self.open if row.due_on == today])),
            due_next=self.shown(
                Figure.DUE_NEXT, _sum([row for row in self.open if today < row.due_on <= following])
            ),
            next_day=following,
            unassigned=self.shown(Figure.UNASSIGNED, _sum(free)),
            paused=self.shown(Figure.PAUSED, _sum([row for row in self.open if row.stage == "paused"])),
            oldest=self.shown(Figure.OLDEST, _sum([row for row in self.open if row.submitted_on == oldest_on])),
            oldest_on=oldest_on,
            ages=tuple(
                self.shown(Figure.AGE, _sum(ages[bucket]), cell=str(bucket)) for bucket in range(rules.LAST_AGE + 1)
            ),
        )  # fmt: skip

    def promises(self, asked: Asked, row: Row, late: Iterable[_Open] | None = None) -> Promises:
        """What became of what was promised for the days of `asked`; `late` is what of it is still open."""
        still = _promised_for(asked, self.late if late is None else late)
        met, missed = row["met"], row["missed"] + _sum(still)
        pairs = ((Figure.MET, met), (Figure.MISSED, missed), (Figure.DUE_IN_PERIOD, met + missed),
                 (Figure.MET_GROSS, row["met_gross"]))  # fmt: skip
        return Promises(*(Shown(figure, asked, count.number, count.amount) for figure, count in pairs))

    def weeks(self) -> Iterable[Week]:
        """The weeks of the period, from Monday on, cut to its first and last day."""
        for first, last in _weeks(self.asked.since, self.asked.until):
            row = self.total(first, last)
            yield Week(first, last, self.promises(replace(self.asked, since=first, until=last), row))

    def flow(self) -> Iterable[Flow]:
        """In and out by day or week, and the backlog at the end of each; nothing where a reviewer is asked about."""
        if self.asked.reviewer is not None:
            return
        one, since, until = timedelta(days=1), self.asked.since, self.asked.until
        days = [(since + n * one,) * 2 for n in range((until - since).days + 1)]
        spans = days if rules.is_by_day(since, until) else _weeks(since, until)
        open_ = _sum(self.backlog)
        later = [row for day, row in self.by_day.items() if day > until]
        flows: list[Flow] = []
        for row in later:
            open_ = _back(open_, row)
        for first, last in reversed(list(spans)):
            row = self.total(first, last)
            counts = ((Figure.RECEIVED, row["received"]), (Figure.OUT, _out(row)), (Figure.BACKLOG, open_))
            of = (self.shown(figure, count, since=first, until=last) for figure, count in counts)
            flows.append(Flow(first, last, *of))
            open_ = _back(open_, row)
        yield from reversed(flows)

    def step(self, step: Step, measured: Mapping[str, Mapping[int, Count]]) -> StepPace:
        """A step of what the period closed."""
        slices = {kept: measured.get(f"{step}:{kept}", {}) for kept in Kept}
        counts = {kept: sum(numbers.values(), Count()) for kept, numbers in slices.items()}
        took: dict[int, Count] = defaultdict(Count)
        for numbers in slices.values():
            for minutes, count in numbers.items():
                took[minutes] += count
        return StepPace(
            step,
            self.shown(Figure.STEP, sum(counts.values(), Count()), cell=step.value),
            self.shown(Figure.STEP_KEPT, counts[Kept.KEPT], cell=step.value),
            self.shown(Figure.STEP_LATE, counts[Kept.LATE], cell=step.value),
            Pace.of(took, 60),
        )

    def distribution(self, numbers: Mapping[int, Count]) -> tuple[Shown, ...]:
        """Turnaround in whole business days."""
        buckets: dict[int, Count] = defaultdict(Count)
        for tenths, count in numbers.items():
            buckets[rules.bucket_of(tenths)] += count
        every = range(1, rules.LAST_BUCKET + 1)
        return tuple(self.shown(Figure.TURNAROUND, buckets[bucket], cell=str(bucket)) for bucket in every)

    def parts(
        self, by: Split, split: Mapping[tuple[Split, str], Row], measured: Mapping[str, Mapping[int, Count]]
    ) -> tuple[Part, ...]:
        """The whole by header type, band or reviewer, in the order of their values."""
        open_, late = self._grouped(by, self.open), self._grouped(by, _promised_for(self.asked, self.late))
        claimed = set(open_) if by is Split.REVIEWER else set()
        values = {value for which, value in split if which is by} | claimed | set(late)
        return tuple(
            self._part(by, value, split.get((by, value), _NOTHING), measured, open_[value], late[value])
            for value in sorted(values)
        )

    def _grouped(self, by: Split, rows: Iterable[_Open]) -> dict[str, list[_Open]]:
        """Open rows by header type, band or reviewer; what nobody works on is no reviewer's."""
        found: dict[str, list[_Open]] = defaultdict(list)
        for row in rows:
            value = _VALUE[by](row)
            if value or by is not Split.REVIEWER:
                found[str(value)].append(row)
        return found

    def _part(
        self, by: Split, value: str, row: Row, measured: Mapping[str, Mapping[int, Count]],
        own: list[_Open], late: list[_Open],
    ) -> Part:  # fmt: skip
        of: dict[str, Any] = {
            Split.KIND: {"header_kind": value}, Split.BAND: {"band": value}, Split.REVIEWER: {"reviewer": value},
        }[by]  # fmt: skip
        of = {name: given if by is Split.KIND else int(given) for name, given in of.items()}
        person = by is Split.REVIEWER
        load = _sum([one for one in own if one.stage in ("pending", "held", "paused")])
        return Part(
            value,
            self.promises(replace(self.asked, **of), row, late),
            self.shown(Figure.CLOSED, row["issued"] + row["rejected"], **of),
            Pace.of(measured.get(f"{by}:{value}")),
            self.shown(Figure.REOPENED, row["reopened"], **of) if person else None,
            self.shown(Figure.WORKED_ON, load, **of) if person else None,
        )

    def rejections(self, measured: Mapping[str, Mapping[int, Count]]) -> Iterable[Rejections]:
        """Rejections by reason, the costliest first."""
        found = []
        for reason in Reason:
            numbers = measured.get(f"{Split.REASON}:{reason}", {})
            count = sum(numbers.values(), Count())
            cost = sum(tenths * each.number for tenths, each in numbers.items()) / rules.TENTHS
            if count.number:
                found.append(Rejections(reason, self.shown(Figure.REASON, count, cell=reason.value), cost))
        return sorted(found, key=lambda one: -one.days)


def _row(sums: Sequence[Any]) -> Row:
    pairs = zip(sums[::2], sums[1::2], strict=True)
    return {name: Count(number, amount) for name, (number, amount) in zip(_NAMES, pairs, strict=True)}


def _promised_for(asked: Asked, rows: Iterable[_Open]) -> list[_Open]:
    """Of open rows those that were promised for the days of `asked`."""
    return [row for row in rows if asked.since <= row.due_on <= asked.until]


def _sum(rows: Sequence[_Open]) -> Count:
    return Count(sum([row.number for row in rows]), sum([row.amount for row in rows], ZERO))


def _out(row: Row) -> Count:
    return row["issued"] + row["rejected"] + row["withdrawn"]


def _back(open_: Count, row: Row) -> Count:
    """What was open before the days of `row`."""
    out, received = _out(row), row["received"]
    return Count(open_.number - received.number + out.number, open_.amount - received.amount + out.amount)


def _weeks(since: date, until: date) -> Iterable[tuple[date, date]]:
    first = since
    while first <= until:
        last = min(first + timedelta(days=6 - first.weekday()), until)
        yield first, last
        first = last + timedelta(days=1)
