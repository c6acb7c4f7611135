"""Booking the platform's entries: by identity, in batches, with one result per line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import select

from backoffice import clock, glyphs
from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerEntry, MovementKind
from backoffice.ledger.rules import OPTIONAL_COLUMNS, Figures, Line, may_become
from backoffice.ledger.services import bulk, days, journal, reservations
from backoffice.money import ZERO

# Of a new row, in the order of `_Batch._row`.
_COLUMNS = (
    "source", "external_id", "kind", "account_id", "status", "amount", "occurred_at", "occurred_on", "refund_of",
    "applied", "channel", "payer_name", "bank_reference", "description", "file_id", "created_at", "refunded",
    "reserved", "invoiced",
)  # fmt: skip

_CHANGING = (
    "status", "occurred_at", "occurred_on", "applied", "refunded", "reserved", "invoiced", *OPTIONAL_COLUMNS,
)  # fmt: skip
# Clocks and zones differ; a date beyond that is a mistyped one.
_AHEAD = timedelta(days=1)


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The outcome of one line, with the reason where it was not taken; `agrees` with the books as they stand then."""

    line: Line
    outcome: Outcome
    reason: Message | None = None
    agrees: bool = False


def book(lines: Sequence[Line], *, source: str, now: datetime, file_id: int | None = None) -> list[LineResult]:
    """Book a batch of lines in the caller's transaction and say what became of each.

    The same line again changes nothing; pending may become completed or failed; the same identity with another
    account, kind or amount is a conflict and leaves the books as they are. Refunds are applied after the batch's
    recharges, so their order inside a batch does not matter. A line about an id that stands in the batch already is
    taken in another round, when the first one is in the books: it makes no difference where a batch ends.
    """
    results: dict[int, LineResult] = {}
    hands = journal.take_all({line.account for line in lines})
    left = list(enumerate(lines))
    while left:
        batch = _Batch([line for _, line in left], source, now, file_id, hands)
        later = []
        for place, line in left:
            if batch.must_wait(line):
                later.append((place, line))
            else:
                results[place] = batch.take(line)
        batch.write()
        left = later
    return [results[place] for place in range(len(lines))]


class _Batch:
    """One batch under way: what is known, what is new, and which money moves once the rows are there."""

    def __init__(
        self, lines: Sequence[Line], source: str, now: datetime, file_id: int | None, hands: dict[str, journal.Hand]
    ) -> None:
        self.source, self.now, self.file_id, self.zone = source, now, file_id, clock.zone()
        self.accounts = {code: hand.account_id for code, hand in hands.items()}
        self.hand_of = {hand.account_id: hand for hand in hands.values()}
        named = {line.external_id for line in lines} | {line.refund_of for line in lines if line.refund_of}
        self.known = {entry.external_id: entry for entry in _entries(source, named)}
        self.awaited = _awaited(source, named)
        self.waiting: dict[str, list[_Waiting]] = defaultdict(
            list, {id_: list(all_) for id_, all_ in self.awaited.items()}
        )
        self.seen: set[str] = set()
        self.new: dict[str, Line] = {}
        self.completed: list[str] = []
        self.refunds: list[str] = []
        self.counted = days.Tally()

    def must_wait(self, line: Line) -> bool:
        """Whether what this line becomes is known only when the lines so far are in the books."""
        again = line.external_id in self.seen
        # Its recharge may just have taken it.
        taken = line.status == EntryStatus.FAILED and line.refund_of in self.seen
        self.seen.add(line.external_id)
        return again or taken

    def take(self, line: Line) -> LineResult:
        """Decide on one line; nothing is written yet."""
        known = self.known.get(line.external_id)
        if known is not None:
            return self._take_known(line, known)
        if line.account not in self.accounts:
            return _refused(line, Message(N_("there is no account %(code)s"), code=line.account))
        if (fault := self._fault(line)) is not None:
            return _refused(line, fault)
        self.new[line.external_id] = line
        self._money_moves(line)
        return LineResult(line, Outcome.ADDED)

    def _take_known(self, line: Line, entry: LedgerEntry) -> LineResult:
        if (entry.kind, entry.account_id, entry.amount, entry.refund_of) != (
            line.kind, self.accounts.get(line.account), line.amount, line.refund_of,
        ):  # fmt: skip
            return _conflict(line, Message(N_("known with another account, kind, amount or recharge")))
        if entry.status == line.status:
            return _repeated(line, entry)
        if line.status == EntryStatus.PENDING:
            # An older file: what it says was true once.
            return LineResult(line, Outcome.UNCHANGED)
        taken_back = _never_applied(entry) and line.status == EntryStatus.FAILED
        if not taken_back and not may_become(entry.status, line.status):
            return _conflict(line, Message(N_("known with a final status")))
        if (fault := self._fault(line)) is not None:
            return _refused(line, fault)
        if taken_back:
            self._take_back(entry)
        self._take_over(line, entry)
        self._money_moves(line)
        return LineResult(line, Outcome.UPDATED, agrees=True)

    def _take_back(self, refund: LedgerEntry) -> None:
        """A refund that waits took nothing off its recharge: only its day has counted it."""
        self.counted.take_back(refund.account_id, refund.occurred_on, refund.kind, refund.amount)
        self.waiting[refund.refund_of or ""].remove(_Waiting(refund.account_id, refund.amount))

    def _take_over(self, line: Line, entry: LedgerEntry) -> None:
        entry.status = line.status
        entry.occurred_at = line.occurred_at
        entry.occurred_on = clock.local_date(line.occurred_at, self.zone)
        for name in OPTIONAL_COLUMNS:
            # Who paid, and by which transfer, is often known only when the money is there.
            if told := getattr(line, name):
                setattr(entry, name, told)

    def _fault(self, line: Line) -> Message | None:
        if line.occurred_at > self.now + _AHEAD:
            return Message(N_("occurred_at lies in the future; look at the date"))
        return _unprintable(line) or self._refund_fault(line)

    def _refund_fault(self, line: Line) -> Message | None:
        if line.kind != EntryKind.REFUND or line.refund_of is None:
            return None
        known, fresh = self.known.get(line.refund_of), self.new.get(line.refund_of)
        if known is not None:
            kind, account_id, left = known.kind, known.account_id, known.amount - known.refunded
        elif fresh is not None:
            kind, account_id, left = fresh.kind, self.accounts[fresh.account], fresh.amount
        else:
            return None
        if line.status == EntryStatus.FAILED:
            return None
        if kind != EntryKind.RECHARGE or account_id != self.accounts[line.account]:
            return Message(N_("refund_of is not a recharge of this account"))
        for waiting in self.waiting[line.refund_of]:
            # In the order in which they are taken off; one that does not fit never will, and takes nothing.
            if waiting.account_id == account_id and waiting.amount <= left:
                left -= waiting.amount
        if line.amount > left:
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
            self.waiting[line.refund_of].append(_Waiting(self.accounts[line.account], line.amount))

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
            if recharge is not None and reservations.may_take(recharge, refund):
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


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A completed refund that is not taken off its recharge, as far as other refunds mind."""

    account_id: int
    amount: Decimal


def _refused(line: Line, reason: Message) -> LineResult:
    return LineResult(line, Outcome.REFUSED, reason)


def _conflict(line: Line, reason: Message) -> LineResult:
    return LineResult(line, Outcome.CONFLICT, reason)


def _repeated(line: Line, entry: LedgerEntry) -> LineResult:
    """The same status again. Date and texts of what is not completed count for nothing yet."""
    if line.status == EntryStatus.COMPLETED:
        others = ["occurred_at"] if line.occurred_at != entry.occurred_at else []
        others += [name for name in OPTIONAL_COLUMNS if getattr(line, name) not in ("", getattr(entry, name))]
        if others:
            return _conflict(line, Message(N_("known with another %(columns)s"), columns=", ".join(others)))
    return LineResult(line, Outcome.UNCHANGED, agrees=True)


def _never_applied(entry: LedgerEntry) -> bool:
    return entry.kind == EntryKind.REFUND and entry.status == EntryStatus.COMPLETED and not entry.applied


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


def _awaited(source: str, recharges: set[str]) -> dict[str, list[_Waiting]]:
    """Those of `recharges` for which refunds are already waiting, and these in the order of their arrival."""
    waiting: dict[str, list[_Waiting]] = defaultdict(list)
    if recharges:
        for row in session.execute(
            select(LedgerEntry.refund_of, LedgerEntry.account_id, LedgerEntry.amount)
            .where(
                LedgerEntry.source == source,
                LedgerEntry.refund_of.in_(list(recharges)),
                LedgerEntry.kind == EntryKind.REFUND,
                LedgerEntry.status == EntryStatus.COMPLETED,
                LedgerEntry.applied.is_(False),
            )
            .order_by(LedgerEntry.id)
        ):
            waiting[row.refund_of].append(_Waiting(row.account_id, row.amount))
    return dict(waiting)
