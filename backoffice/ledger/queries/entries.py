"""The entries of an account as the platform reported them, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, select

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import N_
from backoffice.ledger.models import (
    EntryKind,
    EntryStatus,
    LedgerDay,
    LedgerEntry,
    MovementKind,
    in_debt,
    waits,
)
from backoffice.ledger.queries import COUNTERS, figures_of
from backoffice.money import ZERO
from backoffice.steering import beside, word

ORDER: list[tuple[Any, Literal["asc", "desc"]]] = [(LedgerEntry.occurred_at, "desc"), (LedgerEntry.id, "desc")]
# So few entries are found by their amounts and sorted; where there are more, a page of them is soon found in order.
FEW = 500

# The pages' words for what stands in the books, still to be translated: one of a kind, the sum of a kind, how far an
# entry is, and why an account's figures moved.
KINDS = {
    EntryKind.RECHARGE: N_("Recharge"),
    EntryKind.REFUND: N_("Refund"),
    EntryKind.CONSUMPTION: N_("Consumption"),
    EntryKind.GRANT: N_("Grant"),
}
KIND_SUMS = {
    EntryKind.RECHARGE: N_("Recharges"),
    EntryKind.REFUND: N_("Refunds"),
    EntryKind.CONSUMPTION: N_("Consumption"),
    EntryKind.GRANT: N_("Grants"),
}
STATUSES = {
    EntryStatus.PENDING: N_("In process"),
    EntryStatus.COMPLETED: N_("Completed"),
    EntryStatus.FAILED: N_("Failed"),
}
MOVEMENTS = {
    MovementKind.OPENING: N_("Carried over"),
    MovementKind.RECHARGE: N_("Recharged"),
    MovementKind.REFUND: N_("Refunded"),
    MovementKind.RESERVE: N_("Applied for"),
    MovementKind.RELEASE: N_("Given back: rejected or withdrawn"),
    MovementKind.SETTLE: N_("Invoiced"),
    MovementKind.REALLOCATE: N_("A refund took reserved money"),
    MovementKind.COVER: N_("Missing money found"),
    MovementKind.CREDIT: N_("Taken back by a credit note"),
}
# The figures that a statement can be narrowed to, by their names in the journal.
FIGURES = {
    "recharged": N_("Recharged"),
    "refunded": N_("Refunded"),
    "reserved": N_("In progress"),
    "invoiced": N_("Invoiced"),
    "debt": N_("Invoiced and refunded later"),
    "short": N_("Missing in requests"),
}


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
    # Recharges that were invoiced and refunded later.
    debt: bool = False


def listed(account_id: int, wanted: Wanted) -> Select[LedgerEntry]:
    """The account's entries for a list in `ORDER`, by the one index that fits: id, free money, debt, status, or kind.

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
        or wanted.debt
        or wanted.taken
        or wanted.status in (EntryStatus.PENDING, EntryStatus.FAILED)
    )
    if wanted.free:
        statement = statement.where(
            LedgerEntry.kind == EntryKind.RECHARGE,
            LedgerEntry.status == EntryStatus.COMPLETED,
            LedgerEntry.amount > LedgerEntry.refunded + LedgerEntry.reserved + LedgerEntry.invoiced,
        )
    if wanted.debt:
        statement = statement.where(in_debt())
    if wanted.taken == "no":
        statement = statement.where(waits())
    elif wanted.taken:
        statement = statement.where(
            LedgerEntry.kind == EntryKind.REFUND,
            LedgerEntry.status == EntryStatus.COMPLETED,
            LedgerEntry.applied.is_(True),
        )
    if wanted.kind:
        kind = LedgerEntry.kind if by_index else beside(LedgerEntry.kind)
        statement = statement.where(kind == word(wanted.kind))
    if wanted.status:
        statement = statement.where(LedgerEntry.status == word(wanted.status))
        if wanted.status != EntryStatus.COMPLETED:
            statement = statement.where(LedgerEntry.status != EntryStatus.COMPLETED)
    return _within(statement, wanted)


@dataclass(frozen=True, slots=True)
class Total:
    """How many entries a list holds, and what they add up to in major units: of free money and of debt what is left of
    them, or too much on invoices."""

    number: int
    amount: Decimal


NOTHING = Total(0, ZERO)


def total(account_id: int, wanted: Wanted) -> Total | None:
    """What a list of the account's entries adds up to, where one of its figures opens that list; None of all others.

    What is completed is read from the sums of days; what is not, and what waits or is free, by its partial index.
    """
    of_days = replace(wanted, since=None, until=None)
    if wanted.kind and of_days == Wanted(kind=wanted.kind, status=EntryStatus.COMPLETED):
        return _completed(account_id, wanted).get(wanted.kind, NOTHING)
    if wanted.kind and of_days == Wanted(kind=wanted.kind, status=EntryStatus.PENDING):
        return _counted(account_id, wanted)
    if of_days == Wanted(taken="no"):
        return _counted(account_id, wanted)
    if of_days == Wanted(taken="yes"):
        told = _completed(account_id, wanted).get(EntryKind.REFUND, NOTHING)
        waiting = _counted(account_id, replace(wanted, taken="no"))
        return Total(told.number - waiting.number, told.amount - waiting.amount)
    if wanted in (Wanted(free=True), Wanted(debt=True)):
        number = listed(account_id, wanted).with_only_columns(func.count()).scalar_subquery()
        row = session.execute(select(number.label("number"), *COUNTERS).where(Account.id == account_id)).one()
        figures = figures_of(row)
        return Total(row.number, figures.free if wanted.free else figures.debt)
    return None


def totals(account_id: int, wanted: Wanted) -> dict[str, Total]:
    """What a list of all that completed on some days adds up to, kind by kind; empty for all other lists."""
    if wanted.since is None or wanted != Wanted(status=EntryStatus.COMPLETED, since=wanted.since, until=wanted.until):
        return {}
    return _completed(account_id, wanted)


def _completed(account_id: int, wanted: Wanted) -> dict[str, Total]:
    days = select(LedgerDay.kind, func.sum(LedgerDay.entries), func.sum(LedgerDay.amount))
    days = days.where(LedgerDay.account_id == account_id)
    if wanted.kind:
        days = days.where(LedgerDay.kind == wanted.kind)
    if wanted.since is not None:
        days = days.where(LedgerDay.day >= wanted.since)
    if wanted.until is not None:
        days = days.where(LedgerDay.day <= wanted.until)
    rows = session.execute(days.group_by(LedgerDay.kind))
    return {kind: Total(int(number), amount) for kind, number, amount in rows}


def _counted(account_id: int, wanted: Wanted) -> Total:
    sums = listed(account_id, wanted).with_only_columns(func.count(), func.sum(LedgerEntry.amount))
    number, amount = session.execute(sums).one()
    return Total(number, amount or ZERO)


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


def refunds_of(recharge: LedgerEntry) -> Select[LedgerEntry]:
    """What was told as a refund of a recharge, whatever became of it, for a list in `ORDER`."""
    return select(LedgerEntry).where(is_refund_of(LedgerEntry, recharge))


def is_refund_of(refund: Any, recharge: Any) -> ColumnElement[bool]:
    """SQL predicate: the entry `refund` was told as a refund of `recharge`, each a table of entries, an alias, or one.

    The kind is written out: so the partial index on refunds serves it.
    """
    return and_(
        refund.source == recharge.source,
        refund.refund_of == recharge.external_id,
        refund.kind == EntryKind.REFUND,
    )


def recharge_of(refund: LedgerEntry) -> LedgerEntry | None:
    """The recharge a refund names; None while the books do not know it."""
    return session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.external_id == refund.refund_of,
            LedgerEntry.source == refund.source,
            beside(LedgerEntry.account_id) == refund.account_id,
        )
    ).one_or_none()


def sources_elsewhere(refunds: Sequence[LedgerEntry]) -> dict[int, str]:
    """Of refunds whose recharge their own source does not know: the other source that has it in the same account."""
    if not refunds:
        return {}
    rows = session.execute(
        select(LedgerEntry.external_id, LedgerEntry.source, LedgerEntry.account_id).where(
            LedgerEntry.external_id.in_({refund.refund_of for refund in refunds}),
            LedgerEntry.kind == EntryKind.RECHARGE,
        )
    ).all()
    own = {(row.external_id, row.source) for row in rows}
    others = {(row.external_id, row.account_id): row.source for row in rows}
    return {
        refund.id: others[refund.refund_of, refund.account_id]
        for refund in refunds
        if (refund.refund_of, refund.source) not in own and (refund.refund_of, refund.account_id) in others
    }
