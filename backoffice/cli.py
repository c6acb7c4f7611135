"""The `backoffice` command. Thin: parse, open one transaction per outside call, call a service, say what happened.

Commands that change something name who acts (`--as EMAIL`); the name stands in the audit log.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup, ScriptInfo

from backoffice import clock
from backoffice.errors import BackofficeError
from backoffice.permissions import Role

if TYPE_CHECKING:
    from backoffice.config import Settings
    from backoffice.permissions import Actor


class Commands(AppGroup):
    """A group whose commands report domain errors as one sentence and exit code 1, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BackofficeError as error:
            raise click.ClickException(str(error)) from error


cli = Commands("backoffice", help="The invoice back office: set up, import, issue, check.")


def main() -> None:
    """Entry point of the console script."""
    from backoffice import create_app

    cli.main(obj=ScriptInfo(create_app=create_app, set_debug_flag=False))


def _settings() -> Settings:
    from flask import current_app

    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return settings


def _actor(email: str | None) -> Actor:
    """The person who acts at the command line; without a name, the operator of the machine."""
    from dataclasses import replace

    from backoffice.accounts import queries as accounts
    from backoffice.permissions import SYSTEM

    if email is None:
        return replace(SYSTEM, label="operator", via="cli")
    person = accounts.find_person(email)
    if person is None:
        raise click.BadParameter(f"nobody has the address {email}", param_hint="--as")
    return person.actor(via="cli")


acting = click.option("--as", "as_email", metavar="EMAIL", help="Who acts; stands in the audit log.")


@cli.command("config", with_appcontext=False)
def show_config() -> None:
    """List every setting with its value and meaning."""
    from rich.console import Console
    from rich.table import Table

    from backoffice import config

    settings = config.load()
    table = Table("Variable", "Value", "Meaning")
    for name, field in config.Settings.model_fields.items():
        table.add_row(f"BACKOFFICE_{name.upper()}", str(getattr(settings, name)), field.description or "")
    Console().print(table)


# ---- database -------------------------------------------------------------------------------------------------------


@cli.group("db", cls=AppGroup)
def database() -> None:
    """The schema."""


@database.command("upgrade")
@click.option("--revision", default="head", show_default=True)
def db_upgrade(revision: str) -> None:
    """Bring the schema up to date, then write the first policies and the calendar where they are missing."""
    import flask_migrate

    from backoffice import installation

    flask_migrate.upgrade(revision=revision)
    if revision == "head":
        installation.prepare(_settings())


@database.command("downgrade")
@click.argument("revision")
def db_downgrade(revision: str) -> None:
    """Take the schema back to REVISION (`base`: empty)."""
    import flask_migrate

    flask_migrate.downgrade(revision=revision)


@database.command("revision")
@click.option("-m", "--message", required=True)
def db_revision(message: str) -> None:
    """Write a new migration from the difference between models and database."""
    import flask_migrate

    flask_migrate.migrate(message=message)


# ---- people ---------------------------------------------------------------------------------------------------------


@cli.group("users", cls=AppGroup)
def users() -> None:
    """People and their roles."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([*Role]), required=True)
@click.option("--account", "account_code", help="Code of the customer account; created when it is new.")
@click.option("--account-name", help="Name of a new customer account.")
@click.option("--password", envvar="BACKOFFICE_NEW_PASSWORD", help="Asked for when it is not given.")
@acting
def users_create(
    email: str,
    name: str,
    role: str,
    account_code: str | None,
    account_name: str | None,
    password: str | None,
    as_email: str | None,
) -> None:
    """Create a person who can sign in."""
    from backoffice.accounts import queries, services
    from backoffice.database import transaction

    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    now = clock.now()
    with transaction():
        actor = _actor(as_email)
        account = None
        if account_code:
            account = queries.find_account(account_code) or services.create_account(
                actor, code=account_code, name=account_name or account_code, now=now
            )
        services.create_user(
            actor, email=email, name=name, role=Role(role), password=password,
            account_id=account.id if account else None, now=now,
        )  # fmt: skip
    click.echo(f"{email} can sign in as {role}.")


# ---- ledger ---------------------------------------------------------------------------------------------------------


@cli.group("ledger", cls=AppGroup)
def ledger() -> None:
    """Recharges, refunds, consumption and grants from the platform."""


@ledger.command("import")
@click.argument("path", metavar="FILE.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="platform", show_default=True, help="Which system the ids belong to.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--strict", is_flag=True, help="All lines or none.")
@acting
def ledger_import(path: Path, source: str, dry_run: bool, strict: bool, as_email: str | None) -> None:
    """Import entries from a CSV file; the same file again changes nothing.

    Exit code 0 when every line was taken or known, 1 when some were refused or in conflict.
    """
    from backoffice.database import session
    from backoffice.ledger import jobs

    actor, settings = _actor(as_email), _settings()
    session.rollback()
    report = jobs.import_file(
        path, actor, source=source, currency=settings.currency, zone=settings.zone, dry_run=dry_run, strict=strict
    )
    for line in jobs.describe(report):
        click.echo(line)
    if not report.clean:
        sys.exit(1)


# ---- the worker's jobs, by hand ------------------------------------------------------------------------------------


@cli.command("worker")
def worker() -> None:
    """Run the timed jobs until SIGTERM: issue, mail, sweep."""
    from flask import current_app

    from backoffice.worker import Worker

    Worker(current_app._get_current_object()).run()  # type: ignore[attr-defined]


@cli.group("sla", cls=AppGroup)
def sla() -> None:
    """The service level."""


@sla.command("sweep")
def sla_sweep() -> None:
    """Flag requests that are still open past their promised day."""
    from backoffice.sla import jobs

    click.echo(f"flagged: {jobs.sweep()}")


@cli.group("issue", cls=AppGroup)
def issue() -> None:
    """Invoices."""


@issue.command("run")
def issue_run() -> None:
    """Issue every approved request whose undo window is over."""
    from backoffice.issuing import jobs

    total = 0
    while count := jobs.issue_due():
        total += count
    click.echo(f"issued: {total}")


@cli.group("mail", cls=AppGroup)
def mail() -> None:
    """Outgoing mail."""


@mail.command("send")
def mail_send() -> None:
    """Send every mail that is due."""
    from backoffice.delivery import jobs

    total = 0
    while count := jobs.send_due():
        total += count
    click.echo(f"sent: {total}")


# ---- checks ---------------------------------------------------------------------------------------------------------


@cli.command("check-invariants")
def check_invariants() -> None:
    """Prove that the books, numbers, documents, mails and flags agree. Exit code 1 and one line per violation."""
    from backoffice import invariants

    found = 0
    for capability, sentence in invariants.violations():
        found += 1
        click.echo(f"{capability}: {sentence}", err=True)
    if found:
        raise click.ClickException(f"{found} violation(s)")
    click.echo("all invariants hold")


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

    with transaction():
        version = services.import_csv(
            path.read_text("utf-8-sig"), created_by=_actor(as_email).label, note=note, now=clock.now()
        )
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


@cli.group("demo", cls=AppGroup)
def demo() -> None:
    """Believable data for a look around."""


@demo.command("seed")
@click.option("--seed", default=2026, show_default=True, help="The same seed gives the same data.")
@click.option("--if-empty", is_flag=True, help="Do nothing when there are people already.")
def demo_seed(seed: int, if_empty: bool) -> None:
    """Write the demo people and a year of history, through the services only."""
    from backoffice import demo as demo_data

    demo_data.seed(_settings(), seed=seed, if_empty=if_empty)


@cli.command("doctor")
def doctor() -> None:
    """Say what this installation runs on, and what would be unsafe in production."""
    from backoffice import doctor as checks

    findings = checks.findings(_settings())
    for finding in findings:
        click.echo(f"{finding.level:7} {finding.text}")
    if any(finding.level == "unsafe" for finding in findings) and not _settings().demo:
        sys.exit(1)
