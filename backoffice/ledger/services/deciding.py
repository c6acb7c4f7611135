"""Deciding what becomes of lines, before anything is written: an import and its rehearsal decide by the same rules."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from backoffice import clock, glyphs
from backoffice.errors import N_, Message
from backoffice.ledger.models import EntryKind, EntryStatus
from backoffice.ledger.rules import OPTIONAL_COLUMNS, Line, may_become
from backoffice.ledger.services import days
from backoffice.ledger.services.known import Known, NewEntry, Waiting
from backoffice.money import ZERO

# Clocks and zones differ; a date beyond that is a mistyped one.
_AHEAD = timedelta(days=1)


# What a line says otherwise than the books: whose money and how much, how it ended, what else is told of it.
OTHER_ENTRY = N_("known with another account, kind, amount or recharge")
OTHER_END = N_("known with a final status")
WRONG_RECHARGE = N_("refund_of is not a recharge of this account")
TOO_MUCH = N_("the refunds would be above their recharge")
OTHER_TEXTS = N_("known with another %(columns)s")


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


class Sum(StrEnum):
    """What a file did to the books, in major units. Pending and waiting are changes, and may be less than zero."""

    # What became completed; of refunds what was taken off a recharge.
    RECHARGE = "recharge"
    REFUND = "refund"
    CONSUMPTION = "consumption"
    GRANT = "grant"
    # Recharges that are pending now, less those that are so no more; and those that failed.
    PENDING = "pending"
    FAILED = "failed"
    # Completed refunds that wait for their recharge now, less those that do so no more.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The outcome of one line, with the reason where it was not taken; `agrees` with the books as they stand then.

    `sums`: by what it changed the sums of its file, see `Sum`.
    """

    line: Line
    outcome: Outcome
    reason: Message | None = None
    agrees: bool = False
    sums: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What one line does to money: a recharge that completes with the refunds that waited for it, or one refund."""

    recharge: Known
    completes: bool
    refunds: list[str]


@dataclass(frozen=True, slots=True)
class Books:
    """What the books hold of everything that some lines name: accounts by code, entries by id, refunds that wait."""

    accounts: Mapping[str, int]
    known: dict[str, Known]
    waiting: dict[str, list[Waiting]]


class Decisions:
    """What becomes of lines, one after the other: which entries are new, and which money moves once they are there.

    `books` are taken over and changed. Entries that are new are counted from `first_place` on.
    """

    def __init__(self, books: Books, now: datetime, first_place: int = 0) -> None:
        self.accounts, self.known, self.waiting = books.accounts, books.known, books.waiting
        self.now, self.zone, self.first_place = now, clock.zone(), first_place
        self.new: list[NewEntry] = []
        self.steps: list[Step] = []
        # Refunds that steps take off, and how much that is of each recharge.
        self.taken: set[str] = set()
        self.taken_off: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.counted = days.Tally()
        self._sums: dict[str, Decimal] = defaultdict(lambda: ZERO)

    def take(self, line: Line) -> LineResult:
        """Decide on one line; nothing is written yet."""
        self._sums.clear()
        result = self._decide(line)
        if not self._sums:
            return result
        return replace(result, sums={name: total for name, total in self._sums.items() if total})

    def _decide(self, line: Line) -> LineResult:
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
        self._count_unpaid(fresh)
        self._money_moves(fresh)
        return LineResult(line, Outcome.ADDED)

    def _take_known(self, line: Line, entry: Known) -> LineResult:
        if (entry.kind, entry.account_id, entry.amount, entry.refund_of) != (
            line.kind, self.accounts.get(line.account), line.amount, line.refund_of,
        ):  # fmt: skip
            return _conflict(line, Message(OTHER_ENTRY))
        if entry.status == line.status:
            return _repeated(line, entry)
        if line.status == EntryStatus.PENDING:
            # An older file: what it says was true once.
            return LineResult(line, Outcome.UNCHANGED)
        taken_back = self._never_taken(entry) and line.status == EntryStatus.FAILED
        if not taken_back and not may_become(entry.status, line.status):
            return _conflict(line, Message(OTHER_END))
        if (fault := self._fault(line)) is not None:
            return _refused(line, fault)
        if (fault := self._refund_fault(line)) is not None:
            # It has happened at the platform, and here it waits for good: somebody has to look.
            return _conflict(line, fault)
        if taken_back:
            self._take_back(entry)
        elif entry.kind == EntryKind.RECHARGE:
            self._sums[Sum.PENDING] -= entry.amount
        self._take_over(line, entry)
        self._count_unpaid(entry)
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
        self._sums[Sum.WAITING] -= refund.amount

    def _count_unpaid(self, entry: Known) -> None:
        if entry.kind == EntryKind.RECHARGE and entry.status != EntryStatus.COMPLETED:
            self._sums[Sum.PENDING if entry.status == EntryStatus.PENDING else Sum.FAILED] += entry.amount

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
            return Message(WRONG_RECHARGE)
        left = self._left(recharge)
        for waiting in self.waiting[line.refund_of]:
            # In the order in which they are taken off; one that does not fit never will, and takes nothing.
            if waiting.account_id == account_id and waiting.amount <= left:
                left -= waiting.amount
        if line.amount > left:
            return Message(TOO_MUCH)
        return None

    def _left(self, recharge: Known) -> Decimal:
        return recharge.amount - recharge.refunded - self.taken_off[recharge.external_id]

    def _money_moves(self, entry: Known) -> None:
        if entry.status != EntryStatus.COMPLETED:
            return
        self.counted.add(entry.account_id, entry.occurred_on, entry.kind, entry.amount)
        self._sums[Sum.WAITING if entry.kind == EntryKind.REFUND else Sum(entry.kind)] += entry.amount
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
                self._sums[Sum.REFUND] += refund.amount
                self._sums[Sum.WAITING] -= refund.amount
                taken.append(refund.external_id)
            else:
                insort(self.waiting[recharge.external_id], refund)
        self.taken.update(taken)
        self.steps.append(Step(recharge, completes, taken))

    def _new(self, line: Line) -> NewEntry:
        return NewEntry(
            self.first_place + len(self.new), line.external_id, line.kind, self.accounts[line.account], line.status,
            line.amount, line.occurred_at, clock.local_date(line.occurred_at, self.zone), line.refund_of, line.channel,
            line.payer_name, line.bank_reference, line.description,
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
            return _conflict(line, Message(OTHER_TEXTS, columns=", ".join(others)))
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
