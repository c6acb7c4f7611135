"""The audit log: seal it, and prove that it is what was sealed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from backoffice.cli.root import acting, acting_person, cli, current_settings, plainly

if TYPE_CHECKING:
    from backoffice.audit.queries.verifying import Outside
    from backoffice.audit.rules import Head

# How many seals are proved between two signs of life.
_SIGN = 200


@cli.group("audit", cls=AppGroup)
def audit() -> None:
    """The sealed audit log."""


@audit.command("seal")
@click.option("--after-restore", is_flag=True, help="You restored a backup: keep the file of heads aside, begin anew.")
@click.option("--reason", default="", help="Why, with --after-restore; stands in the audit log.")
@acting
def seal(after_restore: bool, reason: str, as_email: str | None) -> None:
    """Seal, now, what happened since the last seal, and write the head outside the database."""
    from backoffice.audit import jobs

    if after_restore:
        if not reason.strip():
            raise click.UsageError("--after-restore needs --reason: which backup was restored, and why")
        event, kept = jobs.begin_anew(acting_person(as_email), reason=reason.strip())
        click.echo(f"history goes on after event {event}; the former heads are kept in audit/{kept}")
    total = 0
    while count := jobs.seal(begins_anew=after_restore):
        total += count
    click.echo(f"sealed: {total}")


@audit.command("verify")
@click.option("--head", "hashes", metavar="HASH", multiple=True, help="A hash that was written down or mailed.")
@click.option(
    "--heads", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of heads, or a copy; without it the installation's own is used where it is there.",
)  # fmt: skip
def verify(hashes: tuple[str, ...], file: Path | None) -> None:
    """Prove that nothing in the audit log was edited, deleted, put in or cut off since it was sealed.

    Exit code 1 and the first place where it is not so, or where no head outside the database agrees with the chain: one
    that was made anew would be right in itself.
    """
    from backoffice.audit import heads
    from backoffice.audit.queries import seals, verifying
    from backoffice.database import session
    from backoffice.issuing.queries import entered

    own = heads.place(current_settings().instance_path)
    outside = _outside(hashes, file or (own if own.exists() else None))
    seal_id, events, last, spoken_for = 0, 0, 0, (0, 0)
    for step in verifying.walk(outside, between=session.rollback):
        if step.fault is not None:
            raise click.ClickException(step.fault.written(plainly))
        seal_id, events, last = step.seal, step.events, step.last_event_id
        if step.seal in outside.heads or step.sha256 in outside.hashes:
            spoken_for = step.seal, step.last_event_id
        if seal_id % _SIGN == 0:
            click.echo(f"proved: {seal_id} seals, {events} events", err=True)
    for difference in entered.differences(session.rollback):
        raise click.ClickException(difference.written(plainly))
    compared = len(outside.heads) + len(outside.hashes)
    click.echo(f"all {events} events of {seal_id} seals are as they were sealed, and every document is as issued")
    click.echo(f"heads outside that agree: {compared}")
    click.echo(f"not sealed yet: {seals.unsealed(last)}")
    if file is None and (lost := seals.heads_lost()) is not None:
        at, seal = lost
        click.echo(
            f"warning: {own} was lost and written anew on {at:%Y-%m-%d %H:%M} UTC: of what was sealed up to seal "
            f"{seal} it proves nothing that the database does not say itself; compare with a copy, or with a mail to "
            "auditors",
            err=True,
        )
    _say_what_nothing_speaks_for(seal_id, *spoken_for, file or own)


def _say_what_nothing_speaks_for(newest: int, seal_id: int, event_id: int, file: Path) -> None:
    """A chain that was made anew is right in itself: say from where on nothing outside shows that it is the old one."""
    if newest and not seal_id:
        raise click.ClickException(
            f"no head outside the database agrees: {file} is lost or empty. A chain that was made anew would be right "
            "in itself, too: compare with a copy of the file (--heads FILE), or with a mail to auditors (--head HASH)"
        )
    if seal_id < newest:
        click.echo(
            f"warning: no head outside the database speaks for what happened after event {event_id}, "
            f"seal {seal_id + 1} of {newest} and later",
            err=True,
        )


def _outside(hashes: tuple[str, ...], file: Path | None) -> Outside:
    from backoffice.audit import heads
    from backoffice.audit.queries.verifying import Outside

    known: list[Head] = []
    for sha256 in hashes:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise click.BadParameter(f"not a hash of 64 figures and letters a-f: {sha256}", param_hint="--head")
    try:
        known = [] if file is None else list(heads.read(file))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    return Outside.of(known, hashes)
