"""The journal of a month over all accounts: its lines, what they add up to, and in which accounts a figure stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Subquery, case, func, literal, select

from backoffice.accounts.models import Account
from backoffice.database import Amount, session
from backoffice.ledger.models import LedgerMovement, MovementKind
from backoffice.ledger.queries import last_line_of
from backoffice.ledger.queries.months import month_of, of_last_line
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines the journal has in a month, what they add up to, and what of it credit notes took back."""

    number: int
    moved: Figures
    credited: Decimal


def lines_of(first: date, kind: str = "") -> Lines:
    """What the lines of the month that begins on the local day `first` add up to, over all accounts; those of one
    `kind` if one is named."""
    sums = (func.sum(getattr(LedgerMovement, name)) for name in FIGURES)
    credited = func.sum(case((LedgerMovement.kind == MovementKind.CREDIT, -LedgerMovement.invoiced), else_=ZERO))
    number, taken_back, *moved = session.execute(
        select(func.count(), credited, *sums).where(*within(first, kind))
    ).one()
    return Lines(number, Figures(*(total or ZERO for total in moved)), taken_back or ZERO)


def within(first: date, kind: str = "") -> list[ColumnElement[bool]]:
    """SQL predicates of these lines."""
    begins, ends = month_of(first)
    of_kind = [LedgerMovement.kind == kind] if kind else []
    return [LedgerMovement.at >= begins, LedgerMovement.at < ends, *of_kind]


def figure_of(first: date, when: str, figure: str) -> ColumnElement[Decimal]:
    """What the journal says of one figure of an account, as an expression beside `Account`: at the "opening" of the
    month that begins on `first`, at its "closing", or what "moved" in it."""
    opening, closing = (_stood(instant, figure) for instant in month_of(first))
    moved: ColumnElement[Decimal] = closing - opening
    return {"opening": opening, "moved": moved, "closing": closing}[when]


@dataclass(frozen=True, slots=True)
class Accounts:
    """In how many accounts a figure is not zero, and what it adds up to in major units."""

    number: int
    amount: Decimal


def accounts_with(value: ColumnElement[Decimal]) -> Accounts:
    """Count and sum of the accounts of which a `figure_of` is not zero."""
    number, amount = session.execute(
        select(func.count(), func.sum(value)).select_from(Account).where(value != ZERO)
    ).one()
    return Accounts(number, amount or ZERO)


def _stood(instant: datetime, figure: str) -> ColumnElement[Decimal]:
    return func.coalesce(of_last_line(instant, f"{figure}_after"), literal(ZERO, Amount))


def moves_of(request_id: int) -> list[LedgerMovement]:
    """The lines by which refunds took money from a request, or new money covered it, oldest first; `short` is what it
    lacked by each, nothing where other recharges stood in at once."""
    moved = select(LedgerMovement).where(
        LedgerMovement.request_id == request_id,
        LedgerMovement.kind.in_((MovementKind.REALLOCATE, MovementKind.COVER)),
    )
    return list(session.scalars(moved.order_by(LedgerMovement.id)))


def stood(account_id: int, day: date, name: str) -> Subquery:
    """What `balance_on` reads, to be joined to the account by a statement that asks for more: no row or one, with the
    figures by their names."""
    after = (getattr(LedgerMovement, f"{each}_after").label(each) for each in FIGURES)
    return last_line_of(account_id, day).with_only_columns(LedgerMovement.account_id, *after).subquery(name)
