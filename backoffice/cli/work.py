"""The worker and its jobs by hand, and the proof that everything agrees."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask.cli import AppGroup

from backoffice import clock
from backoffice.cli.root import acting, acting_person, cli


@cli.command("worker")
def worker() -> None:
    """Run the timed jobs until SIGTERM: issue, mail, sweep."""
    from flask import current_app

    from backoffice.worker import Worker

    Worker(current_app._get_current_object()).run()  # type: ignore[attr-defined]


def _until_done(job: Callable[[], int], word: str) -> None:
    """Run a job until it finds nothing more to do, and say how much it did."""
    total = 0
    while count := job():
        total += count
    click.echo(f"{word}: {total}")


@cli.group("bulk", cls=AppGroup)
def bulk() -> None:
    """Acts on many requests."""


@bulk.command("run")
def bulk_run() -> None:
    """Do what people asked for many requests on the page, as they would themselves."""
    from backoffice.review import jobs

    _until_done(jobs.work_off, "done")


@cli.group("sla", cls=AppGroup)
def sla() -> None:
    """The service level."""


@sla.command("sweep")
def sla_sweep() -> None:
    """Flag requests that are still open past their promised day."""
    from backoffice.sla import jobs

    jobs.follow_calendar()
    click.echo(f"flagged: {jobs.sweep()}")


@sla.command("weekly")
def sla_weekly() -> None:
    """Mail the report of the last full week to the managers, if it is due and was not mailed."""
    from backoffice.sla import jobs

    click.echo(f"told: {jobs.report_week()}")


@cli.group("issue", cls=AppGroup)
def issue() -> None:
    """Invoices."""


@issue.command("run")
def issue_run() -> None:
    """Issue every approved request whose undo window is over."""
    from backoffice.issuing import jobs

    _until_done(jobs.issue_due, "issued")


@issue.command("retry")
@click.argument("number")
@click.option("--as", "as_email", metavar="EMAIL", required=True, help="Who has mended it.")
def issue_retry(number: str, as_email: str) -> None:
    """Let the worker try the failed issue of request NUMBER (IR-...) again, once its reason is mended."""
    from backoffice.database import transaction
    from backoffice.review.services import issues

    with transaction():
        issues.retry(acting_person(as_email), number, now=clock.now())
    click.echo(f"{number} is tried again")


@issue.command("stop")
@click.option("--reason", required=True, help="Why; stands in the audit log.")
@click.option("--as", "as_email", metavar="EMAIL", required=True, help="Who stops it.")
def issue_stop(reason: str, as_email: str) -> None:
    """Give out no number from now on, neither to invoices nor to credit notes."""
    from backoffice.database import transaction
    from backoffice.issuing.services import stops

    actor = acting_person(as_email)
    with transaction():
        stops.stop(actor, reason=reason)
    click.echo("issuing is stopped")


@issue.command("resume")
@click.option("--reason", required=True, help="Why; stands in the audit log.")
@click.option("--as", "as_email", metavar="EMAIL", required=True, help="Who lets it go on.")
def issue_resume(reason: str, as_email: str) -> None:
    """Let numbers be given out again."""
    from backoffice.database import transaction
    from backoffice.issuing.services import stops

    actor = acting_person(as_email)
    with transaction():
        stops.resume(actor, reason=reason)
    click.echo("issuing goes on")


@cli.group("mail", cls=AppGroup)
def mail() -> None:
    """Outgoing mail."""


@mail.command("send")
def mail_send() -> None:
    """Send every mail that is due."""
    from backoffice.delivery import jobs

    _until_done(jobs.send_due, "sent")


@mail.command("approved")
def mail_approved() -> None:
    """Tell the customers whose approved request has waited 15 minutes for its invoice."""
    from backoffice.requests import jobs

    _until_done(jobs.tell_approved, "told")


@mail.command("returned")
def mail_returned() -> None:
    """Read the mail that came back, and say how much is set aside for a person to look at."""
    from flask import current_app

    from backoffice.delivery import jobs, returned

    _until_done(jobs.read_returned, "read")
    aside = returned.count_set_aside(current_app.config["BACKOFFICE_SETTINGS"].returned_maildir)
    click.echo(f"set aside: {aside}")


@cli.group("drafts", cls=AppGroup)
def drafts() -> None:
    """Applications that are still being written."""


@drafts.command("purge")
def drafts_purge() -> None:
    """Let go of drafts that nobody has touched for a week, and of files that were chosen and never submitted."""
    from backoffice.portal import jobs

    _until_done(jobs.tidy, "looked at")


@cli.command("purge")
@click.option("--yes", "is_meant", is_flag=True, help="Let go of them; without it they are only counted.")
@acting
def purge(is_meant: bool, as_email: str | None) -> None:
    """Count the documents that nothing refers to and that are older than a day; with --yes let go of them."""
    from backoffice import purging

    count, size = purging.purge(acting_person(as_email), now=clock.now(), dry_run=not is_meant)
    click.echo(f"{'let go' if is_meant else 'would let go'}: {count} document(s), {size} bytes")


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
