"""Invoices per second through number, render and store, and mails per second to a real SMTP server on loopback."""

from __future__ import annotations

import time
from decimal import Decimal

from flask import Flask

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import transaction
from backoffice.delivery import jobs as delivery
from backoffice.headers import services as headers
from backoffice.issuing import jobs as issuing
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.permissions import SYSTEM, Role
from backoffice.requests.services import applying as requests
from backoffice.review.services import decisions as review
from backoffice.supervisor import free_port
from bench.ground import KINDS, installed

COUNT = 200
PASSWORD = "invoice-demo-2026"


def run() -> None:
    """Print rates per second for each database: apply, approve, issue, mail."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    print(f"{'database':11} {'apply/s':>9} {'approve/s':>9} {'issue/s':>9} {'mail/s':>9} {'issue CPU ms':>13}")
    for kind in KINDS:
        port = free_port(8500)
        server = Controller(Sink(), hostname="127.0.0.1", port=port)
        server.start()
        try:
            with installed(kind, mail_port=port) as app, app.app_context():
                _measure(kind, app)
        finally:
            server.stop()


def _measure(kind: str, app: Flask) -> None:
    actor, reviewer, header_id = _people()
    began = time.perf_counter()
    numbers = []
    for index in range(COUNT):
        application = requests.Application(header_id=header_id, amount="150.00", email="ap@bench.example", remarks="")
        with transaction():
            made = requests.apply(actor, application, submit_token=f"t{index}", locale="en", now=clock.now())
            numbers.append(made.number)
    applied = time.perf_counter()
    for number in numbers:
        with transaction():
            review.approve(reviewer, number, now=clock.now())
    approved, cpu = time.perf_counter(), time.process_time()
    issued = 0
    while count := issuing.issue_due():
        issued += count
    done, cpu = time.perf_counter(), time.process_time() - cpu
    assert issued == COUNT, issued
    mailed = 0
    while count := delivery.send_due():
        mailed += count
    ended = time.perf_counter()
    rates = (
        COUNT / (applied - began),
        COUNT / (approved - applied),
        COUNT / (done - approved),
        mailed / (ended - done),
    )
    print(f"{kind:11} {' '.join(f'{rate:9.0f}' for rate in rates)} {cpu / COUNT * 1000:13.1f}", flush=True)


def _people():  # type: ignore[no-untyped-def]
    now = clock.now()
    with transaction():
        account = accounts.create_account(SYSTEM, code="bench", name="Bench", now=now)
        people = [
            accounts.create_user(
                SYSTEM, email=f"{role}@bench.example", name=str(role), role=role, password=PASSWORD,
                account_id=account.id if role is Role.CUSTOMER else None, now=now,
            ).actor()
            for role in (Role.CUSTOMER, Role.REVIEWER)
        ]  # fmt: skip
        lines = [
            Line(number=n, kind="recharge", external_id=f"R{n}", account="bench", status="completed",
                 amount=Decimal("60.00"), occurred_at=now, refund_of=None)
            for n in range(COUNT * 3)
        ]  # fmt: skip
        book(lines, source="bench", now=now)
    with transaction():
        header = headers.create(people[0], {"kind": "personal", "name": "Bench Person", "language": "both"}, now=now)
        header_id = header.id
    return (*people, header_id)


if __name__ == "__main__":
    run()
