"""The monthly reconciliation: what the books said before and after a month, of one account and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ScalarSelect, Select, case, func, select
from sqlalchemy.orm import aliased

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerEntry,
    LedgerMovement,
    Reservation,
    ReservationState,
)
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Month:
    """What one account's books, or all together, said before and after a month, and so what moved in it."""

    opening: Figures
    closing: Figures

    @property
    def moved(self) -> Figures:
        """What changed within the month."""
        return self.closing - self.opening

    @property
    def difference(self) -> Decimal:
        """What the equation of the reconciliation leaves unexplained at both ends: zero, to the cent."""
        return abs(self.opening.difference) + abs(self.closing.difference)


def reconcile(first: date, account_ids: Sequence[int]) -> dict[int, Month]:
    """The month that begins on the local day `first`, for each of these accounts."""
    opening, closing = (_figures_at(instant, account_ids) for instant in month_of(first))
    return {each: Month(opening.get(each, Figures()), closing.get(each, Figures())) for each in account_ids}


def reconcile_all(first: date) -> Month:
    """The month that begins on the local day `first`, over all accounts."""
    opening, closing = (_sum_at(instant) for instant in month_of(first))
    return Month(opening, closing)


def recount() -> Figures:
    """All accounts' figures now, added up anew from recharges and reservations: neither journal nor counter is asked.

    Reads every recharge, so it is for pages that few people open now and then.
    """
    rest = LedgerEntry.free
    recharged, refunded, free, debt = session.execute(
        select(
            func.sum(LedgerEntry.amount),
            func.sum(LedgerEntry.refunded),
            func.sum(case((rest > 0, rest), else_=0)),
            func.sum(case((rest < 0, rest), else_=0)),
        ).where(LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.status == EntryStatus.COMPLETED)
    ).one()
    is_open, is_settled = (Reservation.state == state for state in (ReservationState.OPEN, ReservationState.SETTLED))
    reserved, invoiced, short = session.execute(
        select(
            func.sum(case((is_open, Reservation.amount), else_=0)),
            func.sum(case((is_settled, Reservation.amount), else_=0)),
            func.sum(Reservation.short),
        )
    ).one()
    credited = session.scalar(select(func.sum(Allocation.credited)))
    return Figures(
        recharged=recharged or ZERO,
        refunded=refunded or ZERO,
        free=free or ZERO,
        reserved=reserved or ZERO,
        invoiced=(invoiced or ZERO) - (credited or ZERO),
        debt=-(debt or ZERO),
        short=short or ZERO,
    )


def first_movement_at() -> datetime | None:
    """When the journal begins."""
    return session.scalar(select(func.min(LedgerMovement.at)))


def month_of(first: date) -> tuple[datetime, datetime]:
    """The first instant of the month that begins on the local day `first`, and the first one after it."""
    zone = clock.zone()
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return clock.start_of_day(first, zone), clock.start_of_day(following, zone)


def of_last_line(instant: datetime, column: str) -> ScalarSelect[Any]:
    """A column of the last line before `instant` of each account, beside `Account`: one step in the index for each."""
    line = aliased(LedgerMovement)
    return (
        select(getattr(line, column))
        .where(line.account_id == Account.id, line.at < instant)
        .order_by(line.at.desc(), line.id.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )


def _last_lines(instant: datetime) -> Select[LedgerMovement]:
    last = LedgerMovement.id == of_last_line(instant, "id")
    return select(LedgerMovement).join_from(Account, LedgerMovement, last)


def _figures_at(instant: datetime, account_ids: Sequence[int]) -> dict[int, Figures]:
    lines = session.scalars(_last_lines(instant).where(Account.id.in_(account_ids)))
    return {line.account_id: line.after for line in lines}


def _sum_at(instant: datetime) -> Figures:
    lines = _last_lines(instant).subquery()
    sums = session.execute(select(*(func.sum(lines.c[f"{name}_after"]) for name in FIGURES))).one()
    return Figures(*(total or ZERO for total in sums))
