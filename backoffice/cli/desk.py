"""Decisions at the command line: the same verbs and rules as on the page, for a named person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.cli.root import acting_person, cli, current_settings
from backoffice.requests.rules import Reason

# A decision is somebody's: the operator of the machine makes none.
deciding = click.option("--as", "as_email", metavar="EMAIL", required=True, help="Who decides.")
number = click.argument("number", metavar="NUMBER")
REASONS = click.Choice([reason.value for reason in Reason])


@cli.group("review", cls=AppGroup)
def review() -> None:
    """Decide on requests (IR-...)."""


@review.command("approve")
@number
@click.option("--remarks", default="", help="The customer can read them.")
@click.option("--tax-id-reason", default="", help="Why a tax ID is right although its check digit does not fit.")
@deciding
def approve(number: str, remarks: str, tax_id_reason: str, as_email: str) -> None:
    """Approve NUMBER; where four eyes are wanted, this is the first or the second approval."""
    from backoffice.review.services import decisions

    settings = current_settings()
    given = {"remarks": remarks, "tax_id_reason": tax_id_reason, "currency": settings.currency}
    _act(as_email, decisions.approve, number, **given, undo_seconds=settings.undo_seconds)


@review.command("reject")
@number
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice([reason.value for reason in Reason]),
    help="May be given several times.",
)
@click.option("--remarks", default="", help="What the customer should correct; they get it by mail.")
@deciding
def reject(number: str, reasons: tuple[str, ...], remarks: str, as_email: str) -> None:
    """Reject NUMBER."""
    from backoffice.review.services import decisions

    currency = current_settings().currency
    _act(as_email, decisions.reject, number, reason=reasons, remarks=remarks, currency=currency)


@review.command("hold")
@number
@click.option("--question", default="", help="The customer gets it by mail and on the page.")
@deciding
def hold(number: str, question: str, as_email: str) -> None:
    """Ask the customer about NUMBER; its clock stands still until the answer, unless it has run out."""
    from backoffice.review.services import holds

    _act(as_email, holds.hold, number, question=question)


@review.command("resume")
@number
@deciding
def resume(number: str, as_email: str) -> None:
    """Put NUMBER back into the queue without an answer."""
    from backoffice.review.services import holds

    _act(as_email, holds.resume, number)


@review.command("undo")
@number
@deciding
def undo(number: str, as_email: str) -> None:
    """Take one's own approval of NUMBER back, within its time."""
    from backoffice.review.services import decisions

    _act(as_email, decisions.undo, number)


@review.command("return")
@number
@click.option("--why", default="", help="For colleagues; the customer does not read it.")
@deciding
def return_to_queue(number: str, why: str, as_email: str) -> None:
    """Put the approved NUMBER back into the queue while it has no invoice number."""
    from backoffice.review.services import decisions

    _act(as_email, decisions.return_to_queue, number, why=why)


def _act(as_email: str, verb: Callable[..., Any], number: str, **options: Any) -> None:
    """Call a verb for a person, in one transaction, and say where the request stands."""
    from backoffice.database import transaction

    with transaction():
        decided = verb(acting_person(as_email), number, now=clock.now(), **options)
        waits = " and waits for a second approval" if decided.second_wanted_at else ""
        told = f"{number} is {decided.state}{waits}"
    click.echo(told)
