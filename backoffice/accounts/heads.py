"""Telling auditors the head of the sealed audit log: a hash in a mail cannot be rewritten with the database."""

from __future__ import annotations

from datetime import datetime

from backoffice import clock
from backoffice.accounts import queries
from backoffice.audit.models import AuditHeadMail
from backoffice.audit.queries import seals
from backoffice.database import is_first
from backoffice.delivery import services as delivery
from backoffice.permissions import Role

TEMPLATE = "audit_head"


def is_due(now: datetime) -> bool:
    """Whether something was sealed since auditors were told last, and that was not today."""
    last, head = seals.last_mail(), seals.head()
    if last is None or head is None:
        return head is not None
    return last.day < clock.local_date(now, clock.zone()) and last.seal_id < head.seal


def tell(*, now: datetime) -> int:
    """Queue the newest head to every auditor who can sign in; returns how many.

    The local day is taken by an INSERT that nobody can repeat, in the same transaction. Where there is no auditor the
    day is left to whoever becomes one.
    """
    head, people = seals.head(), queries.active_people(Role.AUDITOR)
    if head is None or not people:
        return 0
    day = clock.local_date(now, clock.zone())
    if not is_first(AuditHeadMail, day=day, seal_id=head.seal, told_at=now, told=len(people)):
        return 0
    said = {
        "seal": head.seal, "event": head.event, "head": head.sha256,
        "head_on": clock.local_date(head.at, clock.zone()).isoformat(),
    }  # fmt: skip
    for person in people:
        facts = {**said, "person": person.name}
        delivery.queue(TEMPLATE, person.email, person.locale, facts, at=now, about=(TEMPLATE, head.seal))
    return len(people)
