"""The proof that invoice numbers are gapless, taken once and chronological (design/domain.md 4).

A period is proved volume by volume, as a bound book would be: whatever it holds, each statement reads one stretch of
the index of numbers and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, case, func, or_, select

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.issuing.models import Invoice, InvoiceSeries
from backoffice.requests.models import InvoiceRequest

# So many numbers are one volume; so many faults of a kind are listed, and numbers never taken are counted so far.
VOLUME = 10_000
LISTED = 50
COUNTED = 1_000

Kind = Literal["missing", "repeated", "disordered", "beyond"]
ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(Invoice.sequence, "asc"), (Invoice.id, "asc")]


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
    def volumes(self) -> int:
        """How many volumes its numbers fill; an empty one where none was taken."""
        return max(1, -(-self.last_number // VOLUME))

    def printed(self, sequence: int) -> str:
        """A number as it stands on an invoice."""
        return f"{self.name}-{sequence:06d}"


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
    further = select(Invoice.id).where(*_numbers(of), Invoice.sequence > given).limit(COUNTED + 1).subquery()
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
        behind = select(Invoice.sequence, Invoice.sequence, Invoice.number, Invoice.issued_on)
        behind = behind.where(*_numbers(of), Invoice.sequence > _last_number(of)).order_by(Invoice.sequence)
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


def register(of: Period) -> Select[Any]:
    """Every invoice of a period, for a file in the `ORDER` of the numbers."""
    return (
        select(
            Invoice.id, Invoice.sequence, Invoice.number, Invoice.issued_on, Invoice.issued_at,
            Invoice.net, Invoice.tax, Invoice.gross, Invoice.pdf_sha256,
        )
        .join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)
        .join(Account, Account.id == Invoice.account_id)
        .add_columns(InvoiceRequest.number.label("request"), InvoiceRequest.header_name, Account.code, Account.name)
        .where(*_numbers(of))
    )  # fmt: skip


def _numbers(of: Period) -> tuple[ColumnElement[bool], ...]:
    return Invoice.series == of.series, Invoice.period == of.period


def _last_number(of: Period) -> Any:
    return (
        select(InvoiceSeries.last_number)
        .where(InvoiceSeries.series == of.series, InvoiceSeries.period == of.period)
        .scalar_subquery()
    )


def _stretch(of: Period, low: int, high: int) -> Subquery:
    """The invoices of these numbers, each with the number and the date of the one in front of it."""
    front = (
        select(Invoice.issued_on)
        .where(*_numbers(of), Invoice.sequence < low)
        .order_by(Invoice.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    order = (Invoice.sequence, Invoice.id)
    return (
        select(
            Invoice.sequence,
            Invoice.number,
            Invoice.issued_on,
            func.coalesce(func.lag(Invoice.sequence).over(order_by=order), low - 1).label("before"),
            func.coalesce(func.lag(Invoice.issued_on).over(order_by=order), front).label("dated_before"),
        )
        .where(*_numbers(of), Invoice.sequence.between(low, high))
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
