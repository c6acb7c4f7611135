"""Fill a database with many requests, to measure lists and to see how pages behave at size.

    make demo-load N=100000     adds to the demo installation in instance/

Rows are written directly, in bulk: this is the one place that may, and nothing but lists should be concluded from them.
Three percent are pending, as in the installations the aims of design/performance.md speak of.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from rich.progress import Progress
from sqlalchemy import func, insert, select, text

from backoffice import clock, create_app, installation
from backoffice.accounts import services as accounts
from backoffice.accounts.models import Account, User
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import session, transaction
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import SYSTEM, Role
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State

PASSWORD = "invoice-demo-2026"
BATCH = 5000
OTHER_ACCOUNTS = 200
# One request in twenty is the measured customer's: 5,000 of 100,000.
HOT_SHARE = 0.05
NAMES = (
    "杭州云栖数据服务有限公司",
    "Lumen Robotics Ltd",
    "深圳市前海智造科技有限公司",
    "Northwind Analytics",
    "北京未名教育咨询中心",
)


def fill(requests: int, *, seed: int = 1) -> None:
    """Add `requests` invoice requests over a year, spread over accounts; needs an application context."""
    chance = random.Random(seed)
    now = clock.now()
    with transaction():
        people = _people(now)
    offset = session.scalar(select(func.count()).select_from(InvoiceRequest)) or 0
    session.rollback()
    rows = _rows(chance, people, requests, offset, now)
    with Progress(transient=True) as progress:
        task = progress.add_task("requests", total=requests)
        while batch := list(islice(rows, BATCH)):
            with transaction():
                session.execute(insert(InvoiceRequest), batch)
            progress.update(task, advance=len(batch))
    with transaction():
        session.execute(text("ANALYZE"))


def _people(now: datetime) -> list[tuple[int, int, int]]:
    """(account, applicant, header) of the measured customer first, then of the others."""
    people = []
    for number in range(OTHER_ACCOUNTS + 1):
        code = f"load-{number}"
        account = session.scalars(select(Account).where(Account.code == code)).one_or_none()
        if account is None:
            account = accounts.create_account(SYSTEM, code=code, name=f"Load {number}", now=now)
            session.flush()
        email = f"{code}@load.example"
        user = session.scalars(select(User).where(User.email == email)).one_or_none()
        if user is None:
            if number == 0:
                user = accounts.create_user(
                    SYSTEM,
                    email=email,
                    name=code,
                    role=Role.CUSTOMER,
                    password=PASSWORD,
                    account_id=account.id,
                    now=now,
                )
            else:  # one password hash for all: making one costs what it should cost
                user = User(
                    email=email, name=code, role=Role.CUSTOMER, account_id=account.id, created_at=now,
                    password_hash=people_hash(), password_changed_at=now,
                )  # fmt: skip
                session.add(user)
            session.flush()
        header = InvoiceHeader(
            account_id=account.id, kind="personal", name=NAMES[number % len(NAMES)], created_by=user.id,
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(header)
        session.flush()
        people.append((account.id, user.id, header.id))
    return people


def people_hash() -> str:
    """The hash of the measured customer's password, which the other accounts share."""
    return session.scalars(select(User.password_hash).where(User.email == "load-0@load.example")).one()


def _rows(
    chance: random.Random, people: list[tuple[int, int, int]], requests: int, offset: int, now: datetime
) -> Iterator[dict[str, Any]]:
    zone, calendar, version = clock.zone(), calendars.current_calendar(), calendars.current_version_id()
    session.rollback()
    pending = max(1, requests * 3 // 100)
    for index in range(offset, offset + requests):
        account_id, user_id, header_id = people[0] if chance.random() < HOT_SHARE else chance.choice(people[1:])
        is_pending = index - offset >= requests - pending
        age = chance.uniform(0, 8) if is_pending else chance.uniform(8, 365)
        submitted_at = now - timedelta(days=age)
        day = clock.local_date(submitted_at, zone)
        due_on = calendar.add_business_days(day, 5)
        state = State.PENDING if is_pending else chance.choices((State.ISSUED, State.REJECTED), (93, 7))[0]
        closed_at = None if is_pending else submitted_at + timedelta(days=chance.uniform(0.1, 6))
        issued = state is State.ISSUED
        yield {
            "number": f"IR-{day:%Y%m%d}-{index:06d}",
            "account_id": account_id,
            "applicant_id": user_id,
            "applicant_label": "load",
            "header_id": header_id,
            "header": {"name": NAMES[index % len(NAMES)]},
            "header_name": NAMES[index % len(NAMES)],
            "amount": Decimal(chance.randrange(100_00, 90_000_00)) / 100,
            "email": "load@load.example",
            "remarks": "",
            "locale": "en",
            "submit_token": f"load-{index}",
            "state": state,
            "submitted_at": submitted_at,
            "submitted_on": day,
            "due_on": due_on,
            "due_at": calendar_rules.due_at(due_on, zone),
            "calendar_version_id": version,
            "decided_at": closed_at,
            "closed_at": closed_at,
            "invoice_number": f"LOAD-{index:08d}" if issued else None,
            "issued_at": closed_at if issued else None,
            "issued_on": clock.local_date(closed_at, zone) if closed_at and issued else None,
        }


def main() -> None:
    """Fill the installation that the environment describes."""
    import flask_migrate

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    requests = parser.parse_args().requests
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        installation.prepare(app.config["BACKOFFICE_SETTINGS"])
        fill(requests)
    print(f"{requests} requests added; sign in as load-0@load.example to see a customer with many")


if __name__ == "__main__":
    main()
