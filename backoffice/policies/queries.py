"""What a policy says on a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, select

from backoffice.database import session
from backoffice.money import parse_amount
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, PolicyKey

# Asked with every verdict and every application: built once.
_ROW_IN_FORCE = (
    select(Policy)
    .where(Policy.key == bindparam("key"), Policy.starts_on <= bindparam("on"))
    .order_by(Policy.starts_on.desc(), Policy.id.desc())
    .limit(1)
)
_IN_FORCE = _ROW_IN_FORCE.with_only_columns(Policy.value)


def value(key: PolicyKey, on: date) -> Any:
    """The value of `key` that holds on the day `on`; the built-in default where no row was written yet."""
    # The row is asked for, not its value: a policy may say None (no cut-off hour), which is not the same as no row.
    row = session.execute(_IN_FORCE, {"key": key, "on": on}).first()
    return DEFAULTS[key] if row is None else row[0]


def in_force(key: PolicyKey, on: date) -> Select[Any]:
    """The same as a part of a statement of more: no row where the built-in default holds."""
    return _IN_FORCE.params(key=key, on=on)


def dated(*keys: PolicyKey) -> Callable[[PolicyKey, date], Any]:
    """What `value` says of these keys for any number of days, in one statement: a key has a handful of rows."""
    rows = session.execute(
        select(Policy.key, Policy.starts_on, Policy.value)
        .where(Policy.key.in_(keys))
        .order_by(Policy.starts_on.desc(), Policy.id.desc())
    ).all()

    def of(key: PolicyKey, on: date) -> Any:
        return next((row.value for row in rows if row.key == key and row.starts_on <= on), DEFAULTS[key])

    return of


def history(key: PolicyKey) -> list[tuple[Policy, Policy | None]]:
    """All rows of a policy, each with the one that held or would have held before it; the last to hold comes first."""
    rows = session.scalars(
        select(Policy).where(Policy.key == key).order_by(Policy.starts_on.desc(), Policy.id.desc())
    ).all()
    return list(zip(rows, [*rows[1:], None], strict=False))


def row_in_force(key: PolicyKey, on: date) -> Policy | None:
    """The row whose value holds on a day."""
    return session.scalars(_ROW_IN_FORCE, {"key": key, "on": on}).first()


def minimum_amount(on: date) -> Decimal:
    """The smallest amount a customer may apply for."""
    return parse_amount(value(PolicyKey.MINIMUM_AMOUNT, on))
