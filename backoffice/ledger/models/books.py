"""Entries that the platform reported, and how the money of recharges is spoken for.

A recharge row carries what was refunded, reserved and invoiced of it, so that free money is found by one partial
index. A reservation is the ledger's side of one invoice request; allocations spread it over recharges.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account
from backoffice.database import Amount, Base, Id, Instant, Word
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
    kind: Mapped[str] = mapped_column(Word(12))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    status: Mapped[str] = mapped_column(Word(12))
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
    kind: Mapped[str] = mapped_column(Word(12), primary_key=True)
    entries: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Amount)


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
    state: Mapped[str] = mapped_column(Word(10), default=ReservationState.OPEN)


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
    state: Mapped[str] = mapped_column(Word(10), default=ReservationState.OPEN)

    @property
    def left(self) -> Decimal:
        """Of a settled one: what of it is invoiced and not credited."""
        return self.amount - self.credited
