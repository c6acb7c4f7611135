"""Reads of the ledger: balances, and the entries behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select, type_coerce

from backoffice.accounts.models import Account
from backoffice.database import Amount, session
from backoffice.errors import NotFound
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    LedgerEntry,
    LedgerFile,
    LedgerLineProblem,
    Reservation,
    ReservationState,
    free_recharges,
)
from backoffice.money import ZERO


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's counters in major units."""

    recharged: Decimal
    reserved: Decimal
    invoiced: Decimal

    @property
    def invoiceable(self) -> Decimal:
        """What may be applied for now; never shown below zero, though the counters may go there after a refund."""
        return max(ZERO, self.recharged - self.reserved - self.invoiced)


def balance(account_id: int) -> Balance:
    """The counters of the account. Raises NotFound."""
    row = session.execute(
        select(Account.recharged, Account.reserved, Account.invoiced).where(Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Balance(row.recharged, row.reserved, row.invoiced)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request's amount and the recharge it is taken from."""

    recharge: LedgerEntry
    amount: Decimal


def parts_of(request_id: int) -> list[Part]:
    """The recharges a request takes its amount from (or took, when it is issued), oldest first."""
    rows = session.execute(
        select(LedgerEntry, Allocation.amount)
        .join(Allocation, Allocation.recharge_id == LedgerEntry.id)
        .where(Allocation.request_id == request_id, Allocation.state != ReservationState.RELEASED)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id, Allocation.id)
    )
    return [Part(recharge, amount) for recharge, amount in rows]


def plan_parts(account_id: int, amount: Decimal) -> list[Part]:
    """What `services.reserve` would take now, without taking it: the preview of an application."""
    parts: list[Part] = []
    wanted = amount
    free = session.scalars(free_recharges(account_id))
    for recharge in free:
        part = min(wanted, recharge.free)
        parts.append(Part(recharge, part))
        wanted -= part
        if wanted <= 0:
            break
    free.close()
    return parts


def short_of(request_id: int) -> Decimal:
    """By how much a refund left the request without money; zero when its allocation is whole."""
    return session.scalar(select(Reservation.short).where(Reservation.request_id == request_id)) or ZERO


def invoice_debt(account_id: int) -> Decimal:
    """Sum over the account's recharges of max(0, invoiced - (paid - refunded)): what needs a credit note."""
    # The difference of two amounts is a plain number to SQLAlchemy: without its type the sum would come back in cents.
    over = type_coerce(LedgerEntry.invoiced - (LedgerEntry.amount - LedgerEntry.refunded), Amount)
    total = session.scalar(
        select(func.sum(over)).where(
            LedgerEntry.account_id == account_id, LedgerEntry.kind == EntryKind.RECHARGE, over > 0
        )
    )
    return total or ZERO


def imports() -> Select[LedgerFile]:
    """Every import there was or is."""
    return select(LedgerFile)


def import_of(file_id: int) -> LedgerFile:
    """One import. Raises NotFound."""
    record = session.get(LedgerFile, file_id)
    if record is None:
        raise NotFound
    return record


def problems_of(file_id: int) -> Select[LedgerLineProblem]:
    """The lines of one file that were not taken."""
    return select(LedgerLineProblem).where(LedgerLineProblem.file_id == file_id)


def conflict(problem_id: int) -> LedgerLineProblem:
    """A line in conflict with the books, open or settled. Raises NotFound."""
    problem = session.get(LedgerLineProblem, problem_id)
    if problem is None or problem.kind != "conflict":
        raise NotFound
    return problem


def _open_conflicts() -> Select[LedgerLineProblem]:
    """Worded as the partial index that serves it."""
    return select(LedgerLineProblem).where(LedgerLineProblem.kind == "conflict", LedgerLineProblem.settled_at.is_(None))


def open_conflicts(limit: int = 100) -> list[LedgerLineProblem]:
    """Lines in conflict that nobody has settled, the oldest first: work items that close themselves."""
    return list(session.scalars(_open_conflicts().order_by(LedgerLineProblem.id).limit(limit)))


def count_open_conflicts(most: int = 1000) -> int:
    """How many conflicts are open, counted no further than `most`."""
    some = _open_conflicts().with_only_columns(LedgerLineProblem.id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def books_say(source: str, external_id: str) -> dict[str, str]:
    """What the books hold under an identity, by the columns of a ledger file; empty when it is not known."""
    row = session.execute(
        select(LedgerEntry, Account.code)
        .join(Account, Account.id == LedgerEntry.account_id)
        .where(LedgerEntry.source == source, LedgerEntry.external_id == external_id)
    ).one_or_none()
    if row is None:
        return {}
    entry, account = row
    said = {"kind": entry.kind, "external_id": entry.external_id, "account": account, "status": entry.status,
            "amount": f"{entry.amount:.2f}", "occurred_at": entry.occurred_at.isoformat(),
            "refund_of": entry.refund_of or ""}  # fmt: skip
    return {name: value for name, value in said.items() if value}
