"""The journal of a month added up line by line, to be held against what stands before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, func, select

from backoffice.database import session
from backoffice.ledger.models import LedgerMovement, MovementKind
from backoffice.ledger.queries import month_of
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines the journal has in a month, what they add up to, and what of it credit notes took back."""

    number: int
    moved: Figures
    credited: Decimal


def lines_of(first: date) -> Lines:
    """The lines of the month that begins on the local day `first`, over all accounts."""
    begins, ends = month_of(first)
    sums = (func.sum(getattr(LedgerMovement, name)) for name in FIGURES)
    credited = func.sum(case((LedgerMovement.kind == MovementKind.CREDIT, -LedgerMovement.invoiced), else_=ZERO))
    number, taken_back, *moved = session.execute(
        select(func.count(), credited, *sums).where(LedgerMovement.at >= begins, LedgerMovement.at < ends)
    ).one()
    return Lines(number, Figures(*(total or ZERO for total in moved)), taken_back or ZERO)


def shortages_of(request_id: int) -> list[LedgerMovement]:
    """The lines by which refunds took money from a request, or new money covered it, oldest first."""
    moved = select(LedgerMovement).where(
        LedgerMovement.request_id == request_id,
        LedgerMovement.kind.in_((MovementKind.REALLOCATE, MovementKind.COVER)),
        LedgerMovement.short != ZERO,
    )
    return list(session.scalars(moved.order_by(LedgerMovement.id)))
