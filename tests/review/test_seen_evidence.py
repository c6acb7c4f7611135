"""Evidence that turned worse after the page was drawn: no verdict from a page that says Pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from backoffice.accounts import services as accounts
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.models import LedgerMovement
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries, reservations
from backoffice.permissions import Role
from backoffice.requests import queries
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import changes, holds
from backoffice.review.queries import seen
from backoffice.review.services import decisions
from tests.review.desk import NOW, Desk
from tests.review.four_eyes import LATER
from tests.review.runs import started, words, work
from tests.review.test_bulk_seen import ask
from tests.review.test_presence import heard
from tests.support.people import create_person
from tests.support.sql import plan, statements
from tests.support.visitor import Visitor

ORDER = "PO 4500012873"


@pytest.fixture
def rita(desk: Desk, visit: Callable[..., Visitor]) -> Visitor:
    return visit(desk.cast.rita)


def refund(desk: Desk, status: str = "pending", external_id: str = "back") -> str:
    """A refund of the recharge that Lumen's requests are paid from first, so small that it moves no money of theirs."""
    line = Line(
        number=1, kind="refund", external_id=external_id, account="lumen", status=status, amount=Decimal("10.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    desk.run(entries.book, [line], source="platform", now=LATER)
    return "A refund of a recharge behind this request came in at 23 Nov 2026, 10:01."


def other_refund(desk: Desk, amount: str) -> None:
    """A refund of the other recharge, from which the request takes nothing."""
    line = Line(
        number=1, kind="refund", external_id="other", account="lumen", status="completed", amount=Decimal(amount),
        occurred_at=NOW, refund_of="lumen-2",
    )  # fmt: skip
    desk.run(entries.book, [line], source="platform", now=LATER)


def debt(desk: Desk, *, is_invoiced: bool = True) -> str:
    """The other recharge is refunded, whose money is on an invoice: nothing of it stands behind the request."""
    desk.apply(amount="4900.00", days_ago=-1 / 1440)
    other = desk.apply(amount="5000.00", days_ago=-1 / 1440)
    if is_invoiced:
        desk.run(lambda: reservations.settle(queries.by_number(other).id))
    other_refund(desk, "5000.00")
    return "A refund of invoiced money left the account with an invoice debt at 23 Nov 2026, 10:01."


def lacking(desk: Desk) -> str:
    """The other recharge is refunded, and a request beside this one has no money any more."""
    debt(desk, is_invoiced=False)
    return "A refund left another request of this account short at 23 Nov 2026, 10:01."


def twin(desk: Desk) -> str:
    """Ada submits the same once more, and a colleague approves it."""
    number = desk.apply(days_ago=-1 / 1440)
    desk.run(decisions.approve, desk.cast.rui.actor, number, now=LATER)
    return f"Ada Lin applied for the same amount again at 23 Nov 2026, 10:01: {number}."


def look_alike(desk: Desk) -> str:
    """Ada submits it again with a slip in the amount, and then something else."""
    number = desk.apply(amount="100.50", days_ago=-1 / 1440)
    desk.apply(amount="37.00", days_ago=-2 / 1440)
    return f"Ada Lin applied for an amount like this one at 23 Nov 2026, 10:01: {number}."


def order_again(desk: Desk) -> str:
    """Ada submits nearly the amount with another header, for the same order."""
    desk.other_header(desk.cast.ada, "Lumen Leasing Ltd")
    number = desk.apply(amount="99.80", days_ago=-1 / 1440, remarks=ORDER)
    return f"Ada Lin applied for an amount like this one at 23 Nov 2026, 10:01: {number}."


def header_changed(desk: Desk) -> str:
    """Ada changes the header in what an invoice shows, and then in what it does not."""
    with desk.app.app_context():
        header = session.scalars(
            select(InvoiceHeader).where(InvoiceHeader.account_id == desk.cast.ada.account_id)
        ).one()
        said = {name: getattr(header, name) for name in ("kind", "vat_kind", "language", "name", "tax_id", "country")}
        header_id = header.id
    for change in ({"name": "Lumen Leasing Ltd"}, {"name": "Lumen Leasing Ltd", "remarks": "PO 1"}):
        desk.run(headers.edit, desk.cast.ada.actor, header_id, said | change, now=LATER, tax_id_confirmed=True)
    return "Ada Lin changed the invoice header at 23 Nov 2026, 10:01."


def rejected(desk: Desk) -> str:
    """A colleague rejects the account's request before this one, and Rita herself another one."""
    other, own = desk.apply(amount="37.00", days_ago=2), desk.apply(amount="53.00", days_ago=1)
    desk.run(decisions.reject, desk.cast.rui.actor, other, reason=["other"], remarks="No contract.", now=LATER)
    desk.run(decisions.reject, desk.cast.rita.actor, own, reason=["other"], remarks="No contract.", now=LATER)
    return f"芮明 rejected another request of this account at 23 Nov 2026, 10:01: {other}."


@pytest.mark.parametrize("worse", [twin, look_alike, order_again, refund, debt, lacking, header_changed, rejected])
@pytest.mark.parametrize("by", ["page", "run"])
def test_nobody_decides_on_evidence_that_has_turned_worse(
    desk: Desk, rita: Visitor, worse: Callable[[Desk], str], by: str
) -> None:
    number = desk.apply(remarks=ORDER)
    if by == "run":
        ask(rita, "approve", number)
        told = worse(desk)
        run = started(rita, "Approve 1 request")
        work(desk)
        rita.get(run)
        assert told in words(rita)
    else:
        seen_so_far = rita.get(f"/review/{number}").text.partition('data-seen="')[2].partition('"')[0]
        told = worse(desk)
        refused = rita.submit({"remarks": "Thanks"}, button="Approve")
        assert (refused.status_code, told in refused.text, "Thanks" in refused.text) == (409, True, True)
        assert heard(rita, number, seen=seen_so_far)["news"] == told
    assert desk.state(number) == "pending"
    page = rita.get(f"/review/{number}").text
    assert ("The account is below zero" in page) == (worse in (debt, lacking))
    assert rita.submit(button="Approve").status_code == 303, "now she has seen it"


def test_what_the_page_shows_already_is_no_news(desk: Desk, rita: Visitor) -> None:
    number = desk.apply()
    twin(desk)
    refund(desk)
    rita.get(f"/review/{number}")
    assert rita.submit(button="Approve").status_code == 303


def test_what_makes_the_evidence_no_worse_is_no_news(desk: Desk, rita: Visitor) -> None:
    number, old = desk.apply(), desk.apply(amount="300.00", days_ago=40)
    rita.get(f"/review/{number}")
    desk.apply(amount="120.00", days_ago=-1 / 1440)
    desk.apply(desk.cast.bo, days_ago=-1 / 1440)
    withdrawn = desk.apply(days_ago=-1 / 1440)
    desk.run(changes.withdraw, desk.cast.ada.actor, withdrawn, now=LATER)
    refund(desk, "failed")
    before = desk.apply(amount="77.00", days_ago=1)
    desk.run(decisions.reject, desk.cast.rita.actor, before, reason=["other"], remarks="No contract.", now=LATER)
    assert rita.submit(button="Approve").status_code == 303
    rita.get(f"/review/{old}")
    desk.apply(amount="300.00", days_ago=-1 / 1440)
    given_back = desk.apply(amount="50.00", days_ago=-1 / 1440)
    desk.apply(amount="4317.00", days_ago=-1 / 1440)
    desk.run(changes.withdraw, desk.cast.ada.actor, given_back, now=LATER)
    other_refund(desk, "4830.00")
    assert desk.count(LedgerMovement, LedgerMovement.debt > 0) == 1, "for a moment, until other money took its place"
    assert rita.submit(button="Approve").status_code == 303, "so long ago that it is no duplicate"


def test_who_made_the_address_known_and_was_deactivated_is_told_of(desk: Desk, rita: Visitor) -> None:
    ana, account_id = desk.cast.ana.actor, desk.cast.ada.account_id
    with desk.app.app_context(), transaction():
        first, second = (
            create_person(f"{name}@bills.example", name, Role.CUSTOMER, account_id, NOW) for name in ("Kim", "Sam")
        )
    desk.run(accounts.deactivate_user, ana, first.id, now=NOW)
    number = desk.apply()
    rita.get(f"/review/{number}")
    desk.run(accounts.deactivate_user, ana, desk.cast.bo.id, now=LATER)
    desk.run(accounts.deactivate_user, ana, desk.cast.lin.id, now=LATER)
    assert rita.submit({"question": "Which contract?"}, button="Ask").status_code == 303, "their domains are others"
    desk.run(holds.answer, desk.cast.ada.actor, number, "HT-7.", now=LATER)
    rita.get(f"/review/{number}")
    desk.run(accounts.deactivate_user, ana, second.id, now=LATER)
    refused = rita.submit(button="Approve")
    told = "Ana Sousa deactivated Sam of this account at 23 Nov 2026, 10:01."
    assert (refused.status_code, told in refused.text) == (409, True)
    rita.get(f"/review/{number}")
    assert rita.submit(button="Approve").status_code == 303, "it is told once"


def test_it_costs_one_statement_inside_the_accounts_index(desk: Desk, database: str) -> None:
    number = desk.apply()
    with desk.app.app_context():
        found = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()
        with statements(desk.app) as sent:
            assert seen.news_since(found.id, seen.Seen(*(9,) * 6)) is None
        assert len(sent) == 1, sent
        used = plan(seen.STANDING, database, values={"request_id": found.id})
    assert {f"ix_ledger_movement_{figure}" for figure in ("debt", "short", "invoiced")} <= set(re.findall(r"\w+", used))
    assert "SCAN invoice_request" not in used
    assert "Seq Scan on invoice_request" not in used
    if database == "sqlite":
        assert "ix_app_user_account_id" in used
        assert "ix_audit_event_object" in used
        assert "ix_invoice_request_account" in used
        assert "ix_ledger_entry_refund_of" in used
