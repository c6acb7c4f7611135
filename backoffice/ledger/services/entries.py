"""Booking the platform's entries: by identity, in batches, with one result per line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import func, select

from backoffice import clock, glyphs
from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerEntry, MovementKind
from backoffice.ledger.rules import Figures, Line, may_become
from backoffice.ledger.services import bulk, days, journal, reservations
from backoffice.money import ZERO

# Of a new row, in the order of `_Batch._row`.
_COLUMNS = (
    "source", "external_id", "kind", "account_id", "status", "amount", "occurred_at", "occurred_on", "refund_of",
    "applied", "channel", "payer_name", "bank_reference", "description", "file_id", "created_at", "refunded",
    "reserved", "invoiced",
)  # fmt: skip

_CHANGING = ("status", "occurred_at", "occurred_on", "applied", "refunded", "reserved", "invoiced")


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The outcome of one line, with the reason where it was not taken."""

    line: Line
    outcome: Outcome
    reason: Message | None = None


def book(lines: Sequence[Line], *, source: str, now: datetime, file_id: int | None = None) -> list[LineResult]:
    """Book a batch of lines in the caller's transaction and say what became of each.

    The same line again changes nothing; pending may become completed or failed; the same identity with another
    account, kind or amount is a conflict and leaves the books as they are. Refunds are applied after the batch's
    recharges, so their order inside a batch does not matter.
    """
    batch = _Batch(lines, source, now, file_id)
    for line in lines:
        batch.take(line)
    batch.write()
    return batch.results


class _Batch:
    """One batch under way: what is known, what is new, and which money moves once the rows are there."""

    def __init__(self, lines: Sequence[Line], source: str, now: datetime, file_id: int | None) -> None:
        self.source, self.now, self.file_id, self.zone = source, now, file_id, clock.zone()
        self.results: list[LineResult] = []
        self.hands = journal.take_all({line.account for line in lines})
        self.accounts = {code: hand.account_id for code, hand in self.hands.items()}
        self.hand_of = {hand.account_id: hand for hand in self.hands.values()}
        named = {line.external_id for line in lines} | {line.refund_of for line in lines if line.refund_of}
        self.known = {entry.external_id: entry for entry in _entries(source, named)}
        self.awaited = _awaited(source, named)
        self.new: dict[str, Line] = {}
        self.completed: list[str] = []
        self.refunds: list[str] = []
        self.counted = days.Tally()
        self.refund_totals: dict[str, Decimal] = defaultdict(lambda: ZERO)

    def take(self, line: Line) -> None:
        """Decide on one line; nothing is written yet."""
        if line.account not in self.accounts:
            self._answer(line, Outcome.REFUSED, Message(N_("there is no account %(code)s"), code=line.account))
        elif line.external_id in self.known:
            self._take_known(line, self.known[line.external_id])
        elif line.external_id in self.new:
            same = _same_line(self.new[line.external_id], line)
            self._answer(line, Outcome.UNCHANGED) if same else self._conflict(
                line, N_("the same id stands twice in this file with other values")
            )
        elif (fault := _unprintable(line) or self._refund_fault(line)) is not None:
            self._answer(line, Outcome.REFUSED, fault)
        else:
            self.new[line.external_id] = line
            self._money_moves(line)
            self._answer(line, Outcome.ADDED)

    def _take_known(self, line: Line, entry: LedgerEntry) -> None:
        if (entry.kind, entry.account_id, entry.amount, entry.refund_of) != (
            line.kind, self.accounts[line.account], line.amount, line.refund_of,
        ):  # fmt: skip
            self._conflict(line, N_("known with another account, kind, amount or recharge"))
        elif entry.status == line.status:
            self._answer(line, Outcome.UNCHANGED)
        elif not may_become(entry.status, line.status):
            self._conflict(line, N_("known with a final status"))
        elif line.status == EntryStatus.COMPLETED and (fault := self._refund_fault(line)) is not None:
            self._answer(line, Outcome.REFUSED, fault)
        else:
            entry.status = line.status
            entry.occurred_at = line.occurred_at
            entry.occurred_on = clock.local_date(line.occurred_at, self.zone)
            self._money_moves(line)
            self._answer(line, Outcome.UPDATED)

    def _refund_fault(self, line: Line) -> Message | None:
        if line.kind != EntryKind.REFUND or line.refund_of is None:
            return None
        known, fresh = self.known.get(line.refund_of), self.new.get(line.refund_of)
        if known is not None and (known.kind != EntryKind.RECHARGE or known.account_id != self.accounts[line.account]):
            return Message(N_("refund_of is not a recharge of this account"))
        if fresh is not None and (fresh.kind != EntryKind.RECHARGE or fresh.account != line.account):
            return Message(N_("refund_of is not a recharge of this account"))
        if line.status == EntryStatus.FAILED:
            return None
        paid = known.amount - known.refunded if known is not None else fresh.amount if fresh is not None else None
        waiting = self.awaited.get(line.refund_of, ZERO)
        if paid is not None and waiting + self.refund_totals[line.refund_of] + line.amount > paid:
            return Message(N_("the refunds would be above their recharge"))
        return None

    def _money_moves(self, line: Line) -> None:
        if line.status != EntryStatus.COMPLETED:
            return
        day = clock.local_date(line.occurred_at, self.zone)
        self.counted.add(self.accounts[line.account], day, line.kind, line.amount)
        if line.kind == EntryKind.RECHARGE:
            self.completed.append(line.external_id)
        elif line.kind == EntryKind.REFUND and line.refund_of:
            self.refunds.append(line.external_id)
            self.refund_totals[line.refund_of] += line.amount

    def write(self) -> None:
        """Insert the new rows, apply refunds, cover short requests, and enter it all into the journal."""
        bulk.write_changes(LedgerEntry, _CHANGING)
        bulk.add(LedgerEntry, _COLUMNS, [self._row(line) for line in self.new.values()])
        self._count_recharges()
        self._apply_refunds()
        bulk.write_changes(LedgerEntry, _CHANGING)
        session.flush()
        days.add(self.counted)
        for _, hand in sorted(self.hand_of.items()):
            reservations.cover_short(hand)
        journal.enter_all(self.hand_of.values(), self.now)

    def _count_recharges(self) -> None:
        ids = _ids(self.source, self.completed)
        for external_id in self.completed:
            amount = self._amount_of(external_id)
            self.hand_of[self._account_of(external_id)].move(
                MovementKind.RECHARGE, Figures(recharged=amount, free=amount), entry_id=ids[external_id]
            )
        waited_for = [external_id for external_id in self.completed if external_id in self.awaited]
        for recharge in _entries(self.source, waited_for):
            reservations.take_waiting_refunds(self.hand_of[recharge.account_id], recharge)

    def _apply_refunds(self) -> None:
        refunds = [refund for refund in _entries(self.source, self.refunds) if not refund.applied]
        targets = {
            entry.external_id: entry for entry in _entries(self.source, {r.refund_of for r in refunds if r.refund_of})
        }
        for refund in refunds:
            recharge = targets.get(refund.refund_of or "")
            # A refund before its recharge, or before the recharge is completed, waits.
            if recharge is not None and recharge.status == EntryStatus.COMPLETED:
                reservations.apply_refund(self.hand_of[recharge.account_id], recharge, refund)

    def _row(self, line: Line) -> tuple[object, ...]:
        day = clock.local_date(line.occurred_at, self.zone)
        return (
            self.source, line.external_id, line.kind, self.accounts[line.account], line.status, line.amount,
            line.occurred_at, day, line.refund_of, False, line.channel, line.payer_name, line.bank_reference,
            line.description, self.file_id, self.now, ZERO, ZERO, ZERO,
        )  # fmt: skip

    def _account_of(self, external_id: str) -> int:
        known = self.known.get(external_id)
        return known.account_id if known is not None else self.accounts[self.new[external_id].account]

    def _amount_of(self, external_id: str) -> Decimal:
        known = self.known.get(external_id)
        return known.amount if known is not None else self.new[external_id].amount

    def _answer(self, line: Line, outcome: Outcome, reason: Message | None = None) -> None:
        self.results.append(LineResult(line, outcome, reason))

    def _conflict(self, line: Line, reason: str) -> None:
        self._answer(line, Outcome.CONFLICT, Message(reason))


def _unprintable(line: Line) -> Message | None:
    """Id and description stand on the invoice one day: what no font prints would block the money for good."""
    missing = dict.fromkeys(_missing(line.external_id) + _missing(line.description))
    if not missing:
        return None
    return Message(N_("No font can print these characters: %(characters)s"), characters=" ".join(missing))


# A file sells the same goods again and again.
@lru_cache(maxsize=4096)
def _missing(text: str) -> tuple[str, ...]:
    return tuple(glyphs.missing(text))


def _same_line(one: Line, other: Line) -> bool:
    return (one.kind, one.account, one.amount, one.refund_of, one.status) == (
        other.kind, other.account, other.amount, other.refund_of, other.status,
    )  # fmt: skip


def _ids(source: str, external_ids: Sequence[str]) -> dict[str, int]:
    if not external_ids:
        return {}
    rows = session.execute(
        select(LedgerEntry.external_id, LedgerEntry.id).where(
            LedgerEntry.source == source, LedgerEntry.external_id.in_(external_ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def _entries(source: str, external_ids: Iterable[str]) -> list[LedgerEntry]:
    wanted = list(external_ids)
    if not wanted:
        return []
    return list(
        session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.source == source, LedgerEntry.external_id.in_(wanted))
            .order_by(LedgerEntry.id)
            .execution_options(populate_existing=True)
        )
    )


def _awaited(source: str, recharges: set[str]) -> dict[str, Decimal]:
    """Those of `recharges` for which refunds are already waiting, and how much these come to."""
    if not recharges:
        return {}
    rows = session.execute(
        select(LedgerEntry.refund_of, func.sum(LedgerEntry.amount).label("total"))
        .where(
            LedgerEntry.source == source,
            LedgerEntry.refund_of.in_(list(recharges)),
            LedgerEntry.kind == EntryKind.REFUND,
            LedgerEntry.status == EntryStatus.COMPLETED,
            LedgerEntry.applied.is_(False),
        )
        .group_by(LedgerEntry.refund_of)
    )
    return {row.refund_of: row.total for row in rows}
