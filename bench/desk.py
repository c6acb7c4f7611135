"""The desk at a million requests against a bare floor: queue, history, filter, search, approve.

Whole pages with sign-in, roles and CSRF, beside the same statement in a bare application (bench.floor); both take turns
in one run, and the ratio of their medians stands beside the aim of design/performance.md.

    python -m bench.desk --requests 100000 --kind sqlite      a quicker run
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.accounts.models import User
from backoffice.database import session, transaction
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM, Role
from backoffice.requests.models import RequestSearch
from backoffice.requests.services import applying
from bench.floor import Floor
from bench.ground import KINDS, asked, installed, timed_ms
from bench.lists import CUSTOMER, REVIEWER, last_page, sent_statements, signed_in
from bench.load import PASSWORD, fill
from tests.support.visitor import Visitor

REQUESTS, ROUNDS, APPROVALS = 1_000_000, 40, 60
TAX_ID = "91310000MA1FL0A277"
MANY, NOWHERE, TWO = "lumen robotics", "lumen rabatics", "云栖"
# What the page of each row may cost, in floors; None: milliseconds count.
PAGES = (
    ("queue: first page", "/review", "queue", False, 1.5),
    ("queue: last page", "/review", "queue-last", True, 1.5),
    ("history: last page", "/review?view=issued", "history-last", True, 1.5),
    ("amount and date filter", "/review?min=100&from={since}", "filter", False, 1.5),
    ("name that many have", f"/review?view=all&q={quote(MANY)}", f"name-{MANY}", False, 1.0),
    ("name that nobody has", f"/review?view=all&q={quote(NOWHERE)}", f"name-{NOWHERE}", False, None),
    ("two Chinese characters", f"/review?view=all&q={quote(TWO)}", f"name-{TWO}", False, None),
    ("tax ID", f"/review?view=all&q={TAX_ID}", "tax", False, 1.5),
)


def run(requests: int = REQUESTS, kinds: tuple[str, ...] = KINDS) -> None:
    """Print a row per page and database."""
    print(f"{requests} requests")
    print(f"{'page':26} {'database':11} {'SQL':>4} {'kB':>4} {'floor':>8} {'ours ms':>8} {'ratio':>6} aim")
    for kind in kinds:
        with installed(kind) as app:
            numbers = _prepared(app, requests)
            floor = Floor(app)
            since = clock.today() - timedelta(days=6)
            with app.app_context():
                moment = clock.start_of_day(since, clock.zone())
            floor.filtered(100_00, moment if kind == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S.000000}")
            for name in (MANY, NOWHERE, TWO):
                floor.named(name)
            floor.taxed(TAX_ID)
            rita = signed_in(app, REVIEWER)
            for label, path, bare, last, aim in PAGES:
                where = path.format(since=since)
                _compare(app, floor, rita, label, last_page(rita, where) if last else where, bare, aim)
            _walk(floor, rita)
            _approve(floor, rita, numbers)


def _prepared(app: Flask, requests: int) -> list[tuple[int, str]]:
    """Fill the installation; returns the requests to be approved, made as customers make them."""
    with app.app_context():
        fill(requests)
        now = clock.now()
        with transaction():
            accounts.create_user(
                SYSTEM, email=REVIEWER, name="Rita", role=Role.REVIEWER, password=PASSWORD, account_id=None, now=now
            )
            # One request in a thousand has the tax ID that is looked for.
            session.execute(update(RequestSearch).where(RequestSearch.request_id % 1000 == 0).values(tax_id=TAX_ID))
            customer = session.scalars(select(User).where(User.email == CUSTOMER)).one()
            header = session.scalars(
                select(InvoiceHeader).where(InvoiceHeader.account_id == customer.account_id)
            ).first()
            assert header is not None
            entries.book([_money(now)], source="platform", now=now)
        made = []
        for turn in range(2 * APPROVALS):
            with transaction():
                application = applying.Application(header.id, "100.00", "load@load.example")
                one = applying.apply(
                    session.get_one(User, customer.id).actor(via="web"), application, submit_token=f"desk-{turn}",
                    locale="en", now=now,
                )  # fmt: skip
                made.append((one.id, one.number))
        return made


def _money(now: Any) -> Line:
    return Line(
        number=1, kind="recharge", external_id="desk-1", account="load-0", status="completed",
        amount=Decimal("1000000.00"), occurred_at=now - timedelta(days=1), refund_of=None, channel="Alipay",
        payer_name="Load",
    )  # fmt: skip


def _compare(app: Flask, floor: Floor, rita: Visitor, label: str, path: str, bare: str, aim: float | None) -> None:
    client = floor.app.test_client()
    assert client.get(f"/{quote(bare)}").status_code == 200
    page = rita.client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    below, ours = _in_turns(lambda: client.get(f"/{quote(bare)}"), lambda: rita.client.get(path))
    counted = sent_statements(app, rita, path)
    _print(label, floor.kind, counted, len(page.data), below, ours, aim)


def _walk(floor: Floor, rita: Visitor) -> None:
    """One page of the history behind the other: rows that no memory has, unlike those of a page that is loaded anew."""
    client = floor.app.test_client()
    times: tuple[list[float], list[float]] = ([], [])
    page = rita.client.get("/review?view=issued")
    while (found := re.search(r'href="([^"]+)"[^>]*rel="next"', page.text)) and len(times[0]) < ROUNDS:
        times[0].append(timed_ms(lambda: client.get("/history")))
        began = time.perf_counter()
        page = rita.client.get(found[1].replace("&amp;", "&"))
        times[1].append((time.perf_counter() - began) * 1000)
    below, ours = (statistics.median(each) for each in times)
    _print("history: page after page", floor.kind, 0, len(page.data), below, ours, 1.5)


def _in_turns(bare: Callable[[], object], own: Callable[[], object]) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        times[0].append(timed_ms(bare))
        times[1].append(timed_ms(own))
    return statistics.median(times[0]), statistics.median(times[1])


def _approve(floor: Floor, rita: Visitor, made: list[tuple[int, str]]) -> None:
    """As a reviewer does: by the form of the page that is open, then the page of the request that follows."""
    client, below, ours, size = floor.app.test_client(), _Times(), _Times(), 0
    for (bare, _), (_, number) in zip(made[::2], made[1::2], strict=True):
        below.go(lambda: client.post(f"/approve/{bare}"), lambda _: client.get("/queue"))  # noqa: B023
        rita.get(f"/review/{number}")
        data = next(one for one in rita.forms() if "remarks" in one.names).filled({}, None)
        page = ours.go(
            lambda: rita.client.post(f"/review/{number}/approve", data=data),  # noqa: B023
            lambda answer: rita.client.get(answer.location),
        )
        size = len(page.data)
    state = rita.client.get(f"/review?q={made[-1][1]}&view=approved").text
    assert made[-1][1] in state, "the last one was approved"
    _print("approve", floor.kind, 0, 0, statistics.median(below.verdicts), statistics.median(ours.verdicts), 1.7)
    both = (statistics.median(times.onward) for times in (below, ours))
    _print("approve and see the next", floor.kind, 0, size, *both, 1.7)


@dataclass
class _Times:
    """Milliseconds of verdicts, and of each with the page that follows it."""

    verdicts: list[float] = field(default_factory=list)
    onward: list[float] = field(default_factory=list)

    def go(self, decide: Callable[[], TestResponse], follow: Callable[[TestResponse], TestResponse]) -> TestResponse:
        """Give a verdict and open what follows; returns that page."""
        began = time.perf_counter()
        answer = decide()
        decided = time.perf_counter()
        page = follow(answer)
        self.verdicts.append((decided - began) * 1000)
        self.onward.append((time.perf_counter() - began) * 1000)
        assert page.status_code == 200, page.status
        return page


def _print(label: str, kind: str, sent: int, size: int, below: float, ours: float, aim: float | None) -> None:
    wanted = f"{aim:.1f}" if aim else "30 ms"
    facts = f"{label:26} {kind:11} {sent or '':>4} {size / 1000:4.0f}"
    print(f"{facts} {below:8.1f} {ours:8.1f} {ours / below:6.2f} {wanted}", flush=True)


if __name__ == "__main__":
    run(*asked(__doc__, REQUESTS))
