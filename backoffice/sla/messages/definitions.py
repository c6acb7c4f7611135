"""What each figure, chart and column of the managers' pages counts: said once, for all places that tell it.

A key stands for one meaning. Words that mean two things (a day that is due, how many are due) are two entries, and two
messages of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import gettext, ngettext, pgettext

from backoffice.sla import forecast
from backoffice.sla.rules import BY_DAY, SMALLEST_SAMPLE
from backoffice.web.formatting import page_locale


@dataclass(frozen=True, slots=True)
class Definition:
    """A word of the page and what it counts, in the reader's language; `key` is fit for an id."""

    key: str
    label: str
    text: str


class Glossary(dict[str, Definition]):
    """The words of a page by their keys, in its order. All that ask for the same have the same one: it is read only."""

    @property
    def entries(self) -> tuple[Definition, ...]:
        """All words with what they mean."""
        return tuple(self.values())

    def columns(self, first: str, *figures: str) -> list[dict[str, Any]]:
        """The head of a table, by keys: what its rows are, then its figures (components/table.html)."""
        return [{"means": self[first]}, *({"means": self[key], "numeric": True} for key in figures)]


def of_board(target_days: int) -> Glossary:
    """All words of `/sla`; `target_days` are the business days that are promised today."""
    return _of_board(target_days, page_locale())


@lru_cache(maxsize=16)
def _of_board(target_days: int, _language: str) -> Glossary:
    return _by_key([*_now(), _due(target_days), *_period(), *_turnaround(), *_charts(), *_parts(), *_steps(), *_rest()])


def of_forecast(target_days: int) -> Glossary:
    """All words of `/sla/forecast`, likewise."""
    return _of_forecast(target_days, page_locale())


@lru_cache(maxsize=16)
def _of_forecast(target_days: int, _language: str) -> Glossary:
    return _by_key([*_paces(), *_expected(), *_row(), _due(target_days)])


def _by_key(entries: Iterable[tuple[str, str, str]]) -> Glossary:
    return Glossary((key, Definition(key, label, text)) for key, label, text in entries)


def _few() -> str:
    """When a share is not shown."""
    return str(gettext("No percentage is shown for fewer than %(least)d.", least=SMALLEST_SAMPLE))


def _now() -> list[tuple[str, str, str]]:
    return [
        ("now", gettext("Now"), gettext("What is open at the moment, as the worker last counted it.")),
        ("open", gettext("Open requests"), gettext("Pending or approved: nobody has the invoice yet.")),
        ("overdue", gettext("Overdue"), gettext("Still open after the day it was due.")),
        ("due-today", gettext("Due today"), gettext("Open, and today is the promised day.")),
        ("due-next", gettext("Due on the next business day"),
         gettext("Open, and its promised day is the next business day.")),
        ("unassigned", gettext("Nobody works on it"),
         gettext("Pending, claimed by nobody now, and no question to the customer is open. What is approved waits for "
                 "no reviewer.")),
        ("paused", gettext("Clock stands still"),
         gettext("Pending, and the customer has been asked: the clock runs on with the answer.")),
        ("oldest", gettext("Oldest"), gettext(
            "The day on which the oldest of the open requests was submitted, and how many of them are of that day.")),
    ]  # fmt: skip


def _due(target_days: int) -> tuple[str, str, str]:
    day = ngettext("The end of the business day that follows the day of submission.",
                   "The end of business day %(num)d after the day of submission.", target_days)  # fmt: skip
    promised = gettext("By the policy of today. A request keeps the promise of the day on which it was submitted.")
    return "due", gettext("Due"), f"{day} {promised}"


def _period() -> list[tuple[str, str, str]]:
    on_time = gettext(
        "Of the requests whose promised day fell in the period and that were closed or have become overdue: the share "
        "issued or rejected in time. Withdrawn ones count only if they were overdue before."
    )
    return [
        ("period", gettext("Period"),
         gettext("Its first and last day belong to it. A promise counts on the promised day, what was closed on the "
                 "day it was closed, what was received on the day of submission.")),
        ("on-time", gettext("On time"), f"{on_time} {_few()}"),
        ("on-time-gross", gettext("On time with holds"),
         gettext("Of the same requests: the share that would be in time had the clock never stood still, so that each "
                 "hold counts as our time.")),
        ("met", gettext("Kept"),
         gettext("Of the requests due in the period: issued or rejected before their promised day was over.")),
        ("missed", gettext("Missed"),
         gettext("Of the requests due in the period: closed after their promised day, or still open after it.")),
        ("due-in-period", pgettext("count", "Due"),
         gettext("Requests whose promised day fell in the period and that were closed or have become overdue: kept "
                 "and missed together.")),
        ("first-pass", gettext("Issued at the first attempt"),
         gettext("Of the requests issued in the period: those that resubmit no rejected one.")),
        ("issued", gettext("Issued"), gettext("Requests whose invoice was issued in the period.")),
        ("rejected", gettext("Rejected"), gettext("Requests that a reviewer rejected in the period.")),
        ("withdrawn", gettext("Withdrawn"), gettext("Requests that their customer took back in the period.")),
        ("undelivered", gettext("Issued, mail not arrived"),
         gettext("Of the requests issued in the period: the mail with the invoice still waits or has failed, and no "
                 "later one has arrived.")),
    ]  # fmt: skip


def _turnaround() -> list[tuple[str, str, str]]:
    return [
        ("median-turnaround", gettext("Median turnaround"),
         gettext("Half of the requests issued or rejected in the period took no longer, from submission, in business "
                 "time.")),
        ("p90", gettext("Nine of ten within"),
         gettext("Nine tenths of the requests took no longer; where there is a second figure, 95 of 100 took no "
                 "longer than that.")),
        ("median-gross", gettext("Median with holds"),
         gettext("The same, the time in which the clock stood still counted as well.")),
        ("median-chain", gettext("Median end to end"),
         gettext("Of issued requests: from the first of the applications that were resubmitted.")),
        ("median", gettext("Median"), gettext("Half of the requests that the row counts took no longer.")),
    ]  # fmt: skip


def _charts() -> list[tuple[str, str, str]]:
    return [
        ("ages", gettext("Open requests by age"),
         gettext("All that is open now, by the business days that have passed since the day of submission.")),
        ("age", gettext("Business days since submission"),
         gettext("Business days after the day of submission up to and including today, those on hold counted as well. "
                 "What was submitted today is 0 days old.")),
        ("distribution", gettext("Turnaround"),
         gettext("Requests issued or rejected in the period by the time they took. Counted in tenths of a business "
                 "day, a begun one in full, without the time in which the clock stood still; with holds it is counted "
                 "as well.")),
        ("bucket", gettext("Within so many business days"),
         gettext("3 are those that took more than two business days and no more than three.")),
        ("on-time-by-week", gettext("On time by week"),
         gettext("Of the promises whose day fell in a week: the share kept in time.")),
        ("week", gettext("Week"), gettext("From Monday to Sunday; the first and the last one are cut to the period.")),
        ("day", gettext("Day"),
         gettext("A day of the calendar. A period of more than %(num)d days is shown by week.", num=BY_DAY)),
        ("flow", gettext("Backlog, in and out"),
         gettext("What came in, what left, and what was still open at the end of each day or week.")),
        ("received", gettext("Received"),
         gettext("Requests submitted on these days. A resubmission is a request of its own.")),
        ("out", gettext("Closed or withdrawn"), gettext("Requests issued, rejected or withdrawn on these days.")),
        ("backlog", gettext("Open at its end"),
         gettext("Requests submitted up to the end of the last of these days that were neither closed nor withdrawn "
                 "by then.")),
    ]  # fmt: skip


def _parts() -> list[tuple[str, str, str]]:
    return [
        ("reviewers", gettext("By reviewer"),
         gettext("The figures of the period for each reviewer, and what they work on now.")),
        ("reviewer", gettext("Reviewer"),
         gettext("Whoever gave the verdict in force; of what is open, whoever works on it. Of several verdicts taken "
                 "back on one request the last one counts, for whoever gave it.")),
        ("load", gettext("Works on now"),
         gettext("Pending requests that the reviewer has claimed, those on hold among them.")),
        ("closed", gettext("Closed"), gettext("Requests issued or rejected in the period.")),
        ("reopened", gettext("Verdict taken back"),
         gettext("Of the requests closed in the period: those on which a verdict of this reviewer had been taken back "
                 "before. A first approval of two is no verdict yet.")),
        ("kinds", gettext("By header type"), gettext("The figures of the period for each type of invoice header.")),
        ("kind", gettext("Header type"), gettext("The type of the invoice header, as it was at submission.")),
        ("bands", gettext("By amount"), gettext("The figures of the period for small and large requests.")),
        ("band", gettext("Amount"), gettext("The Invoice Amount of a single request, tax included.")),
        ("requests", pgettext("count", "Requests"),
         gettext("How many requests the row counts. The number opens them.")),
        ("amount", pgettext("sum", "Amount"), gettext("The Invoice Amounts of these requests together, tax included.")),
    ]  # fmt: skip


def _steps() -> list[tuple[str, str, str]]:
    share = gettext("Of the requests whose step had a target: the share that kept it.")
    return [
        ("steps", gettext("Steps in business hours"),
         gettext("Of requests issued or rejected in the period. Business hours, 24 to a day; a begun minute counts in "
                 "full, from an hour on a begun quarter, from a day on a begun hour. A target is the one of the day "
                 "of submission; the table shows the one of today.")),
        ("step", gettext("Step"),
         gettext("A part of the way from submission to the invoice in the customer's mailbox.")),
        ("first_look", gettext("First look"),
         gettext("From submission until a reviewer claimed it, was handed it, asked the customer or gave a verdict, "
                 "whichever came first. That a page was merely opened is not kept.")),
        ("decision", gettext("Decision"),
         gettext("From submission until the verdict in force, without the time in which the clock stood still.")),
        ("issue", gettext("Issue"), gettext("From the verdict until the invoice was issued.")),
        ("delivery", gettext("Delivery by mail"),
         gettext("From the issue until the mail servers had taken the invoice for every recipient.")),
        ("target", gettext("Target"), gettext("Business hours that the step may take, by the policy of today.")),
        ("step-kept", gettext("Target kept"), gettext("Requests whose step took no longer than its target.")),
        ("step-late", gettext("Target missed"), gettext("Requests whose step took longer than its target.")),
        ("step-share", gettext("Share kept"), f"{share} {_few()}"),
    ]  # fmt: skip


def _rest() -> list[tuple[str, str, str]]:
    return [
        ("reasons", gettext("Rejections by reason"),
         gettext("The requests rejected in the period, by the reason that the reviewer gave; the costliest one "
                 "first.")),
        ("reason", gettext("Reason"), gettext("The reason that the customer was told, without the remarks.")),
        ("days", gettext("Business days in all"),
         gettext("What rejections for one reason took from submission to the verdict, together.")),
        ("upcoming", gettext("Promises that end next"),
         gettext("Of the open requests that are not overdue those whose promised day ends first.")),
    ]  # fmt: skip


def _paces() -> list[tuple[str, str, str]]:
    return [
        ("pace", gettext("Present pace"),
         gettext("Requests issued or rejected in the last %(num)d business days, and on the days off between them, for "
                 "each of these. A withdrawal is nobody's work.", num=forecast.PACE_DAYS)),
        ("to-keep", gettext("Pace that keeps every promise"),
         gettext("The slowest pace at which every promise is kept that still can be: the requests due up to the day "
                 "that is the hardest to keep, for each business day left until its end. What waits for the customer "
                 "is left out.")),
        ("missing", gettext("Will miss their day"),
         gettext("Of the open requests still in time: those whose turn comes after their promised day if requests are "
                 "closed at the present pace, the most urgent first. What waits for the customer is left out.")),
        ("late", gettext("Past their day already"),
         gettext("Open requests whose promised day is over, without what waits for the customer.")),
        ("empty-desk", gettext("An empty desk"),
         gettext("How many requests a business day have to be closed so that none is open at the end of a day, those "
                 "reckoned in that are expected until then.")),
    ]  # fmt: skip


def _expected() -> list[tuple[str, str, str]]:
    return [
        ("ahead", gettext("Expected backlog"),
         gettext("How many requests are expected to be open at the end of each of the coming business days. It is "
                 "reckoned from what was known when today began: what has happened since is not in it.")),
        ("before", gettext("Last month's forecast"),
         gettext("What was expected twenty business days ago, from what was known then, beside what came of it.")),
        ("day", gettext("Day"), gettext("A business day; what happens on a day off belongs to the next one.")),
        ("expected", gettext("Expected"), gettext("By that one of the two forecasts that was off by less lately.")),
        ("naive", gettext("As last week"),
         gettext("Each weekday ends with as many open requests as it did last week.")),
        ("seasonal", gettext("By weekday and trend"),
         gettext("The backlog returns to what is usual on its weekday, as fast as it did lately.")),
        ("real", gettext("What came of it"), gettext("How many requests were open at the end of the day.")),
    ]  # fmt: skip


def _row() -> list[tuple[str, str, str]]:
    return [
        ("misses", gettext("Will miss their day at the present pace"),
         gettext("The most urgent ones of those that will miss their day; the figure above opens all of them.")),
        ("request", gettext("Request"), gettext("The number that the request has had since its submission.")),
        ("header", gettext("Invoice Header"), gettext("The buyer's name as it was at submission.")),
        ("amount", gettext("Amount"), gettext("The Invoice Amount of a single request, tax included.")),
        ("turn", pgettext("day", "Expected"),
         gettext("The business day on which its turn comes at the present pace, the most urgent requests first.")),
    ]  # fmt: skip
