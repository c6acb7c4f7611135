"""The preview before Submit is the invoice: the same snapshot, the same lines; and what a header fills in."""

from __future__ import annotations

import re

from sqlalchemy import select

from backoffice.database import session
from backoffice.headers import queries as header_queries
from backoffice.headers import services as headers
from backoffice.issuing.models import Invoice
from backoffice.issuing.services import Issuer, draft_snapshot
from backoffice.requests.services import applying
from tests.portal.conftest import APPLY, HEADER, NOW, Customer, World, text

# What only issuing can know.
GIVEN_AT_ISSUE = {"number", "issued_on", "issued_at", "request_number", "verify_url"}


def lines(page: str) -> list[str]:
    """The recharges on the lines of the page's preview."""
    body = page.partition('<table class="face-lines">')[2].partition("</tbody>")[0]
    return re.findall(r'data-label="[^"]*Recharge ID">([^<]+)<', body)


def test_many_recharges_are_one_invoice_and_one_recharge_is_many(ada: Customer) -> None:
    page = text(ada.review(amount="7000"))
    assert lines(page) == ["R1", "R2"]
    ada.press("submit")
    # The rest of the second recharge, in two more invoices.
    for amount, shown in (("1000", "943.40"), ("2000", "1,886.79")):
        page = text(ada.review(amount=amount))
        assert lines(page) == ["R2"]
        assert shown in page
        ada.press("submit")
    assert "There is nothing left to invoice." in text(ada.get(APPLY))


def test_less_than_the_smallest_amount_is_not_offered(ada: Customer) -> None:
    ada.review(amount="9999.50")
    ada.press("submit")
    page = text(ada.get(APPLY))
    assert "¥0.50 is left, and an invoice is for ¥1.00 at least" in page
    assert "All: " not in page


def test_the_preview_is_what_issuing_freezes(ada: Customer, world: World) -> None:
    typed = {"amount": "7500.50", "email": "ap@lumen.example", "remarks": "PO 4500"}
    page = text(ada.review(**typed))
    with world.app.app_context():
        application = applying.Application(header_id=world.header_id, **typed)
        plan = applying.plan(world.cast.ada.actor, application, now=NOW)
        settings = world.app.config["BACKOFFICE_SETTINGS"]
        issuer = Issuer(currency=settings.currency, external_url=settings.external_url)
        draft = dict(draft_snapshot(plan, issuer=issuer, now=NOW))
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.issue(number)
    with world.app.app_context():
        frozen = dict(
            session.scalars(select(Invoice.snapshot).where(Invoice.request_id == world.request(number).id)).one()
        )
    assert frozen.keys() >= GIVEN_AT_ISSUE
    for name in GIVEN_AT_ISSUE:
        draft.pop(name), frozen.pop(name)
    assert draft == frozen
    # And the page showed that draft: each line, the sums, the words.
    for line in frozen["lines"]:
        assert f"{float(line['net']):,.2f}" in page
        assert f"{float(line['tax']):,.2f}" in page
    for said in (
        frozen["capitals"],
        frozen["words"],
        frozen["remarks"],
        frozen["buyer"]["tax_id"],
        frozen["seller"]["name"],
    ):
        assert said in page


def with_defaults(world: World) -> int:
    """A second header that fills in an address and remarks."""
    values = {**HEADER, "name": "Second", "email": "second@lumen.example", "remarks": "Second's order"}
    world.act(headers.create, world.cast.ada.actor, values, known_look_alikes=[world.header_id])
    with world.app.app_context():
        found = header_queries.headers_of(world.cast.lumen)
        return next(header.id for header in found if header.name == "Second")


def test_the_default_header_fills_in_its_own_address_and_remarks(ada: Customer, world: World) -> None:
    second = with_defaults(world)
    world.act(headers.set_default, world.cast.ada.actor, second)
    ada.get(APPLY)
    typed = ada.typed()
    assert (typed["header_id"], typed["email"], typed["remarks"]) == (
        str(second), "second@lumen.example", "Second's order",
    )  # fmt: skip


def test_choosing_another_header_brings_its_defaults_where_nothing_else_was_typed(ada: Customer, world: World) -> None:
    second = with_defaults(world)
    ada.get(APPLY)
    page = text(ada.press("review", amount="5", header_id=str(second)))
    assert "second@lumen.example" in page
    assert "Second's order" in page
    ada.press("edit")
    # And back again: the header without defaults takes them away, the usual address returns.
    ada.press("review", header_id=str(world.header_id))
    ada.press("edit")
    assert (ada.typed()["email"], ada.typed()["remarks"]) == ("ada@lumen.example", "")


def test_what_was_typed_stays_when_another_header_is_chosen(ada: Customer, world: World) -> None:
    second = with_defaults(world)
    ada.get(APPLY)
    ada.press("review", amount="5", header_id=str(second), email="mine@x.example", remarks="mine\nalone")
    ada.press("edit")
    assert ada.typed()["email"] == "mine@x.example"
    assert ada.typed()["remarks"].splitlines() == ["mine", "alone"]
