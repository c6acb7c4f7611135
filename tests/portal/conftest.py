"""Customer accounts with money and headers, and a customer at a browser without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from backoffice import clock
from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.issuing import jobs
from backoffice.issuing.services import retry
from backoffice.ledger import queries as ledger
from backoffice.ledger.rules import Line
from backoffice.ledger.services import reservations
from backoffice.ledger.services.entries import book
from backoffice.permissions import SYSTEM, Role
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import applying
from backoffice.requests.services.applying import Application
from backoffice.review.services import decisions as review
from backoffice.review.services import holds
from tests.support.people import PASSWORD, Cast, Person
from tests.support.visitor import Visitor

NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)
APPLY = "/invoices/apply"
HEADER = {"kind": "enterprise", "name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277"}


def text(response: TestResponse) -> str:
    """The page with its entities read."""
    return unescape(response.text)


class Customer(Visitor):
    """A customer who fills in the application step by step."""

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open an address; one that begins an application leads on to that."""
        super().get(path, **options)
        return self.step() if urlsplit(path).path == APPLY else self.page

    @property
    def key(self) -> str:
        """The key of the application on the present page."""
        return urlsplit(self.path).path.removeprefix(f"{APPLY}/").partition("/")[0]

    def typed(self) -> dict[str, str]:
        """What the application on the present page holds."""
        form = next(form for form in self.forms() if "amount" in form.names)
        return dict(form.values)

    def press(self, action: str, **typed: Any) -> TestResponse:
        """Fill in the application on the present page and press a button; ends at the step it leads to."""
        self.submit(typed, button=action)
        return self.step()

    def step(self) -> TestResponse:
        """Go where an answer leads as long as that is a step of the application."""
        while self.page.status_code == 303 and self.page.headers["Location"].startswith(f"{APPLY}/"):
            super().get(self.page.headers["Location"])
        return self.page

    @property
    def is_refused(self) -> bool:
        """Whether the present page is the form that says what is wrong."""
        return self.page.status_code == 200 and self.path.endswith("?check=1")

    @property
    def is_at_review(self) -> bool:
        """Whether the present page is the step before Submit."""
        return self.page.status_code == 200 and self.path.partition("?")[0].endswith("/review")

    def review(self, **typed: Any) -> TestResponse:
        """Open the application, fill it in and press Review."""
        self.get(APPLY)
        return self.press("review", **typed)

    def apply(self, **typed: Any) -> str:
        """Apply with the review step; returns the request's number."""
        answer = self.review(**typed)
        assert self.is_at_review, text(answer)
        answer = self.press("submit")
        assert answer.status_code == 303, text(answer)
        return str(answer.headers["Location"].rpartition("/")[2])


@dataclass
class World:
    """Everybody, and what the other side does."""

    app: Flask
    cast: Cast
    neu: Person
    header_id: int

    def customer(self, who: str) -> Customer:
        """Somebody's browser, signed in."""
        browser = Customer(self.app)
        browser.sign_in(self.neu if who == "neu" else getattr(self.cast, who))
        return browser

    def request(self, number: str) -> InvoiceRequest:
        """A request as it is now."""
        with self.app.app_context():
            return requests.by_number(number)

    def apply_often(self, *amounts: str) -> list[str]:
        """Ada applies for each amount, where the pages on the way matter to nobody."""
        application = Application(header_id=self.header_id, email="ap@lumen.example", amount="")
        with self.app.app_context(), transaction():
            return [
                applying.apply(
                    self.cast.ada.actor, replace(application, amount=amount), submit_token=f"token-{amount}",
                    locale="en", now=clock.now(),
                ).number
                for amount in amounts
            ]  # fmt: skip

    def count(self) -> int:
        """How many requests there are."""
        with self.app.app_context():
            return session.scalar(select(func.count()).select_from(InvoiceRequest)) or 0

    def act(self, verb: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Let a service do something in a transaction of its own."""
        with self.app.app_context(), transaction():
            verb(*arguments, now=clock.now(), **options)

    def reject(self, number: str) -> None:
        """Rita rejects."""
        self.act(review.reject, self.cast.rita.actor, number, reason="tax_id", remarks="Mend the tax ID.")

    def ask(self, number: str, question: str) -> None:
        """Rita holds the request with a question."""
        self.act(holds.hold, self.cast.rita.actor, number, question=question)

    def issue(self, number: str) -> None:
        """Rita approves and the worker issues."""
        self.act(review.approve, self.cast.rita.actor, number, remarks="All fine.")
        with self.app.app_context(), clock.moved_to(clock.now() + timedelta(minutes=1)):
            assert jobs.issue_due() == 1

    def issue_fails(self, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rita approves, the worker takes a number, and the document cannot be kept: approved, not issued."""
        self.act(review.approve, self.cast.rita.actor, number)
        with monkeypatch.context() as broken, self.app.app_context():
            broken.setattr("backoffice.storage.put", _no_space)
            with clock.moved_to(clock.now() + timedelta(minutes=1)):
                assert jobs.issue_due() == 0
        shown = self.request(number)
        assert shown.state == "approved"
        assert shown.invoice_id is not None

    def credit(self, number: str, amount: str) -> None:
        """A credit note takes back a part of an invoice over one recharge."""
        request_id = self.request(number).id
        with self.app.app_context():
            (part,) = ledger.parts_of(request_id)
            parts = {part.recharge.id: Decimal(amount)}
            session.rollback()
            with transaction():
                reservations.credit(request_id, parts).enter(clock.now())

    def finish(self, number: str) -> None:
        """A reviewer has an issue that failed tried again, and the worker does it."""
        request_id = self.request(number).id
        with self.app.app_context():
            with transaction():
                assert retry(request_id)
            assert jobs.issue_due() == 1


def _no_space(_: bytes) -> str:
    raise OSError("no space left")


@pytest.fixture
def world(app: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> World:
    """lumen has 10,000.00 and a header, yunqi has 500.00 and none, neu has nothing at all."""
    freeze(NOW)
    return settle(app, cast)


def settle(app: Flask, cast: Cast) -> World:
    """Give the two accounts what they have, and create the third."""
    with app.app_context(), transaction():
        account_id = accounts.create_account(SYSTEM, code="neu", name="Neu", now=NOW).id
        user = accounts.create_user(
            SYSTEM, email="neu@neu.example", name="Neu", role=Role.CUSTOMER, password=PASSWORD,
            account_id=account_id, now=NOW,
        )  # fmt: skip
        book([recharge("R1", "lumen", "6000"), recharge("R2", "lumen", "4000", 1)], source="test", now=NOW)
        book([recharge("R3", "yunqi", "500")], source="test", now=NOW)
        header_id = headers.create(cast.ada.actor, HEADER, now=NOW).id
        neu = Person(user.id, "neu@neu.example", "Neu", Role.CUSTOMER, account_id)
    return World(app, cast, neu, header_id)


def recharge(external_id: str, account: str, amount: str, days: int = 0) -> Line:
    """A completed recharge, `days` after 1 March."""
    return Line(
        number=0, kind="recharge", external_id=external_id, account=account, status="completed",
        amount=Decimal(amount), occurred_at=datetime(2026, 3, 1 + days, 2, 0, tzinfo=UTC), refund_of=None,
        channel="Bank transfer", payer_name="Lumen", bank_reference="", description="API 调用额度充值",
    )  # fmt: skip


@pytest.fixture
def ada(world: World) -> Customer:
    """Ada of lumen, signed in."""
    return world.customer("ada")


@pytest.fixture
def bo(world: World) -> Customer:
    """Bo of yunqi, signed in."""
    return world.customer("bo")
