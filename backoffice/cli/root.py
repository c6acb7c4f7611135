"""The root of the `backoffice` command, and what its commands share.

Commands are thin: parse, open one transaction per outside call, call a service, say what happened. Those that change
something name who acts (`--as EMAIL`); the name stands in the audit log.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.errors import BackofficeError, Invalid, Message

if TYPE_CHECKING:
    from backoffice.config import Settings
    from backoffice.permissions import Actor


class Commands(AppGroup):
    """A group whose commands report domain errors as one sentence and exit code 1, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BackofficeError as error:
            told = str(error) if isinstance(error, Invalid) else error.message.written(plainly)
            raise click.ClickException(told) from error


def plainly(value: object) -> object:
    """Instants to the minute in the installation's zone, as the pages show them."""
    if isinstance(value, Message):
        return value.written(plainly)
    return f"{value.astimezone(clock.zone()):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


# Shown by `config` in place of a value nobody should read over a shoulder.
SHOWN_SECRET = "(set)"  # noqa: S105 - what stands for one

cli = Commands("backoffice", help="The invoice back office: set up, import, issue, check.")


def current_settings() -> Settings:
    """The settings of the application the command runs in."""
    from flask import current_app

    settings: Settings = current_app.config["BACKOFFICE_SETTINGS"]
    return settings


def acting_person(email: str | None) -> Actor:
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
