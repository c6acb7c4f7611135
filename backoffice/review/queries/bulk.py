"""Acts on many requests: what is chosen, whose run it is, how far it is, what became of each request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, false, func, or_, select

from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.money import ZERO
from backoffice.permissions import Actor, Permission
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest, in_state
from backoffice.requests.queries import shortages
from backoffice.requests.rules import Action, State, is_request_number
from backoffice.review.models import BulkItem, BulkRun
from backoffice.review.queries import queue, seen
from backoffice.review.queries.queue import Wanted
from backoffice.review.queries.seen import Seen
from backoffice.review.queries.views import Viewer, is_half_approved
from backoffice.review.rules import BULK_LIMIT, BulkAction, BulkOutcome

_SHOWN = (
    InvoiceRequest.id, InvoiceRequest.number, InvoiceRequest.header_name, InvoiceRequest.amount, InvoiceRequest.state,
    InvoiceRequest.claimed_by_id, InvoiceRequest.claimed_by_label, InvoiceRequest.claim_ends_at, InvoiceRequest.held_at,
    InvoiceRequest.locale,
)  # fmt: skip

# What is asked about says as well what it lacks, whether it has one of two approvals, and how far it was seen.
_STANDING = (shortages.column(), is_half_approved().label("half_approved"))
_ASKED = (
    *_SHOWN,
    *_STANDING,
    *(key.label(name) for key, name in zip(seen.newest(InvoiceRequest), seen.NAMES, strict=True)),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The requests that an act is meant for, in the order of their turn; `more`: others match beyond the limit."""

    rows: Sequence[Any]
    more: bool = False

    @property
    def numbers(self) -> list[str]:
        """Their numbers."""
        return [row.number for row in self.rows]

    @property
    def locales(self) -> set[str]:
        """The languages in which their customers are written to."""
        return {row.locale for row in self.rows}

    @property
    def seen(self) -> dict[str, str]:
        """How far each of them is seen here: its word by its number."""
        return {row.number: Seen(*(getattr(row, name) for name in seen.NAMES)).word for row in self.rows}

    @property
    def amount(self) -> Decimal:
        """Their sum in major units."""
        return sum((row.amount for row in self.rows), ZERO)

    def decided(self) -> int:
        """How many do not wait for a verdict any more."""
        return sum(row.state != State.PENDING for row in self.rows)

    def held(self) -> int:
        """How many wait for an answer of the customer's."""
        return sum(row.held_at is not None for row in self.rows)

    def short(self) -> int:
        """How many wait for a verdict and lack money: nobody can approve those."""
        return sum(row.state == State.PENDING and bool(row.short) for row in self.rows)

    def others(self, viewer: Viewer) -> int:
        """How many somebody else works on."""
        return sum(is_anothers(row, viewer) for row in self.rows)

    def likely(self, viewer: Viewer, changed: Collection[str]) -> list[str]:
        """The numbers of those that as things stand get the verdict: they wait for it, nobody else works on them, and
        they are not among those `changed` since they were seen."""
        return [
            row.number
            for row in self.rows
            if row.state == State.PENDING and not is_anothers(row, viewer) and row.number not in changed
        ]


def is_anothers(row: Any, viewer: Viewer) -> bool:
    """Whether somebody else works on a request at this moment."""
    return row.claim_ends_at is not None and row.claim_ends_at > viewer.now and row.claimed_by_id != viewer.id


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests of a run have an outcome (None: not their turn yet), and their sum in major units.

    `first`: they got the first of two approvals, and wait for the second.
    """

    outcome: str | None
    first: bool
    number: int
    amount: Decimal


def chosen(numbers: Collection[str]) -> Chosen:
    """The requests of these numbers, in their order; whatever is no number of a request is left out."""
    wanted = list(dict.fromkeys(number for number in numbers if is_request_number(number)))
    first = wanted[:BULK_LIMIT]
    found = {row.number: row for row in session.execute(select(*_ASKED).where(InvoiceRequest.number.in_(first)))}
    return Chosen([found[number] for number in first if number in found], more=len(wanted) > BULK_LIMIT)


def pending(numbers: Collection[str]) -> list[str]:
    """Those of these numbers whose requests wait for a verdict."""
    found = select(InvoiceRequest.number).where(InvoiceRequest.number.in_(numbers), in_state(State.PENDING))
    return list(session.scalars(found))


def matching(wanted: Wanted, viewer: Viewer) -> Chosen:
    """Of a list's requests those that wait for a verdict, most urgent first, `BULK_LIMIT` of them at most."""
    most_urgent = queue.undecided(wanted, viewer).with_only_columns(*_ASKED).limit(BULK_LIMIT + 1)
    rows = session.execute(most_urgent).all()
    return Chosen(rows[:BULK_LIMIT], more=len(rows) > BULK_LIMIT)


def own(person: int, run_id: int) -> BulkRun:
    """A run of the person's. Raises NotFound."""
    run = session.get(BulkRun, run_id)
    if run is None or run.started_by_id != person:
        raise NotFound
    return run


def visible(actor: Actor, run_id: int) -> BulkRun:
    """A run for the person who started it and for those who watch over the desk. Raises NotFound."""
    run = session.get(BulkRun, run_id)
    if run is None or not (run.started_by_id == actor.id or _watches(actor)):
        raise NotFound
    return run


def runs(actor: Actor) -> Select[BulkRun]:
    """One's own runs, everybody's for those who watch over the desk; for keyset paging by id."""
    return select(BulkRun) if _watches(actor) else select(BulkRun).where(BulkRun.started_by_id == actor.id)


def _watches(actor: Actor) -> bool:
    return actor.can(Permission.SEE_SERVICE_LEVEL)


def tallies(run_id: int) -> list[Tally]:
    """A run's requests by what became of them."""
    return tallies_of([run_id]).get(run_id, [])


def tallies_of(run_ids: Collection[int]) -> dict[int, list[Tally]]:
    """The same of several runs in one statement."""
    # Of what was done only that has something to say.
    first = case((BulkItem.outcome == BulkOutcome.DONE, BulkItem.reason != ""), else_=false()).label("first")
    counted = (
        select(BulkItem.run_id, BulkItem.outcome, first, func.count(), func.sum(InvoiceRequest.amount))
        .join(InvoiceRequest, InvoiceRequest.id == BulkItem.request_id)
        .where(BulkItem.run_id.in_(run_ids))
        .group_by(BulkItem.run_id, BulkItem.outcome, first)
    )
    found: dict[int, list[Tally]] = {}
    for run_id, outcome, is_first, number, amount in session.execute(counted):
        found.setdefault(run_id, []).append(Tally(outcome, bool(is_first), number, amount or ZERO))
    return found


def left(run_id: int) -> list[int]:
    """The ids of the requests whose turn has not come, in the order of their turn."""
    waiting = select(BulkItem.request_id).where(BulkItem.run_id == run_id, BulkItem.outcome.is_(None))
    return list(session.scalars(waiting.order_by(BulkItem.position)))


def numbers_of(request_ids: Collection[int]) -> dict[int, str]:
    """The numbers of a run's requests by their ids."""
    asked = select(InvoiceRequest.id, InvoiceRequest.number).where(InvoiceRequest.id.in_(request_ids))
    return {row.id: row.number for row in session.execute(asked)}


def items(run_id: int) -> Select[Any]:
    """Every item of a run with what a row shows, in the order of their turn."""
    shown: tuple[Any, ...] = (BulkItem.outcome, BulkItem.reason, BulkItem.done_at, *_SHOWN)
    joined = select(*shown).join(InvoiceRequest, InvoiceRequest.id == BulkItem.request_id)
    return joined.where(BulkItem.run_id == run_id).order_by(BulkItem.position)


def latest(run_id: int, number: int) -> list[Any]:
    """The last items that had their turn, the newest first, and before them those that were refused or left."""
    refused = items(run_id).where(BulkItem.outcome.in_([BulkOutcome.REFUSED, BulkOutcome.LEFT])).limit(number)
    done = items(run_id).where(BulkItem.outcome.in_([BulkOutcome.DONE, BulkOutcome.ALREADY]))
    newest = done.order_by(None).order_by(BulkItem.position.desc()).limit(number)
    return [*session.execute(refused), *session.execute(newest)]


def undoable(run: BulkRun, *, now: datetime) -> list[str]:
    """Numbers of the requests whose approval by this run can still be undone, the most pressing one first."""
    if run.action != BulkAction.APPROVE:
        return []
    still = (
        select(InvoiceRequest.number)
        .join(BulkItem, BulkItem.request_id == InvoiceRequest.id)
        .join(Decision, Decision.id == BulkItem.decision_id)
        .where(
            BulkItem.run_id == run.id,
            Decision.revoked_at.is_(None),
            or_(
                and_(
                    Decision.verdict == Action.APPROVE,
                    InvoiceRequest.state == State.APPROVED,
                    InvoiceRequest.invoice_id.is_(None),
                    InvoiceRequest.issuable_at > now,
                ),
                # The first of two has no window: it can be taken back until somebody gives the second.
                and_(InvoiceRequest.second_wanted_at.is_not(None), requests.is_standing_first()),
            ),
        )
        .order_by(InvoiceRequest.issuable_at, BulkItem.position)
    )
    return list(session.scalars(still))
