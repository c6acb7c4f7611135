"""Folding the managers' figures: outcomes of what was closed, then the touched days counted anew.

A day is counted as a whole and takes the place of what stood there, so to fold twice changes nothing; the one row of
`sla_fold` is locked first, so two workers take turns. After any sleep the fold goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from backoffice import clock
from backoffice.database import session, upsert_into
from backoffice.requests.models import InvoiceRequest
from backoffice.sla.models import Backlog, DayFigures, DayPace, Fold
from backoffice.sla.queries import recount
from backoffice.sla.services import deliveries, outcomes

# A transaction's rows say when it began, and are seen when it ends: longer than the longest one may take.
LAG = timedelta(minutes=10)


def fold(*, now: datetime, limit: int = outcomes.BATCH) -> int:
    """Freeze up to `limit` outcomes and bring their days up to date; fewer than `limit` means that none is left.

    Then what is open is counted as well. Returns how many outcomes are new.
    """
    session.execute(upsert_into(Fold).values(id=1).on_conflict_do_nothing(index_elements=["id"]))
    state = session.scalars(select(Fold).with_for_update()).one()
    first = state.closed_until or session.scalar(select(func.min(InvoiceRequest.submitted_at))) or now
    since = min(first, now) - LAG
    closed = outcomes.waiting(since, limit)
    frozen = outcomes.freeze(closed)
    whole = len(closed) < limit
    until = now if whole else closed[-1].closed_at
    touched = _between(since, until)
    touched |= deliveries.freeze(since, until)
    touched |= {outcome[day] for outcome in frozen for day in ("closed_on", "due_on")}
    _count_anew(touched)
    if whole:
        _take_stock(now)
    session.execute(update(Fold).values(closed_until=until, **({"folded_at": now} if whole else {})))
    return len(frozen)


def _between(since: datetime, until: datetime) -> set[date]:
    first, last = (clock.local_date(at, clock.zone()) for at in (since, until))
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def _count_anew(days: Collection[date]) -> None:
    session.execute(delete(DayFigures).where(DayFigures.day.in_(days)))
    session.execute(delete(DayPace).where(DayPace.day.in_(days)))
    names = ("day", "header_kind", "band", "reviewer_id")
    if figures := [dict(zip(names, key, strict=True)) | row for key, row in recount.days(days).items()]:
        session.execute(insert(DayFigures), figures)
    found = recount.paces(days).items()
    if paces := [
        {"slice": of, "day": day, "took": took, "number": number, "amount": amount}
        for (of, day, took), (number, amount) in found
    ]:
        session.execute(insert(DayPace), paces)


def _take_stock(now: datetime) -> None:
    session.execute(delete(Backlog))
    counted = recount.backlog(now)
    session.execute(insert(Backlog).from_select([column.name for column in counted.selected_columns], counted))
