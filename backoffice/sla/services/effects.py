"""What a change of a policy would do to what is open now: counted before it is saved, by the rules that follow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from backoffice import clock
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import session
from backoffice.money import AmountError, parse_amount
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services.changing import Plan
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.queries import drafts
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review import rules as review
from backoffice.review.services import four_eyes
from backoffice.sla.services import escalation

# Each of them asks for its account's weeks: so many are looked at, the most urgent ones.
LOOKED_AT = 500
_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class Example:
    """An application of an instant and its promised day, by the present value and by the new one; the years on the way
    to the later of both that are provisional."""

    at: datetime
    before: date
    after: date
    provisional: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What is open now and what the change means for it; only what goes with the policy is counted.

    `more` and `fewer`: pending requests that two people would have to approve, and that one could, of the first
    `looked_at`; or unfinished applications that could not be submitted any more, and that could. `told`: of how many
    requests each step of the escalation would tell at once.
    """

    open: int
    more: int = 0
    fewer: int = 0
    looked_at: int = 0
    example: Example | None = None
    told: dict[str, int] = field(default_factory=dict)


def of(plan: Plan, *, now: datetime) -> Effects:
    """Count what `plan` would do; reads only."""
    count = requests.open_count()
    if plan.key in (PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.CUT_OFF_HOUR):
        return Effects(count, example=_example(plan))
    if plan.key is PolicyKey.FOUR_EYES_THRESHOLD:
        return _two_people(count, plan.before, plan.value, now)
    if plan.key is PolicyKey.MINIMUM_AMOUNT:
        return _unfinished(count, parse_amount(plan.before), parse_amount(plan.value))
    if plan.key is PolicyKey.ESCALATION:
        return Effects(count, told=_told(plan.before, plan.value, now))
    return Effects(count)


def _example(plan: Plan) -> Example:
    """Somebody who applies in the last minute of the first day, when every cut-off hour is over."""
    zone, calendar = clock.zone(), calendars.current_calendar()
    at = datetime.combine(plan.starts_on, _LAST_MINUTE, tzinfo=zone)
    held = {key: policies.value(key, plan.starts_on) for key in (PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.CUT_OFF_HOUR)}
    before, after = (
        calendar_rules.due_on(calendar, at, zone, values[PolicyKey.SLA_BUSINESS_DAYS], values[PolicyKey.CUT_OFF_HOUR])
        for values in ({**held, plan.key: plan.before}, {**held, plan.key: plan.value})
    )
    return Example(at, before, after, calendar.provisional_between(plan.starts_on, max(before, after)))


def _two_people(count: int, before: str | None, after: str | None, now: datetime) -> Effects:
    waiting = session.scalars(
        select(InvoiceRequest)
        .where(in_state(State.PENDING), InvoiceRequest.second_wanted_at.is_(None))
        .order_by(InvoiceRequest.due_at, InvoiceRequest.id)
        .limit(LOOKED_AT)
    ).all()
    more = fewer = 0
    for one in waiting:
        gross = four_eyes.gross_around(one, now)
        was, would = (review.needs_second(one.amount, gross, threshold) for threshold in (before, after))
        more += would and not was
        fewer += was and not would
    return Effects(count, more, fewer, len(waiting))


def _unfinished(count: int, before: Decimal, after: Decimal) -> Effects:
    more = fewer = 0
    written = session.scalars(select(ApplicationDraft).where(drafts.IS_OPEN).execution_options(yield_per=500))
    for draft in written:
        try:
            amount = parse_amount(draft.fields.get("amount", ""))
        except AmountError:
            continue
        more += before <= amount < after
        fewer += after <= amount < before
    return Effects(count, more, fewer)


def _told(before: dict[str, Any], after: dict[str, Any], now: datetime) -> dict[str, int]:
    """Those that the present shares tell of within a minute anyway are none of the change's: of a smaller share all of
    them are told as well."""

    def ripe(step: str, percent: int | None) -> int:
        return escalation.count_ripe(step, percent, now=now) if percent else 0

    return {step: max(0, ripe(step, percent) - ripe(step, before.get(step))) for step, percent in after.items()}
