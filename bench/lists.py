"""The customer's list and the review queue at 10,000 and at 100,000 requests: they must cost the same.

Whole pages with sign-in, counted in SQL statements and milliseconds; both sizes take turns in one run.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import Flask

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import transaction
from backoffice.permissions import SYSTEM, Role
from bench.ground import KINDS, installed, timed_ms
from bench.load import PASSWORD, fill
from tests.support.sql import statements
from tests.support.visitor import Visitor

SIZES = (10_000, 100_000)
ROUNDS = 40
CUSTOMER, REVIEWER = "load-0@load.example", "rita@load.example"
PAGES = (
    ("customer: list", CUSTOMER, "/invoices"),
    ("customer: pending, a month", CUSTOMER, "/invoices?status=pending&from=2026-01-01"),
    ("customer: issued", CUSTOMER, "/invoices?status=issued"),
    ("queue: first page", REVIEWER, "/review"),
    ("history: issued", REVIEWER, "/review?view=issued"),
)


def run() -> None:
    """Print a row per page and database."""
    print(f"{'page':32} {'database':11} {'SQL':>4} {'10k ms':>8} {'100k ms':>8} {'ratio':>6} {'kB':>5}")
    for kind in KINDS:
        with ExitStack() as stack:
            apps = [stack.enter_context(_filled(kind, size)) for size in SIZES]
            for label, person, path in PAGES:
                _measure(label, kind, apps, person, path)
            for label, person, path in (
                ("customer: last page", CUSTOMER, "/invoices"),
                ("queue: last page", REVIEWER, "/review"),
            ):
                _measure(label, kind, apps, person, path, last=True)


@contextmanager
def _filled(kind: str, size: int) -> Iterator[Flask]:
    with installed(kind) as app:
        with app.app_context():
            fill(size)
            with transaction():
                accounts.create_user(
                    SYSTEM,
                    email=REVIEWER,
                    name="Rita",
                    role=Role.REVIEWER,
                    password=PASSWORD,
                    account_id=None,
                    now=clock.now(),
                )
        yield app


def _measure(label: str, kind: str, apps: list[Flask], person: str, path: str, *, last: bool = False) -> None:
    visitors = [signed_in(app, person) for app in apps]
    paths = [last_page(visitor, path) if last else path for visitor in visitors]
    sizes = [len(visitor.client.get(where).data) for visitor, where in zip(visitors, paths, strict=True)]
    statements = [
        sent_statements(app, visitor, where) for app, visitor, where in zip(apps, visitors, paths, strict=True)
    ]
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for index, (visitor, where) in enumerate(zip(visitors, paths, strict=True)):
            times[index].append(timed_ms(lambda v=visitor, w=where: v.client.get(w)))  # type: ignore[misc]
    small, large = (statistics.median(values) for values in times)
    counted = str(statements[0]) if statements[0] == statements[1] else f"{statements[0]}/{statements[1]}"
    print(
        f"{label:32} {kind:11} {counted:>4} {small:8.1f} {large:8.1f} {large / small:6.2f} {sizes[1] / 1000:5.0f}",
        flush=True,
    )


def signed_in(app: Flask, person: str) -> Visitor:
    """A browser in which somebody has signed in."""
    visitor = Visitor(app)
    visitor.sign_in(person, PASSWORD)
    return visitor


def last_page(visitor: Visitor, path: str) -> str:
    """The address of the last page of a list, its own where it has one page."""
    import re

    page = visitor.client.get(path).get_data(as_text=True)
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*[?&](?:last|end)[^"]*)"', page)]
    return links[0] if links else path


def sent_statements(app: Flask, visitor: Visitor, path: str) -> int:
    """How many SQL statements a page costs."""
    with statements(app) as sent:
        visitor.client.get(path)
    return len(sent)


if __name__ == "__main__":
    run()
