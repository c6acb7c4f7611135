"""How long the steps of closed requests took, in business time, and whether each kept the target of its day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.rules import ABOUT
from backoffice.requests.services.promises import Promises
from backoffice.sla import rules
from backoffice.sla.rules import Step


class Steps:
    """Measures by the calendars that requests were promised by; targets and calendars are read once."""

    def __init__(self, version_ids: Collection[int]) -> None:
        self._calendars = {one: calendars.calendar_of(calendars.version(one)) for one in version_ids}
        self._promises = {one: Promises(used) for one, used in self._calendars.items()}
        self._policy = policies.dated(PolicyKey.STEP_TARGETS)

    def between(self, row: Any, start: datetime | None, end: datetime | None) -> int | None:
        """Business seconds between two instants of a request; None where one of them never was."""
        if start is None or end is None:
            return None
        used = self._calendars[row.calendar_version_id]
        return max(0, round(used.business_seconds_between(start, end, clock.zone())))

    def due_without_pauses(self, row: Any) -> datetime:
        """From when on a request would have been overdue had its clock never stood still."""
        due_on = self._promises[row.calendar_version_id].day(row.submitted_at)
        return calendar_rules.due_at(due_on, clock.zone())

    def columns(self, row: Any, took: Mapping[Step, int | None]) -> dict[str, Any]:
        """Minutes and verdict of each step, by the target in force on the day of submission."""
        targets, found = self._policy(PolicyKey.STEP_TARGETS, row.submitted_on), dict[str, Any]()
        for step, seconds in took.items():
            hours = targets[step]
            found[f"{step}_minutes"] = None if seconds is None else rules.step_minutes(seconds)
            found[f"{step}_kept"] = None if seconds is None or hours is None else seconds <= hours * rules.HOUR
        return found


def claimed_first(numbers: Mapping[int, str]) -> dict[int, datetime]:
    """When somebody first worked on each of these requests, or was handed it; `numbers` by id."""
    claims = audit.first_instants(ABOUT, numbers.values(), "request.claim")
    return {id_: claims[number] for id_, number in numbers.items() if number in claims}
