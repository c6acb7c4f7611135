"""Reads of what customers ask for once their invoice is issued."""

from __future__ import annotations

from sqlalchemy import Select, select

from backoffice.database import session
from backoffice.issuing.models import CorrectionWish
from backoffice.issuing.rules.credits import WishState


def open_wishes() -> Select[CorrectionWish]:
    """What waits for finance, worded as the partial index that serves it."""
    return select(CorrectionWish).where(CorrectionWish.state == WishState.OPEN)


def open_wish(request_id: int) -> CorrectionWish | None:
    """What the customer of a request asks for and nobody has decided on."""
    return session.scalars(open_wishes().where(CorrectionWish.request_id == request_id)).one_or_none()
