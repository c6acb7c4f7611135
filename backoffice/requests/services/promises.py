"""The promised day of a request: what the calendar says when it comes in, and what a new calendar does to it later.

A promised date never moves earlier (design/domain.md 5): a calendar with fewer days of rest changes nothing for who has
applied, one with more gives us the days that it takes away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.calendars.rules import BusinessCalendar
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import extension_days


class Promises:
    """What one calendar promises, each day under the policies that hold on it; those are read once."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self._calendar = calendar
        self._policy = policies.dated(PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.CUT_OFF_HOUR)

    def day(self, submitted_at: datetime, paused_seconds: int = 0) -> date:
        """The promised day of a request of that instant whose clock stood still for so many business seconds."""
        zone = clock.zone()
        on = clock.local_date(submitted_at, zone)
        days, cut_off = (self._policy(key, on) for key in (PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.CUT_OFF_HOUR))
        due_on = calendar_rules.due_on(self._calendar, submitted_at, zone, days, cut_off)
        return self._calendar.add_business_days(due_on, extension_days(paused_seconds))


class Promise(NamedTuple):
    """The promised day, the instant from which the request is overdue, the calendar version both come from, and the
    years on the way to the day that are provisional."""

    due_on: date
    due_at: datetime
    version_id: int
    provisional: tuple[int, ...]


def promised(submitted_at: datetime) -> Promise:
    """What a request of that instant is promised by the calendar in force."""
    version, zone = calendars.current_version(), clock.zone()
    calendar = calendars.calendar_of(version)
    due_on = Promises(calendar).day(submitted_at)
    provisional = calendar.provisional_between(clock.local_date(submitted_at, zone), due_on)
    return Promise(due_on, calendar_rules.due_at(due_on, zone), version.id, provisional)


def provisional_of(invoice_request: InvoiceRequest) -> tuple[int, ...]:
    """The years on the way to a request's promised day that are provisional by the calendar in force."""
    return calendars.current_calendar().provisional_between(invoice_request.submitted_on, invoice_request.due_on)


def told(due_on: date, provisional: Iterable[int]) -> dict[str, Any]:
    """What a mail is told of a promised day and the provisional years on the way to it."""
    return {"due_on": due_on.isoformat(), "provisional": list(provisional)}


def values_of(day: date) -> dict[str, Any]:
    """The columns of a request that is promised for `day`."""
    return {"due_on": day, "due_at": calendar_rules.due_at(day, clock.zone())}


def renew(invoice_request: InvoiceRequest, promises: Promises, version_id: int) -> bool:
    """Promise by another calendar version; the row is locked by whoever calls. Returns whether the day moved later."""
    day = promises.day(invoice_request.submitted_at, invoice_request.paused_seconds)
    invoice_request.calendar_version_id = version_id
    if day <= invoice_request.due_on:
        return False
    for name, value in values_of(day).items():
        setattr(invoice_request, name, value)
    return True
