"""A filled desk: both customers with money and a header, and the verbs that tests of review and service level need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from backoffice.calendars import services as calendars
from backoffice.calendars.rules import DayKind
from backoffice.database import session, transaction
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest, RequestSearch
from backoffice.requests.services import applying as requests
from backoffice.requests.services.applying import Application
from backoffice.sla import jobs as sla
from tests.support.people import Cast, Person

# A Monday, 10:00 in Shanghai; in China's calendar the weeks around it have no holiday.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Desk:
    """The installation under test. Its verbs open their own application context, as a process beside the web would."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app = app
        self.cast = cast
        self._tokens = count()
        with app.app_context(), transaction():
            self._headers = {
                cast.lumen: _open_house(cast.ada, "lumen", "Lumen Robotics Ltd", "91310000MA1FL0A277"),
                cast.yunqi: _open_house(cast.bo, "yunqi", "杭州云栖数据服务有限公司", "91500000MA60K9P35N"),
            }

    def apply(self, who: Person | None = None, amount: str = "100.00", days_ago: float = 0, remarks: str = "") -> str:
        """Submit an application that many days before NOW, Ada's unless said otherwise; returns its number."""
        who = who or self.cast.ada
        assert who.account_id is not None
        application = Application(self._headers[who.account_id], amount, "ap@bills.example", remarks)
        at, token = NOW - timedelta(days=days_ago), f"token-{next(self._tokens)}"
        with self.app.app_context(), transaction():
            return requests.apply(who.actor, application, submit_token=token, locale="en", now=at).number

    def other_header(self, who: Person, name: str, tax_id: str = "91110000MA00000152") -> None:
        """Let the account apply with another header from now on."""
        assert who.account_id is not None
        with self.app.app_context(), transaction():
            self._headers[who.account_id] = _header(who, name, tax_id, is_default=False)

    def spoil_tax_id(self, number: str, tax_id: str = "91310000MA1FL0A278") -> str:
        """Give a request a tax ID that is right but for its check digit; returns the request's number."""
        with self.app.app_context(), transaction():
            found = queries.by_number(number)
            header = {**found.header, "tax_id": tax_id}
            session.execute(update(InvoiceRequest).where(InvoiceRequest.id == found.id).values(header=header))
            session.execute(update(RequestSearch).where(RequestSearch.request_id == found.id).values(tax_id=tax_id))
        return number

    def change_days(self, first: date, kind: DayKind | None, last: date | None = None) -> None:
        """Let the administrator change days of the business calendar."""
        with self.app.app_context():
            found = calendars.edited(first, last or first, kind, "Rest")
        self.run(calendars.change, self.cast.ana.actor, found, source="page", reason="Because", now=NOW)

    def follow_calendar(self) -> int:
        """What the worker does after that; returns how many open requests were behind."""
        with self.app.app_context():
            return sla.follow_calendar()

    def run(self, verb: Any, *args: Any, **options: Any) -> Any:
        """Call a service in a transaction of its own."""
        with self.app.app_context(), transaction():
            return verb(*args, **options)

    def twice_at_once(self, job: Callable[[], int]) -> list[int]:
        """Let two workers do the same job at the same moment; what each said it did, the smaller number first."""
        both, done = Barrier(2), list[int]()

        def work() -> None:
            with self.app.app_context():
                both.wait()
                done.append(job())

        workers = [Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sorted(done)

    def state(self, number: str) -> str:
        """The request's state as the database has it."""
        with self.app.app_context():
            return session.scalars(select(InvoiceRequest.state).where(InvoiceRequest.number == number)).one()

    def count(self, model: Any, *conditions: Any) -> int:
        """How many rows there are."""
        with self.app.app_context():
            return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def _open_house(who: Person, code: str, name: str, tax_id: str) -> int:
    entries.book([recharge(code, "1"), recharge(code, "2")], source="platform", now=NOW)
    return _header(who, name, tax_id)


def _header(who: Person, name: str, tax_id: str, *, is_default: bool = True) -> int:
    header = InvoiceHeader(
        account_id=who.account_id,
        kind="enterprise",
        name=name,
        tax_id=tax_id,
        is_default=is_default,
        created_by=who.id,
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(header)
    session.flush()
    return header.id


def recharge(code: str, number: str) -> Line:
    """One of the two recharges that an account begins with."""
    return Line(
        number=1,
        kind="recharge",
        external_id=f"{code}-{number}",
        account=code,
        status="completed",
        amount=Decimal("5000.00"),
        occurred_at=NOW - timedelta(days=100),
        refund_of=None,
        channel="Alipay",
        payer_name=f"Payer of {code}",
    )
