"""Telling in time: long before a promise breaks, whoever can act hears of it, once for each step and promised day."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import exists, select

from backoffice import clock
from backoffice.accounts import queries as accounts
from backoffice.accounts.models import User
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import is_first, session
from backoffice.delivery import services as delivery
from backoffice.permissions import Role
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.sla.models import Backlog, Escalation
from backoffice.sla.services.flags import line_of

BATCH = 200
REVIEWERS, MANAGERS = "reviewers", "managers"


def escalate(step: str, *, now: datetime, limit: int = BATCH) -> int:
    """Tell of up to `limit` open requests that have used up what the policy of `step` allows; returns how many.

    The share is business time since the application over what was promised, without the time in which the clock stood
    still; requests whose clock stands still now wait. Reviewers: whoever works on it is told, or all of them where
    nobody does, or whoever does has left. Each request is taken by an INSERT that a second worker cannot repeat; where
    there is nobody to tell, it waits until there is.
    """
    percent = policies.value(PolicyKey.ESCALATION, clock.local_date(now, clock.zone()))[step]
    if percent is None:
        return 0
    people = accounts.active_people(Role.MANAGER if step == MANAGERS else Role.REVIEWER)
    if not people:
        return 0
    told = [one for one in ripe(step, percent, now=now, limit=limit) if _take(one, step, now)]
    for person, requests, unassigned in _whom(step, told, people, now):
        delivery.queue(
            "due_soon",
            person.email,
            person.locale or "en",
            {
                "requests": [line_of(one) for one in requests], "percent": percent, "unassigned": unassigned,
                "person": person.name,
            },
            at=now,
            about=("invoice_request", requests[0].id),
        )  # fmt: skip
    return len(told)


def ripe(step: str, percent: int, *, now: datetime, limit: int = BATCH) -> list[InvoiceRequest]:
    """Up to `limit` open requests that have used up `percent` of their time and were not told of at this step."""
    calendar = calendars.current_calendar()
    found = _candidates(step, percent, calendar, now, limit)
    return [one for one in found if _share(one, calendar, now) * 100 >= percent]


def _candidates(
    step: str, percent: int, calendar: BusinessCalendar, now: datetime, limit: int
) -> Iterable[InvoiceRequest]:
    """The most urgent open ones that were not told of and may be so far; their share itself is asked afterwards.

    What is left of a promise is at most its days and the rest of the day it was made on.
    """
    zone = clock.zone()
    today = clock.local_date(now, zone)
    longest = max(_promised_days(calendar), default=0)
    left = math.ceil((longest + 1) * (100 - percent) / 100)
    horizon = calendar_rules.due_at(calendar.add_business_days(today, left), zone)
    known = exists().where(
        Escalation.request_id == InvoiceRequest.id, Escalation.due_at == InvoiceRequest.due_at, Escalation.step == step
    )
    return session.scalars(
        select(InvoiceRequest)
        .where(
            is_open(), InvoiceRequest.paused_at.is_(None), InvoiceRequest.due_at > now,
            InvoiceRequest.due_at <= horizon, ~known,
        )
        .order_by(InvoiceRequest.due_at, InvoiceRequest.id)
        .limit(limit)
    ).all()  # fmt: skip


def _promised_days(calendar: BusinessCalendar) -> Iterator[int]:
    """How many business days were promised: by each policy there was, and to what is open as of the last fold.

    A promise that a changed calendar would shorten keeps its day, so it may be longer than any policy's.
    """
    yield from (row.value for row, _ in policies.history(PolicyKey.SLA_BUSINESS_DAYS))
    spans = session.execute(select(Backlog.submitted_on, Backlog.due_on).distinct())
    yield from (calendar.business_days_between(first, last) for first, last in spans)


def _share(invoice_request: InvoiceRequest, calendar: BusinessCalendar, now: datetime) -> float:
    """How much of its promised business time is used up; 1 when all of it is."""
    begin, zone, paused = invoice_request.submitted_at, clock.zone(), invoice_request.paused_seconds
    promised = calendar.business_seconds_between(begin, invoice_request.due_at, zone) - paused
    used = calendar.business_seconds_between(begin, now, zone) - paused
    return used / promised if promised > 0 else 1.0


def _take(invoice_request: InvoiceRequest, step: str, now: datetime) -> bool:
    row = {"request_id": invoice_request.id, "due_at": invoice_request.due_at, "step": step, "told_at": now}
    return is_first(Escalation, **row)


def _whom(
    step: str, told: list[InvoiceRequest], people: Sequence[User], now: datetime
) -> Iterable[tuple[User, list[InvoiceRequest], bool]]:
    """Each of the people with what they are told of, and whether nobody works on it."""
    if not told:
        return
    if step == MANAGERS:
        yield from ((manager, told, False) for manager in people)
        return
    there = {reviewer.id for reviewer in people}
    by_person: dict[int | None, list[InvoiceRequest]] = defaultdict(list)
    for one in told:
        claimant = one.claimant(now)
        by_person[claimant if claimant in there else None].append(one)
    for reviewer in people:
        if own := by_person.get(reviewer.id):
            yield reviewer, own, False
        if free := by_person.get(None):
            yield reviewer, free, True
