"""Folding the managers' figures: outcomes of what was closed, then the touched days counted anew.

A day is counted as a whole and takes the place of what stood there, so to fold twice changes nothing; the one row of
`sla_fold` is locked first, so two workers take turns. After any sleep the fold goes on where it stopped. Where all
figures are what they were, nothing is written and the edition stays, so that pages need not add them up again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, inspect, select, true

from backoffice import clock
from backoffice.database import Base, session, upsert_into
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
    changed = _count_anew(touched)
    if whole:
        changed |= _take_stock(now)
        state.folded_at = now
    state.closed_until = until
    if changed or not state.edition:
        state.edition = secrets.token_hex(8)
    session.flush()
    return len(frozen)


def _between(since: datetime, until: datetime) -> set[date]:
    first, last = (clock.local_date(at, clock.zone()) for at in (since, until))
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def _count_anew(days: Collection[date]) -> bool:
    """Count these days once more; says whether a figure is another than before."""
    names = ("day", "header_kind", "band", "reviewer_id")
    figures = [dict(zip(names, key, strict=True)) | row for key, row in recount.days(days).items()]
    paces = [
        {"slice": of, "day": day, "took": took, "number": number, "amount": amount}
        for (of, day, took), (number, amount) in recount.paces(days).items()
    ]
    return _replaced(DayFigures, figures, DayFigures.day.in_(days)) | _replaced(DayPace, paces, DayPace.day.in_(days))


def _take_stock(now: datetime) -> bool:
    """Count what is open once more; says whether it is another than before."""
    return _replaced(Backlog, [dict(row) for row in session.execute(recount.backlog(now)).mappings()], true())


def _replaced(table: type[Base], rows: Sequence[Mapping[str, Any]], where: ColumnElement[bool]) -> bool:
    """Let these rows take the place of those `where`, unless they are the same; says whether they were others."""
    columns = inspect(table).columns.keys()
    stood = session.execute(select(*(getattr(table, column) for column in columns)).where(where))
    if set(map(tuple, stood)) == {tuple(row[column] for column in columns) for row in rows}:
        return False
    session.execute(delete(table).where(where))
    if rows:
        session.execute(insert(table), rows)
    return True
