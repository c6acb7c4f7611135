"""Booking the platform's entries: by identity, in batches, with one result per line."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from backoffice import clock, glyphs
from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.ledger.models import EntryKind, EntryStatus, LedgerEntry, MovementKind
from backoffice.ledger.rules import OPTIONAL_COLUMNS, Figures, Line, may_become
from backoffice.ledger.services import bulk, days, journal, known, reservations
from backoffice.ledger.services.known import Known, NewEntry, Waiting
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
    account, kind or amount is a conflict and leaves the books as they are. Money moves line by line, in the order of
    the lines, so it makes no difference where a batch ends.
    """
    batch = _Batch(lines, source, now, file_id)
    results = [batch.take(line) for line in lines]
    batch.write()
    return results


@dataclass(frozen=True, slots=True)
class _Step:
    """What one line does to money: a recharge that completes with the refunds that waited for it, or one refund."""

    recharge: Known
    completes: bool
    refunds: list[str]


class _Batch:
    """One batch under way: what is known, what is new, and which money moves once the rows are there."""

    def __init__(self, lines: Sequence[Line], source: str, now: datetime, file_id: int | None) -> None:
        self.source, self.now, self.file_id, self.zone = source, now, file_id, clock.zone()
        hands = journal.take_all({line.account for line in lines})
        self.accounts = {code: hand.account_id for code, hand in hands.items()}
        self.hand_of = {hand.account_id: hand for hand in hands.values()}
        named = {line.external_id for line in lines} | {line.refund_of for line in lines if line.refund_of}
        self.known: dict[str, Known] = {entry.external_id: entry for entry in known.entries(source, named)}
        self.waiting = known.waiting_for(source, named)
        self.new: list[NewEntry] = []
        self.steps: list[_Step] = []
        # Refunds that steps take off, and how much that is of each recharge.
        self.taken: set[str] = set()
        self.taken_off: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.counted = days.Tally()

    def take(self, line: Line) -> LineResult:
        """Decide on one line; nothing is written yet."""
        entry = self.known.get(line.external_id)
        if entry is not None:
            return self._take_known(line, entry)
        if line.account not in self.accounts:
            return _refused(line, Message(N_("there is no account %(code)s"), code=line.account))
        if (fault := self._fault(line) or self._refund_fault(line)) is not None:
            return _refused(line, fault)
        fresh = self._new(line)
        self.known[line.external_id] = fresh
        self.new.append(fresh)
        self._money_moves(fresh)
        return LineResult(line, Outcome.ADDED)

    def _take_known(self, line: Line, entry: Known) -> LineResult:
        if (entry.kind, entry.account_id, entry.amount, entry.refund_of) != (
            line.kind, self.accounts.get(line.account), line.amount, line.refund_of,
        ):  # fmt: skip
            return _conflict(line, Message(N_("known with another account, kind, amount or recharge")))
        if entry.status == line.status:
            return _repeated(line, entry)
        if line.status == EntryStatus.PENDING:
            # An older file: what it says was true once.
            return LineResult(line, Outcome.UNCHANGED)
        taken_back = self._never_taken(entry) and line.status == EntryStatus.FAILED
        if not taken_back and not may_become(entry.status, line.status):
            return _conflict(line, Message(N_("known with a final status")))
        if (fault := self._fault(line)) is not None:
            return _refused(line, fault)
        if (fault := self._refund_fault(line)) is not None:
            # It has happened at the platform, and here it waits for good: somebody has to look.
            return _conflict(line, fault)
        if taken_back:
            self._take_back(entry)
        self._take_over(line, entry)
        self._money_moves(entry)
        return LineResult(line, Outcome.UPDATED, agrees=True)

    def _never_taken(self, entry: Known) -> bool:
        """Whether it is a completed refund that took nothing off its recharge, in the books or in this batch."""
        is_refund = (entry.kind, entry.status) == (EntryKind.REFUND, EntryStatus.COMPLETED)
        return is_refund and not entry.applied and entry.external_id not in self.taken

    def _take_back(self, refund: Known) -> None:
        """A refund that waits took nothing off its recharge: only its day has counted it."""
        self.counted.take_back(refund.account_id, refund.occurred_on, refund.kind, refund.amount)
        self.waiting[refund.refund_of or ""].remove(Waiting.of(refund))

    def _take_over(self, line: Line, entry: Known) -> None:
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
        return _unprintable(line)

    def _refund_fault(self, line: Line) -> Message | None:
        if line.kind != EntryKind.REFUND or line.refund_of is None or line.status == EntryStatus.FAILED:
            return None
        recharge = self.known.get(line.refund_of)
        if recharge is None:
            return None
        account_id = self.accounts[line.account]
        if (recharge.kind, recharge.account_id) != (EntryKind.RECHARGE, account_id):
            return Message(N_("refund_of is not a recharge of this account"))
        left = self._left(recharge)
        for waiting in self.waiting[line.refund_of]:
            # In the order in which they are taken off; one that does not fit never will, and takes nothing.
            if waiting.account_id == account_id and waiting.amount <= left:
                left -= waiting.amount
        if line.amount > left:
            return Message(N_("the refunds would be above their recharge"))
        return None

    def _left(self, recharge: Known) -> Decimal:
        return recharge.amount - recharge.refunded - self.taken_off[recharge.external_id]

    def _money_moves(self, entry: Known) -> None:
        if entry.status != EntryStatus.COMPLETED:
            return
        self.counted.add(entry.account_id, entry.occurred_on, entry.kind, entry.amount)
        if entry.kind == EntryKind.RECHARGE:
            self._take_off(entry, self.waiting.pop(entry.external_id, []), completes=True)
        elif entry.kind == EntryKind.REFUND and entry.refund_of:
            recharge, refund = self.known.get(entry.refund_of), Waiting.of(entry)
            if recharge is not None and (recharge.kind, recharge.status) == (EntryKind.RECHARGE, EntryStatus.COMPLETED):
                self._take_off(recharge, [refund], completes=False)
            else:
                # A refund before its recharge, or before the recharge is completed, waits.
                insort(self.waiting[entry.refund_of], refund)

    def _take_off(self, recharge: Known, refunds: list[Waiting], *, completes: bool) -> None:
        """Plan to take refunds off a completed recharge; what is not of its account, or above it, goes on waiting."""
        taken = []
        for refund in refunds:
            if refund.account_id == recharge.account_id and refund.amount <= self._left(recharge):
                self.taken_off[recharge.external_id] += refund.amount
                taken.append(refund.external_id)
            else:
                insort(self.waiting[recharge.external_id], refund)
        self.taken.update(taken)
        self.steps.append(_Step(recharge, completes, taken))

    def write(self) -> None:
        """Insert the new rows, move the money line by line, and enter it all into the journal."""
        bulk.write_changes(LedgerEntry, _CHANGING)
        bulk.add(LedgerEntry, _COLUMNS, [self._row(entry) for entry in self.new])
        self._move_money()
        bulk.write_changes(LedgerEntry, _CHANGING)
        session.flush()
        days.add(self.counted)
        journal.enter_all(self.hand_of.values(), self.now)

    def _move_money(self) -> None:
        ids = known.ids(self.source, [step.recharge.external_id for step in self.steps if step.completes])
        touched = {step.recharge.external_id for step in self.steps if step.refunds} | self.taken
        rows = {entry.external_id: entry for entry in known.entries(self.source, touched)}
        for step in self.steps:
            if step.completes:
                # Its row is there already, and nobody may take from it before its line is reached.
                self.hand_of[step.recharge.account_id].to_come.add(ids[step.recharge.external_id])
        for step in self.steps:
            hand, external_id, amount = (
                self.hand_of[step.recharge.account_id],
                step.recharge.external_id,
                step.recharge.amount,
            )
            if step.completes:
                hand.to_come.remove(ids[external_id])
                moved = Figures(recharged=amount, free=amount)
                hand.move(MovementKind.RECHARGE, moved, entry_id=ids[external_id])
            for refund in step.refunds:
                reservations.apply_refund(hand, rows[external_id], rows[refund])
            reservations.cover_short(hand)

    def _new(self, line: Line) -> NewEntry:
        return NewEntry(
            len(self.new), line.external_id, line.kind, self.accounts[line.account], line.status, line.amount,
            line.occurred_at, clock.local_date(line.occurred_at, self.zone), line.refund_of, line.channel,
            line.payer_name, line.bank_reference, line.description,
        )  # fmt: skip

    def _row(self, new: NewEntry) -> tuple[object, ...]:
        return (
            self.source, new.external_id, new.kind, new.account_id, new.status, new.amount, new.occurred_at,
            new.occurred_on, new.refund_of, new.applied, new.channel, new.payer_name, new.bank_reference,
            new.description, self.file_id, self.now, new.refunded, ZERO, ZERO,
        )  # fmt: skip


def _refused(line: Line, reason: Message) -> LineResult:
    return LineResult(line, Outcome.REFUSED, reason)


def _conflict(line: Line, reason: Message) -> LineResult:
    return LineResult(line, Outcome.CONFLICT, reason)


def _repeated(line: Line, entry: Known) -> LineResult:
    """The same status again. Date and texts of what is not completed count for nothing yet."""
    if line.status == EntryStatus.COMPLETED:
        others = ["occurred_at"] if line.occurred_at != entry.occurred_at else []
        others += [name for name in OPTIONAL_COLUMNS if getattr(line, name) not in ("", getattr(entry, name))]
        if others:
            return _conflict(line, Message(N_("known with another %(columns)s"), columns=", ".join(others)))
    return LineResult(line, Outcome.UNCHANGED, agrees=True)


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
