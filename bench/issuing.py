"""Invoices per second through number, render and store, and mails per second to a real SMTP server on loopback."""

from __future__ import annotations

import time

from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.delivery import jobs as delivery
from backoffice.issuing import jobs as issuing
from backoffice.requests.services import applying as requests
from backoffice.review.services import decisions as review
from bench.ground import KINDS, installed
from bench.office import application, people
from bench.ports import free_port

COUNT = 200


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
    actor, reviewer, header_id = people(COUNT)
    began = time.perf_counter()
    numbers = []
    for index in range(COUNT):
        with transaction():
            made = requests.apply(actor, application(header_id), submit_token=f"t{index}", locale="en", now=clock.now())
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


if __name__ == "__main__":
    run()
