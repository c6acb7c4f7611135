"""The emergency brake: stop giving out numbers, and go on.

Whatever is stopped waits as it is. What has its number is finished, because the number is in the register: its document
is made and mailed. Both verbs hold every series, so no number is taken while they change their mind.
"""

from __future__ import annotations

from backoffice import clock, text
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Message
from backoffice.issuing.models import IssuingStop
from backoffice.issuing.queries import stops as queries
from backoffice.issuing.rules import STOP_REASON_LIMIT
from backoffice.issuing.services import numbers
from backoffice.permissions import Actor, Permission

ABOUT = "issuing"


def stop(actor: Actor, *, reason: str) -> IssuingStop:
    """Give out no number from now on, neither to invoices nor to credit notes.

    Raises Forbidden, Invalid (field `reason`), Conflict when it is stopped already.
    """
    cleaned = _reason(actor, reason)
    numbers.lock_all()
    if standing := queries.current():
        raise Conflict(
            Message(
                N_("%(who)s stopped issuing already at %(at)s."), who=standing.stopped_by_label, at=standing.stopped_at
            ),
            code="issuing-stopped",
        )
    stopped = IssuingStop(
        stopped_at=clock.now(), stopped_by=actor.id, stopped_by_label=actor.label, reason=cleaned
    )  # fmt: skip
    session.add(stopped)
    session.flush()
    audit.record(actor, "issuing.stop", ABOUT, stopped.id, at=stopped.stopped_at, reason=cleaned)
    return stopped


def resume(actor: Actor, *, reason: str) -> IssuingStop:
    """Let numbers be given out again; the worker issues what waits, longest waiting first.

    Raises Forbidden, Invalid (field `reason`), Conflict when nothing is stopped.
    """
    cleaned = _reason(actor, reason)
    numbers.lock_all()
    standing = queries.current()
    if standing is None:
        raise Conflict(Message(N_("Issuing is not stopped.")), code="issuing-not-stopped")
    # A clock that went back may not end it before it began.
    standing.ended_at = max(clock.now(), standing.stopped_at)
    standing.ended_by, standing.ended_by_label, standing.ended_reason = actor.id, actor.label, cleaned
    session.flush()
    audit.record(actor, "issuing.resume", ABOUT, standing.id, at=standing.ended_at, reason=cleaned)
    return standing


def _reason(actor: Actor, reason: str) -> str:
    if not actor.can(Permission.STOP_ISSUING):
        raise Forbidden
    wanted = Message(N_("Say why: it stands in the audit log."))
    return text.of_field("reason", reason, max_length=STOP_REASON_LIMIT, multiline=True, empty=wanted)
