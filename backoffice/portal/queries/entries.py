"""The entries of an account as the platform reported them, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, select

from backoffice import clock
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerEntry,
    LedgerMovement,
    MovementKind,
    ReservationState,
    waits,
)
from backoffice.money import ZERO
from backoffice.portal.queries.steering import beside, word
from backoffice.requests.models import InvoiceRequest

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(LedgerEntry.occurred_at, "desc"), (LedgerEntry.id, "desc")]
# So few entries are found by their amounts and sorted; where there are more, a page of them is soon found in order.
FEW = 500
# Of one entry's page: a recharge that went into more invoices than this leads on to the list.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an account's entries a list shows. Dates are local and, as the amounts, inclusive."""

    kind: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    search: str = ""
    free: bool = False
    # Of completed refunds: "yes" those taken off their recharge, "no" those that wait for it.
    taken: str = ""


def listed(account_id: int, wanted: Wanted) -> Select[LedgerEntry]:
    """The account's entries for a list in `ORDER`, by the one index that fits: id, free money, status, or kind.

    Amounts that few entries have are looked for first: in order of time they might be anywhere, or nowhere.
    """
    few = None if wanted.search else _few_of(account_id, wanted.least, wanted.most)
    if few is not None:
        statement = select(LedgerEntry).where(LedgerEntry.id.in_(few))
        statement = statement.where(beside(LedgerEntry.account_id) == account_id)
    elif wanted.search:
        statement = select(LedgerEntry).where(LedgerEntry.external_id == wanted.search)
        statement = statement.where(beside(LedgerEntry.account_id) == account_id)
    else:
        statement = select(LedgerEntry).where(LedgerEntry.account_id == account_id)
    by_index = not (
        few is not None
        or wanted.search
        or wanted.free
        or wanted.taken
        or wanted.status in (EntryStatus.PENDING, EntryStatus.FAILED)
    )
    if wanted.free:
        statement = statement.where(
            LedgerEntry.kind == word(EntryKind.RECHARGE),
            LedgerEntry.status == word(EntryStatus.COMPLETED),
            LedgerEntry.amount > LedgerEntry.refunded + LedgerEntry.reserved + LedgerEntry.invoiced,
        )
    if wanted.taken == "no":
        statement = statement.where(waits())
    elif wanted.taken:
        statement = statement.where(
            LedgerEntry.kind == word(EntryKind.REFUND),
            LedgerEntry.status == word(EntryStatus.COMPLETED),
            LedgerEntry.applied.is_(True),
        )
    if wanted.kind:
        kind = LedgerEntry.kind if by_index else beside(LedgerEntry.kind)
        statement = statement.where(kind == word(wanted.kind))
    if wanted.status:
        statement = statement.where(LedgerEntry.status == word(wanted.status))
        if wanted.status != EntryStatus.COMPLETED:
            statement = statement.where(LedgerEntry.status != word(EntryStatus.COMPLETED))
    return _within(statement, wanted)


def _few_of(account_id: int, least: Decimal | None, most: Decimal | None) -> list[int] | None:
    """The account's entries with these amounts, or None where there are more than `FEW`, or no limit is set."""
    if least is None and most is None:
        return None
    statement = select(LedgerEntry.id).where(LedgerEntry.account_id == account_id)
    if least is not None:
        statement = statement.where(LedgerEntry.amount >= least)
    if most is not None:
        statement = statement.where(LedgerEntry.amount <= most)
    found = list(session.scalars(statement.limit(FEW + 1)))
    return None if len(found) > FEW else found


def _within(statement: Select[LedgerEntry], wanted: Wanted) -> Select[LedgerEntry]:
    zone = clock.zone()
    if wanted.since is not None:
        statement = statement.where(LedgerEntry.occurred_at >= clock.start_of_day(wanted.since, zone))
    if wanted.until is not None and wanted.until < date.max:
        end = clock.start_of_day(wanted.until + timedelta(days=1), zone)
        statement = statement.where(LedgerEntry.occurred_at < end)
    if wanted.least is not None:
        statement = statement.where(beside(LedgerEntry.amount) >= wanted.least)
    if wanted.most is not None:
        statement = statement.where(beside(LedgerEntry.amount) <= wanted.most)
    return statement


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a recharge and the request it went into; `state` is the allocation's: open, settled or released."""

    request: str
    invoice_number: str | None
    issued_on: date | None
    state: str
    amount: Decimal
    part: Decimal


@dataclass(frozen=True, slots=True)
class Opened:
    """One entry with everything behind it."""

    entry: LedgerEntry
    uses: list[Use]
    refunds: Sequence[LedgerEntry]
    recharge: LedgerEntry | None
    movements: list[tuple[LedgerMovement, str | None]]

    @property
    def debt(self) -> Decimal:
        """Of a refund: how much of it was invoiced before, and so needs a credit note."""
        return sum((line.debt for line, _ in self.movements), ZERO)


def opened(account_id: int, entry_id: int) -> Opened:
    """The account's entry with this id. Raises NotFound, for another account's too."""
    entry = session.scalars(
        select(LedgerEntry).where(LedgerEntry.id == entry_id, LedgerEntry.account_id == account_id)
    ).one_or_none()
    if entry is None:
        raise NotFound
    is_recharge, is_refund = entry.kind == EntryKind.RECHARGE, entry.kind == EntryKind.REFUND
    return Opened(
        entry=entry,
        uses=_uses(entry.id) if is_recharge else [],
        refunds=_refunds(entry) if is_recharge else [],
        recharge=_recharge(entry) if is_refund else None,
        movements=_movements(entry.id) if is_refund else [],
    )


def _uses(entry_id: int) -> list[Use]:
    """Where a recharge's money went or is reserved for; what was given back again is history of the requests."""
    rows = session.execute(
        select(
            InvoiceRequest.number, InvoiceRequest.invoice_number, InvoiceRequest.issued_on, InvoiceRequest.state,
            InvoiceRequest.amount, Allocation.amount,
        )
        .join(InvoiceRequest, InvoiceRequest.id == Allocation.request_id)
        .where(Allocation.recharge_id == entry_id, Allocation.state != ReservationState.RELEASED)
        .order_by(Allocation.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    return [Use(*row) for row in rows]


def _refunds(recharge: LedgerEntry) -> Sequence[LedgerEntry]:
    return session.scalars(
        select(LedgerEntry)
        .where(
            LedgerEntry.source == recharge.source,
            LedgerEntry.refund_of == recharge.external_id,
            LedgerEntry.kind == word(EntryKind.REFUND),
        )
        .order_by(LedgerEntry.occurred_at.desc(), LedgerEntry.id.desc())
        .limit(SHOWN)
    ).all()


def _recharge(refund: LedgerEntry) -> LedgerEntry | None:
    return session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.external_id == refund.refund_of,
            LedgerEntry.source == refund.source,
            beside(LedgerEntry.account_id) == refund.account_id,
        )
    ).one_or_none()


def _movements(entry_id: int) -> list[tuple[LedgerMovement, str | None]]:
    """What a refund moved in the journal, with the request's number where it touched one."""
    rows = session.execute(
        select(LedgerMovement, InvoiceRequest.number)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .where(LedgerMovement.entry_id == entry_id, LedgerMovement.kind != MovementKind.OPENING)
        .order_by(LedgerMovement.id)
        .limit(SHOWN)
    )
    return [(line, number) for line, number in rows]
