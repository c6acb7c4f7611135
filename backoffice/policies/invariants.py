"""What must hold about policies: the threshold and the tax by the word of two people, nothing taken back too late."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice import clock
from backoffice.database import session
from backoffice.errors import Invalid
from backoffice.policies import queries
from backoffice.policies.models import Policy
from backoffice.policies.rules import SECOND_PERSON, PolicyKey, PolicyState, validate


def check() -> Iterator[str]:
    """Yield a sentence for each row that holds by the word of one person where two are needed, each proposal that its
    own maker decided, and each value that makes no sense."""
    alone = or_(Policy.confirmed_by_id.is_(None), Policy.confirmed_by_id == Policy.set_by_id)
    by_one = select(Policy).where(Policy.key.in_(SECOND_PERSON), queries.holds(), Policy.set_by_id.is_not(None), alone)
    for row in session.scalars(by_one.order_by(Policy.id)):
        yield f"policy {row.key} from {row.starts_on}: no second person confirmed it"
    own = select(Policy).where(Policy.state == PolicyState.DECLINED, Policy.ended_by_id == Policy.set_by_id)
    for row in session.scalars(own.order_by(Policy.id)):
        yield f"policy {row.key} from {row.starts_on}: who proposed it turned it down"
    ended = select(Policy).where(Policy.state == PolicyState.WITHDRAWN)
    for row in session.scalars(ended.order_by(Policy.id)):
        held = row.confirmed_at is not None or row.key not in SECOND_PERSON
        if held and row.ended_at is not None and clock.local_date(row.ended_at, clock.zone()) >= row.starts_on:
            yield f"policy {row.key} from {row.starts_on}: it was taken back after it held"
    for row in session.scalars(select(Policy).where(queries.holds()).order_by(Policy.id)):
        try:
            validate(PolicyKey(row.key), row.value)
        except (Invalid, ValueError):
            yield f"policy {row.key} from {row.starts_on}: its value is not usable"
