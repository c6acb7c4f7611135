"""What completed on each local day, kept up with every batch, so that a bill reads days and not entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import cast

from sqlalchemy import Table, bindparam, delete, update

from backoffice.database import session, upsert_into
from backoffice.ledger.models import LedgerDay
from backoffice.money import ZERO

_Sums = dict[tuple[int, date, str], tuple[int, Decimal]]


class Tally:
    """Count and sum of what completed, by account, local day and kind, and of what of it is taken back."""

    def __init__(self) -> None:
        self.sums: _Sums = {}
        self.taken_back: _Sums = {}

    def add(self, account_id: int, day: date, kind: str, amount: Decimal) -> None:
        """Count one completed entry."""
        _count(self.sums, (account_id, day, kind), amount)

    def take_back(self, account_id: int, day: date, kind: str, amount: Decimal) -> None:
        """Count an entry no more that an earlier batch had counted."""
        _count(self.taken_back, (account_id, day, kind), amount)


def _count(sums: _Sums, key: tuple[int, date, str], amount: Decimal) -> None:
    entries, total = sums.get(key, (0, ZERO))
    sums[key] = (entries + 1, total + amount)


def add(tally: Tally) -> None:
    """Add a batch to the days. In order of their keys, so that two batches wait for each other without deadlock."""
    if tally.sums:
        _add(tally.sums)
    if tally.taken_back:
        _take_back(tally.taken_back)


def _add(sums: _Sums) -> None:
    table = cast(Table, LedgerDay.__table__)
    statement = upsert_into(table)
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
            for (account_id, day, kind), (entries, total) in sorted(sums.items())
        ],
    )


def _take_back(sums: _Sums) -> None:
    """A day of which nothing is left is no row."""
    table = cast(Table, LedgerDay.__table__)
    of_day = (
        (table.c.account_id == bindparam("of")) & (table.c.day == bindparam("on")) & (table.c.kind == bindparam("what"))
    )
    left = {"entries": table.c.entries - bindparam("count"), "amount": table.c.amount - bindparam("total")}
    rows = [
        {"of": account_id, "on": day, "what": kind, "count": entries, "total": total}
        for (account_id, day, kind), (entries, total) in sorted(sums.items())
    ]
    emptied = delete(table).where(of_day, table.c.entries == bindparam("count"))
    lessened = update(table).where(of_day, table.c.entries > bindparam("count")).values(left)
    # One by one: the driver must not be given parameters that the DELETE does not name.
    for row in rows:
        session.connection().execute(emptied, {name: value for name, value in row.items() if name != "total"})
        session.connection().execute(lessened, row)
