"""Why a request is promised for its day: each day from the application on, counted or passed over, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars.rules import StripDay, counted_from
from backoffice.database import session
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Hold, InvoiceRequest, RequestEvent
from backoffice.requests.rules import extension_days

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One day of the strip; `paused`: on a part of it, or on all of it, the clock stood still."""

    of: StripDay
    paused: bool

    @property
    def counts(self) -> bool:
        """Whether it is one of the business days."""
        return self.of.kind.counts


@dataclass(frozen=True, slots=True)
class Moved:
    """A promised day that made room for a later one: for a question, while which the clock `stood`, or the calendar.

    `again` are the days of rest that the calendar had then, and that are business days by now.
    """

    before: date
    after: date
    stood: Span | None = None
    again: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A promised day and what leads to it.

    `days` business days were promised, `more` came for the time in which the clock stood still. `late` is the cut-off
    hour where the application came after it and counts as made a day later. `spare`: business days beyond both, because
    a promised day that has become earlier is kept. `moved` says what was promised before, the oldest first; `stands`
    since when the clock stands still, for the time of which the day will move on.
    """

    days: int
    more: int
    late: int | None
    counted_from: date
    strip: tuple[ExplainedDay, ...]
    spare: int
    moved: tuple[Moved, ...]
    stands: datetime | None
    provisional: tuple[int, ...]
    version_id: int


def explanation(invoice_request: InvoiceRequest, *, now: datetime) -> Explanation:
    """The strip of days from a request's application to its promised day, by the calendar it is measured with."""
    version = calendars.version(invoice_request.calendar_version_id)
    on = invoice_request.submitted_on
    cut_off = policies.value(PolicyKey.CUT_OFF_HOUR, on)
    start = counted_from(invoice_request.submitted_at, clock.zone(), cut_off)
    days = policies.value(PolicyKey.SLA_BUSINESS_DAYS, on)
    more = extension_days(invoice_request.paused_seconds)
    pauses = _pauses(invoice_request.id, now)
    told = calendars.calendar_of(version).explain(start, invoice_request.due_on)
    strip = tuple(ExplainedDay(day, any(_touches(span, day.day) for span in pauses)) for day in told)
    return Explanation(
        days=days,
        more=more,
        late=cut_off if start > on else None,
        counted_from=start,
        strip=strip,
        spare=max(0, sum(day.counts for day in strip) - days - more),
        moved=tuple(_moved(invoice_request, start, days, now)),
        stands=invoice_request.paused_at,
        provisional=tuple(sorted({day.day.year for day in told if day.provisional})),
        version_id=version.id,
    )


def _pauses(request_id: int, now: datetime) -> list[Span]:
    """When the clock stood still: from the mail of a question until its end, or until now."""
    held = select(Hold.clock_stopped_at, Hold.ended_at).where(
        Hold.request_id == request_id, Hold.clock_stopped_at.is_not(None)
    )
    return [(stopped, ended or now) for stopped, ended in session.execute(held) if stopped is not None]


def _touches(span: Span, day: date) -> bool:
    zone = clock.zone()
    return clock.start_of_day(day, zone) < span[1] and clock.start_of_day(day + timedelta(days=1), zone) > span[0]


def _moved(invoice_request: InvoiceRequest, start: date, days: int, now: datetime) -> Iterator[Moved]:
    """Each move of the day in its order, reckoned as it was made: by the calendar of the question's end."""
    steps = sorted(
        [*_by_calendar(invoice_request, start), *_by_questions(invoice_request.id, now)], key=lambda one: one[0]
    )
    if not steps:
        return
    in_force = calendars.dated()
    first = calendars.calendar_of(calendars.version(in_force(invoice_request.submitted_at)))
    day, paused = first.add_business_days(start, days), 0
    for at, step in steps:
        if isinstance(step, Moved):
            moved = step
        else:
            more = extension_days(paused + step.paused_seconds) - extension_days(paused)
            paused += step.paused_seconds
            used = calendars.calendar_of(calendars.version(in_force(at)))
            moved = Moved(day, used.add_business_days(day, more), (step.clock_stopped_at, at))
        day = moved.after
        if moved.after > moved.before:
            yield moved


def _by_calendar(invoice_request: InvoiceRequest, start: date) -> Iterator[tuple[datetime, Moved]]:
    moves = select(RequestEvent).where(RequestEvent.request_id == invoice_request.id, RequestEvent.kind == "due_moved")
    now = calendars.calendar_of(calendars.version(invoice_request.calendar_version_id))
    for event in session.scalars(moves.order_by(RequestEvent.id)):
        then = calendars.calendar_of(calendars.version(event.data["calendar_version"]))
        after = event.day("due_on")
        days = (start + timedelta(days=number) for number in range(1, (after - start).days + 1))
        again = tuple(day for day in days if now.is_business_day(day) and not then.is_business_day(day))
        yield event.at, Moved(event.day("before"), after, again=again)


def _by_questions(request_id: int, now: datetime) -> Iterator[tuple[datetime, Any]]:
    """Questions that moved the day; one that is open again moved it when a verdict closed it."""
    held = select(Hold.clock_stopped_at, Hold.ended_at, Hold.paused_seconds).where(
        Hold.request_id == request_id, Hold.clock_stopped_at.is_not(None), Hold.paused_seconds > 0
    )
    for row in session.execute(held.order_by(Hold.id)):
        yield row.ended_at or now, row
