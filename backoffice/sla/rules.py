"""What a closed promise counts as, and how turnaround is measured (design/domain.md 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil

from backoffice.calendars.rules import BusinessCalendar
from backoffice.requests.rules import State

# Under five cases a percentage says more about chance than about the service.
SMALLEST_SAMPLE = 5
# Where each amount band begins, in major units; the last one has no end.
BANDS = (Decimal(0), Decimal(1_000), Decimal(10_000), Decimal(100_000))
HOUR = 60 * 60
DAY = 24 * HOUR
# Turnaround is kept in tenths of a business day, begun ones in full; the page's distribution has whole days.
TENTHS = 10
LAST_BUCKET = 11
LAST_AGE = 6
# A period of up to so many days is shown by day, a longer one by week.
BY_DAY = 31
# The local hour from which on the report of the week before is made.
REPORT_HOUR = 8


class Verdict(StrEnum):
    """What a closed request says of its promise."""

    MET = "met"
    MISSED = "missed"
    UNCOUNTED = "uncounted"


class Clock(StrEnum):
    """A way to measure all that was closed: without the time that holds took, with it, and from the first of the
    applications that an issued one resubmits. Each is the name of a slice of `DayPace`."""

    NET = "net"
    GROSS = "gross"
    CHAIN = "chain"


class Step(StrEnum):
    """A part of a request's way, reported apart. Each is named as in the policy `step_targets`.

    First look: from submission until a reviewer claimed it, was handed it, asked the customer or gave a verdict,
    whichever came first; that a page was merely opened is not kept. Decision: until the verdict in force, without the
    time in which the clock stood still. Issue: from the verdict. Delivery: from the issue until the mail servers had
    taken the invoice for every recipient.
    """

    FIRST_LOOK = "first_look"
    DECISION = "decision"
    ISSUE = "issue"
    DELIVERY = "delivery"


class Kept(StrEnum):
    """Whether a step kept the target that held when its request came in; `step:kept` is the name of a slice."""

    KEPT = "kept"
    LATE = "late"
    FREE = "free"


class Split(StrEnum):
    """What turnaround is split by; `split:value` is the name of a slice, measured without holds."""

    KIND = "kind"
    BAND = "band"
    REVIEWER = "reviewer"
    REASON = "reason"


def verdict(state: str, closed_at: datetime, due_at: datetime) -> Verdict:
    """Met or missed. Rejected in time is met; what was withdrawn counts only when it was overdue already."""
    if closed_at >= due_at:
        return Verdict.MISSED
    return Verdict.UNCOUNTED if state == State.WITHDRAWN else Verdict.MET


def ripe_within(promised: float, used: float, percent: int) -> float:
    """How many business seconds may lie before a request, and its clock have stood still, that it has used up `percent`
    of its time: the more there are, the less it has; negative where none has.

    `promised` and `used` are counted from before the request, as for all requests of its day. Its own are less by the
    same sum x, and (used - x) * 100 >= percent * (promised - x) is what is asked.
    """
    return (100 * used - percent * promised) / (100 - percent)


def reported_week(local: datetime, calendar: BusinessCalendar) -> date | None:
    """Monday of the last full week before `local`; None until its report is due.

    That is from `REPORT_HOUR` of the first business day of the present week on. A week without one makes none: the next
    one shows it beside its own.
    """
    today = local.date()
    monday = today - timedelta(days=today.weekday())
    first = calendar.add_business_days(monday - timedelta(days=1), 1)
    if today < first or (today == first and local.hour < REPORT_HOUR):
        return None
    return monday - timedelta(days=7)


def is_by_day(since: date, until: date) -> bool:
    """Whether the days from `since` to `until`, both included, are shown by day; a longer period is shown by week."""
    return (until - since).days < BY_DAY


def band_of(amount: Decimal) -> int:
    """The number of the amount band."""
    return sum(amount >= start for start in BANDS) - 1


def tenths_of(seconds: int) -> int:
    """Tenths of a business day, a begun one in full."""
    return ceil(seconds * TENTHS / DAY)


def step_minutes(seconds: int) -> int:
    """Minutes of a step, a begun one in full; from an hour on quarters of an hour, from a day on hours."""
    unit = 1 if seconds <= HOUR else 15 if seconds <= DAY else 60
    return ceil(seconds / (60 * unit)) * unit


def bucket_of(tenths: int) -> int:
    """Within how many whole business days it was done, `LAST_BUCKET` for more than ten."""
    return min(max(1, -(-tenths // TENTHS)), LAST_BUCKET)


def quantile(numbers: Mapping[int, int], share: float, unit: int = TENTHS) -> float | None:
    """Within how many business days that share was done; None of nothing. `numbers` says how many took each tenth.

    Of steps they say it of minutes: with a `unit` of 60 the answer is in hours.
    """
    wanted, reached = share * sum(numbers.values()), 0
    for took in sorted(numbers):
        reached += numbers[took]
        if reached >= wanted:
            return took / unit
    return None
