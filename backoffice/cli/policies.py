"""Policies at the command line: the same rules as on their page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.cli.root import acting_person, cli

if TYPE_CHECKING:
    from backoffice.policies.models import Policy

_acting = click.option("--as", "as_email", metavar="EMAIL", required=True, help="The administrator who acts.")
_known_by = click.argument("policy_id", metavar="ID", type=int)


@cli.group("policy", cls=AppGroup)
def policy() -> None:
    """Dated settings of the business: target days, cut-off hour, minimum amount, tax, seller."""


@policy.command("show")
def policy_show() -> None:
    """Print what each policy says today, as JSON, what is due to change, and what waits for a second person."""
    from backoffice.policies import queries

    for standing in queries.standing(clock.today()):
        click.echo(f"{standing.key.value} = {_written(standing.value)}")
        for row in standing.planned:
            click.echo(f"  from {row.starts_on}: {_written(row.value)}  (ID {row.id}, {row.set_by})")
        if (waiting := standing.proposed) is not None:
            told = f"{_written(waiting.value)}  (ID {waiting.id}, {waiting.set_by})"
            click.echo(f"  proposed from {waiting.starts_on}: {told}")


@policy.command("set")
@click.argument("key")
@click.argument("value", metavar="JSON")
@click.option(
    "--from",
    "starts_on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day it holds; the first possible if not given.",
)
@click.option("--reason", required=True, help="Stands beside the value for good.")
@_acting
def policy_set(key: str, value: str, starts_on: Any, reason: str, as_email: str) -> None:
    """Let policy KEY have the value JSON from a day on. The four-eyes threshold and the tax are proposed by it."""
    from backoffice.database import transaction
    from backoffice.policies import rules
    from backoffice.policies.rules import PolicyKey
    from backoffice.policies.services import changing

    if key not in {known.value for known in PolicyKey}:
        raise click.BadParameter(f"one of {', '.join(PolicyKey)}", param_hint="KEY")
    try:
        parsed = json.loads(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="JSON") from None
    day = starts_on.date() if starts_on else rules.earliest(PolicyKey(key), clock.today())
    with transaction():
        row = changing.change(
            acting_person(as_email), PolicyKey(key), parsed, starts_on=day, reason=reason, now=clock.now()
        )
        click.echo(_told(row))


@policy.command("confirm")
@_known_by
@_acting
def policy_confirm(policy_id: int, as_email: str) -> None:
    """Confirm what another administrator has proposed."""
    from backoffice.database import transaction
    from backoffice.policies.services import changing

    with transaction():
        click.echo(_told(changing.confirm(acting_person(as_email), policy_id, now=clock.now())))


@policy.command("decline")
@_known_by
@click.option("--reason", required=True, help="Why; whoever proposed it reads it.")
@_acting
def policy_decline(policy_id: int, reason: str, as_email: str) -> None:
    """Turn down what another administrator has proposed."""
    from backoffice.database import transaction
    from backoffice.policies.services import changing

    with transaction():
        row = changing.decline(acting_person(as_email), policy_id, reason=reason, now=clock.now())
        click.echo(f"{row.key}: the proposal is turned down")


@policy.command("take-back")
@_known_by
@click.option("--reason", required=True, help="Why; stands beside it for good.")
@_acting
def policy_take_back(policy_id: int, reason: str, as_email: str) -> None:
    """Take back a change whose day is still to come, or one's own proposal."""
    from backoffice.database import transaction
    from backoffice.policies.services import changing

    with transaction():
        row = changing.take_back(acting_person(as_email), policy_id, reason=reason, now=clock.now())
        click.echo(f"{row.key}: the change is taken back")


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _told(row: Policy) -> str:
    if row.is_proposed:
        return f"{row.key} is proposed from {row.starts_on} (ID {row.id}): another administrator has to confirm it"
    return f"{row.key} holds from {row.starts_on}"
