"""Verbs that change policies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from backoffice import glyphs
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Invalid, Message
from backoffice.permissions import SYSTEM, Actor
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, PolicyKey, validate

BEGINNING = date(2000, 1, 1)


def set_policy(actor: Actor, key: PolicyKey, value: Any, *, starts_on: date, reason: str, now: datetime) -> Policy:
    """Let `key` have `value` from `starts_on`. Raises Invalid when the value is not usable."""
    validate(key, value)
    if key is PolicyKey.SELLER and (missing := glyphs.missing("".join(value.values()))):
        # It stands on every invoice: nothing could be issued any more.
        told = Message(N_("No font can print these characters: %(characters)s"), characters=" ".join(missing))
        raise Invalid({"value": [told]})
    before = queries.value(key, starts_on)
    policy = Policy(key=key, value=value, starts_on=starts_on, reason=reason, set_by=actor.label, created_at=now)
    session.add(policy)
    audit.record(
        actor, "policy.set", "policy", key, at=now, before={"value": before}, after={"value": value}, reason=reason
    )
    return policy


def seed(*, sla_business_days: int, now: datetime) -> None:
    """Write the first row of each policy that has none yet. Running it again changes nothing."""
    known = set(session.scalars(select(Policy.key).distinct()))
    for key, default in DEFAULTS.items():
        if key not in known:
            value = sla_business_days if key is PolicyKey.SLA_BUSINESS_DAYS else default
            set_policy(SYSTEM, key, value, starts_on=BEGINNING, reason="first value of the installation", now=now)
