"""Fill a database with many requests, to measure lists and to see how pages behave at size.

    make demo-load N=100000     adds to the demo installation in instance/

Rows are written directly, in bulk: this is the one place that may, and nothing but lists should be concluded from them.
Three percent are pending, as in the installations the aims of design/performance.md speak of. The measured customer
has enough in every state to fill a page of it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from rich.progress import Progress
from sqlalchemy import func, select, text

from backoffice import clock, create_app, installation
from backoffice.accounts import services as accounts
from backoffice.accounts.models import Account, User
from backoffice.calendars import queries as calendars
from backoffice.calendars import rules as calendar_rules
from backoffice.database import close_connections, db, session, transaction, writing
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.services import bulk
from backoffice.permissions import SYSTEM, Role
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, State
from backoffice.requests.services import search

PASSWORD = "invoice-demo-2026"
BATCH = 20_000
DAYS = 365
OTHER_ACCOUNTS = 200
# One request in twenty is the measured customer's: 5,000 of 100,000.
HOT_SHARE = 0.05
_OWN = (State.ISSUED,) * 13 + (State.REJECTED,) * 3 + (State.PENDING,) * 3 + (State.WITHDRAWN,)
_COLUMNS = (
    "number", "account_id", "applicant_id", "applicant_label", "header_id", "header", "header_name", "amount", "email",
    "copies", "remarks", "locale", "submit_token", "state", "submitted_at", "submitted_on", "due_on", "due_at",
    "calendar_version_id", "decided_at", "closed_at", "invoice_number", "issued_at", "issued_on", "paused_seconds",
)  # fmt: skip
NAMES = (
    "杭州云栖数据服务有限公司",
    "Lumen Robotics Ltd",
    "深圳市前海智造科技有限公司",
    "Northwind Analytics",
    "北京未名教育咨询中心",
)


def fill(requests: int, *, own: int | None = None, seed: int = 1) -> None:
    """Add `requests` invoice requests over a year, `own` of them the measured customer's; the others spread over
    accounts. Needs an application context."""
    chance = random.Random(seed)
    now = clock.now()
    with transaction():
        people = _people(now)
    offset = session.scalar(select(func.count()).select_from(InvoiceRequest)) or 0
    session.rollback()
    own = int(requests * HOT_SHARE) if own is None else own
    rows = _rows(chance, people, range(offset, offset + requests), own, now)
    with Progress(transient=True) as progress:
        task = progress.add_task("requests", total=requests)
        while batch := list(islice(rows, BATCH)):
            with transaction():
                hurry()
                bulk.add(InvoiceRequest, _COLUMNS, batch)
            progress.update(task, advance=len(batch))
        while True:
            with transaction():
                hurry()
                if not search.catch_up():
                    break
    settle()


def hurry() -> None:
    """Let this transaction write many rows that are known to be sound.

    SQLite gets memory for the indexes it writes to: a million keys in any order otherwise mean to read the file over
    and over. PostgreSQL is spared to look up five foreign keys for each row.
    """
    connection = session.connection()
    if db.engine.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = -1000000")
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")


def settle() -> None:
    """Bring the database to where it is after a quiet night: rows counted, and nothing left to be tidied up."""
    if db.engine.dialect.name == "sqlite":
        with transaction():
            session.execute(text("ANALYZE"))
    else:
        session.remove()
        with writing().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (ANALYZE)")
    session.remove()
    # SQLite folds its log in when the last connection closes; and none keeps memory that pages do not have.
    close_connections()


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
    chance: random.Random, people: list[tuple[int, int, int]], indexes: range, own: int, now: datetime
) -> Iterator[tuple[Any, ...]]:
    """The values of `_COLUMNS`, oldest first; the measured customer's requests stand evenly among the others."""
    promised = _Promises()
    session.rollback()
    count, owned = len(indexes), 0
    pending = max(1, count * 3 // 100)
    for turn, index in enumerate(indexes):
        is_own = (turn + 1) * own // count > owned
        account_id, user_id, header_id = people[0] if is_own else chance.choice(people[1:])
        recent = turn >= count - pending
        age = 8 * (count - turn) / pending if recent else 8 + (DAYS - 8) * (count - turn) / count
        submitted_at = now - timedelta(days=age)
        state = State.PENDING if recent else State.ISSUED if chance.random() < 0.93 else State.REJECTED
        if is_own:
            state = _OWN[owned * 7 % len(_OWN)]
            owned += 1
        closed_at = None if state is State.PENDING else submitted_at + timedelta(days=chance.uniform(0.1, 6))
        issued_at = closed_at if state is State.ISSUED else None
        day, due_on, due_at = promised.of(submitted_at)
        name = NAMES[chance.randrange(len(NAMES))]
        yield (
            f"IR-{day:%Y%m%d}-{index % 10**6:06d}", account_id, user_id, "load", header_id, _frozen(name), name,
            Decimal(chance.randrange(100_00, 90_000_00)) / 100, "load@load.example", [], "", "en", f"load-{index}",
            state, submitted_at, day, due_on, due_at, promised.version, closed_at, closed_at,
            f"INV-{day:%Y}-{index:06d}" if issued_at else None, issued_at,
            clock.local_date(issued_at, promised.zone) if issued_at else None, 0,
        )  # fmt: skip


def _frozen(name: str) -> dict[str, str]:
    """A person's header, whole: the pages of these requests open like any other's."""
    kind = {"kind": "personal", "vat_kind": "ordinary", "language": "both", "name": name}
    return {field: kind.get(field, "") for field in FROZEN_HEADER_FIELDS}


class _Promises:
    """Which day of ours an instant is, and what was promised on that day; each day is reckoned once."""

    def __init__(self) -> None:
        self.zone, self.calendar, self.version = (
            clock.zone(),
            calendars.current_calendar(),
            calendars.current_version_id(),
        )
        self._due: dict[date, tuple[date, date, datetime]] = {}

    def of(self, at: datetime) -> tuple[date, date, datetime]:
        """The local day, the day it is due on, and the instant from which on it is overdue."""
        day = clock.local_date(at, self.zone)
        if day not in self._due:
            due_on = self.calendar.add_business_days(day, 5)
            self._due[day] = (day, due_on, calendar_rules.due_at(due_on, self.zone))
        return self._due[day]


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
