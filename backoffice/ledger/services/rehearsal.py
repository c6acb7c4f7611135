"""Going through a file as its import would, to the line exactly, and changing nothing.

What becomes of a line depends on the entries under the ids it names alone, never on whose money is reserved. So the
rules of `deciding` need no more than the books and what the lines before have done to those entries. That is kept in a
private database of this process, on disk and gone with it: nobody waits, and memory does not grow with the file.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backoffice import money
from backoffice.ledger.models import EntryKind, EntryStatus
from backoffice.ledger.rules import Line
from backoffice.ledger.services import conflicts, known
from backoffice.ledger.services.deciding import Books, Decisions, LineResult
from backoffice.ledger.services.known import Known, NewEntry, Waiting
from backoffice.ledger.services.reading import BadLine

_NAMES = tuple(each.name for each in fields(NewEntry))
_TABLE = (
    f"CREATE TABLE entry ({', '.join(f'{name} PRIMARY KEY' if name == 'external_id' else name for name in _NAMES)})",
    "CREATE INDEX refund ON entry (refund_of) WHERE refund_of IS NOT NULL",
)
# Names of our own fields; no word of them comes from outside.
_SELECT = f"SELECT {', '.join(_NAMES)} FROM entry"  # noqa: S608  # nosec
_INSERT = f"INSERT OR REPLACE INTO entry VALUES ({', '.join('?' * len(_NAMES))})"  # noqa: S608  # nosec


class Rehearsal:
    """One file of one source, line after line."""

    def __init__(self, source: str, scratch: Scratch) -> None:
        self.source, self._scratch, self._places = source, scratch, 0

    def take_batch(self, batch: Sequence[Line | BadLine], *, now: datetime) -> list[LineResult | BadLine]:
        """What would become of these lines after those before them."""
        lines = [line for line in batch if isinstance(line, Line)]
        decided = Decisions(self._books(lines), now, self._places)
        there = {entry.external_id for entry in self._entries(conflicts.contradicted(batch))}
        results = [decided.take(line) for line in lines]
        self._keep(decided)
        return list(conflicts.in_turn(batch, results, there))

    def _books(self, lines: Sequence[Line]) -> Books:
        named = known.named(lines)
        entries: dict[str, Known] = {entry.external_id: entry for entry in self._entries(named)}
        return Books(known.accounts({line.account for line in lines}), entries, self._waiting_for(named))

    def _entries(self, external_ids: Iterable[str]) -> list[NewEntry]:
        wanted = set(external_ids)
        touched = list(self._scratch.entries(wanted))
        return touched + known.copies(self.source, wanted.difference(entry.external_id for entry in touched))

    def _waiting_for(self, recharges: Iterable[str]) -> dict[str, list[Waiting]]:
        waiting: dict[str, list[Waiting]] = defaultdict(list)
        for recharge, refunds in known.waiting_for(self.source, recharges).items():
            touched = {entry.external_id for entry in self._scratch.entries(each.external_id for each in refunds)}
            waiting[recharge] = [each for each in refunds if each.external_id not in touched]
        for refund in self._scratch.waiting_for(recharges):
            waiting[refund.refund_of or ""].append(Waiting.of(refund))
        for refunds in waiting.values():
            refunds.sort()
        return waiting

    def _keep(self, decided: Decisions) -> None:
        """Do to the copies what booking does to the rows (see `reservations.apply_refund`)."""
        entries = {each.external_id: each for each in decided.known.values() if isinstance(each, NewEntry)}
        entries |= {each.external_id: each for each in self._entries(decided.taken.difference(entries))}
        for external_id, amount in decided.taken_off.items():
            entries[external_id].refunded += amount
        for external_id in decided.taken:
            entries[external_id].applied = True
        self._scratch.keep(entries.values())
        self._places += len(decided.new)


class Scratch:
    """Entries as the lines so far would leave them: a database without a name, which lives as long as it is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for statement in _TABLE:
            connection.execute(statement)

    def entries(self, external_ids: Iterable[str]) -> Iterator[NewEntry]:
        """Those of these entries that are kept."""
        for external_id in external_ids:
            yield from map(_entry, self._connection.execute(f"{_SELECT} WHERE external_id = ?", (external_id,)))

    def waiting_for(self, recharges: Iterable[str]) -> Iterator[NewEntry]:
        """Completed refunds that are kept and took nothing off these recharges yet."""
        which = f"{_SELECT} WHERE refund_of = ? AND kind = ? AND status = ? AND NOT applied"
        for recharge in recharges:
            values = (recharge, EntryKind.REFUND.value, EntryStatus.COMPLETED.value)
            yield from map(_entry, self._connection.execute(which, values))

    def keep(self, entries: Iterable[NewEntry]) -> None:
        """Keep entries, in place of what was kept of them."""
        with self._connection:
            self._connection.executemany(_INSERT, map(_row, entries))


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A private database for one rehearsal; the system removes its file even when this process is killed."""
    with closing(sqlite3.connect("")) as connection:
        yield Scratch(connection)


def _row(entry: NewEntry) -> list[Any]:
    return [_plain(getattr(entry, name)) for name in _NAMES]


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # an instant is one, too
        return value.isoformat()
    return money.to_minor(value) if isinstance(value, Decimal) else value


def _entry(row: Sequence[Any]) -> NewEntry:
    entry = NewEntry(*row)
    entry.amount, entry.refunded = money.from_minor(row[_AMOUNT]), money.from_minor(row[_REFUNDED])
    entry.occurred_at, entry.occurred_on = datetime.fromisoformat(row[_AT]), date.fromisoformat(row[_ON])
    entry.applied = bool(entry.applied)
    return entry


_AMOUNT, _REFUNDED, _AT, _ON = (_NAMES.index(name) for name in ("amount", "refunded", "occurred_at", "occurred_on"))
