"""The journal of a month added up line by line, to be held against what stands before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from backoffice.database import session
from backoffice.ledger.models import LedgerMovement
from backoffice.ledger.queries import month_of
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines the journal has in a month, and what they add up to."""

    number: int
    moved: Figures


def lines_of(first: date) -> Lines:
    """The lines of the month that begins on the local day `first`, over all accounts."""
    begins, ends = month_of(first)
    sums = (func.sum(getattr(LedgerMovement, name)) for name in FIGURES)
    number, *moved = session.execute(
        select(func.count(), *sums).where(LedgerMovement.at >= begins, LedgerMovement.at < ends)
    ).one()
    return Lines(number, Figures(*(total or ZERO for total in moved)))
