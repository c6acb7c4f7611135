"""What the figures are measured against, and whose names stand beside them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.permissions import Role
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey


def reviewers() -> dict[str, str]:
    """The names of everybody who reviews or has decided, by id."""
    people = session.execute(select(User.id, User.name).where(User.role == Role.REVIEWER).order_by(User.name, User.id))
    return {str(id_): name for id_, name in people}


def promise(today: date) -> tuple[int, float]:
    """The business days that are promised, and the share of promises that is to be kept."""
    policy = policies.dated(PolicyKey.SLA_BUSINESS_DAYS, PolicyKey.ON_TIME_TARGET)
    return policy(PolicyKey.SLA_BUSINESS_DAYS, today), policy(PolicyKey.ON_TIME_TARGET, today) / 100
