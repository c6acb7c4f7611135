"""Why a request is promised for its day: each day from the application on, counted or passed over, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
class Explanation:
    """A promised day and what leads to it.

    `days` business days were promised, `more` came for the time in which the clock stood still. `late` is the cut-off
    hour where the application came after it and counts as made a day later. `spare`: business days beyond both, because
    a promised day that has become earlier is kept. `moved` are the days promised before, the oldest first.
    """

    days: int
    more: int
    late: int | None
    counted_from: date
    strip: tuple[ExplainedDay, ...]
    spare: int
    moved: tuple[date, ...]
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
        moved=_moved(invoice_request.id),
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


def _moved(request_id: int) -> tuple[date, ...]:
    events = session.scalars(
        select(RequestEvent)
        .where(RequestEvent.request_id == request_id, RequestEvent.kind == "due_moved")
        .order_by(RequestEvent.id)
    )
    return tuple(event.day("before") for event in events)
