"""Booking the platform's entries: by identity, in batches, with one result per line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backoffice.database import session
from backoffice.ledger.models import LedgerCompletion, LedgerEntry, MovementKind
from backoffice.ledger.rules import OPTIONAL_COLUMNS, Figures, Line
from backoffice.ledger.services import bulk, days, journal, known, reservations, sources
from backoffice.ledger.services.deciding import Books, Decisions, LineResult
from backoffice.ledger.services.journal import Hand
from backoffice.ledger.services.known import NewEntry
from backoffice.money import ZERO

# Of a new row, in the order of `_Writing._row`.
_COLUMNS = (
    "source", "external_id", "kind", "account_id", "status", "amount", "occurred_at", "occurred_on", "refund_of",
    "applied", "channel", "payer_name", "bank_reference", "description", "file_id", "created_at", "refunded",
    "reserved", "invoiced",
)  # fmt: skip

_CHANGING = (
    "status", "occurred_at", "occurred_on", "applied", "refunded", "reserved", "invoiced", *OPTIONAL_COLUMNS,
)  # fmt: skip


def book(lines: Sequence[Line], *, source: str, now: datetime, file_id: int | None = None) -> list[LineResult]:
    """Book a batch of lines in the caller's transaction and say what became of each.

    The same line again changes nothing; pending may become completed or failed; the same identity with another
    account, kind or amount is a conflict and leaves the books as they are. Money moves line by line, in the order of
    the lines, so it makes no difference where a batch ends.
    """
    hands = journal.take_all({line.account for line in lines})
    named = known.named(lines)
    books = Books(
        {code: hand.account_id for code, hand in hands.items()},
        {entry.external_id: entry for entry in known.entries(source, named)},
        known.waiting_for(source, named),
    )
    decided = Decisions(books, now)
    results = [decided.take(line) for line in lines]
    _Writing(decided, hands, source, file_id).write()
    return results


class _Writing:
    """One batch that is decided, on its way into the books."""

    def __init__(self, decided: Decisions, hands: Mapping[str, Hand], source: str, file_id: int | None) -> None:
        self.decided, self.source, self.now, self.file_id = decided, source, decided.now, file_id
        self.hand_of = {hand.account_id: hand for hand in hands.values()}

    def write(self) -> None:
        """Insert the new rows, move the money line by line, and enter it all into the journal."""
        bulk.write_changes(LedgerEntry, _CHANGING)
        bulk.add(LedgerEntry, _COLUMNS, [self._row(entry) for entry in self.decided.new])
        self._move_money()
        bulk.write_changes(LedgerEntry, _CHANGING)
        session.flush()
        if self.decided.new:
            sources.register(self.source)
        self._keep_who_completed()
        days.add(self.decided.counted)
        journal.enter_all(self.hand_of.values(), self.now)

    def _move_money(self) -> None:
        ids = known.ids(self.source, [step.recharge.external_id for step in self.decided.steps if step.completes])
        touched = {step.recharge.external_id for step in self.decided.steps if step.refunds} | self.decided.taken
        rows = {entry.external_id: entry for entry in known.entries(self.source, touched)}
        for step in self.decided.steps:
            if step.completes:
                # Its row is there already, and nobody may take from it before its line is reached.
                self.hand_of[step.recharge.account_id].to_come.add(ids[step.recharge.external_id])
        for step in self.decided.steps:
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

    def _keep_who_completed(self) -> None:
        """Of recharges that an earlier file, or none, told as pending: two people may have brought one."""
        completed = [step.recharge for step in self.decided.steps if step.completes]
        earlier = [row.id for row in completed if isinstance(row, LedgerEntry) and row.file_id != self.file_id]
        if self.file_id is not None:
            bulk.add(LedgerCompletion, ("entry_id", "file_id"), [(entry_id, self.file_id) for entry_id in earlier])

    def _row(self, new: NewEntry) -> tuple[object, ...]:
        return (
            self.source, new.external_id, new.kind, new.account_id, new.status, new.amount, new.occurred_at,
            new.occurred_on, new.refund_of, new.applied, new.channel, new.payer_name, new.bank_reference,
            new.description, self.file_id, self.now, new.refunded, ZERO, ZERO,
        )  # fmt: skip
