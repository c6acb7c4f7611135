"""Entries that the platform reported, and how the money of recharges is spoken for.

A recharge row carries what was refunded, reserved and invoiced of it, so that free money is found by one partial
index. A reservation is the ledger's side of one invoice request; allocations spread it over recharges.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    event,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account
from backoffice.database import Amount, Base, Id, Instant
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.money import ZERO


class EntryKind(StrEnum):
    """What the platform reports. Only recharges, less their refunds, can be invoiced."""

    RECHARGE = "recharge"
    REFUND = "refund"
    CONSUMPTION = "consumption"
    GRANT = "grant"


class EntryStatus(StrEnum):
    """Pending may become completed or failed; nothing else changes."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


class ReservationState(StrEnum):
    """Open while the request is pending or approved, settled by its invoice, released by reject and withdraw."""

    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"


# The amount stands on the left: SQLite turns such a comparison round in a query, and then knows its index no more.
_IN_DEBT = "amount < refunded + invoiced"
_FREE = "kind = 'recharge' AND status = 'completed' AND amount > refunded + reserved + invoiced"
_UNCOMPLETED = "status <> 'completed'"
_WAITS = "kind = 'refund' AND status = 'completed' AND NOT applied"


class LedgerEntry(Base):
    """One line of the platform's books; (source, external_id) is its identity."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        # The id first: whoever looks for one rarely knows which source told it.
        UniqueConstraint("external_id", "source", name="uq_ledger_entry_identity"),
        CheckConstraint("kind IN ('recharge', 'refund', 'consumption', 'grant')", name="kind"),
        CheckConstraint("status IN ('pending', 'completed', 'failed')", name="status"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("refunded >= 0 AND reserved >= 0 AND invoiced >= 0", name="parts_not_negative"),
        CheckConstraint("refunded <= amount AND reserved + invoiced <= amount", name="parts_within_amount"),
        CheckConstraint("kind = 'refund' OR refund_of IS NULL", name="refund_of_refunds_only"),
        # The customer's list (its last column filters by amount), the same for one kind, by amount where few have it,
        # and what is no money (yet).
        Index("ix_ledger_entry_account_occurred", "account_id", "occurred_at", "id", "amount"),
        Index("ix_ledger_entry_account_kind", "account_id", "kind", "occurred_at", "id", "amount"),
        Index("ix_ledger_entry_account_amount", "account_id", "amount", "id"),
        Index(
            "ix_ledger_entry_uncompleted",
            "account_id",
            "status",
            "occurred_at",
            "id",
            sqlite_where=text(_UNCOMPLETED),
            postgresql_where=text(_UNCOMPLETED),
        ),
        # Kind and status are the same in all rows of the next two: SQLite takes the index that pins the most columns.
        Index(
            "ix_ledger_entry_free", "account_id", "kind", "status", "occurred_at", "id",
            sqlite_where=text(_FREE), postgresql_where=text(_FREE),
        ),
        # Completed refunds that took nothing off their recharge yet, of one account and of all.
        Index(
            "ix_ledger_entry_waiting", "account_id", "kind", "status", "occurred_at", "id",
            sqlite_where=text(_WAITS), postgresql_where=text(_WAITS),
        ),
        Index(
            "ix_ledger_entry_waits", "kind", "status", "id",
            sqlite_where=text(_WAITS), postgresql_where=text(_WAITS),
        ),
        Index(
            "ix_ledger_entry_debt", "account_id", "occurred_at", "id",
            sqlite_where=text(_IN_DEBT), postgresql_where=text(_IN_DEBT),
        ),
        Index(
            "ix_ledger_entry_refund_of",
            "source",
            "refund_of",
            sqlite_where=text("kind = 'refund'"),
            postgresql_where=text("kind = 'refund'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    status: Mapped[str] = mapped_column(String(12))
    amount: Mapped[Decimal] = mapped_column(Amount)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    occurred_on: Mapped[date]
    refund_of: Mapped[str | None] = mapped_column(String(120))
    # Of a refund: what was taken off its recharge; a refund that arrives before its recharge waits with 0.
    applied: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(String(60), default="")
    payer_name: Mapped[str] = mapped_column(String(256), default="")
    bank_reference: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(String(256), default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_file.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    refunded: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    reserved: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    invoiced: Mapped[Decimal] = mapped_column(Amount, default=ZERO)

    @hybrid_property
    def free(self) -> Decimal:
        """What of this recharge nobody has spoken for; negative when a refund came after its invoice (debt)."""
        return self.amount - self.refunded - self.reserved - self.invoiced

    @property
    def debt(self) -> Decimal:
        """What was invoiced of it and refunded later: it needs a credit note."""
        return max(ZERO, self.refunded + self.invoiced - self.amount)


def in_debt() -> ColumnElement[bool]:
    """SQL predicate of recharges that need a credit note, worded as the partial index that serves it."""
    return LedgerEntry.amount < LedgerEntry.refunded + LedgerEntry.invoiced


def uncompleted() -> ColumnElement[bool]:
    """SQL predicate of entries that are not (yet) money, worded as the partial index that serves it."""
    predicate: ColumnElement[bool] = literal_column(_UNCOMPLETED)
    return predicate


def waits() -> ColumnElement[bool]:
    """SQL predicate of completed refunds that found no completed recharge to be taken off, worded as their index."""
    # Without a type: behind a truth value SQLAlchemy would write "= 1", which hides the condition from SQLite.
    predicate: ColumnElement[bool] = literal_column(_WAITS)
    return predicate


class LedgerDay(Base):
    """What completed on one local day in one account, by kind: bills add up days, never entries."""

    __tablename__ = "ledger_day"
    __table_args__ = (CheckConstraint("entries > 0 AND amount > 0", name="nothing_is_no_row"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    entries: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Amount)


class MovementKind(StrEnum):
    """Why an account's figures changed."""

    OPENING = "opening"  # what stood there when the journal was begun
    RECHARGE = "recharge"
    REFUND = "refund"
    RESERVE = "reserve"
    RELEASE = "release"
    SETTLE = "settle"
    REALLOCATE = "reallocate"  # a refund took money a request had reserved
    COVER = "cover"  # a short request found money
    CREDIT = "credit"  # invoiced money was taken back by a credit note


_MOVEMENT_KINDS = ", ".join(f"'{kind}'" for kind in MovementKind)
_BALANCED = "recharged - refunded = free + reserved + invoiced - debt - short"


# The figures that a statement can be narrowed to.
FIGURES_ASKED = tuple(name for name in FIGURES if name != "free")


def _of_figure(name: str) -> Index:
    where = text(f"{name} <> 0")
    return Index(f"ix_ledger_movement_{name}", "account_id", "at", "id", sqlite_where=where, postgresql_where=where)


class LedgerMovement(Base):
    """One line of an account's journal: what moved, and what stood there afterwards (`*_after`). Never changes.

    Both halves obey the equation of the monthly reconciliation, row by row, so every sum of rows does.
    """

    __tablename__ = "ledger_movement"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_MOVEMENT_KINDS})", name="kind"),
        CheckConstraint(_BALANCED, name="balanced"),
        CheckConstraint(re.sub(r"[a-z]+", r"\g<0>_after", _BALANCED), name="balanced_after"),
        # Of a balance in the past, and of the account's statement.
        Index("ix_ledger_movement_account", "account_id", "at", "id"),
        Index("ix_ledger_movement_at", "at", "id"),
        Index("ix_ledger_movement_request_id", "request_id"),
        Index("ix_ledger_movement_entry_id", "entry_id"),
        # Of the statement of one figure: few lines move it, and they may lie anywhere among the others.
        *(_of_figure(name) for name in FIGURES_ASKED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(12))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey(LedgerEntry.id))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_request.id"))
    recharged: Mapped[Decimal] = mapped_column(Amount)
    refunded: Mapped[Decimal] = mapped_column(Amount)
    free: Mapped[Decimal] = mapped_column(Amount)
    reserved: Mapped[Decimal] = mapped_column(Amount)
    invoiced: Mapped[Decimal] = mapped_column(Amount)
    debt: Mapped[Decimal] = mapped_column(Amount)
    short: Mapped[Decimal] = mapped_column(Amount)
    recharged_after: Mapped[Decimal] = mapped_column(Amount)
    refunded_after: Mapped[Decimal] = mapped_column(Amount)
    free_after: Mapped[Decimal] = mapped_column(Amount)
    reserved_after: Mapped[Decimal] = mapped_column(Amount)
    invoiced_after: Mapped[Decimal] = mapped_column(Amount)
    debt_after: Mapped[Decimal] = mapped_column(Amount)
    short_after: Mapped[Decimal] = mapped_column(Amount)

    @property
    def moved(self) -> Figures:
        """What this line changed."""
        return Figures(**{name: getattr(self, name) for name in FIGURES})

    @property
    def after(self) -> Figures:
        """What stood in the account's books after it."""
        return Figures(**{name: getattr(self, f"{name}_after") for name in FIGURES})


def moves(figure: str) -> ColumnElement[bool]:
    """SQL predicate of lines that move one figure of `FIGURES_ASKED`, worded as the partial index that serves it."""
    column: ColumnElement[Decimal] = getattr(LedgerMovement, figure)
    return column != literal_column("0")


SQLITE_TRIGGERS = (
    "CREATE TRIGGER ledger_movement_no_update BEFORE UPDATE ON ledger_movement"
    " BEGIN SELECT RAISE(ABORT, 'a movement of money never changes'); END",
    "CREATE TRIGGER ledger_movement_no_delete BEFORE DELETE ON ledger_movement"
    " BEGIN SELECT RAISE(ABORT, 'a movement of money is never deleted'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION ledger_movement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a movement of money never changes and is never deleted';
END $$""",
    "CREATE TRIGGER ledger_movement_frozen BEFORE UPDATE OR DELETE ON ledger_movement"
    " FOR EACH ROW EXECUTE FUNCTION ledger_movement_guard()",
)
for _dialect, _statements in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRESQL_TRIGGERS)):
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata.tables["ledger_movement"], "after_create", _ddl)


def free_recharges(account_id: int) -> Select[LedgerEntry]:
    """The account's recharges with money nobody has spoken for, oldest first: the order in which it is given out.

    Worded as the partial index that serves it; the preview and the reservation read the same list.
    """
    return (
        select(LedgerEntry)
        .where(
            LedgerEntry.account_id == account_id,
            LedgerEntry.kind == EntryKind.RECHARGE,
            LedgerEntry.status == EntryStatus.COMPLETED,
            LedgerEntry.amount > LedgerEntry.refunded + LedgerEntry.reserved + LedgerEntry.invoiced,
        )
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        .execution_options(yield_per=50)
    )


class Reservation(Base):
    """The ledger's side of one invoice request: its amount, and how much of it found no money (short)."""

    __tablename__ = "ledger_reservation"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'settled', 'released')", name="state"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("short >= 0 AND short <= amount", name="short_within_amount"),
        CheckConstraint("state = 'open' OR short = 0", name="only_open_is_short"),
        Index(
            "ix_ledger_reservation_short",
            "account_id",
            "request_id",
            sqlite_where=text("short > 0"),
            postgresql_where=text("short > 0"),
        ),
    )

    request_id: Mapped[int] = mapped_column(Id, ForeignKey("invoice_request.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    amount: Mapped[Decimal] = mapped_column(Amount)
    short: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    state: Mapped[str] = mapped_column(String(10), default=ReservationState.OPEN)


class Allocation(Base):
    """A part of one request's amount taken from one recharge. Released ones stay as history.

    `amount` of a settled one is what the invoice says for good; `credited` is what credit notes took back of it.
    """

    __tablename__ = "ledger_allocation"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'settled', 'released')", name="state"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("credited >= 0 AND credited <= amount", name="credited_within_amount"),
        CheckConstraint("state = 'settled' OR credited = 0", name="only_settled_is_credited"),
        Index("ix_ledger_allocation_request_id", "request_id"),
        Index("ix_ledger_allocation_recharge_id", "recharge_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(Id, ForeignKey(Reservation.request_id))
    recharge_id: Mapped[int] = mapped_column(ForeignKey(LedgerEntry.id))
    amount: Mapped[Decimal] = mapped_column(Amount)
    credited: Mapped[Decimal] = mapped_column(Amount, default=ZERO, server_default=text("0"))
    state: Mapped[str] = mapped_column(String(10), default=ReservationState.OPEN)

    @property
    def left(self) -> Decimal:
        """Of a settled one: what of it is invoiced and not credited."""
        return self.amount - self.credited
