"""Verbs that change policies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from backoffice import glyphs, storage
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Forbidden, Invalid, Message
from backoffice.permissions import SYSTEM, Actor
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import (
    DEFAULTS,
    SECOND_PERSON,
    PolicyKey,
    seller_faults,
    tax_faults,
    validate,
)

BEGINNING = date(2000, 1, 1)
REASON_LIMIT = 500
# The reason of what nobody has set.
FIRST_VALUE = "first value of the installation"


def set_policy(actor: Actor, key: PolicyKey, value: Any, *, starts_on: date, reason: str, now: datetime) -> Policy:
    """Let `key` have `value` from `starts_on`: whoever calls has asked whether the actor may, and from that day.

    Raises Invalid when the value is not usable, Forbidden for a person alone where two are needed.
    """
    if actor.id is not None and key in SECOND_PERSON:
        raise Forbidden
    refuse(key, value)
    before = queries.value(key, starts_on)
    policy = Policy(
        key=key, value=value, starts_on=starts_on, reason=reason, set_by=actor.label, set_by_id=actor.id, created_at=now
    )
    session.add(policy)
    audit.record(
        actor, "policy.set", "policy", key, at=now, before={"value": before}, after={"value": value}, reason=reason
    )
    return policy


def refuse(key: PolicyKey, value: Any) -> None:
    """Raise Invalid, by field, for a value that is not usable for this policy, or that no invoice could carry."""
    is_tax = key is PolicyKey.TAX and isinstance(value, dict) and {"kind", "rate"} <= set(value)
    if is_tax and (faults := tax_faults(value)):
        raise Invalid({name: [fault] for name, fault in faults.items()})
    validate(key, value)
    if key is PolicyKey.SELLER:
        refuse_seller(value)
    if key is PolicyKey.TAX and (fault := glyphs.refusal(value.get("reason", ""))):
        raise Invalid({"reason_of_tax": [fault]})


def refuse_seller(seller: Mapping[str, str]) -> None:
    """Raise Invalid, by field, for a seller in whose name nothing could be issued: it stands on every invoice."""
    faults = seller_faults(seller)
    for field, said in seller.items():
        if field not in faults and (fault := glyphs.refusal(said)):
            faults[field] = fault
    if (logo := seller.get("logo")) and not storage.hold(logo):
        faults["logo"] = Message(N_("This picture is not in the document store."))
    if faults:
        raise Invalid({field: [fault] for field, fault in faults.items()})


def seed(*, sla_business_days: int, now: datetime) -> None:
    """Write the first row of each policy that has none yet. Running it again changes nothing."""
    known = set(session.scalars(select(Policy.key).distinct()))
    for key, default in DEFAULTS.items():
        if key not in known:
            value = sla_business_days if key is PolicyKey.SLA_BUSINESS_DAYS else default
            set_policy(SYSTEM, key, value, starts_on=BEGINNING, reason=FIRST_VALUE, now=now)
