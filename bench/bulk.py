"""A bulk action of the worker's beside single approvals through the service: items a second, on both databases.

The floor approves the same kind of requests one after the other, each in a transaction of its own, and writes nothing
else; a run also renews its lease, reads the person anew and writes down what became of each item. `checked` gathers
the checks of each before, and leaves them all, for they are alike.

    python -m bench.bulk --requests 200 --kind sqlite      a quicker run
"""

from __future__ import annotations

import time
from decimal import Decimal

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.accounts.models import User
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM, Actor, Role
from backoffice.requests.services import applying
from backoffice.review import jobs
from backoffice.review.rules import BULK_LIMIT, BulkAction
from backoffice.review.services import bulk, decisions
from bench.ground import KINDS, asked, installed
from bench.load import PASSWORD

AIM = 1.5  # floors
HEADER = {"kind": "enterprise", "name": "Lumen Robotics Ltd", "tax_id": "91310000MA1FL0A277"}


def run(requests: int = BULK_LIMIT, kinds: tuple[str, ...] = KINDS) -> None:
    """Print a row per database."""
    print(f"{requests} approvals, one transaction each")
    print(f"{'database':11} {'floor/s':>8} {'bulk/s':>8} {'ratio':>6} {'aim':>4} {'checked/s':>9}")
    for kind in kinds:
        with installed(kind) as app, app.app_context():
            reviewer, numbers = waiting(3 * requests)
            below = _singly(reviewer, numbers[:requests])
            ours = _in_bulk(reviewer, numbers[requests : 2 * requests])
            checked = _in_bulk(reviewer, numbers[2 * requests :], leave_doubtful=True)
            ratio = ours / below
            print(
                f"{kind:11} {requests / below:8.0f} {requests / ours:8.0f} {ratio:6.2f} {AIM:4.1f}"
                f" {requests / checked:9.0f}",
                flush=True,
            )


def waiting(number: int) -> tuple[Actor, list[str]]:
    """A reviewer, and requests that wait, made as customers make them."""
    now = clock.now()
    with transaction():
        account = accounts.create_account(SYSTEM, code="lumen", name="Lumen", now=now).id
        ada, rita = (
            accounts.create_user(
                SYSTEM, email=f"{role}@load.example", name=role, role=role, password=PASSWORD, account_id=owner, now=now
            ).id
            for role, owner in ((Role.CUSTOMER, account), (Role.REVIEWER, None))
        )
    customer, reviewer = (session.get_one(User, person).actor() for person in (ada, rita))
    with transaction():
        header = headers.create(customer, HEADER, now=now).id
        entries.book([_money()], source="platform", now=now)
    made = []
    for turn in range(number):
        with transaction():
            application = applying.Application(header, "100.00", "ap@load.example")
            made.append(applying.apply(customer, application, submit_token=f"bulk-{turn}", locale="en", now=now).number)
    return reviewer, made


def _money() -> Line:
    return Line(
        number=1, kind="recharge", external_id="bulk-1", account="lumen", status="completed",
        amount=Decimal("1000000.00"), occurred_at=clock.now(), refund_of=None, channel="Alipay", payer_name="Lumen",
    )  # fmt: skip


def _singly(reviewer: Actor, numbers: list[str]) -> float:
    """Seconds for approving each by itself."""
    began = time.perf_counter()
    for number in numbers:
        with transaction():
            decisions.approve(reviewer, number, now=clock.now())
        session.expunge_all()
    return time.perf_counter() - began


def _in_bulk(reviewer: Actor, numbers: list[str], *, leave_doubtful: bool = False) -> float:
    """Seconds for the worker's run."""
    given, token = {"leave_doubtful": leave_doubtful}, f"the-form-{leave_doubtful}"
    with transaction():
        bulk.start(reviewer, bulk.Order(BulkAction.APPROVE, numbers, token, given), now=clock.now())
    began, done = time.perf_counter(), 0
    while count := jobs.work_off():
        done += count
    assert done == len(numbers), done
    return time.perf_counter() - began


if __name__ == "__main__":
    run(*asked(__doc__, BULK_LIMIT))
