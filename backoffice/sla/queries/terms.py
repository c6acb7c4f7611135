"""What the figures are measured against, and whose names stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.permissions import Role
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey

_REVIEWERS = select(User.id, User.name).where(User.role == Role.REVIEWER).order_by(User.name, User.id)


def reviewers() -> dict[str, str]:
    """The names of everybody who reviews or has decided, by id."""
    people = session.execute(_REVIEWERS, execution_options=PLANNED_ONCE)
    return {str(id_): name for id_, name in people}


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds on a day: the business days that are promised, the share of promises that is to be kept, and the
    business hours that each step may take (None: no target)."""

    days: int
    on_time: float
    steps: Mapping[str, int | None]


def in_force(today: date) -> Terms:
    """The terms of a day."""
    keys = PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.ON_TIME_TARGET, PolicyKey.STEP_TARGETS
    policy = policies.dated(*keys)
    days, on_time, steps = (policy(key, today) for key in keys)
    return Terms(days, on_time / 100, steps)
