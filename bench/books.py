"""Books for the measured customer of `bench.load`: entries of a year, the days they add up to, and the journal.

Written directly, in bulk, and yet as the services would have left them: `check-invariants` finds nothing wrong with
this account's ledger.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session, transaction
from backoffice.ledger.models import Allocation, LedgerEntry, LedgerMovement, Reservation, ReservationState
from backoffice.ledger.rules import FIGURES, Figures
from backoffice.ledger.services import bulk, days, sources
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State
from bench.load import DAYS, hurry, settle

ACCOUNT, SOURCE = "load-0", "load"
# Amounts that a few entries have, and one in a hundred and sixty.
RARE, SCARCE, RARE_ENTRIES = Decimal(900_000), Decimal(600_000), 20
_KINDS = ("recharge", "consumption", "consumption", "grant", "consumption", "refund", "consumption", "recharge")
_ENTRY = (
    "source", "external_id", "kind", "account_id", "status", "amount", "occurred_at", "occurred_on", "refund_of",
    "applied", "channel", "payer_name", "bank_reference", "description", "created_at", "refunded", "reserved",
    "invoiced",
)  # fmt: skip
_LINE = ("account_id", "at", "kind", "entry_id", "request_id", *FIGURES, *(f"{name}_after" for name in FIGURES))
_HELD = {State.PENDING: ReservationState.OPEN, State.ISSUED: ReservationState.SETTLED}


@dataclass(slots=True)
class _Entry:
    """One entry that is to be, and the request whose money it is."""

    external_id: str
    kind: str
    status: str
    amount: Decimal
    at: datetime
    refund_of: str | None = None
    refunded: Decimal = ZERO
    request: Row[Any] | None = None

    @property
    def part(self) -> Decimal:
        """What the request takes of it."""
        return self.request.amount if self.request else ZERO


@dataclass(slots=True)
class _Books:
    """What is to be written about one account."""

    account_id: int
    lines: list[tuple[datetime, str, str | None, int | None, Figures]] = field(default_factory=list)
    tally: days.Tally = field(default_factory=days.Tally)

    def note(self, at: datetime, kind: str, entry: str | None, request: int | None, **moved: Decimal) -> None:
        """Note one line of the journal."""
        self.lines.append((at, kind, entry, request, Figures(**moved)))


def keep_books(entries: int, *, seed: int = 1) -> None:
    """Give the measured customer so many entries over the year of its requests; needs an application context."""
    account_id = session.scalars(select(Account.id).where(Account.code == ACCOUNT)).one()
    requests = session.execute(
        select(
            InvoiceRequest.id, InvoiceRequest.amount, InvoiceRequest.state, InvoiceRequest.submitted_at,
            InvoiceRequest.closed_at,
        )
        .where(InvoiceRequest.account_id == account_id)
        .order_by(InvoiceRequest.submitted_at, InvoiceRequest.id)
    ).all()  # fmt: skip
    session.rollback()
    books = _Books(account_id)
    with transaction():
        hurry()
        told = list(_entries(random.Random(seed), entries, requests, clock.now()))
        _write_entries(books, told)
        _write_reservations(books, requests, told)
        _write_journal(books)
    settle()


def _entries(chance: random.Random, count: int, requests: Sequence[Row[Any]], now: datetime) -> Iterator[_Entry]:
    """Oldest first. Every fourth recharge is what the next living request takes its money from, and a refund takes
    back a part of the recharge before it that no request has."""
    living = iter([each for each in requests if each.state in _HELD])
    recharges, spare = 0, None
    for turn in range(count):
        at, kind = now - timedelta(days=DAYS * (count - turn) / count), _KINDS[turn % len(_KINDS)]
        amount = Decimal(chance.randrange(1_00, 50_000_00)) / 100
        entry = _Entry(f"E{turn}", kind, "completed", amount, at)
        if turn % 150 in (1, 2):
            entry.status = "pending" if turn % 150 == 1 else "failed"
        elif kind == "recharge":
            recharges += 1
            entry.request = next(living, None) if recharges % 4 == 1 else None
            entry.amount += entry.part
            spare = None if entry.request else entry
        elif kind == "refund" and spare is not None:
            entry.amount = min(entry.amount, spare.amount)
            entry.refund_of, spare.refunded, spare = spare.external_id, entry.amount, None
        elif kind == "refund":
            entry.kind = "consumption"
        if entry.kind == "consumption":
            rare = turn % (len(_KINDS) * max(1, count // len(_KINDS) // RARE_ENTRIES)) == 4
            entry.amount = RARE if rare else SCARCE + entry.amount if turn % 160 == 6 else entry.amount
        yield entry


def _write_entries(books: _Books, told: list[_Entry]) -> None:
    zone, now = clock.zone(), clock.now()
    rows = []
    for entry in told:
        day, part = clock.local_date(entry.at, zone), entry.part
        is_open = entry.request is not None and entry.request.state == State.PENDING
        rows.append((
            SOURCE, entry.external_id, entry.kind, books.account_id, entry.status, entry.amount, entry.at, day,
            entry.refund_of, entry.refund_of is not None, "Bank transfer", "上海流明机器人有限公司",
            f"HX{entry.external_id}", "API 调用额度充值", now, entry.refunded,
            part if is_open else ZERO, ZERO if is_open else part,
        ))  # fmt: skip
        if entry.status != "completed":
            continue
        books.tally.add(books.account_id, day, entry.kind, entry.amount)
        if entry.kind == "recharge":
            books.note(entry.at, "recharge", entry.external_id, None, recharged=entry.amount, free=entry.amount)
        elif entry.kind == "refund":
            books.note(entry.at, "refund", entry.external_id, None, refunded=entry.amount, free=-entry.amount)
    bulk.add(LedgerEntry, _ENTRY, rows)
    sources.register(SOURCE)
    days.add(books.tally)


def _write_reservations(books: _Books, requests: Sequence[Row[Any]], told: list[_Entry]) -> None:
    """What each request holds of the account's money; one for which the entries did not suffice holds nothing."""
    ids = _ids(books.account_id)
    source = {entry.request.id: ids[entry.external_id] for entry in told if entry.request}
    held, parts = [], []
    for each in requests:
        state = _HELD.get(State(each.state)) if each.id in source else None
        held.append((each.id, books.account_id, each.amount, ZERO, state or ReservationState.RELEASED))
        if state:
            parts.append((each.id, source[each.id], each.amount, state))
        books.note(each.submitted_at, "reserve", None, each.id, free=-each.amount, reserved=each.amount)
        if state is ReservationState.SETTLED:
            books.note(each.closed_at, "settle", None, each.id, reserved=-each.amount, invoiced=each.amount)
        elif state is None:
            at = each.closed_at or each.submitted_at
            books.note(at, "release", None, each.id, free=each.amount, reserved=-each.amount)
    bulk.add(Reservation, ("request_id", "account_id", "amount", "short", "state"), held)
    bulk.add(Allocation, ("request_id", "recharge_id", "amount", "state"), parts)


def _write_journal(books: _Books) -> None:
    """The lines in the order of their instants, each with what stood there afterwards; then the account's counters."""
    ids, after, rows = _ids(books.account_id), Figures(), []
    for at, kind, entry, request, moved in sorted(books.lines, key=lambda line: line[0]):
        after += moved
        rows.append(
            (books.account_id, at, kind, ids[entry] if entry else None, request, *moved.values(), *after.values())
        )
    bulk.add(LedgerMovement, _LINE, rows)
    session.execute(
        update(Account)
        .where(Account.id == books.account_id)
        .values(
            recharged=after.paid, refunded=after.refunded, reserved=after.reserved, invoiced=after.invoiced,
            moved_at=rows[-1][1],
        )
    )  # fmt: skip


def _ids(account_id: int) -> dict[str, int]:
    rows = session.execute(
        select(LedgerEntry.external_id, LedgerEntry.id).where(
            LedgerEntry.account_id == account_id, LedgerEntry.source == SOURCE
        )
    )
    return {row.external_id: row.id for row in rows}
