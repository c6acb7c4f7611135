"""The proof that numbers of invoices and of credit notes are gapless, taken once, chronological (design/domain.md 4).

A period is proved volume by volume, as a bound book would be: whatever it holds, each statement reads one stretch of
the index of numbers and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, case, func, or_, select

from backoffice.database import session
from backoffice.issuing.models import CreditNote, Invoice, InvoiceSeries
from backoffice.issuing.rules.credits import SERIES as CREDIT_SERIES
from backoffice.review.queries.register import register

# So many numbers are one volume; so many faults of a kind are listed, and numbers never taken are counted so far.
VOLUME = 10_000
LISTED = 50
COUNTED = 1_000

Kind = Literal["missing", "repeated", "disordered", "beyond"]


@dataclass(frozen=True, slots=True)
class Period:
    """A series in one period, and the last number it has given out."""

    series: str
    period: str
    last_number: int

    @property
    def name(self) -> str:
        """What all its numbers begin with, INV-2026."""
        return f"{self.series}-{self.period}"

    @property
    def is_of_credits(self) -> bool:
        """Whether credit notes have these numbers, not invoices."""
        return self.series == CREDIT_SERIES

    @property
    def kind(self) -> Any:
        """The table of the documents with these numbers; both kinds have the same columns for them."""
        return CreditNote if self.is_of_credits else Invoice

    @property
    def volumes(self) -> int:
        """How many volumes its numbers fill; an empty one where none was taken."""
        return max(1, -(-self.last_number // VOLUME))

    def printed(self, sequence: int) -> str:
        """A number as it stands on an invoice."""
        return f"{self.name}-{sequence:06d}"


def order(of: Period) -> list[tuple[Any, Literal["asc", "desc"]]]:
    """The order of the numbers, of a file of the `register`."""
    return [(of.kind.sequence, "asc"), (of.kind.id, "asc")]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the register holds of the numbers from `low` to `high`; `first` and `last` are None where it holds nothing.

    `missing`: numbers given out that no invoice carries. `repeated`: invoices whose number an earlier one carries.
    `disordered`: invoices dated before the one in front of them, or outside the period. `beyond`: invoices behind the
    last number given out, in the last volume alone and counted up to `COUNTED` + 1.
    """

    low: int
    high: int
    first: int | None
    last: int | None
    count: int
    missing: int
    repeated: int
    disordered: int
    beyond: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with these numbers."""
        return not (self.missing or self.repeated or self.disordered or self.beyond)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: missing numbers from `first` to `last`, or the invoice of that number and its dates."""

    first: int
    last: int
    number: str | None = None
    issued_on: date | None = None
    dated_before: date | None = None


def periods() -> list[Period]:
    """All series and their periods, the latest period first."""
    rows = session.execute(
        select(InvoiceSeries.series, InvoiceSeries.period, InvoiceSeries.last_number).order_by(
            InvoiceSeries.period.desc(), InvoiceSeries.series.desc()
        )
    )
    return [Period(*row) for row in rows]


def proof(of: Period, volume: int) -> Proof:
    """The figures of one volume, counted from 1, all of one moment."""
    low, high = (volume - 1) * VOLUME + 1, volume * VOLUME
    last_number, first, last, count, repeated, disordered, beyond = session.execute(proving(of, low, high)).one()
    ends = min(high, last_number)
    taken = count - repeated
    return Proof(
        low=low,
        high=max(low, ends),
        first=first,
        last=last,
        count=count,
        missing=max(0, ends - low + 1) - taken,
        repeated=repeated,
        disordered=disordered or 0,
        beyond=beyond if high >= last_number else 0,
    )


def proving(of: Period, low: int, high: int) -> Select[Any]:
    """The one statement behind a proof. It reads the last number given out, too: another may be taken at any moment."""
    given = _last_number(of)
    rows = _stretch(of, low, high)
    further = select(of.kind.id).where(*_numbers(of), of.kind.sequence > given).limit(COUNTED + 1).subquery()
    return select(
        func.coalesce(given, 0),
        func.min(rows.c.sequence),
        func.max(rows.c.sequence),
        func.count(),
        func.count(case((rows.c.sequence == rows.c.before, 1))),
        func.count(case((_disordered(of, rows), 1))),
        select(func.count()).select_from(further).scalar_subquery(),
    ).where(rows.c.sequence <= given)


def faults(of: Period, told: Proof, kind: Kind) -> list[Fault]:
    """What a figure of a proof counts, in the order of the numbers, at most `LISTED`; missing neighbours are one."""
    if kind == "beyond":
        table = of.kind
        behind = select(table.sequence, table.sequence, table.number, table.issued_on)
        behind = behind.where(*_numbers(of), table.sequence > _last_number(of)).order_by(table.sequence)
        return [Fault(*row) for row in session.execute(behind.limit(LISTED))]
    rows = _stretch(of, told.low, told.high)
    listed = select(rows.c.sequence, rows.c.sequence, rows.c.number, rows.c.issued_on, rows.c.dated_before)
    if kind == "repeated":
        listed = listed.where(rows.c.sequence == rows.c.before)
    elif kind == "disordered":
        listed = listed.where(_disordered(of, rows))
    else:
        listed = select(rows.c.before + 1, rows.c.sequence - 1).where(rows.c.sequence > rows.c.before + 1)
    found = [Fault(*row) for row in session.execute(listed.order_by(rows.c.sequence).limit(LISTED))]
    held = told.low - 1 if told.last is None else told.last
    if kind == "missing" and held < told.high and len(found) < LISTED:
        found.append(Fault(held + 1, told.high))
    return found


def register_of(of: Period) -> Select[Any]:
    """Every invoice or credit note of a period, for a file in the `order` of the numbers. What a note takes back is
    negative, and it names the invoice it takes it back of."""
    return register("credit_note" if of.is_of_credits else "invoice").where(*_numbers(of))


def _numbers(of: Period) -> tuple[ColumnElement[bool], ...]:
    return of.kind.series == of.series, of.kind.period == of.period


def _last_number(of: Period) -> Any:
    return (
        select(InvoiceSeries.last_number)
        .where(InvoiceSeries.series == of.series, InvoiceSeries.period == of.period)
        .scalar_subquery()
    )


def _stretch(of: Period, low: int, high: int) -> Subquery:
    """The invoices of these numbers, each with the number and the date of the one in front of it."""
    front = (
        select(of.kind.issued_on)
        .where(*_numbers(of), of.kind.sequence < low)
        .order_by(of.kind.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    order = (of.kind.sequence, of.kind.id)
    return (
        select(
            of.kind.sequence,
            of.kind.number,
            of.kind.issued_on,
            func.coalesce(func.lag(of.kind.sequence).over(order_by=order), low - 1).label("before"),
            func.coalesce(func.lag(of.kind.issued_on).over(order_by=order), front).label("dated_before"),
        )
        .where(*_numbers(of), of.kind.sequence.between(low, high))
        .subquery()
    )


def _disordered(of: Period, rows: Subquery) -> ColumnElement[bool]:
    # Numbers begin anew each local year, so a period is one.
    year = int(of.period)
    return or_(
        rows.c.issued_on < rows.c.dated_before,
        rows.c.issued_on < date(year, 1, 1),
        rows.c.issued_on > date(year, 12, 31),
    )
