"""A month of documents as one zip: how long until its first byte and in all, and whether memory stays flat.

20,000 invoices of real size in one month and a tenth of them in another, through the page that hands the zip out. Every
document is another one in the store, and has the events of the audit log that the services write on its way. Aims: what
the large month needs beside the small one is under 16 MiB, and its length is known before its first byte. Beside that,
how long it takes to seal those events, and to prove them and the documents.

    python -m bench.month --requests 5000 --kind sqlite      a quicker run
"""

from __future__ import annotations

import calendar
import ctypes
import gc
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from backoffice import clock, storage
from backoffice.accounts import services as accounts
from backoffice.audit import heads
from backoffice.audit import jobs as sealing
from backoffice.audit import services as audit
from backoffice.audit.queries import verifying
from backoffice.audit.queries.verifying import Outside
from backoffice.database import session, transaction
from backoffice.issuing.models import Invoice
from backoffice.issuing.pdf import render
from backoffice.issuing.queries import entered
from backoffice.issuing.services import entering
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import ABOUT, Action
from bench.ground import KINDS, asked, installed
from bench.lists import REVIEWER, signed_in
from bench.load import BATCH, PASSWORD, fill, hurry, settle
from tests.support.invoices import Paper, line
from tests.support.visitor import Visitor

DOCUMENTS = 20_000
LINES = 10
EVENTS = 2_000  # invoices whose events are written in one transaction
AIM_MIB = 16.0
SMALL, LARGE = "2025-03", "2025-04"


def run(documents: int = DOCUMENTS, kinds: Sequence[str] = KINDS) -> None:
    """Print a row per month and database, and whether the aims are kept."""
    print(
        f"{'documents':>9} {'database':11} {'first byte s':>12} {'its CPU s':>10} {'whole s':>8} {'CPU s':>7} {'MB':>7}"
        f" {'more MiB':>9}"
    )
    for kind in kinds:
        with installed(kind) as app:
            with app.app_context():
                _fill(documents)
                _prove(app, kind)
            reviewer = signed_in(app, REVIEWER)
            _taken(reviewer, SMALL)  # whatever is loaded once
            grown = [_measure(app, reviewer, kind, month) for month in (SMALL, LARGE)]
            kept = grown[1] - grown[0] < AIM_MIB
            print(f"{kind}: aim {AIM_MIB:.0f} MiB {'kept' if kept else 'MISSED'}", flush=True)


def _fill(documents: int) -> None:
    fill(documents + documents // 10, own=0)
    with transaction():
        accounts.create_user(
            SYSTEM, email=REVIEWER, name="Rita", role=Role.REVIEWER, password=PASSWORD, account_id=None, now=clock.now()
        )
    rows = _invoices(documents, render(Paper([line("10.00")] * LINES).freeze()))
    while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
        with transaction():
            hurry()
            session.execute(insert(Invoice), batch)
    _enter_all()
    settle()


def _enter_all() -> None:
    """The events of each invoice's way, in the services' words and through their verbs."""
    joined = select(Invoice.id, Invoice.number.label("invoice"), Invoice.issued_at, InvoiceRequest)
    joined = joined.join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id).order_by(Invoice.id).limit(EVENTS)
    last = 0
    while True:
        with transaction():
            hurry()
            rows = session.execute(joined.where(Invoice.id > last)).all()
            if not rows:
                return
            for row in rows:
                _enter(row.id, row.InvoiceRequest, row.issued_at)
            last = rows[-1].id
        session.expunge_all()


def _enter(invoice_id: int, asked: InvoiceRequest, at: datetime) -> None:
    """What is written when it is applied for, approved, issued, and when its document is finished."""
    customer = Actor(asked.applicant_id, asked.applicant_label, Role.CUSTOMER, asked.account_id)
    reviewer = Actor(1, "Rita", Role.REVIEWER)
    told = {"amount": asked.amount, "email": asked.email, "copies": [], "header": asked.header_name}
    verdict = {"verdict": Action.APPROVE, "decided_by": reviewer.label}
    for actor, action, before, after in (
        (customer, "apply", None, {**told, "supporting_file": None}),
        (reviewer, "approve", {"state": "pending", "verdict": None}, {"state": "approved", **verdict}),
        (SYSTEM, "issue", {"state": "approved"}, {"state": "issued"}),
    ):
        audit.record(actor, f"request.{action}", ABOUT, asked.number, at=at, before=before, after=after)
    entering.enter(Invoice, invoice_id, now=at)


def _prove(app: Flask, kind: str) -> None:
    """Print how long it takes to seal the events of both months, and to prove them and the documents."""
    began, events = time.perf_counter(), 0
    while sealed := sealing.seal():
        events += sealed
    settled = time.perf_counter()
    outside = Outside.of(heads.read(heads.place(app.config["BACKOFFICE_SETTINGS"].instance_path)))
    steps = list(verifying.walk(outside, between=session.rollback))
    faults = [step.fault for step in steps if step.fault is not None] + list(entered.differences(session.rollback))
    assert faults == [], faults[0]
    assert steps[-1].events == events
    session.remove()
    print(
        f"{kind}: {events} events sealed in {settled - began:.1f} s, they and the documents proved in"
        f" {time.perf_counter() - settled:.1f} s",
        flush=True,
    )


def _invoices(documents: int, pdf: bytes) -> Iterator[dict[str, Any]]:
    """Invoices of the small month, then of the large one, evenly over their days; their documents lie in the store."""
    found = session.execute(select(InvoiceRequest.id, InvoiceRequest.account_id).order_by(InvoiceRequest.id)).all()
    session.rollback()
    for turn, (request_id, account_id) in enumerate(found, start=1):
        small = turn <= documents // 10
        first = date.fromisoformat(f"{SMALL if small else LARGE}-01")
        days = calendar.monthrange(first.year, first.month)[1]
        within = (turn - 1) / (documents // 10) if small else (turn - documents // 10 - 1) / documents
        on = first + timedelta(days=int(within * days))
        sha256, size = _stored(pdf, turn)
        yield {
            "number": f"INV-2025-{turn:06d}", "series": "INV", "period": "2025", "sequence": turn,
            "request_id": request_id, "account_id": account_id, "issued_on": on,
            "issued_at": datetime(on.year, on.month, on.day, 4, tzinfo=UTC), "snapshot": {}, "template": "v2",
            "net": "94.34", "tax": "5.66", "gross": "100.00", "pdf_sha256": sha256, "pdf_size": size,
        }  # fmt: skip


def _stored(pdf: bytes, turn: int) -> tuple[str, int]:
    """Another document each time, put into the store without waiting for the disk."""
    content = pdf + b"%" + str(turn).encode() + b"\n"
    sha256 = hashlib.sha256(content).hexdigest()
    path = storage._configured().path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256, len(content)


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock and of this process, to the first byte and in all, and how many bytes came."""

    to_first: float
    cpu_to_first: float
    whole: float
    cpu: float
    size: int


def _taken(reviewer: Visitor, month: str) -> Taken:
    """Take the zip of a month; as many bytes as were said beforehand."""
    began, spent = time.perf_counter(), time.process_time()
    answer = reviewer.client.get(f"/review/books/register.zip?month={month}", buffered=False)
    assert answer.status_code == 200, answer.status
    pieces = answer.iter_encoded()
    read = len(next(pieces))
    first = time.perf_counter() - began, time.process_time() - spent
    read += sum(map(len, pieces))
    answer.close()
    assert read == answer.content_length
    return Taken(*first, time.perf_counter() - began, time.process_time() - spent, read)


def _measure(app: Flask, reviewer: Visitor, kind: str, month: str) -> float:
    """Print one row; by how many MiB the process grew at its largest."""
    with app.app_context():
        first = date.fromisoformat(f"{month}-01")
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        count = len(session.scalars(select(Invoice.id).where(Invoice.issued_on.between(first, last))).all())
        session.remove()
    gc.collect()
    # What filling the database took is given back, or it would hide what the zip takes.
    ctypes.CDLL(None).malloc_trim(0)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    took = _taken(reviewer, month)
    grown = (_memory("VmHWM") - before) / 1024
    print(
        f"{count:>9} {kind:11} {took.to_first:12.1f} {took.cpu_to_first:10.1f} {took.whole:8.1f} {took.cpu:7.1f}"
        f" {took.size / 1e6:7.0f} {grown:9.1f}",
        flush=True,
    )
    return grown


def _memory(name: str) -> int:
    """Kilobytes of this process, by their name in /proc."""
    status = Path("/proc/self/status").read_text()
    return int(next(row for row in status.splitlines() if row.startswith(name)).split()[1])


if __name__ == "__main__":
    run(*asked(__doc__, DOCUMENTS))
