"""How long the steps of closed requests took, in business time, and whether each kept the target of its day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from backoffice import clock
from backoffice.audit import queries as audit
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import session
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import RequestEvent
from backoffice.requests.rules import ABOUT
from backoffice.requests.services.promises import Promises
from backoffice.sla import rules
from backoffice.sla.rules import Step


class Steps:
    """Measures by the calendars that requests were promised by; targets and calendars are read once.

    `behind` are further calendars of those whose clock stood still (`versions_behind`), by the requests' ids.
    """

    def __init__(self, version_ids: Collection[int], behind: Mapping[int, Set[int]] = MappingProxyType({})) -> None:
        self._behind, every = behind, set(version_ids).union(*behind.values())
        self._calendars = {one: calendars.calendar_of(calendars.version(one)) for one in every}
        self._promises = {one: Promises(used) for one, used in self._calendars.items()}
        self._policy = policies.dated(PolicyKey.STEP_TARGETS)

    def between(self, row: Any, start: datetime | None, end: datetime | None) -> int | None:
        """Business seconds between two instants of a request; None where one of them never was."""
        if start is None or end is None:
            return None
        used = self._calendars[row.calendar_version_id]
        return max(0, round(used.business_seconds_between(start, end, clock.zone())))

    def due_without_pauses(self, row: Any) -> datetime:
        """From when on a request would have been overdue had its clock never stood still.

        That day never moves earlier either: it is the latest of those that the calendars behind the promise make of it.
        """
        if not row.paused_seconds:
            return row.due_at  # type: ignore[no-any-return]
        behind = {row.calendar_version_id, *self._behind[row.id]}
        due_on = max(self._promises[one].day(row.submitted_at) for one in behind)
        return calendar_rules.due_at(min(due_on, row.due_on), clock.zone())

    def columns(self, row: Any, took: Mapping[Step, int | None]) -> dict[str, Any]:
        """Minutes and verdict of each step, by the target in force on the day of submission."""
        targets, found = self._policy(PolicyKey.STEP_TARGETS, row.submitted_on), dict[str, Any]()
        for step, seconds in took.items():
            hours = targets[step]
            found[f"{step}_minutes"] = None if seconds is None else rules.step_minutes(seconds)
            found[f"{step}_kept"] = None if seconds is None or hours is None else seconds <= hours * rules.HOUR
        return found


def versions_behind(closed: Collection[Any]) -> dict[int, set[int]]:
    """The calendars that requests whose clock stood still were promised by: the first, and those that moved the day."""
    in_force = calendars.dated()
    behind = {row.id: {in_force(row.submitted_at)} for row in closed if row.paused_seconds}
    version = RequestEvent.data["calendar_version"].as_integer()
    moves = select(RequestEvent.request_id, version).where(RequestEvent.kind == "due_moved")
    for request_id, version_id in session.execute(moves.where(RequestEvent.request_id.in_(behind))):
        behind[request_id].add(version_id)
    return behind


def claimed_first(numbers: Mapping[int, str]) -> dict[int, datetime]:
    """When somebody first worked on each of these requests, or was handed it; `numbers` by id."""
    claims = audit.first_instants(ABOUT, numbers.values(), "request.claim")
    return {id_: claims[number] for id_, number in numbers.items() if number in claims}
