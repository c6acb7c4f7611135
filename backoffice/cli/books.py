"""What the business is told from outside: ledger files, calendars; and the tax ID check."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.cli.root import acting, acting_person, cli, current_settings
from backoffice.errors import N_, Invalid, Message

if TYPE_CHECKING:
    from backoffice.ledger.services.sources import Doubts


@cli.group("ledger", cls=AppGroup)
def ledger() -> None:
    """Recharges, refunds, consumption and grants from the platform."""


@ledger.command("import")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="platform", show_default=True, help="Which system the ids belong to.")
@click.option("--new-source", is_flag=True, help="The source is meant, though it is new: no question about that.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--strict", is_flag=True, help="All lines or none.")
@acting
def ledger_import(path: Path, source: str, new_source: bool, dry_run: bool, strict: bool, as_email: str | None) -> None:
    """Import entries from a CSV file; the same file again changes nothing.

    A source that is new beside others, and a file that another source brought, is warned of before anything is booked.
    At a terminal the command asks; a script goes on.

    Exit code 0 when every line was taken or known, 1 when some were refused or in conflict.
    """
    from backoffice.database import session
    from backoffice.ledger import jobs

    actor, settings = acting_person(as_email), current_settings()
    session.rollback()
    report = jobs.import_file(
        path,
        actor,
        source=source,
        currency=settings.currency,
        zone=settings.zone,
        dry_run=dry_run,
        strict=strict,
        doubted=lambda doubts: _warn(doubts, is_meant=new_source, asks=not dry_run),
    )
    for line in jobs.describe(report):
        click.echo(line)
    if not report.clean:
        sys.exit(1)


def _warn(doubts: Doubts, *, is_meant: bool, asks: bool) -> None:
    """Say what speaks against the source, and ask whoever can answer. A script that connects a new system goes on."""
    if is_meant:
        doubts = replace(doubts, others=())
    for sentence in doubts.sentences():
        click.echo(f"warning: {sentence}", err=True)
    if doubts and asks and _is_terminal():
        click.confirm("Import it all the same?", abort=True, err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


@cli.group("calendar", cls=AppGroup)
def calendar() -> None:
    """Business days."""


@calendar.command("due")
@click.argument("day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--days", type=click.IntRange(1, 60), help="Business days; the policy's number when not given.")
def calendar_due(day: Any, days: int | None) -> None:
    """Print the promised day of a request made on DATE, and the strip of days that leads to it."""
    from backoffice.calendars import queries, rules
    from backoffice.policies import queries as policies
    from backoffice.policies.rules import PolicyKey

    submitted: date = day.date()
    count = days or policies.value(PolicyKey.SLA_BUSINESS_DAYS, submitted)
    click.echo(rules.explain_due(queries.current_calendar(), submitted, count))


@calendar.command("import")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", required=True, help="Why the calendar changes.")
@acting
def calendar_import(path: Path, note: str, as_email: str | None) -> None:
    """Make a new calendar version from a CSV file with the columns day, kind (holiday or workday), name."""
    from backoffice.calendars import services
    from backoffice.database import transaction

    try:
        content = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": [Message(N_("The file is not UTF-8 text."))]}) from None
    with transaction():
        found = services.read(content)
        version = services.change(acting_person(as_email), found, source="file", reason=note, now=clock.now())
        click.echo(f"calendar version {version.id}")


@cli.group("tax-id", cls=AppGroup)
def tax_id() -> None:
    """Tax IDs of invoice headers."""


@tax_id.command("check", with_appcontext=False)
@click.argument("code")
def tax_id_check(code: str) -> None:
    """Check a tax ID. Exit code 0 valid or legacy, 1 wrong check digit, 2 wrong form."""
    from backoffice.headers import tax_ids

    result = tax_ids.check_tax_id(code)
    click.echo(tax_ids.describe_tax_id(result))
    sys.exit(tax_ids.exit_code(result))
