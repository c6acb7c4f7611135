"""What completed on each local day, kept up with every batch, so that a bill reads days and not entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from backoffice.database import session
from backoffice.ledger.models import LedgerDay
from backoffice.money import ZERO


class Tally:
    """Count and sum of what completed, by account, local day and kind."""

    def __init__(self) -> None:
        self.sums: dict[tuple[int, date, str], tuple[int, Decimal]] = {}

    def add(self, account_id: int, day: date, kind: str, amount: Decimal) -> None:
        """Count one completed entry."""
        entries, total = self.sums.get((account_id, day, kind), (0, ZERO))
        self.sums[account_id, day, kind] = (entries + 1, total + amount)


def add(tally: Tally) -> None:
    """Add a batch to the days. In order of their keys, so that two batches wait for each other without deadlock."""
    if not tally.sums:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    table = cast(Table, LedgerDay.__table__)
    statement = dialect.insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.account_id, table.c.day, table.c.kind],
        set_={
            "entries": table.c.entries + statement.excluded.entries,
            "amount": table.c.amount + statement.excluded.amount,
        },
    )
    session.connection().execute(
        statement,
        [
            {"account_id": account_id, "day": day, "kind": kind, "entries": entries, "amount": total}
            for (account_id, day, kind), (entries, total) in sorted(tally.sums.items())
        ],
    )
