"""How long a month end takes: invoices through number, render, store and mail, by one worker process and by two.

The mail server is a real one on loopback, in a process of its own; it and the database's own processes share the
machine with the workers. Seconds are those of the clock, from the word to begin until the last worker is done.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from backoffice.config import Settings
from backoffice.database import close_connections, session, transaction
from backoffice.delivery.models import Message
from backoffice.issuing.models import Invoice
from bench import crew
from bench.ground import KINDS, installed
from bench.office import approved
from bench.ports import free_port
from tests.concurrency.launcher import Launcher

INVOICES, WORKERS = 400, (1, 2)
MONTH_END = 100_000
COLUMNS = ("issued/s", "mailed/s", "both/s", "issue CPU ms", "mail CPU ms", "database CPU ms", "per core/s")


def run(invoices: int = INVOICES, kinds: tuple[str, ...] = KINDS) -> None:
    """Print a line for each database and number of workers, and the month end that follows from it."""
    print(f"{'database':11} {'workers':>7} " + " ".join(f"{name:>15}" for name in COLUMNS) + f" {MONTH_END:>9,} in")
    with crew.launched() as launcher, _mail_server() as port:
        for kind in kinds:
            for workers in WORKERS:
                with installed(kind, mail_port=port) as app, app.app_context():
                    _measure(kind, app, launcher, workers, invoices)


def _measure(kind: str, app: Flask, launcher: Launcher, workers: int, invoices: int) -> None:
    settings: Settings = app.config["BACKOFFICE_SETTINGS"]
    approved(invoices)
    # The mails of the applications went out long before a month ends.
    with transaction():
        session.execute(delete(Message))
    server = _server_of(settings)
    session.remove()
    close_connections()
    used = crew.server_cpu(server) if server else 0.0
    said = crew.together(launcher, settings, "issue_and_mail", workers)
    used = (crew.server_cpu(server) if server else 0.0) - used
    issued = session.scalar(select(func.count()).select_from(Invoice).where(Invoice.pdf_sha256.is_not(None)))
    mailed = session.scalar(select(func.count()).select_from(Message).where(Message.state == "accepted"))
    assert (issued, mailed) == (invoices, invoices), said
    print(f"{kind:11} {workers:7} " + _line(said, invoices, used), flush=True)


def _line(said: list[dict[str, Any]], invoices: int, database_cpu: float) -> str:
    began = min(one["began"] for one in said)
    issued, mailed = (max(one[f"{name}_until"] for one in said) for name in ("issued", "mailed"))
    cpu = [sum(one[f"{name}_cpu"] for one in said) for name in ("issued", "mailed")]
    whole = invoices / (mailed - began)
    spent = [each / invoices * 1000 for each in (*cpu, database_cpu)]
    figures = (invoices / (issued - began), invoices / (mailed - issued), whole, *spent, 1000 / sum(spent))
    return " ".join(f"{figure:15.1f}" for figure in figures) + f" {MONTH_END / whole / 60:8.0f} min"


def _server_of(settings: Settings) -> int | None:
    """The process that all of PostgreSQL's own are children of; None where the database is a library."""
    if settings.is_sqlite:
        return None
    folder = session.execute(select(func.current_setting("data_directory"))).scalar_one()
    return int((Path(folder) / "postmaster.pid").read_text().split()[0])


@contextmanager
def _mail_server() -> Iterator[int]:
    port = free_port(8500)
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command)
    try:
        time.sleep(2)
        assert process.poll() is None, "the mail server does not start"
        yield port
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """Run with other sizes: `python -m bench.capacity --invoices 100 --kind sqlite`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=INVOICES)
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args()
    run(given.invoices, tuple(given.kind or KINDS))


if __name__ == "__main__":
    main()
