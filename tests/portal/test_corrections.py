"""Once the invoice is issued its customer asks for a correction, and finance grants it, declines it, or is too late."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery import messages
from backoffice.delivery.models import Message
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.headers import services as headers
from backoffice.issuing.models import CorrectionWish
from backoffice.issuing.services import wishes
from backoffice.review.queries import work
from backoffice.review.queries.work import Kind
from backoffice.review.services import credits
from tests.support.office import YUNQI, Office, contradictions, office
from tests.support.people import Cast, Person
from tests.support.visitor import Visitor

__all__ = ["office"]


def ask(office: Office, number: str, who: Person | None = None, **further: object) -> None:
    asked: dict[str, object] = {"kind": "return", "header_id": None, "words": "Not ours", **further}
    session.rollback()
    with transaction():
        wishes.ask((who or office.cast.ada).actor, number, now=clock.now(), **asked)  # type: ignore[arg-type]


def states() -> list[str]:
    session.rollback()
    return list(session.scalars(select(CorrectionWish.state).order_by(CorrectionWish.id)))


def with_an_invoice(cast: Cast) -> tuple[Office, str]:
    """An office, and the number of the request that it has issued 60.00 for."""
    office = Office(cast)
    office.recharge("100.00")
    return office, office.issued("60.00")


def test_one_wish_at_a_time_and_a_credit_note_grants_it(office: Office) -> None:
    office.recharge("100.00")
    number, pending = office.issued("60.00"), office.apply("10.00")
    for fault, further in (
        ("words", {"words": " "}),
        ("kind", {"kind": "refund"}),
        ("header_id", {"kind": "reissue"}),
        ("header_id", {"kind": "reissue", "header_id": office.headers[office.cast.yunqi]}),
    ):
        with pytest.raises(Invalid) as refused:
            ask(office, number, **further)
        assert list(refused.value.fields) == [fault]
    with pytest.raises(NotFound):
        ask(office, number, office.cast.bo)
    with pytest.raises(Forbidden):
        ask(office, number, office.cast.rita)
    with pytest.raises(Conflict, match="nothing to correct"):
        ask(office, pending)
    ask(office, number)
    with pytest.raises(Conflict, match="already"):
        ask(office, number, office.cast.lin)
    (item,) = work.items(Kind.WISH, date(2026, 3, 2))
    assert (item.requests, item.detail) == ((number,), "Not ours")
    session.rollback()
    with transaction():
        wishes.withdraw(office.cast.lin.actor, number, now=clock.now())
    ask(office, number)
    office.credit(number, {"R-1": "60.00"})
    with pytest.raises(Conflict, match="Nobody asks"), transaction():
        credits.decline_wish(office.cast.rita.actor, number, remarks="No.", now=clock.now())
    session.rollback()
    assert states() == ["withdrawn", "granted"]
    with pytest.raises(Conflict, match="nothing to correct"):
        ask(office, number)
    assert contradictions() == []


def test_a_wish_is_granted_by_what_was_asked_and_by_nothing_else(office: Office) -> None:
    """A part is not the whole, another header is not the one that was asked for, and a return is no reissue."""
    office.recharge("300.00")
    cast = office.cast
    with transaction():
        other = headers.create(cast.ada.actor, YUNQI, now=clock.now()).id
    reissue = {"kind": "reissue", "header_id": other}
    refunded, elsewhere, gone, asked, parts = (office.issued("50.00") for _ in range(5))
    waiting = office.propose(refunded, {"R-1": "1.00"})
    for number in (refunded, elsewhere, gone, asked):
        ask(office, number, **reissue)
    ask(office, parts)
    office.confirm(waiting)
    office.confirm(office.reissue(elsewhere))
    office.credit(gone, {"R-1": "50.00"})
    office.confirm(office.reissue(asked, other))
    office.credit(parts, {"R-1": "20.00"})
    assert states() == ["open", "open", "open", "granted", "open"]
    assert {item.requests[0] for item in work.items(Kind.WISH, date(2026, 3, 2))} == {refunded, elsewhere, gone, parts}
    assert contradictions() == []
    office.credit(parts, {"R-1": "30.00"})
    office.confirm(office.reissue(refunded, other))
    with transaction():
        credits.decline_wish(cast.rita.actor, gone, remarks="It is taken back whole.", now=clock.now())
    assert states() == ["granted", "open", "declined", "granted", "granted"]
    assert contradictions() == []


@pytest.mark.one_database
def test_whoever_confirms_reads_which_wish_waits_and_whether_this_grants_it(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office, number = with_an_invoice(cast)
        part = office.propose(number, {"R-1": "1.00"})
    rui = visit(cast.rui)
    assert "The customer asks" not in rui.get(f"/review/credits/{part}").text
    with app.app_context():
        ask(office, number, kind="reissue", header_id=office.headers[cast.lumen], words="Our other company")
    page = rui.get(f"/review/credits/{part}").text
    assert "The customer asks for another header" in page
    assert "Our other company" in page
    assert "This credit note does something else" in page
    rui.submit(button="Confirm")
    assert "The customer asks for another header" in rui.get(f"/review/{number}").text
    with app.app_context():
        whole = office.reissue(number)
    page = rui.get(f"/review/credits/{whole}").text
    assert "Confirming grants it." in page
    rui.submit(button="Confirm")
    desk = rui.get(f"/review/{number}").text
    assert "The customer asks for another header</" not in desk.partition('id="credits"')[2].partition("</section>")[0]


@pytest.mark.one_database
def test_whoever_confirms_reads_that_a_reissue_does_more_than_take_the_invoice_back(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office, number = with_an_invoice(cast)
        ask(office, number)
        anew = office.reissue(number)
    page = visit(cast.rui).get(f"/review/credits/{anew}").text
    assert "The customer asks to take the invoice back" in page
    assert "It is also issued anew, for which the customer did not ask." in page


@pytest.mark.one_database
def test_a_wish_about_an_invoice_that_is_gone_can_only_be_declined(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office, number = with_an_invoice(cast)
        ask(office, number, kind="reissue", header_id=office.headers[cast.lumen])
        office.credit(number, {"R-1": "60.00"})
    desk = visit(cast.rita).get(f"/review/{number}").text
    assert f"/review/{number}/correction" in desk
    assert f"/review/{number}/reissue" not in desk


@pytest.mark.one_database
def test_the_customer_asks_and_reads_what_comes_of_it(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    with app.app_context():
        _, number = with_an_invoice(cast)
    ada, rita = visit(cast.ada), visit(cast.rita)
    assert f"/invoices/{number}/correction" in ada.get(f"/invoices/{number}").text
    page = ada.get(f"/invoices/{number}/correction").text
    assert 'data-needed-for="reissue">for another header<' in page, "the header is not simply optional"
    ada.submit({"kind": "return", "words": "付款方不是我们"}, button="Ask for a correction")
    page = ada.get(f"/invoices/{number}").text
    assert "You asked for a correction" in page
    assert "付款方不是我们" in page
    assert "Corrections that customers ask for" in rita.get("/review/work").text
    desk = rita.get(f"/review/{number}").text
    (leads,) = re.findall(rf'href="(/review/{number}/credit[^"]*wish=1[^"]*)"', desk)
    form = rita.get(leads.replace("&amp;", "&")).text
    assert 'value="60.00"' in form
    assert "付款方不是我们" in form
    rita.get(f"/review/{number}/correction")
    assert "Please say why." in rita.submit({"remarks": ""}, button="Decline").text
    rita.submit({"remarks": "You paid it: see R-1."}, button="Decline")
    page = ada.get(f"/invoices/{number}").text
    assert "The correction was declined" in page
    assert "You paid it: see R-1." in page
    with app.app_context():
        mail = session.scalars(select(Message).where(Message.template == "correction_declined")).one()
        assert "You paid it: see R-1." in messages.render("correction_declined", "en", mail.context).text
    ada.get(f"/invoices/{number}/correction")
    ada.submit({"kind": "return", "words": "x"}, button="Ask for a correction")
    ada.get(f"/invoices/{number}")
    ada.submit(button="Ask no more")
    assert "You ask for no correction any more" in ada.get(f"/invoices/{number}").text
