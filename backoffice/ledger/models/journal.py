"""The journal: every movement of an account's money, and what stood there afterwards."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account
from backoffice.database import Amount, Base, Id, Instant, Word, install_triggers
from backoffice.ledger.models.books import LedgerEntry
from backoffice.ledger.rules import FIGURES, Figures


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
    kind: Mapped[str] = mapped_column(Word(12))
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
install_triggers("ledger_movement", "sqlite", SQLITE_TRIGGERS)
install_triggers("ledger_movement", "postgresql", POSTGRESQL_TRIGGERS)
