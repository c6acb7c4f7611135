"""The hand on an account's money: it holds the account's row, counts what moves, and enters it into the journal.

Nobody else writes the counters of an account or the parts of a recharge. The row is locked first, so everything about
one account's money is done one at a time; counters and journal are written once, at the end of what was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import cast

from sqlalchemy import Row, ScalarSelect, Table, bindparam, select, update

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerEntry, LedgerMovement, MovementKind
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.ledger.services import bulk
from backoffice.money import ZERO

_ROW = (Account.id, Account.code, *queries.COUNTERS, Account.moved_at)
_LINE = (
    "account_id", "kind", "entry_id", "request_id", *FIGURES, *(f"{name}_after" for name in FIGURES), "at",
)  # fmt: skip

_ACCOUNTS = cast(Table, Account.__table__)
_WRITE_COUNTERS = (
    update(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == bindparam("account"))
    .values(
        {
            name: bindparam(name)
            for name in ("recharged", "refunded", "reserved", "invoiced", "debt", "short", "moved_at")
        }
    )
)


class Hand:
    """One account under this transaction's lock. `figures` are its books as they stand, entered or not.

    `to_come` are ids of completed recharges whose line is not reached yet: their money is not there.
    """

    def __init__(self, row: Row[*tuple[object, ...]]) -> None:
        self.account_id: int = row.id
        self.figures = queries.figures_of(row)
        self.moved_at: datetime | None = row.moved_at
        self.to_come: set[int] = set()
        self._lines: list[tuple[object, ...]] = []

    def move(
        self, kind: MovementKind, moved: Figures, *, entry_id: int | None = None, request_id: int | None = None
    ) -> None:
        """Note one line of the journal."""
        self.figures += moved
        self._lines.append((self.account_id, kind, entry_id, request_id, *moved.values(), *self.figures.values()))

    def enter(self, at: datetime) -> None:
        """Write the counters and the lines noted so far, as of `at` or, where clocks went back, of the last line."""
        enter_all([self], at)

    def close(self, at: datetime) -> tuple[dict[str, object], list[tuple[object, ...]]]:
        """The counters to write and the lines to enter; none is left to enter afterwards."""
        figures = self.figures
        # The row is locked, so what was read of it still holds.
        self.moved_at = at if self.moved_at is None else max(at, self.moved_at)
        counters: dict[str, object] = {
            "account": self.account_id,
            "recharged": figures.recharged - figures.refunded,
            "refunded": figures.refunded,
            "reserved": figures.reserved,
            "invoiced": figures.invoiced,
            "debt": figures.debt,
            "short": figures.short,
            "moved_at": self.moved_at,
        }
        lines = [(*line, self.moved_at) for line in self._lines]
        self._lines.clear()
        return counters, lines

    @property
    def has_moved(self) -> bool:
        """Whether something is noted that is not entered yet."""
        return bool(self._lines)


def enter_all(hands: Iterable[Hand], at: datetime) -> None:
    """Enter what several hands noted: one statement for their counters, one for all lines."""
    closed = [hand.close(at) for hand in hands if hand.has_moved]
    if not closed:
        return
    session.flush()
    session.connection().execute(_WRITE_COUNTERS, [counters for counters, _ in closed])
    bulk.add(LedgerMovement, _LINE, [line for _, lines in closed for line in lines])


def take(account_id: int | ScalarSelect[int]) -> Hand:
    """Lock the account's row until the transaction ends. Whose account it is may be asked in the same statement."""
    row = session.execute(select(*_ROW).where(Account.id == account_id).with_for_update()).one()
    return Hand(row)


def take_all(codes: Iterable[str]) -> dict[str, Hand]:
    """Lock the accounts with these codes; by code, those there are."""
    # In order of id: two imports that share accounts then wait for each other instead of deadlocking.
    rows = session.execute(select(*_ROW).where(Account.code.in_(list(codes))).order_by(Account.id).with_for_update())
    return {row.code: Hand(row) for row in rows}


def take_if_invoiceable(account_id: int, amount: Decimal) -> Hand | None:
    """Lock the account only if `amount` can be invoiced of it: one guarded UPDATE, whatever else happens at once."""
    invoiceable = Account.recharged - Account.reserved - Account.invoiced
    granted = session.execute(
        update(Account)
        .where(Account.id == account_id, invoiceable >= amount)
        .values(reserved=Account.reserved + amount)
        .returning(*_ROW)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if granted is None:
        return None
    hand = Hand(granted)
    hand.figures -= Figures(reserved=amount, free=-amount)  # the journal tells of it when the money was found
    return hand


def shift(recharge: LedgerEntry, **changes: Decimal) -> Figures:
    """Change parts of a completed recharge (refunded, reserved, invoiced); returns what became free, or debt."""
    before = recharge.free
    for name, change in changes.items():
        setattr(recharge, name, getattr(recharge, name) + change)
    after = recharge.free
    return Figures(free=max(ZERO, after) - max(ZERO, before), debt=max(ZERO, -after) - max(ZERO, -before))
