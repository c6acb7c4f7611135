"""Reads of the ledger: balances, and the entries behind each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, case, func, select

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerDay,
    LedgerEntry,
    LedgerFile,
    LedgerLineProblem,
    LedgerMovement,
    Reservation,
    ReservationState,
    free_recharges,
    in_debt,
    is_open_conflict,
    uncompleted,
    waits,
)
from backoffice.ledger.rules import OPTIONAL_COLUMNS, PARTS_LIMIT, Figures
from backoffice.money import ZERO
from backoffice.steering import word

COUNTERS = (
    Account.recharged, Account.refunded, Account.reserved, Account.invoiced, Account.debt, Account.short,
)  # fmt: skip


def figures_of(row: Row[*tuple[Any, ...]]) -> Figures:
    """The figures of a row that holds an account's `COUNTERS`: its free money follows from them."""
    return Figures(
        recharged=row.recharged + row.refunded,
        refunded=row.refunded,
        free=row.recharged - row.reserved - row.invoiced + row.debt + row.short,
        reserved=row.reserved,
        invoiced=row.invoiced,
        debt=row.debt,
        short=row.short,
    )


def balance(account_id: int) -> Figures:
    """The account's figures now. Raises NotFound."""
    row = session.execute(select(*COUNTERS).where(Account.id == account_id)).one_or_none()
    if row is None:
        raise NotFound
    return figures_of(row)


@dataclass(frozen=True, slots=True)
class Room:
    """An account's figures, and the most of what is invoiceable that one request can take."""

    figures: Figures
    at_once: Decimal


def room(account_id: int) -> Room:
    """What an application begins with: one request takes no more than the oldest `PARTS_LIMIT` free recharges hold."""
    oldest = free_recharges(account_id).limit(PARTS_LIMIT).with_only_columns(LedgerEntry.free.label("free")).subquery()
    held = select(func.sum(oldest.c.free)).scalar_subquery()
    row = session.execute(select(*COUNTERS, held.label("held")).where(Account.id == account_id)).one()
    figures = figures_of(row)
    return Room(figures, min(figures.invoiceable, row.held or ZERO))


def balance_on(account_id: int, day: date) -> Figures:
    """The account's figures as the books had them at the end of a local day; all zero before its first movement."""
    line = session.scalars(last_line_of(account_id, day)).one_or_none()
    return line.after if line is not None else Figures()


def last_line_of(account_id: int, day: date) -> Select[LedgerMovement]:
    """The account's last line of the journal up to the end of a local day: no row or one."""
    return (
        select(LedgerMovement)
        .where(LedgerMovement.account_id == account_id, LedgerMovement.at < end_of(day))
        .order_by(LedgerMovement.at.desc(), LedgerMovement.id.desc())
        .limit(1)
    )


def movements_of(account_id: int) -> Select[LedgerMovement]:
    """The account's journal, for a list newest first."""
    return select(LedgerMovement).where(LedgerMovement.account_id == account_id)


@dataclass(frozen=True, slots=True)
class NotInvoiceable:
    """Money of an account that looks as if it could be invoiced, and cannot."""

    pending: Decimal
    waiting_refunds: Decimal
    grants: Decimal
    consumption: Decimal


def not_invoiceable(account_id: int) -> NotInvoiceable:
    """Recharges that are not completed, completed refunds that wait for their recharge, grants and consumption."""
    # The kind is no condition: SQLite would take the index that pins it, and read all recharges of the account.
    recharged = case((LedgerEntry.kind == EntryKind.RECHARGE, LedgerEntry.amount), else_=ZERO)
    pending = session.scalar(
        select(func.sum(recharged)).where(
            LedgerEntry.account_id == account_id, LedgerEntry.status == EntryStatus.PENDING, uncompleted()
        )
    )
    kinds = {
        row.kind: row.total
        for row in session.execute(
            select(LedgerDay.kind, func.sum(LedgerDay.amount).label("total"))
            .where(LedgerDay.account_id == account_id)
            .group_by(LedgerDay.kind)
        )
    }
    refunded = session.scalars(select(Account.refunded).where(Account.id == account_id)).one()
    return NotInvoiceable(
        pending=pending or ZERO,
        waiting_refunds=kinds.get(EntryKind.REFUND, ZERO) - refunded,
        grants=kinds.get(EntryKind.GRANT, ZERO),
        consumption=kinds.get(EntryKind.CONSUMPTION, ZERO),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request's amount and the recharge it is taken from; `credited` is what of it was taken back."""

    recharge: LedgerEntry
    amount: Decimal
    credited: Decimal = ZERO


def parts_of(request_id: int) -> list[Part]:
    """The recharges a request takes its amount from (or took, when it is issued), oldest first."""
    rows = session.execute(
        select(LedgerEntry, Allocation.amount, Allocation.credited)
        .join(Allocation, Allocation.recharge_id == LedgerEntry.id)
        .where(Allocation.request_id == request_id, Allocation.state != ReservationState.RELEASED)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id, Allocation.id)
    )
    return [Part(*row) for row in rows]


def plan_parts(account_id: int, amount: Decimal) -> list[Part]:
    """What `services.reserve` would take now, without taking it: the preview of an application.

    At most `PARTS_LIMIT` parts; they come to less than `amount` where it would take more.
    """
    parts: list[Part] = []
    wanted = amount
    free = session.scalars(free_recharges(account_id).limit(PARTS_LIMIT))
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
    return sum((recharge.debt for recharge in debts_of(account_id)), ZERO)


def debts_of(account_id: int, limit: int | None = None) -> list[LedgerEntry]:
    """The account's recharges that need a credit note, oldest first, at most `limit` of them."""
    debts = select(LedgerEntry).where(LedgerEntry.account_id == account_id, in_debt())
    return list(session.scalars(debts.order_by(LedgerEntry.occurred_at, LedgerEntry.id).limit(limit)))


def recharges_in_debt(limit: int) -> Sequence[Row[LedgerEntry, Account]]:
    """Recharges with invoice debt, with their accounts: work items that close themselves when it is credited."""
    return session.execute(
        select(LedgerEntry, Account)
        .join(Account, Account.id == LedgerEntry.account_id)
        .where(Account.debt > 0, in_debt())
        .order_by(Account.id, LedgerEntry.id)
        .limit(limit)
    ).all()


def waiting_refunds(limit: int) -> Sequence[Row[LedgerEntry, Account]]:
    """Completed refunds that could not be taken off a recharge: it is not told or not completed, or too small."""
    return session.execute(
        select(LedgerEntry, Account)
        .join(Account, Account.id == LedgerEntry.account_id)
        .where(waits())
        .order_by(LedgerEntry.id)
        .limit(limit)
    ).all()


def end_of(day: date) -> datetime:
    """The first instant after a local day."""
    return clock.start_of_day(day + timedelta(days=1), clock.zone())


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


def conflicts_beside(problem: LedgerLineProblem, limit: int = 20) -> list[LedgerLineProblem]:
    """Other lines of the same file in conflict about the same id, in the order of the file."""
    others = problems_of(problem.file_id).where(
        LedgerLineProblem.kind == word("conflict"),
        LedgerLineProblem.external_id == problem.external_id,
        LedgerLineProblem.id != problem.id,
    )
    return list(session.scalars(others.order_by(LedgerLineProblem.line, LedgerLineProblem.id).limit(limit)))


def unsettled_conflicts() -> Select[LedgerLineProblem]:
    """Lines in conflict that nobody has settled."""
    return select(LedgerLineProblem).where(is_open_conflict())


def open_conflicts(limit: int = 100) -> list[LedgerLineProblem]:
    """Lines in conflict that nobody has settled, the oldest first: work items that close themselves."""
    return list(session.scalars(unsettled_conflicts().order_by(LedgerLineProblem.id).limit(limit)))


def count_open_conflicts(most: int = 1000) -> int:
    """How many conflicts are open, counted no further than `most`."""
    some = unsettled_conflicts().with_only_columns(LedgerLineProblem.id).limit(most).subquery()
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
            "amount": f"{entry.amount:.2f}", "occurred_at": entry.occurred_at.astimezone(clock.zone()).isoformat(),
            "refund_of": entry.refund_of or ""}  # fmt: skip
    said |= {name: getattr(entry, name) for name in OPTIONAL_COLUMNS}
    return {name: value for name, value in said.items() if value}
