"""The managers' page and the sweep at size, beside one bare query that compares the due moment with now.

    python -m bench.sla [--requests N] [--kind sqlite]

The page is the whole page with sign-in, of the last 30 days and of the year, after the worker has folded everything:
its first look after a fold that changed a figure, which adds all up and draws it, and each look after it until the
next such fold.
Aims (design/performance.md): the page under 20 ms of server time, the sweep within 1.2 of the bare query.
"""

from __future__ import annotations

import time
from decimal import Decimal
from functools import partial
from secrets import token_hex
from statistics import median

from flask import Flask
from sqlalchemy import text, update

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import db, session, transaction
from backoffice.permissions import SYSTEM, Role
from backoffice.requests.models import InvoiceRequest, is_overdue
from backoffice.sla import jobs
from backoffice.sla.models import Backlog, Fold
from bench.ground import KINDS, asked, installed, median_ms, timed_ms
from bench.lists import sent_statements, signed_in
from bench.load import PASSWORD, fill
from tests.support.visitor import Visitor

REQUESTS = 1_000_000
ROUNDS = 15
MANAGER = "max@bench.example"
PAGES = ("/sla", "/sla?period=12w", "/sla?period=ytd", "/sla?kind=personal", "/sla/requests/due-in-period")


def run(requests: int = REQUESTS, kinds: tuple[str, ...] = KINDS) -> None:
    """Print a row per page and database, then the sweep with nothing left to flag beside its bare query."""
    print(f"{requests} requests; the first look at an edition, then any other")
    for kind in kinds:
        with installed(kind) as app:
            _prepare(app, requests)
            manager = signed_in(app, MANAGER)
            for path in PAGES:
                page = manager.client.get(path)
                assert page.status_code == 200, path
                first = median(_first_look(app, manager, path) for _ in range(ROUNDS))
                took = median_ms(partial(manager.client.get, path), ROUNDS)
                sent = sent_statements(app, manager, path)
                size = len(page.data) / 1000
                print(f"{path:30} {kind:11} {sent:3} SQL {size:5.0f} kB {first:8.1f} ms {took:8.1f} ms", flush=True)
            _sweep(app, kind)


def _first_look(app: Flask, manager: Visitor, path: str) -> float:
    """Milliseconds of a page whose figures are another edition, and not the same."""
    with app.app_context(), transaction():
        session.execute(update(Fold).values(edition=token_hex(8)))
        session.execute(update(Backlog).values(amount=Backlog.amount + Decimal("0.01")))
    return timed_ms(partial(manager.client.get, path))


def _prepare(app: Flask, requests: int) -> None:
    with app.app_context():
        fill(requests)
        now = clock.now()
        with transaction():
            accounts.create_user(
                SYSTEM, email=MANAGER, name="Max", role=Role.MANAGER, password=PASSWORD, account_id=None, now=now
            )
        began = time.perf_counter()
        closed = jobs.fold()
        print(f"first fold of {closed} closed requests: {time.perf_counter() - began:.0f} s")
        print(f"a fold with nothing new: {median_ms(jobs.fold, ROUNDS):.1f} ms", flush=True)
        with transaction():
            # What is overdue has been told of: the sweep looks for what is not.
            session.execute(update(InvoiceRequest).where(is_overdue(now)).values(flagged_at=now))


def _sweep(app: Flask, kind: str) -> None:
    bare = text(
        "SELECT id FROM invoice_request WHERE state IN ('pending', 'approved') AND due_at <= :now"
        " AND paused_at IS NULL AND flagged_at IS NULL ORDER BY due_at, id LIMIT 200"
    )
    with app.app_context():
        now = clock.now()
        value = now if kind == "postgresql" else f"{now:%Y-%m-%d %H:%M:%S.%f}"

        def compare() -> None:
            with db.engine.connect() as connection:
                connection.execute(bare, {"now": value}).all()

        below, ours = median_ms(compare, ROUNDS), median_ms(jobs.sweep, ROUNDS)
    print(f"{'sweep':30} {kind:11} {below:8.1f} ms bare {ours:8.1f} ms {ours / below:6.2f} (aim 1.2)", flush=True)


if __name__ == "__main__":
    run(*asked(__doc__, REQUESTS))
