"""What a policy says on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from backoffice.clock import local_date, zone
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.errors import NotFound
from backoffice.money import parse_amount
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, PolicyKey, PolicyState


def holds() -> ColumnElement[bool]:
    """Whether a row counts from its day on: neither waiting for a second person, nor turned down, nor taken back."""
    return Policy.state == PolicyState.VALID


def _row(key: Any, on: Any) -> Select[Policy]:
    held = select(Policy).where(Policy.key == key, Policy.starts_on <= on, holds())
    return held.order_by(Policy.starts_on.desc(), Policy.id.desc()).limit(1)


# Asked with every verdict and every application: built once.
_ROW_IN_FORCE = _row(bindparam("key"), bindparam("on"))
_IN_FORCE = _ROW_IN_FORCE.with_only_columns(Policy.value)


def value(key: PolicyKey, on: date) -> Any:
    """The value of `key` that holds on the day `on`; the built-in default where no row was written yet."""
    # The row is asked for, not its value: a policy may say None (no cut-off hour), which is not the same as no row.
    row = session.execute(_IN_FORCE, {"key": key, "on": on}, execution_options=PLANNED_ONCE).first()
    return DEFAULTS[key] if row is None else row[0]


def in_force(key: PolicyKey, on: ColumnElement[date]) -> Select[Any]:
    """The same as a part of a statement of more: no row where the built-in default holds."""
    return _row(key, on).with_only_columns(Policy.value)


def dated(*keys: PolicyKey) -> Callable[[PolicyKey, date], Any]:
    """What `value` says of these keys for any number of days, in one statement: a key has a handful of rows."""
    rows = session.execute(_every_row(keys), execution_options=PLANNED_ONCE).all()

    def of(key: PolicyKey, on: date) -> Any:
        return next((row.value for row in rows if row.key == key and row.starts_on <= on), DEFAULTS[key])

    return of


@cache
def _every_row(keys: tuple[PolicyKey, ...]) -> Select[Any]:
    columns = select(Policy.key, Policy.starts_on, Policy.value).where(Policy.key.in_(keys), holds())
    return columns.order_by(Policy.starts_on.desc(), Policy.id.desc())


def held_until(key: PolicyKey, day: date, today: date) -> Any:
    """The value that a change from `day` on ends: that of the eve, which another change from the same day on does not
    touch; of today itself where the change holds at once."""
    return value(key, day if day <= today else day - timedelta(days=1))


def planned_for(key: PolicyKey, day: date, today: date) -> Policy | None:
    """The change that a later one from the same day on would replace before it ever held."""
    row = row_in_force(key, day)
    return row if row is not None and row.starts_on == day > today else None


def replaced(rows: Iterable[Policy]) -> dict[int, Policy]:
    """Of the rows of one policy those that held on no day, by id: a later one took their first day before it came.

    A row that was replaced on its first day held for a part of it.
    """
    last: dict[date, Policy] = {}
    found = {}
    for row in sorted((row for row in rows if row.state == PolicyState.VALID), key=lambda row: row.id):
        earlier, last[row.starts_on] = last.get(row.starts_on), row
        if earlier is not None and local_date(row.confirmed_at or row.created_at, zone()) < row.starts_on:
            found[earlier.id] = row
    return found


def replaced_by(policy: Policy) -> Policy | None:
    """The change that held on no day because this one took its first day; taken back, this one gives it back."""
    rows = course(PolicyKey(policy.key))
    never = replaced(rows)
    return next((row for row in rows if row.id in never and never[row.id].id == policy.id), None)


def history(key: PolicyKey) -> list[tuple[Policy, Policy | None]]:
    """All rows of a policy that held or will hold, each with the one before it; the last to hold comes first."""
    every = session.scalars(_newest_first(key).where(holds())).all()
    never = replaced(every)
    rows = [row for row in every if row.id not in never]
    return list(zip(rows, [*rows[1:], None], strict=False))


def next_day(key: PolicyKey, on: date) -> date | None:
    """The first day after `on` from which another value is due already."""
    return session.scalar(select(func.min(Policy.starts_on)).where(Policy.key == key, Policy.starts_on > on, holds()))


def course(key: PolicyKey) -> Sequence[Policy]:
    """Everything that was ever said of a policy, also what waits, was turned down or taken back; the last day first."""
    return session.scalars(_newest_first(key)).all()


def _newest_first(key: PolicyKey) -> Select[Policy]:
    return select(Policy).where(Policy.key == key).order_by(Policy.starts_on.desc(), Policy.id.desc())


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy on a day: what holds, by which row, what is due to change, soonest first, and what waits."""

    key: PolicyKey
    value: Any
    row: Policy | None
    planned: tuple[Policy, ...]
    proposed: Policy | None


def standing(on: date) -> list[Standing]:
    """Every policy as it stands on a day, in one statement: each has a handful of rows."""
    rows = session.scalars(
        select(Policy)
        .where(Policy.state.in_((PolicyState.VALID, PolicyState.PROPOSED)))
        .order_by(Policy.starts_on, Policy.id)
    ).all()
    found = []
    for key in PolicyKey:
        valid = [row for row in rows if row.key == key and row.state == PolicyState.VALID]
        row = next((row for row in reversed(valid) if row.starts_on <= on), None)
        never = replaced(valid)
        planned = tuple(row for row in valid if row.starts_on > on and row.id not in never)
        proposed = next((row for row in rows if row.key == key and row.is_proposed), None)
        found.append(Standing(key, DEFAULTS[key] if row is None else row.value, row, planned, proposed))
    return found


def proposals() -> Select[Policy]:
    """What waits for a second person, as a statement; by its partial index."""
    return select(Policy).where(Policy.state == PolicyState.PROPOSED)


def policy(policy_id: int) -> Policy:
    """One row, whatever became of it. Raises NotFound."""
    row = session.get(Policy, policy_id)
    if row is None:
        raise NotFound
    return row


def made_from(token: str) -> Policy | None:
    """The row that a filled-in form has made."""
    return session.scalars(select(Policy).where(Policy.token == token)).one_or_none()


def acts(key: PolicyKey) -> int:
    """How often anybody did anything to a policy: whoever has seen another number has seen another state of it."""
    counted = func.count() + func.count(Policy.confirmed_at) + func.count(Policy.ended_at)
    return session.scalar(select(counted).where(Policy.key == key)) or 0


def last_act(key: PolicyKey) -> tuple[str, datetime] | None:
    """Which person did something to a policy last, and when."""
    told = [
        (at, row.id, who)
        for row in course(key)
        for at, who in (
            (row.created_at if row.set_by_id else None, row.set_by),
            (row.confirmed_at, row.confirmed_by),
            (row.ended_at, row.ended_by),
        )
        if at is not None and who is not None
    ]
    if not told:
        return None
    at, _, who = max(told)
    return who, at


def row_in_force(key: PolicyKey, on: date) -> Policy | None:
    """The row whose value holds on a day."""
    return session.scalars(_ROW_IN_FORCE, {"key": key, "on": on}).first()


def minimum_amount(on: date) -> Decimal:
    """The smallest amount a customer may apply for."""
    return parse_amount(value(PolicyKey.MINIMUM_AMOUNT, on))
