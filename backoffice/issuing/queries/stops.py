"""Whether issuing is stopped, what waits meanwhile, and the stops there were."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal_column, select

from backoffice.database import session
from backoffice.issuing.models import IssuingStop
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State

COUNTED = 1000


def is_open() -> ColumnElement[bool]:
    """That a stop holds."""
    return IssuingStop.ended_at.is_(None)


def current() -> IssuingStop | None:
    """The stop that holds, or None while numbers are given out."""
    return session.scalars(select(IssuingStop).where(is_open())).one_or_none()


def history(limit: int) -> list[IssuingStop]:
    """The stops that have ended, newest first."""
    ended = select(IssuingStop).where(~is_open())
    return list(session.scalars(ended.order_by(IssuingStop.id.desc()).limit(limit)))


def waiting() -> int:
    """How many approved requests have no number yet, counted up to `COUNTED`."""
    one: ColumnElement[int] = literal_column("1")
    some = select(one).where(in_state(State.APPROVED), InvoiceRequest.invoice_id.is_(None)).limit(COUNTED)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
