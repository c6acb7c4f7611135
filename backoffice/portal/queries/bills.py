"""One month of an account: what its days add up to, what waits, and what was invoiced.

A bill costs the same however many entries there are: it adds up days, looks up balances, and shows the beginning of
lists that go on elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import load_only

from backoffice import clock
from backoffice.database import session
from backoffice.issuing import queries as issuing
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerDay, LedgerEntry, waits
from backoffice.ledger.rules import Figures
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.queries import LIST_COLUMNS
from backoffice.requests.rules import State

ISSUED_ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [
    (InvoiceRequest.issued_at, "desc"),
    (InvoiceRequest.id, "desc"),
]
RECHARGES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sum:
    """How many entries, and what they add up to in major units."""

    entries: int = 0
    amount: Decimal = ZERO

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.entries + other.entries, self.amount + other.amount)


NOTHING = Sum()


@dataclass(frozen=True, slots=True)
class Month:
    """A month of local days."""

    first: date

    @classmethod
    def of(cls, day: date) -> Month:
        """The month of a day."""
        return cls(day.replace(day=1))

    @property
    def following(self) -> Month:
        """The month after."""
        return Month.of(self.first.replace(day=28) + timedelta(days=4))

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def last(self) -> date:
        """The month's last day."""
        return self.following.first - timedelta(days=1)

    @property
    def days(self) -> list[date]:
        """All of its days."""
        return [self.first + timedelta(days=each) for each in range((self.last - self.first).days + 1)]

    @property
    def begins(self) -> datetime:
        """Its first instant."""
        return clock.start_of_day(self.first, clock.zone())

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return clock.start_of_day(self.following.first, clock.zone())

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @staticmethod
    def day_number(day: date) -> str:
        """What stands below a day's bar."""
        return str(day.day)


def months(account_id: int, today: date) -> list[Month]:
    """The months from the account's first entry until now, newest first; none when it has no entry."""
    first = session.scalar(
        select(LedgerEntry.occurred_on)
        .where(LedgerEntry.account_id == account_id)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        .limit(1)
    )
    if first is None:
        return []
    found, end = [Month.of(max(today, first))], Month.of(first)
    while found[-1].first > end.first:
        found.append(found[-1].previous)
    return found


@dataclass(frozen=True, slots=True)
class Bill:
    """What one month of an account says. `days` has a sum for each day and kind that anything completed on."""

    month: Month
    days: dict[date, dict[str, Sum]]
    pending: dict[str, Sum]
    waiting_refunds: Sum
    opening: Figures
    closing: Figures
    recharges: Sequence[LedgerEntry]
    more_recharges: bool

    def total(self, kind: str) -> Sum:
        """The month's sum of one kind."""
        return sum((kinds.get(kind, NOTHING) for kinds in self.days.values()), NOTHING)

    @property
    def booked(self) -> Figures:
        """What moved in the month: an entry counts on the day it was booked, not on its own, an invoice once issued."""
        return self.closing - self.opening

    @property
    def minus(self) -> Figures:
        """The same with the sign that it has for the amount that can be invoiced."""
        return Figures() - self.booked

    @property
    def steps(self) -> dict[str, Decimal]:
        """From the Invoiceable Amount at the beginning to that at the end; all but the last add up to it."""
        minus = self.minus
        return {
            "opening": self.opening.balance, "recharged": self.booked.recharged, "refunded": minus.refunded,
            "invoiced": minus.invoiced, "reserved": minus.reserved, "closing": self.closing.balance,
        }  # fmt: skip


def bill(account_id: int, month: Month) -> Bill:
    """The account's bill of a month."""
    recharges = session.scalars(
        select(LedgerEntry)
        .where(
            LedgerEntry.account_id == account_id,
            LedgerEntry.kind == EntryKind.RECHARGE,
            LedgerEntry.occurred_at >= month.begins,
            LedgerEntry.occurred_at < month.ends,
        )
        .order_by(LedgerEntry.occurred_at.desc(), LedgerEntry.id.desc())
        .limit(RECHARGES_SHOWN + 1)
    ).all()
    return Bill(
        month=month,
        days=_days(account_id, month),
        pending=_pending(account_id, month),
        waiting_refunds=_waiting_refunds(account_id, month),
        opening=issuing.balance_on(account_id, month.first - timedelta(days=1)),
        closing=issuing.balance_on(account_id, month.last),
        recharges=recharges[:RECHARGES_SHOWN],
        more_recharges=len(recharges) > RECHARGES_SHOWN,
    )


def _days(account_id: int, month: Month) -> dict[date, dict[str, Sum]]:
    found: dict[date, dict[str, Sum]] = {}
    rows = session.execute(
        select(LedgerDay.day, LedgerDay.kind, LedgerDay.entries, LedgerDay.amount).where(
            LedgerDay.account_id == account_id, LedgerDay.day >= month.first, LedgerDay.day <= month.last
        )
    )
    for day, kind, entries, amount in rows:
        found.setdefault(day, {})[kind] = Sum(entries, amount)
    return found


def _pending(account_id: int, month: Month) -> dict[str, Sum]:
    """What the platform has told and not completed, by kind; found by the partial index of what is no money yet."""
    rows = session.execute(
        select(LedgerEntry.kind, func.count(), func.sum(LedgerEntry.amount))
        .where(
            LedgerEntry.account_id == account_id,
            LedgerEntry.status == EntryStatus.PENDING,
            LedgerEntry.status != EntryStatus.COMPLETED,
            LedgerEntry.occurred_at >= month.begins,
            LedgerEntry.occurred_at < month.ends,
        )
        .group_by(LedgerEntry.kind)
    )
    return {kind: Sum(entries, amount) for kind, entries, amount in rows}


def _waiting_refunds(account_id: int, month: Month) -> Sum:
    """Completed refunds of the month that took nothing off their recharge yet: it is not completed, or too little of
    it is left."""
    entries, amount = session.execute(
        select(func.count(), func.sum(LedgerEntry.amount)).where(
            LedgerEntry.account_id == account_id,
            waits(),
            LedgerEntry.occurred_at >= month.begins,
            LedgerEntry.occurred_at < month.ends,
        )
    ).one()
    return Sum(entries, amount or ZERO)


def issued(account_id: int, month: Month) -> Select[InvoiceRequest]:
    """The requests that were issued in the month, for a list in `ISSUED_ORDER`.

    One whose document failed at first is listed when it was issued, in the end, though its invoice is dated before: the
    bill of a month that has passed never changes.
    """
    return (
        select(InvoiceRequest)
        .where(
            InvoiceRequest.account_id == account_id,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at < month.ends,
            InvoiceRequest.closed_at >= month.begins,
            InvoiceRequest.closed_at < month.ends,
        )
        .options(load_only(*LIST_COLUMNS))
    )
