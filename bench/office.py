"""Requests for benchmarks of issuing: some customers, one reviewer, money enough, and as many requests as wanted."""

from __future__ import annotations

from decimal import Decimal

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import transaction
from backoffice.headers import services as headers
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.requests.rules import State
from backoffice.requests.services import applying as requests
from backoffice.review.services import decisions as review

PASSWORD = "invoice-demo-2026"
# Three lines each. So little that thousands together stay below where a second approval would be wanted.
AMOUNT, RECHARGE = "15.00", Decimal("6.00")
_TOGETHER = 100
# Workers that issue at the same time wait for the series, not for the account that all requests are of.
ACCOUNTS = 40


def people(count: int) -> tuple[list[tuple[Actor, int]], Actor]:
    """Who apply, each with a header and money for their share of so many requests; and who decides."""
    now = clock.now()
    with transaction():
        reviewer = _person(Role.REVIEWER, "reviewer", None)
        customers = []
        for number in range(ACCOUNTS):
            account = accounts.create_account(SYSTEM, code=f"bench{number}", name=f"Bench {number}", now=now)
            customers.append(_person(Role.CUSTOMER, f"customer{number}", account.id))
        lines = [
            Line(number=n, kind="recharge", external_id=f"R{n}", account=f"bench{n % ACCOUNTS}", status="completed",
                 amount=RECHARGE, occurred_at=now, refund_of=None)
            for n in range(-(-count // ACCOUNTS) * ACCOUNTS * 3)
        ]  # fmt: skip
        book(lines, source="bench", now=now)
    values = {"kind": "personal", "name": "Bench Person", "language": "both"}
    with transaction():
        return [(customer, headers.create(customer, values, now=now).id) for customer in customers], reviewer


def _person(role: Role, name: str, account_id: int | None) -> Actor:
    email = f"{name}@bench.example"
    return accounts.create_user(
        SYSTEM, email=email, name=name, role=role, password=PASSWORD, account_id=account_id, now=clock.now()
    ).actor()


def application(header_id: int) -> requests.Application:
    """What each request asks for."""
    return requests.Application(header_id=header_id, amount=AMOUNT, email="ap@bench.example", remarks="")


def approved(count: int) -> None:
    """So many approved requests, many in one transaction: set-up, nothing that is measured."""
    customers, reviewer = people(count)
    for first in range(0, count, _TOGETHER):
        with transaction():
            for index in range(first, min(first + _TOGETHER, count)):
                customer, header_id = customers[index % ACCOUNTS]
                made = requests.apply(
                    customer, application(header_id), submit_token=f"t{index}", locale="en", now=clock.now()
                )
                done = review.approve(reviewer, made.number, now=clock.now())
                assert done.state == State.APPROVED, f"{index} requests together need a second approval"
