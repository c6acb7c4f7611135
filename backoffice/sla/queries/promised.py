"""What each look at the managers' page reads of the requests themselves: worded once, for it is looked at often."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import bindparam, select

from backoffice.database import Instant, session
from backoffice.prepared import Prepared
from backoffice.requests.models import InvoiceRequest, is_open, is_overdue
from backoffice.review.queries import queue as review
from backoffice.sla.queries import lists
from backoffice.sla.queries.lists import Asked

NEXT_SHOWN = 5
# Stands for the instant in statements that are built once.
_NOW = cast(datetime, bindparam("now", type_=Instant()))


def overdue(now: datetime) -> int:
    """How many requests are overdue, `review.COUNT_LIMIT` standing for that many or more."""
    count: int = _overdue().rows(session.connection(), {"now": now})[0][0]
    return count


@cache
def _overdue() -> Prepared:
    return Prepared(select(review.capped(select(InvoiceRequest).where(is_overdue(_NOW)))))


def next_due(asked: Asked, now: datetime) -> list[tuple[Any, ...]]:
    """The open requests whose days end next, as the values of `review.Listed`; of what `asked` narrows them to."""
    statement = _next_due(asked.header_kind, asked.band, asked.reviewer)
    return statement.rows(session.connection(), {"now": now})


@lru_cache(maxsize=64)
def _next_due(header_kind: str, band: int | None, reviewer: int | None) -> Prepared:
    # The days of a period say nothing of what is open.
    asked = Asked(date.min, date.min, header_kind, band, reviewer)
    ahead = select(InvoiceRequest).where(is_open(), InvoiceRequest.due_at > _NOW, *lists.of_requests(asked, _NOW))
    ordered = review.as_rows(ahead).order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(NEXT_SHOWN)
    return Prepared(ordered, planned_once=(header_kind, band, reviewer) == ("", None, None))
