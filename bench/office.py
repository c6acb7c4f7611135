"""Requests for benchmarks of issuing: one customer, one reviewer, money enough, and as many requests as wanted."""

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


def people(count: int) -> tuple[Actor, Actor, int]:
    """Who applies, who decides, and the header; with money for so many requests."""
    now = clock.now()
    with transaction():
        account = accounts.create_account(SYSTEM, code="bench", name="Bench", now=now)
        customer, reviewer = (
            accounts.create_user(
                SYSTEM, email=f"{role}@bench.example", name=str(role), role=role, password=PASSWORD,
                account_id=account.id if role is Role.CUSTOMER else None, now=now,
            ).actor()
            for role in (Role.CUSTOMER, Role.REVIEWER)
        )  # fmt: skip
        lines = [
            Line(number=n, kind="recharge", external_id=f"R{n}", account="bench", status="completed",
                 amount=RECHARGE, occurred_at=now, refund_of=None)
            for n in range(count * 3)
        ]  # fmt: skip
        book(lines, source="bench", now=now)
    with transaction():
        header = headers.create(customer, {"kind": "personal", "name": "Bench Person", "language": "both"}, now=now)
        return customer, reviewer, header.id


def application(header_id: int) -> requests.Application:
    """What each request asks for."""
    return requests.Application(header_id=header_id, amount=AMOUNT, email="ap@bench.example", remarks="")


def approved(count: int) -> None:
    """So many approved requests, many in one transaction: set-up, nothing that is measured."""
    customer, reviewer, header_id = people(count)
    for first in range(0, count, _TOGETHER):
        with transaction():
            for index in range(first, min(first + _TOGETHER, count)):
                made = requests.apply(
                    customer, application(header_id), submit_token=f"t{index}", locale="en", now=clock.now()
                )
                done = review.approve(reviewer, made.number, now=clock.now())
                assert done.state == State.APPROVED, f"{index} requests together need a second approval"
