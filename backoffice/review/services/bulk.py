"""Acts on many requests: asked for in one form, done by the worker one by one, each in a transaction of its own.

The verbs are those of a single request, called for the person who asked: four eyes, claims, missing money and one's own
account are refused item by item, with the verb's own sentence. What became of an item is written in the transaction
that did it, so a kill anywhere leaves a run that goes on where it stopped, and nothing is decided twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from backoffice.accounts.models import User
from backoffice.audit import services as audit
from backoffice.database import rows_changed, session
from backoffice.errors import N_, BackofficeError, Conflict, Forbidden, Invalid, Message
from backoffice.leases import GIVEN_BACK, LeaseLost
from backoffice.permissions import Actor, Permission, Role
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.models import BulkItem, BulkRun
from backoffice.review.queries import bulk as queries
from backoffice.review.queries.doubts import Doubts, listed
from backoffice.review.queries.overtaken import approval_ended
from backoffice.review.queries.seen import Seen
from backoffice.review.rules import BULK_LIMIT, BulkAction, BulkOutcome, BulkState
from backoffice.review.services import claims, decisions, grounds
from backoffice.review.services.bulk_before import approval_of, done_before
from backoffice.review.services.competence import overtaken
from backoffice.review.services.sight import CURRENCY

# An item takes some milliseconds, some forty where its checks are gathered; waiting for a lock may take it fifteen
# seconds. So much later a dead worker's run goes on in another's hands.
LEASE = timedelta(seconds=20)
ABOUT = "bulk_run"  # how audit events name a run
_UNFINISHED = (BulkState.WAITING, BulkState.RUNNING)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: an act, the numbers of the requests in the order of their turn, what goes with it.

    `token` is the form's: sent twice it is one run. `follows` is an earlier run of the same person. `seen` says by
    number how far the person has seen a request (`queries.seen`): no verdict is given on anything newer, however late.
    """

    action: BulkAction
    numbers: Sequence[str]
    token: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    follows: int | None = None
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lent:
    """A run in the hands of a worker."""

    id: int
    lease: str
    action: BulkAction
    arguments: Mapping[str, Any]
    person_id: int
    address: str | None
    follows: int | None

    @property
    def gives_verdicts(self) -> bool:
        """Whether it decides on requests, so that what the checks say of each is kept."""
        return self.action in (BulkAction.APPROVE, BulkAction.REJECT)

    @property
    def leaves_doubtful(self) -> bool:
        """Whether a request of which a check warns or fails is left to the person, for a look of its own."""
        # A run from before this could be asked for does what was asked for then.
        return self.action is BulkAction.APPROVE and bool(self.arguments.get("leave_doubtful", False))


@dataclass(frozen=True, slots=True)
class _Result:
    outcome: BulkOutcome
    reason: Message | None = None
    decision: Decision | None = None


class _Doubtful(Exception):
    """It could be done and has doubts: it is taken back. What cannot be done is refused in the verb's own words."""


def start(actor: Actor, order: Order, *, now: datetime) -> BulkRun:
    """Write down what a worker is to do; a form that arrives twice is the run it made the first time.

    Raises Forbidden for people who do not decide, Invalid (fields `numbers`, `reason`, `remarks`, `assignee`), NotFound
    when it follows a run that is not one's own.
    """
    person = _decider(actor)
    if known := _of_token(person, order.token):
        return known
    arguments, chosen = _checked(order.action, order.arguments), _chosen(order.numbers)
    run = BulkRun(
        started_by_id=person,
        started_by_label=actor.label,
        address=actor.address,
        token=order.token,
        action=order.action,
        arguments=arguments | _seen(order, chosen),
        follows_id=queries.own(person, order.follows).id if order.follows is not None else None,
        state=BulkState.WAITING,
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:
        known = _of_token(person, order.token)
        if known is None:
            raise
        return known
    session.add_all(
        BulkItem(run_id=run.id, request_id=request_id, position=place)
        for place, request_id in enumerate(chosen.values())
    )
    session.flush()
    after = {"action": order.action, "requests": len(chosen), **arguments}
    audit.record(actor, "bulk.start", ABOUT, run.id, at=now, after=after)
    return run


def is_meant(run: BulkRun, order: Order) -> bool:
    """Whether a run does what is asked for, with the same words: a form may arrive again with other ones."""
    try:
        asked = _checked(order.action, order.arguments)
    except Invalid:
        return False
    return run.action == order.action and all(run.arguments.get(name) == given for name, given in asked.items())


def undo(actor: Actor, run_id: int, *, token: str, now: datetime) -> BulkRun:
    """Ask for those approvals of one's own run to be taken back that still can be.

    Raises NotFound for another's run, Conflict when no window is open any more; otherwise as `start`.
    """
    person = _decider(actor)
    if known := _of_token(person, token):
        return known
    numbers = queries.undoable(queries.own(person, run_id), now=now)
    if not numbers:
        told = N_("The time to undo is over. While an invoice has no number, its request can be returned to the queue.")
        raise Conflict(Message(told), code="too-late-to-undo")
    return start(actor, Order(BulkAction.UNDO, numbers, token, follows=run_id), now=now)


def stop(actor: Actor, run_id: int, *, now: datetime) -> None:
    """Let a run of one's own end where it is; what was not done stays undone.

    Raises NotFound for another's run, Conflict when it has ended already.
    """
    run = queries.own(_decider(actor), run_id)
    stopped = update(BulkRun).where(BulkRun.id == run.id, BulkRun.state.in_(_UNFINISHED))
    values = {"state": BulkState.STOPPED, **GIVEN_BACK, "finished_at": now}
    if not rows_changed(session.execute(stopped.values(values))):
        raise Conflict(Message(N_("Everything is done already.")))
    session.refresh(run)
    audit.record(actor, "bulk.stop", ABOUT, run.id, at=now)


def take(now: datetime) -> Lent | None:
    """Lend out the run that has waited longest for a hand; None when there is nothing to do.

    One that was just begun comes first, then they take turns: a long run keeps no short one waiting.
    """
    run = session.scalars(
        select(BulkRun)
        .where(
            (BulkRun.state == BulkState.WAITING)
            | ((BulkRun.state == BulkState.RUNNING) & (BulkRun.leased_until <= now))
        )
        .order_by(BulkRun.leased_until.nulls_first(), BulkRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if run is None:
        return None
    run.state = BulkState.RUNNING
    lease = run.lend(now + LEASE)
    session.flush()
    return Lent(run.id, lease, BulkAction(run.action), run.arguments, run.started_by_id, run.address, run.follows_id)


def hold(lent: Lent, *, until: datetime) -> None:
    """Renew the lease in the transaction of an item. Raises LeaseLost when it is another's, or the run was stopped."""
    BulkRun.renew(lent.id, lent.lease, until=until)


def carry_out(
    lent: Lent,
    request_id: int,
    *,
    now: datetime,
    found: Doubts | None = None,
    undo_seconds: int = 0,
    currency: str = CURRENCY,
) -> BulkOutcome:
    """Do the run's act on one request and write down what became of it, both in the caller's transaction.

    `found` is what its checks say, which a verdict keeps; where the run leaves what has doubts to the person, it is
    left for them instead. Raises LeaseLost; what the act itself refuses is an outcome.
    """
    hold(lent, until=now + LEASE)
    asked = select(User, InvoiceRequest.number).join(InvoiceRequest, InvoiceRequest.id == request_id)
    person, number = session.execute(asked.where(User.id == lent.person_id)).one()
    actor = _acting(lent, person)
    sight = {"checked": found.checked if found is not None else None, "currency": currency}
    doubts = found.names if found is not None and lent.leaves_doubtful else ()
    try:
        with session.begin_nested():
            result = _act(lent, actor, request_id, number, sight, now=now, undo_seconds=undo_seconds)
            if doubts:
                raise _Doubtful
    except _Doubtful:
        result = _Result(BulkOutcome.LEFT, Message(N_("Left for you: %(checks)s"), checks=listed(doubts)))
    except BackofficeError as refusal:
        result = _refused(lent, actor, request_id, refusal)
    _write(lent, request_id, result, now)
    return result.outcome


def give_up(lent: Lent, request_id: int, reason: Message, *, now: datetime) -> None:
    """Write down that an item could not be done for a reason that is nobody's decision. Raises LeaseLost."""
    hold(lent, until=now + LEASE)
    _write(lent, request_id, _Result(BulkOutcome.REFUSED, reason), now)


def finish(lent: Lent, *, now: datetime) -> None:
    """Write down that every item had its turn. Raises LeaseLost."""
    hold(lent, until=now)
    done = {"state": BulkState.DONE, **GIVEN_BACK, "finished_at": now}
    session.execute(update(BulkRun).where(BulkRun.id == lent.id).values(done))
    counts: Counter[str] = Counter()
    for tally in queries.tallies(lent.id):
        if tally.outcome:
            counts[tally.outcome] += tally.number
    actor = _acting(lent, session.get_one(User, lent.person_id))
    audit.record(actor, "bulk.end", ABOUT, lent.id, at=now, after=counts)


def _decider(actor: Actor) -> int:
    if actor.id is None or not actor.can(Permission.DECIDE):
        raise Forbidden
    return actor.id


def _of_token(person: int, token: str) -> BulkRun | None:
    return session.scalars(select(BulkRun).where(BulkRun.started_by_id == person, BulkRun.token == token)).one_or_none()


def _chosen(numbers: Sequence[str]) -> dict[str, int]:
    """The ids of the requests by number, in the order of the numbers; unknown ones are left out."""
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) > BULK_LIMIT:
        raise Invalid({"numbers": [Message(N_("Choose at most %(limit)d requests."), limit=BULK_LIMIT)]})
    known = select(InvoiceRequest.number, InvoiceRequest.id).where(InvoiceRequest.number.in_(wanted))
    ids: dict[str, int] = {row.number: row.id for row in session.execute(known)}
    if not ids:
        raise Invalid({"numbers": [Message(N_("Choose at least one request."))]})
    return {number: ids[number] for number in wanted if number in ids}


def _seen(order: Order, chosen: Mapping[str, int]) -> dict[str, Any]:
    """What a run of verdicts keeps beside its arguments: how far each request was seen, by its id."""
    words = {str(chosen[number]): word for number, word in order.seen.items() if number in chosen and Seen.of(word)}
    return {"seen": words} if words and order.action in (BulkAction.APPROVE, BulkAction.REJECT) else {}


def _checked(action: BulkAction, given: Mapping[str, Any]) -> dict[str, Any]:
    """What goes with an act, cleaned. Raises Invalid."""
    remarks = str(given.get("remarks") or "")
    match action:
        case BulkAction.APPROVE:
            # Whoever says nothing of it approves nothing unseen.
            leave = bool(given.get("leave_doubtful", True))
            return {"remarks": grounds.checked_remarks(remarks), "leave_doubtful": leave}
        case BulkAction.REJECT:
            reason = str(given.get("reason") or "")
            return {"reason": reason, "remarks": grounds.checked_rejection(reason, remarks, None).remarks}
        case BulkAction.ASSIGN:
            to = given.get("assignee")
            return {"assignee": None if to is None else claims.colleague(to).id}
        case BulkAction.UNDO:
            return {}


def _acting(lent: Lent, person: User) -> Actor:
    """The person as they are now: whoever has left, or decides no more, acts no more."""
    role = Role(person.role) if person.is_active else None
    return Actor(person.id, person.name, role, person.account_id, via=f"bulk {lent.id}", address=lent.address)


def _act(
    lent: Lent,
    actor: Actor,
    request_id: int,
    number: str,
    sight: Mapping[str, Any],
    *,
    now: datetime,
    undo_seconds: int,
) -> _Result:
    given = lent.arguments
    sight = {**sight, "seen": given.get("seen", {}).get(str(request_id), "")}
    match lent.action:
        case BulkAction.APPROVE:
            decisions.approve(actor, number, remarks=given["remarks"], now=now, undo_seconds=undo_seconds, **sight)
            final = requests.decision_in_force(request_id)
            if final is None:
                waits = Message(N_("First approval. Somebody else has to give the second one."))
                return _Result(BulkOutcome.DONE, waits, requests.first_approval(request_id))
            return _Result(BulkOutcome.DONE, None, final)
        case BulkAction.REJECT:
            decisions.reject(actor, number, reason=given["reason"], remarks=given["remarks"], now=now, **sight)
            return _Result(BulkOutcome.DONE, None, requests.decision_in_force(request_id))
        case BulkAction.ASSIGN if given["assignee"] is None:
            claims.unassign(actor, number, now=now)
        case BulkAction.ASSIGN:
            claims.assign(actor, number, given["assignee"], now=now)
        case BulkAction.UNDO:
            given_then = approval_of(lent.follows, request_id)
            if given_then is None or given_then.revoked_at is not None:
                over = Conflict(Message(N_("This approval does not hold any more.")))
                raise overtaken(requests.by_number(number), over, approval_ended(request_id))
            decisions.undo(actor, number, now=now)
            return _Result(BulkOutcome.DONE, None, given_then)
    return _Result(BulkOutcome.DONE)


def _refused(lent: Lent, actor: Actor, request_id: int, refusal: BackofficeError) -> _Result:
    """What a refusal means: that the same person has done just this before, or that it cannot be done."""
    before = done_before(lent.action, lent.follows, actor.id, request_id)
    return _Result(BulkOutcome.REFUSED, refusal.reason) if before is None else _Result(BulkOutcome.ALREADY, before)


def _write(lent: Lent, request_id: int, result: _Result, now: datetime) -> None:
    item = update(BulkItem).where(
        BulkItem.run_id == lent.id, BulkItem.request_id == request_id, BulkItem.outcome.is_(None)
    )
    values = {
        "outcome": result.outcome,
        "reason": result.reason.packed() if result.reason is not None else "",
        "done_at": now,
        "decision_id": result.decision.id if result.decision is not None else None,
    }
    if not rows_changed(session.execute(item.values(values))):
        raise LeaseLost
