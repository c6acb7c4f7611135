"""Numbers under stress: 2,000 issues by 8 worker processes while one transaction in ten is undone after its work.

Whole issues, each with its document in the store; then the series is looked at for gaps, repeats and order, and
`check-invariants` runs.
"""

from __future__ import annotations

import argparse
import time

from flask import Flask
from sqlalchemy import func, select

from backoffice import invariants
from backoffice.database import session
from backoffice.issuing.models import Invoice, InvoiceSeries
from backoffice.requests.models import InvoiceRequest
from bench import crew
from bench.ground import KINDS, installed
from bench.office import approved
from tests.concurrency.launcher import Launcher

WORKERS, ROLLBACKS = 8, 0.1


def run(issues: int = 2_000, kinds: tuple[str, ...] = KINDS) -> None:
    """Print for each database how it went and what was found; a series that is not whole is a failure."""
    print(f"{'database':11} {'issues':>7} {'undone':>12} {'seconds':>8} {'issue/s':>8}  found")
    with crew.launched() as launcher:
        for kind in kinds:
            with installed(kind) as app, app.app_context():
                _measure(kind, app, launcher, issues)


def _measure(kind: str, app: Flask, launcher: Launcher, issues: int) -> None:
    approved(issues)
    session.remove()
    began = time.perf_counter()
    settings = app.config["BACKOFFICE_SETTINGS"]
    said = crew.together(launcher, settings, "issue_with_rollbacks", WORKERS, share=ROLLBACKS)
    took = time.perf_counter() - began
    undone = [sum(one.get(name, 0) for one in said) for name in ("number_invoice", "complete")]
    faults = [*_faults(issues), *(f"{capability}: {sentence}" for capability, sentence in invariants.violations())]
    assert not faults, faults
    print(
        f"{kind:11} {issues:7} {undone[0]:5} + {undone[1]:4} {took:8.1f} {issues / took:8.1f}"
        "  no gap, no repeat, in the order of time, all invariants hold",
        flush=True,
    )


def _faults(issues: int) -> list[str]:
    taken = session.execute(select(Invoice.period, Invoice.sequence, Invoice.issued_at).order_by(Invoice.id)).all()
    by_number = sorted(taken, key=lambda row: (row.period, row.sequence))
    faults = []
    for period in {row.period for row in taken}:
        sequences = [row.sequence for row in by_number if row.period == period]
        if sequences != list(range(1, len(sequences) + 1)):
            faults.append(f"{period}: a gap or a repeat")
    if [row.issued_at for row in by_number] != sorted(row.issued_at for row in taken):
        faults.append("a later number has an earlier moment")
    issued = session.scalar(select(func.count()).where(Invoice.pdf_sha256.is_not(None)))
    counted = session.scalar(select(func.sum(InvoiceSeries.last_number)))
    if (len(taken), issued, counted) != (issues, issues, issues):
        faults.append(f"{len(taken)} numbered, {issued} issued, {counted} counted")
    told = select(InvoiceRequest.issue_error, func.count()).group_by(InvoiceRequest.issue_error)
    refused = session.execute(told.where(InvoiceRequest.issue_error.is_not(None)))
    return faults + [f"{count} left for a reviewer: {reason}" for reason, count in refused]


def main() -> None:
    """Run with other sizes: `python -m bench.numbers --issues 300 --kind sqlite`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=2_000)
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args()
    run(given.issues, tuple(given.kind or KINDS))


if __name__ == "__main__":
    main()
