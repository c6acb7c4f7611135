"""What the person of a run had done before about one of its requests: then nothing is wrong, and nothing done twice."""

from __future__ import annotations

from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision
from backoffice.requests.rules import Action
from backoffice.review.models import BulkItem
from backoffice.review.rules import BulkAction


def approval_of(run_id: int | None, request_id: int) -> Decision | None:
    """The verdict that a run gave on a request; None where it gave none."""
    followed = select(BulkItem.decision_id).where(BulkItem.run_id == run_id, BulkItem.request_id == request_id)
    return session.scalars(select(Decision).where(Decision.id.in_(followed))).one_or_none()


def done_before(action: BulkAction, follows: int | None, person: int | None, request_id: int) -> Message | None:
    """That the person did just this before, in a sentence; None if they did not. `follows`: the run that is undone."""
    if action is BulkAction.UNDO:
        then = approval_of(follows, request_id)
        undone = then is not None and then.revoked_by == person
        return Message(N_("You have undone this approval already.")) if undone else None
    final = requests.decision_in_force(request_id)
    if final is not None and final.decided_by == person:
        if action is BulkAction.APPROVE and final.verdict == Action.APPROVE:
            return Message(N_("You have approved this request already."))
        if action is BulkAction.REJECT and final.verdict == Action.REJECT:
            return Message(N_("You have rejected this request already."))
    first = requests.first_approval(request_id) if action is BulkAction.APPROVE and final is None else None
    if first is not None and first.decided_by == person:
        return Message(N_("You gave the first approval. Somebody else has to give the second one."))
    return None
