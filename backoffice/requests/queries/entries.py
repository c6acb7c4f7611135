"""Entries of the ledger with the requests they touch: where a recharge's money went, what a refund moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import Instant, session
from backoffice.errors import NotFound
from backoffice.ledger.models import (
    Allocation,
    EntryKind,
    EntryStatus,
    LedgerEntry,
    LedgerMovement,
    MovementKind,
    ReservationState,
    moves,
)
from backoffice.ledger.queries import entries as ledger
from backoffice.ledger.queries import journal as journals
from backoffice.ledger.queries import movements_of
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State

Order = list[tuple[Any, Literal["asc", "desc"]]]
USES_ORDER: Order = [(Allocation.id, "desc")]
MOVEMENTS_ORDER: Order = [(LedgerMovement.id, "asc")]
STATEMENT_ORDER: Order = [(LedgerMovement.at, "desc"), (LedgerMovement.id, "desc")]
# Lines of the journal that are about an invoice: every list shows them from when it was issued.
OF_INVOICES = (MovementKind.SETTLE, MovementKind.CREDIT)
# Of each list on an entry's page; longer ones go on on a page of their own.
SHOWN = 50


def uses(recharge_id: int) -> Select[Any]:
    """Where a recharge's money went or is reserved for, for a list in `USES_ORDER`.

    What was given back again is history of the requests, so the parts, less what of them was credited, add up
    to what is reserved and invoiced.
    """
    return (
        select(Allocation.id)
        .add_columns(
            InvoiceRequest.number, InvoiceRequest.invoice_number, InvoiceRequest.issued_on, InvoiceRequest.state,
            InvoiceRequest.amount, Allocation.amount.label("part"), Allocation.credited,
        )
        .join(InvoiceRequest, InvoiceRequest.id == Allocation.request_id)
        .where(Allocation.recharge_id == recharge_id, Allocation.state != ReservationState.RELEASED)
    )  # fmt: skip


def movements(refund_id: int) -> Select[Any]:
    """What a refund moved in the journal, with the request's number where it touched one, in `MOVEMENTS_ORDER`."""
    return (
        select(LedgerMovement)
        .add_columns(InvoiceRequest.number)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .where(LedgerMovement.entry_id == refund_id, LedgerMovement.kind != MovementKind.OPENING)
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole list behind an entry, for keyset paging; `key` tells a row's values in `order`."""

    statement: Select[Any]
    order: Order
    key: Callable[[Any], Sequence[Any]]


def listing(shown: LedgerEntry, part: str) -> Listing:
    """One list behind an entry: `uses` or `refunds` of a recharge, `requests` that a refund touched.

    Raises NotFound where an entry of its kind has no such list.
    """
    if part == "uses" and shown.kind == EntryKind.RECHARGE:
        return Listing(uses(shown.id), USES_ORDER, lambda row: (row.id,))
    if part == "refunds" and shown.kind == EntryKind.RECHARGE:
        return Listing(ledger.refunds_of(shown), ledger.ORDER, lambda each: (each.occurred_at, each.id))
    if part == "requests" and shown.kind == EntryKind.REFUND:
        return Listing(movements(shown.id), MOVEMENTS_ORDER, lambda row: (row[0].id,))
    raise NotFound


def journal(shown: LedgerEntry) -> Listing:
    """The lines of the journal that name an entry, each as in a `statement`."""
    lines = statement(shown.account_id).where(LedgerMovement.entry_id == shown.id)
    # By the entry's index: the account's would be read from end to end.
    return Listing(lines, MOVEMENTS_ORDER, lambda row: (row[0].id,))


@dataclass(frozen=True, slots=True)
class Some:
    """The beginning of a list: what is shown of it, and how many there are in all."""

    shown: Sequence[Any]
    count: int

    @property
    def more(self) -> bool:
        """Whether the list goes on elsewhere."""
        return self.count > len(self.shown)


NONE = Some((), 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """One entry with what lies behind it. Of a refund, `debt` is how much of it was invoiced before, and `elsewhere`
    that another source has the recharge it names."""

    entry: LedgerEntry
    uses: Some
    refunds: Some
    recharge: LedgerEntry | None
    movements: Some
    debt: Decimal
    elsewhere: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a recharge whose money can be, or was, invoiced."""
        return self.entry.kind == EntryKind.RECHARGE and self.entry.status == EntryStatus.COMPLETED


def entry(entry_id: int, account_id: int | None = None) -> LedgerEntry:
    """An entry; with `account_id`, only if it is that account's. Raises NotFound."""
    found = session.get(LedgerEntry, entry_id)
    if found is None or account_id not in (None, found.account_id):
        raise NotFound
    return found


def opened(entry_id: int, account_id: int | None = None) -> Opened:
    """An entry and the beginning of each list behind it. Raises NotFound, as `entry` does."""
    found = entry(entry_id, account_id)
    is_recharge, is_refund = found.kind == EntryKind.RECHARGE, found.kind == EntryKind.REFUND
    recharge = ledger.recharge_of(found) if is_refund else None
    return Opened(
        entry=found,
        uses=_some(found, "uses") if is_recharge else NONE,
        refunds=_some(found, "refunds") if is_recharge else NONE,
        recharge=recharge,
        movements=_some(found, "requests") if is_refund else NONE,
        debt=_debt_by(found.id) if is_refund else ZERO,
        elsewhere=is_refund and recharge is None and bool(ledger.sources_elsewhere([found])),
    )


def _some(shown: LedgerEntry, part: str) -> Some:
    """The first `SHOWN` of a list; how many there are is asked only where there are more."""
    whole = listing(shown, part)
    sorting = [column.asc() if way == "asc" else column.desc() for column, way in whole.order]
    result = session.execute(whole.statement.order_by(*sorting).limit(SHOWN + 1))
    rows = list(result.scalars() if part == "refunds" else result)
    count = len(rows)
    if count > SHOWN:
        keys = whole.statement.with_only_columns(whole.order[-1][0]).subquery()
        count = session.scalar(select(func.count()).select_from(keys)) or 0
    return Some(rows[:SHOWN], count)


def _debt_by(refund_id: int) -> Decimal:
    return (
        session.scalar(
            select(func.sum(LedgerMovement.debt)).where(
                LedgerMovement.entry_id == refund_id, LedgerMovement.kind != MovementKind.OPENING
            )
        )
        or ZERO
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """What of a journal a statement shows: one figure's movements, between two local days, both included.

    `booked`: each line when it was booked, as the reconciliation counts, also of an invoice that was issued later.
    """

    figure: str = ""
    since: date | None = None
    until: date | None = None
    booked: bool = False


def statement(account_id: int, wanted: Lines = Lines()) -> Select[Any]:
    """The account's journal, each line with the id of its entry and the number of its request.

    Of what is in progress or invoiced an invoice's lines count from when it was issued, as in every list, not from its
    number on, unless they are asked for as they were booked. So what the lines add up to is what stood at the end of
    the last day less what stood before the first.
    """
    lines = (
        movements_of(account_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerMovement.entry_id)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .add_columns(LedgerEntry.external_id, InvoiceRequest.number)
    )
    return _narrowed(lines, account_id, wanted)


def ids_of_lines(account_id: int, wanted: Lines) -> Select[Any]:
    """The ids of a statement's lines, to be counted inside an index; `wanted` names no lines of invoices but booked."""
    return _narrowed(movements_of(account_id).with_only_columns(LedgerMovement.id), account_id, wanted)


def _narrowed(lines: Select[Any], account_id: int, wanted: Lines) -> Select[Any]:
    if wanted.figure:
        lines = lines.where(moves(wanted.figure))
    if wanted.figure == "debt" and not wanted.booked:
        lines = lines.where(or_(LedgerMovement.entry_id.is_(None), _made_by_its_entry() != ZERO))
    zone = clock.zone()
    begin = end = None
    if wanted.since is not None:
        begin = clock.start_of_day(wanted.since, zone)
    if wanted.until is not None and wanted.until < date.max:
        end = clock.start_of_day(wanted.until + timedelta(days=1), zone)
        lines = lines.where(LedgerMovement.at < end)
    if wanted.figure in ("reserved", "invoiced") and not wanted.booked:
        lines = lines.where(not_(_not_issued_by(end)))
        if begin is not None:
            # What was carried over begins somewhere before; without that bound all lines before would be looked at.
            lines = lines.where(LedgerMovement.at >= _first_carried_over(account_id, begin))
            lines = lines.where(or_(LedgerMovement.at >= begin, _not_issued_by(begin)))
    elif begin is not None:
        lines = lines.where(LedgerMovement.at >= begin)
    return lines


def lines_of_month(first: date, kind: str = "") -> Select[Any]:
    """The journal of the month that begins on the local day `first`, over all accounts, of one kind if one is named:
    each line with the code of its account, the id of its entry and the number of its request, in `STATEMENT_ORDER`."""
    return (
        select(LedgerMovement)
        .join(Account, Account.id == LedgerMovement.account_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == LedgerMovement.entry_id)
        .outerjoin(InvoiceRequest, InvoiceRequest.id == LedgerMovement.request_id)
        .add_columns(Account.code, LedgerEntry.external_id, InvoiceRequest.number)
        .where(*journals.within(first, kind))
    )


def _made_by_its_entry() -> Any:
    """The debt that all lines of a line's entry made: what a refund takes of reserved money is debt from one of its
    lines to the next only, until the requests have looked for other money."""
    line = aliased(LedgerMovement)
    return select(func.sum(line.debt)).where(line.entry_id == LedgerMovement.entry_id).scalar_subquery()


def _not_issued_by(end: datetime | None) -> ColumnElement[bool]:
    """Whether a line is of an invoice that had its number and was not issued yet before `end`, or is not now."""
    issued = InvoiceRequest.state == State.ISSUED
    if end is not None:
        issued = and_(issued, InvoiceRequest.closed_at < end)
    return and_(LedgerMovement.kind.in_(OF_INVOICES), not_(issued))


def _first_carried_over(account_id: int, begin: datetime) -> Any:
    """Since when lines before `begin` may count from later on only: since the first invoice had its number that was
    not issued before `begin` and is now. There are few."""
    return (
        select(func.coalesce(func.min(InvoiceRequest.issued_at), literal(begin, Instant)))
        .where(
            InvoiceRequest.account_id == account_id,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at < begin,
            InvoiceRequest.closed_at >= begin,
        )
        .scalar_subquery()
    )


def place_in_statement(row: Any) -> Sequence[Any]:
    """A line's values in `STATEMENT_ORDER`."""
    return row[0].at, row[0].id


def credited(requests: Iterable[InvoiceRequest]) -> dict[int, Decimal]:
    """What credit notes took back of those of these requests that have an invoice, by the ids of the requests."""
    ids = [each.id for each in requests if each.invoice_id is not None]
    if not ids:
        return {}
    rows = session.execute(
        select(Allocation.request_id, func.sum(Allocation.credited))
        .where(Allocation.request_id.in_(ids), Allocation.credited > ZERO)
        .group_by(Allocation.request_id)
    )
    return {row[0]: row[1] for row in rows}
