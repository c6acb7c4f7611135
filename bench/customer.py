"""The customer's pages in a small and in a large installation: they must cost the same.

Small: 10,000 requests, of which the measured account has 500, and 10,000 ledger entries. Large: 1,000,000 requests, of
which it has 5,000, and 100,000 entries in the same year, so that each month holds ten times as many. Whole pages with
sign-in, counted in SQL statements and milliseconds; both sizes take turns in one run. The least time beside the median
tells noise from cost.

    python -m bench.customer --requests 100000 --kind sqlite      a quicker run
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.ledger import invariants
from backoffice.requests.models import InvoiceRequest
from bench.books import ACCOUNT, RARE, SCARCE, keep_books
from bench.ground import KINDS, asked, installed, timed_ms
from bench.lists import CUSTOMER, last_page, sent_statements, signed_in
from bench.load import NAMES, fill
from tests.support.visitor import Visitor

ROUNDS = 60
AIM = 1.2


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: requests in all, and requests and entries of the measured account."""

    requests: int
    own: int
    entries: int


SMALL, LARGE = Size(10_000, 500, 10_000), Size(1_000_000, 5_000, 100_000)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the addresses of the pages name."""

    request: str
    invoice: str
    today: date

    def day(self, ago: int) -> date:
        """The day so many days ago."""
        return self.today - timedelta(days=ago)


def pages(facts: Facts) -> list[tuple[str, str]]:
    """What is measured: a label and its address; of the label ending in "last", the last page."""
    lists, entries, statement = "/invoices", "/bills/entries", "/invoices/statement"
    period = f"from={facts.day(300)}&to={facts.day(60)}"
    return [
        ("invoices", lists),
        ("invoices: last", lists),
        ("invoices: one state", f"{lists}?status=rejected"),
        ("invoices: one state, last", f"{lists}?status=rejected"),
        ("invoices: two states", f"{lists}?status=pending&status=rejected"),
        ("invoices: dates", f"{lists}?{period}"),
        ("invoices: state and dates", f"{lists}?status=issued&{period}"),
        ("invoices: amounts", f"{lists}?min=20000&max=60000"),
        ("invoices: amounts nobody has", f"{lists}?min=95000"),
        ("invoices: same, two states", f"{lists}?min=95000&status=issued&status=rejected"),
        ("invoices: name", f"{lists}?q={quote(NAMES[0][2:4])}"),
        ("invoices: name nobody has", f"{lists}?q={quote('乙丙')}"),
        ("invoices: latin name nobody has", f"{lists}?q=nobody"),
        ("invoices: digits nobody has", f"{lists}?q=77777777"),
        ("invoices: number", f"{lists}?q={facts.request}"),
        ("invoices: invoice number", f"{lists}?q={facts.invoice}"),
        ("bill", f"/bills?month={facts.day(60):%Y-%m}"),
        ("entries", entries),
        ("entries: last", entries),
        ("entries: kind", f"{entries}?kind=refund"),
        ("entries: kind, last", f"{entries}?kind=refund"),
        ("entries: pending", f"{entries}?status=pending"),
        ("entries: completed of a kind", f"{entries}?status=completed&kind=grant"),
        ("entries: money left", f"{entries}?free=1"),
        ("entries: recharged", f"{entries}?kind=recharge&status=completed"),
        ("entries: taken off", f"{entries}?taken=yes"),
        ("entries: not taken off", f"{entries}?taken=no"),
        ("entries: dates", f"{entries}?{period}"),
        ("entries: amounts", f"{entries}?min=10000&max=40000"),
        ("entries: amounts of few", f"{entries}?min={RARE:f}"),
        ("entries: amounts of some", f"{entries}?min={SCARCE:f}"),
        ("entries: amounts of none", f"{entries}?min=999999"),
        ("entries: amounts of none, kind", f"{entries}?min=999999&kind=consumption"),
        ("entries: id", f"{entries}?q=E4321"),
        ("apply", f"/invoices/apply/{'x' * 32}?new=1"),
        ("balance", "/invoices/balance"),
        ("balance of a past day", f"/invoices/balance?on={facts.day(60)}"),
        ("statement", statement),
        ("statement: last", statement),
        ("statement: recharged", f"{statement}?figure=recharged"),
        ("statement: recharged, last", f"{statement}?figure=recharged"),
        ("statement: refunded", f"{statement}?figure=refunded"),
        ("statement: refunded, last", f"{statement}?figure=refunded"),
        ("statement: in progress", f"{statement}?figure=reserved"),
        ("statement: in progress, last", f"{statement}?figure=reserved"),
        ("statement: in progress, dates", f"{statement}?figure=reserved&{period}"),
        ("statement: invoiced", f"{statement}?figure=invoiced"),
        ("statement: invoiced, last", f"{statement}?figure=invoiced"),
        ("statement: invoiced, lately", f"{statement}?figure=invoiced&from={facts.day(90)}"),
        # Of these figures nothing moved: the worst case of a search without an index.
        ("statement: debt", f"{statement}?figure=debt"),
        ("statement: missing", f"{statement}?figure=short"),
        ("one request", f"/invoices/{facts.request}"),
    ]  # fmt: skip


def run(large: Size = LARGE, kinds: Sequence[str] = KINDS) -> None:
    """Print a row per page and database, and which ratios are above the aim."""
    print(f"{'page':32} {'database':11} {'SQL':>5} {'ms small':>9} {'ms large':>9} {'ratio':>6} {'min small':>9}"
          f" {'min large':>9} {'ratio':>6} {'kB':>9}")  # fmt: skip
    for kind in kinds:
        with ExitStack() as stack:
            apps = [stack.enter_context(_filled(kind, size)) for size in (SMALL, large)]
            addresses = [pages(_facts(app)) for app in apps]
            visitors = [signed_in(app, CUSTOMER) for app in apps]
            above = [
                label
                for (label, small), (_, large_one) in zip(*addresses, strict=True)
                if _measure(label, kind, apps, visitors, [small, large_one]) > AIM
            ]
            print(f"{kind}: above {AIM}: {', '.join(above) or 'none'}", flush=True)


@contextmanager
def _filled(kind: str, size: Size) -> Iterator[Flask]:
    with installed(kind) as app:
        began = time.perf_counter()
        with app.app_context():
            fill(size.requests, own=size.own)
            keep_books(size.entries)
            wrong = list(invariants.check())
            assert not wrong, wrong[:3]
        print(f"# {kind}: {size} in {time.perf_counter() - began:.0f} s", flush=True)
        yield app


def _facts(app: Flask) -> Facts:
    """Numbers of an issued request in the middle of the measured account's."""
    with app.app_context():
        issued = session.execute(
            select(InvoiceRequest.number, InvoiceRequest.invoice_number)
            .join(Account, Account.id == InvoiceRequest.account_id)
            .where(Account.code == ACCOUNT, InvoiceRequest.state == "issued")
            .order_by(InvoiceRequest.id)
        ).all()
        number, invoice = issued[len(issued) // 2]
        return Facts(number, invoice, clock.today())


def _measure(label: str, kind: str, apps: list[Flask], visitors: list[Visitor], paths: list[str]) -> float:
    """Print one row; the ratio of the medians."""
    if label.endswith("last"):
        paths = [last_page(visitor, path) for visitor, path in zip(visitors, paths, strict=True)]
    turns = list(zip(apps, visitors, paths, strict=True))
    answers = [visitor.client.get(path) for _, visitor, path in turns]
    assert {answer.status_code for answer in answers} == {200}, f"{label}: {answers}"
    kilobytes = "/".join(f"{len(answer.data) / 1000:.0f}" for answer in answers)
    counted = "/".join(dict.fromkeys(str(sent_statements(*turn)) for turn in turns))
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for taken, (_, visitor, path) in zip(times, turns, strict=True):
            taken.append(timed_ms(lambda v=visitor, p=path: v.client.get(p)))  # type: ignore[misc]
    (small, large), (least, least_large) = map(statistics.median, times), map(min, times)
    print(f"{label:32} {kind:11} {counted:>5} {small:9.1f} {large:9.1f} {large / small:6.2f} {least:9.1f}"
          f" {least_large:9.1f} {least_large / least:6.2f} {kilobytes:>9}", flush=True)  # fmt: skip
    return large / small


if __name__ == "__main__":
    how_many, databases = asked(__doc__, LARGE.requests)
    run(Size(how_many, LARGE.own, LARGE.entries), databases)
