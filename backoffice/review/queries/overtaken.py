"""Why there is nothing left to take back: who ended an approval or a question, when, and the reason they gave."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.requests.models import Decision, RequestEvent
from backoffice.requests.rules import Action, Ending
from backoffice.review.queries.seen import TOLD

_QUESTION_ENDED = ("answered", "not_answered", "resumed")


def approval_ended(request_id: int) -> Message | None:
    """What ended the approval of a request that ended last; None where none has, or the money behind it did."""
    ended = (
        select(Decision.verdict, Decision.revoked_at, Decision.revoked_why, User.name)
        .join(User, User.id == Decision.revoked_by)
        .where(Decision.request_id == request_id, Decision.revoked_at.is_not(None))
        .order_by(Decision.revoked_at.desc(), Decision.id.desc())
    )
    row: Any = session.execute(ended.limit(1)).one_or_none()
    if row is None or row.revoked_why == Ending.OTHER_MONEY:
        return None
    told = {"who": row.name, "at": row.revoked_at}
    match row.revoked_why:
        case Ending.OTHER_ADDRESS:
            return Message(TOLD["corrected"], **told)
        case Ending.ASKED:
            return Message(TOLD["held"], **told)
        case why if why in list(Ending):
            is_first = row.verdict == Action.FIRST_APPROVE
            return Message(
                N_("%(who)s took the first approval back at %(at)s.") if is_first else TOLD["undone"], **told
            )
    return Message(N_("%(who)s returned the request to the queue at %(at)s: %(why)s"), why=row.revoked_why, **told)


def question_ended(request_id: int) -> Message | None:
    """How the last question to the customer ended; None where none has."""
    ended = (
        select(RequestEvent)
        .where(RequestEvent.request_id == request_id, RequestEvent.kind.in_(_QUESTION_ENDED))
        .order_by(RequestEvent.id.desc())
    )
    event = session.scalars(ended.limit(1)).one_or_none()
    return None if event is None else Message(TOLD[event.kind], who=event.actor_label, at=event.at)
