"""Set an installation up and look at it: settings, schema, people, demo data, doctor."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.cli.root import SHOWN_SECRET, acting, acting_person, cli, current_settings
from backoffice.permissions import Role


@cli.command("config", with_appcontext=False)
def show_config() -> None:
    """List every setting with its value and meaning."""
    from rich.console import Console
    from rich.table import Table

    from backoffice import config

    settings = config.load()
    table = Table("Variable", "Value", "Meaning", box=None, pad_edge=False)
    for name, field in config.Settings.model_fields.items():
        value = SHOWN_SECRET if name in config.SECRETS and getattr(settings, name) else str(getattr(settings, name))
        table.add_row(f"BACKOFFICE_{name.upper()}", value, field.description or "")
    # Wide enough for every name and value where the output is read by a program or kept in a file.
    console = Console()
    console.width = console.width if console.is_terminal else 240
    console.print(table)


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
        installation.prepare(current_settings())


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


@cli.group("users", cls=AppGroup)
def users() -> None:
    """People and their roles."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
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
        actor = acting_person(as_email)
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


@cli.group("demo", cls=AppGroup)
def demo() -> None:
    """Believable data for a look around."""


@demo.command("seed")
@click.option("--seed", default=2026, show_default=True, help="The same seed gives the same data.")
@click.option("--if-empty", is_flag=True, help="Do nothing when there are people already.")
def demo_seed(seed: int, if_empty: bool) -> None:
    """Write the demo people and a year of history, through the services only."""
    from backoffice.demo import story

    story.seed(current_settings(), seed=seed, if_empty=if_empty)


@cli.command("doctor")
def doctor() -> None:
    """Say what this installation runs on, and what would be unsafe in production."""
    from backoffice import doctor as checks

    findings = checks.findings(current_settings())
    for finding in findings:
        click.echo(f"{finding.level:7} {finding.text}")
    if any(finding.level == "unsafe" for finding in findings) and not current_settings().demo:
        sys.exit(1)
