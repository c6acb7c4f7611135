"""An installation at work, without pages: money comes in, customers apply, reviewers decide, the worker issues.

Every verb is one call of a service in a transaction of its own, as a page or a job would make it. Needs an application
context (fixture `context`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock, invariants
from backoffice.accounts import services as accounts
from backoffice.accounts.models import Account
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.issuing import jobs as issuing
from backoffice.issuing.models import Invoice
from backoffice.issuing.queries import credits as notes
from backoffice.issuing.services import Issuer
from backoffice.issuing.services.proposals import Wanted
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import Reservation
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM, Role
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import applying, changes
from backoffice.requests.services.applying import Application
from backoffice.review.services import credits
from backoffice.review.services import decisions as review
from backoffice.review.services.sight import Sight
from tests.support.people import Cast, Person, create_person

ISSUER = Issuer(currency="CNY", external_url="https://invoices.example")
LUMEN = {"kind": "enterprise", "name": "上海流明机器人有限公司", "tax_id": "91310000MA1FL0A277"}
YUNQI = {"kind": "enterprise", "name": "杭州云栖数据服务有限公司", "tax_id": "91500000MA60K9P35N"}
EMAIL = "accounts.payable@lumen.example"
AGES_AGO = timedelta(days=400)


class Office:
    """The people of the cast, a header for each customer account, and the verbs of their day."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self._recharges, self._tokens = count(1), count(1)
        with transaction():
            self.headers = {
                cast.lumen: headers.create(cast.ada.actor, LUMEN, now=clock.now()).id,
                cast.yunqi: headers.create(cast.bo.actor, YUNQI, now=clock.now()).id,
            }

    def account(self, code: str) -> int:
        """A further customer account that nobody belongs to; its id."""
        with transaction():
            return accounts.create_account(SYSTEM, code=code, name=f"Account {code}", now=clock.now()).id

    def newcomer(self, code: str) -> Person:
        """A further customer account with one person and one header."""
        account_id = self.account(code)
        with transaction():
            person = create_person(f"{code}@newcomer.example", code, Role.CUSTOMER, account_id, clock.now())
            self.headers[account_id] = headers.create(person.actor, LUMEN, now=clock.now()).id
        return person

    # --- money ---

    def line(self, kind: str, amount: str, external_id: str, *, to: str = "lumen", **further: object) -> Line:
        """One line of the platform's books; `further` are other fields of Line."""
        fields: dict[str, object] = {"status": "completed", "occurred_at": clock.now(), "refund_of": None, **further}
        return Line(
            number=1, kind=kind, external_id=external_id, account=to, amount=Decimal(amount), **fields  # type: ignore[arg-type]
        )  # fmt: skip

    def book(self, *lines: Line) -> list[entries.LineResult]:
        """Let the books take lines, all in one transaction."""
        with transaction():
            return entries.book(lines, source="platform", now=clock.now())

    def recharge(self, amount: str, *, to: str = "lumen", **further: object) -> str:
        """A completed recharge, each later than the one before; returns its id."""
        number = next(self._recharges)
        at = clock.now() - AGES_AGO + timedelta(minutes=number)
        self.book(self.line("recharge", amount, f"R-{number}", to=to, **{"occurred_at": at, **further}))
        return f"R-{number}"

    def refund(self, recharge: str, amount: str, *, to: str = "lumen", **further: object) -> list[entries.LineResult]:
        """A completed refund of a recharge."""
        return self.book(
            self.line("refund", amount, f"F-{next(self._recharges)}", to=to, refund_of=recharge, **further)
        )

    def invoiceable(self, account_id: int | None = None) -> str:
        """The Invoiceable Amount, Lumen's unless said otherwise, as text."""
        session.rollback()
        return str(ledger.balance(account_id or self.cast.lumen).invoiceable)

    def counters(self, account_id: int | None = None) -> tuple[str, str, str]:
        """What was recharged, is reserved and is invoiced, as text."""
        session.rollback()
        account = session.get_one(Account, account_id or self.cast.lumen, populate_existing=True)
        return str(account.recharged), str(account.reserved), str(account.invoiced)

    def parts(self, number: str) -> list[tuple[str, str]]:
        """From which recharges a request takes its money: (external id, amount)."""
        session.rollback()
        return [(part.recharge.external_id, str(part.amount)) for part in ledger.parts_of(self.request(number).id)]

    def short(self, number: str) -> str:
        """How much of a request's money a refund took away."""
        session.rollback()
        return str(session.get_one(Reservation, self.request(number).id, populate_existing=True).short)

    # --- requests ---

    def application(self, amount: str, who: Person | None = None, **further: object) -> Application:
        """A well-formed application; `further` are other fields of Application."""
        who = who or self.cast.ada
        fields: dict[str, object] = {"email": EMAIL, "header_id": self.headers[who.account_id or 0], **further}
        return Application(amount=amount, **fields)  # type: ignore[arg-type]

    def apply(self, amount: str, who: Person | None = None, *, token: str | None = None, **further: object) -> str:
        """Apply, Ada unless said otherwise; returns the request's number."""
        who = who or self.cast.ada
        token = token or f"token-{next(self._tokens)}"
        with transaction():
            return applying.apply(
                who.actor, self.application(amount, who, **further), submit_token=token, locale="en", now=clock.now()
            ).number

    def apply_often(self, times: int, amount: str = "1.00", who: Person | None = None) -> list[str]:
        """Many applications in one transaction: set-up, where thousands of commits would only take time."""
        who = who or self.cast.ada
        with transaction():
            return [
                applying.apply(
                    who.actor,
                    self.application(amount, who),
                    submit_token=f"token-{next(self._tokens)}",
                    locale=("en", "zh")[turn % 2],
                    now=clock.now(),
                ).number
                for turn in range(times)
            ]

    def withdraw(self, number: str, who: Person | None = None) -> None:
        """The applicant takes a request back."""
        with transaction():
            changes.withdraw((who or self.cast.ada).actor, number, now=clock.now())

    def approve(self, *numbers: str, by: Person | None = None, at: datetime | None = None) -> None:
        """Rita approves; the worker may issue at once."""
        with transaction():
            for number in numbers:
                review.approve((by or self.cast.rita).actor, number, now=at or clock.now())

    def reject(self, number: str, by: Person | None = None) -> None:
        """Rui rejects."""
        with transaction():
            review.reject(
                (by or self.cast.rui).actor, number, reason="tax_id", remarks="Please check.", now=clock.now()
            )

    def issue(self, number: str) -> bool:
        """What the worker does with one approved request."""
        request_id = self.request(number).id
        session.rollback()
        return issuing.issue_one(request_id, ISSUER)

    def issued(self, amount: str, who: Person | None = None) -> str:
        """A request that went the whole way."""
        number = self.apply(amount, who)
        self.approve(number)
        assert self.issue(number)
        return number

    def propose(self, number: str, parts: Mapping[str, str], by: Person | None = None, **further: str) -> int:
        """Rita proposes to take back what an issued request has of these recharges: their ids, and amounts."""
        invoice = session.scalars(select(Invoice).where(Invoice.request_id == self.request(number).id)).one_or_none()
        lines = {line.external_id: line.id for line in notes.creditable(invoice)} if invoice else {}
        amounts = {lines.get(recharge, 0): Decimal(amount) for recharge, amount in parts.items()}
        wanted = Wanted(**{"reason": "refund", "words": "退款 Refund", **further}, amounts=amounts)
        with transaction():
            return credits.propose((by or self.cast.rita).actor, number, wanted, now=clock.now()).id

    def reissue(self, number: str, header_id: int | None = None) -> int:
        """Rita proposes to take an issued request's invoice back and to issue it anew, with its account's header."""
        header_id = header_id or self.headers[self.request(number).account_id]
        session.rollback()
        with transaction():
            return credits.reissue(
                self.cast.rita.actor, number, header_id=header_id, reason="header", words="抬头 Header", now=clock.now()
            ).id

    def confirm(self, proposal_id: int, by: Person | None = None) -> str:
        """Rui confirms a proposal; returns the number of the credit note."""
        with transaction():
            return credits.confirm((by or self.cast.rui).actor, proposal_id, issuer=ISSUER, now=clock.now()).number

    def credit(self, number: str, parts: Mapping[str, str]) -> str:
        """A credit note that went the whole way but for its document; one that fails leaves no proposal behind."""
        return self.confirm(self.propose(number, parts))

    def request(self, number: str) -> InvoiceRequest:
        """The request as the database has it now."""
        session.rollback()
        session.expire_all()
        return queries.by_number(number)

    def states(self, numbers: Iterable[str]) -> list[str]:
        """The state of each request."""
        return [self.request(number).state for number in numbers]


@pytest.fixture
def office(context: Flask, cast: Cast) -> Office:
    """The office of a test; a folder's conftest imports it."""
    return Office(cast)


def as_before_checks_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let verdicts tell the audit log what they told it then: an event that has checks says what was lost since."""
    monkeypatch.setattr(Sight, "told_audit", property(lambda _: {}))


def contradictions() -> list[str]:
    """What `check-invariants` would print now."""
    session.rollback()
    session.expire_all()
    return [f"{capability}: {sentence}" for capability, sentence in invariants.violations()]
