"""Credit notes on the desk: a form with its draft, a colleague who decides, open work that leads there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.headers import services as headers
from backoffice.issuing import jobs, services
from backoffice.review.queries import work
from backoffice.review.queries.work import Kind
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database


@pytest.fixture
def owing(app: Flask, cast: Cast) -> str:
    """An issued request over two recharges, of which one was refunded in part: 40.00 is invoice debt."""
    with app.app_context():
        office = Office(cast)
        first = office.recharge("60.00")
        office.recharge("50.00")
        number = office.issued("110.00")
        office.refund(first, "40.00")
    return number


def test_from_the_debt_to_the_credit_note(
    app: Flask, cast: Cast, owing: str, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    rita, rui = visit(cast.rita), visit(cast.rui)
    assert f"/review/{owing}/credit?debt=1" in rita.get("/review/work").text
    page = rita.get(f"/review/{owing}/credit?debt=1")
    for begun in ('value="40.00"', "退款 Refund: R-1", "¥60.00 of ¥60.00 is left"):
        assert begun in page.text, begun
    draft = rita.submit(button="Look at the draft").text
    for words in (
        "Draft of the credit note",
        "Credit Note",
        "Original invoice",
        "款项已退",
        "-40.00",
        "负肆拾元整",
        "¥70.00",
    ):
        assert words in draft, words
    assert "40.00" in rita.submit(button="Change").text, "what was typed is still there"
    rita.submit(button="Look at the draft")
    answer = rita.submit(button="Propose")
    address = answer.headers["Location"] if answer.status_code == 303 else rita.path
    page = rita.get(address).text
    assert "Somebody else has to look at it" in page
    assert "/confirm" not in page
    with app.app_context():
        (item,) = work.items(Kind.CREDIT, date(2026, 3, 2))
        assert (str(item.amount), item.detail, item.requests) == ("40.00", cast.rita.name, (owing,))
    assert address in rui.get("/review/work").text
    rui.get(address)
    assert "Say why" in rui.submit({"remarks": ""}, button="Turn down").text
    rui.get(address)
    with monkeypatch.context() as patched:
        patched.setattr(services, "render_document", lambda snapshot: 1 / 0)
        rui.submit(button="Confirm")
        with app.app_context():
            assert jobs.issue_due() == 0
            assert len(work.items(Kind.CREDIT_FAILED, date(2026, 3, 2))) == 1
            assert work.items(Kind.DEBT, date(2026, 3, 2)) == work.items(Kind.CREDIT, date(2026, 3, 2)) == []
    assert "An unexpected fault stopped it" in rui.get(address).text
    rui.submit(button="Try again")
    with app.app_context():
        assert jobs.issue_due() == 1
    assert rui.get(f"{address}/document").data.startswith(b"%PDF-")
    assert "CN-" in visit(cast.otto).get(address).text
    month = visit(cast.max).get("/review/books/credits").text
    assert "-¥40.00" in month
    assert "1 credit note" in month


def test_a_form_with_faults_says_them_beside_the_line_and_keeps_what_was_typed(
    app: Flask, cast: Cast, owing: str, visit: Callable[..., Visitor]
) -> None:
    rita = visit(cast.rita)
    page = rita.get(f"/review/{owing}/credit?all=1").text
    assert 'value="60.00"' in page
    assert 'value="50.00"' in page
    answer = rita.submit({"words": "Why not"}, button="Look at the draft")
    assert answer.status_code == 422
    assert "Choose a reason." in answer.text
    assert "Why not" in answer.text
    with app.app_context():
        office = Office.__new__(Office)
        office.cast = cast
        proposal = office.propose(owing, {"R-1": "1.00"})
    rita.get(f"/review/{owing}/credit?debt=1")
    assert "waits for a colleague" in rita.page.text
    rita.submit(button="Look at the draft")
    assert "has proposed a credit note on this invoice" in rita.submit(button="Propose").text
    assert visit(cast.otto).get(f"/review/{owing}/credit").status_code == 403
    rui = visit(cast.rui)
    assert ">What is taken back<" in rui.get(f"/review/credits/{proposal}").text
    rui.submit({"remarks": "Of another invoice."}, button="Turn down")
    declined = rui.get(f"/review/credits/{proposal}").text
    assert ">What was proposed, and not taken back<" in declined
    assert "Taken back" not in declined
    nobody = rui.get(f"/review/{owing}/correction").text
    assert ("Nobody asks for a correction" in nobody, 'name="remarks"' in nobody) == (True, False)


def test_the_sum_is_told_while_it_is_typed_and_what_is_wrong_beside_its_line(
    cast: Cast, owing: str, visit: Callable[..., Visitor]
) -> None:
    rita = visit(cast.rita)
    page = rita.get(f"/review/{owing}/credit").text
    first, second = re.findall(r'name="(line-[0-9]+)"', page)
    typed = {first: "10", second: "0.05", "words": "Half a sentence", "reason": "other"}
    counted = rita.submit(typed, button="Calculate")
    assert counted.status_code == 200
    for name, amount in (("To be taken back", "10.05"), ("Net", "9.48"), ("Tax", "0.57"), ("Left afterwards", "99.95")):
        assert f"<dt>{name}</dt><dd>¥{amount}<" in counted.text, name
    assert 'data-label="Left afterwards">¥49.95<' in counted.text, "what is left of the second line"
    for kept in ('value="10"', 'value="0.05"', "Half a sentence"):
        assert kept in counted.text, kept

    for button, amounts in (("What the invoice debt asks for", ["40.00"]), ("All that is left", ["60.00", "50.00"])):
        filled = rita.submit(button=button).text
        assert re.findall(r'name="line-[0-9]+"[^>]*value="([0-9.]+)"', filled) == amounts, button
        assert "Half a sentence" in filled
        assert re.search(r'value="other"[^>]*checked|checked[^>]*value="other"', filled), "the reason is kept"

    refused = rita.submit({first: "60.01", second: "x", "words": "", "reason": ""}, button="Calculate")
    assert refused.status_code == 422
    for name, told in ((first, "no more than 60.00 is left"), (second, "Enter an amount in figures")):
        assert told in refused.text.partition(f'id="{name}-error"')[2][:400], name
    assert "Choose a reason" not in refused.text
    rita.submit({first: "60.01", "words": "W", "reason": "other"}, button="Look at the draft")
    assert "no more than 60.00 is left" in rita.page.text.partition(f'id="{first}-error"')[2][:400]

    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]
    part = rita.client.post(f"/review/{owing}/credit/sum", data={"csrf_token": token, first: "-1", second: "50"})
    assert part.text.count("<dd>¥50.00<") == 1
    assert f'href="#{first}"' in part.text
    assert "<html" not in part.text


def test_issued_anew_to_another_header(app: Flask, cast: Cast, owing: str, visit: Callable[..., Visitor]) -> None:
    with app.app_context(), transaction():
        other = {"kind": "enterprise", "name": "流明机器人（苏州）有限公司", "tax_id": "91110000MA00000152"}
        header = headers.create(cast.ada.actor, other, now=clock.now()).id
    rita, rui, ada = visit(cast.rita), visit(cast.rui), visit(cast.ada)
    page = rita.get(f"/review/{owing}/reissue").text
    assert "¥70.00" in page, "40.00 of 110.00 was refunded"
    assert "Choose an invoice header." in rita.submit({"words": "抬头 Header"}, button="Propose").text
    answer = rita.submit({"header_id": str(header), "words": "抬头 Header"}, button="Propose")
    address = answer.headers["Location"] if answer.status_code == 303 else rita.path
    page = rui.get(address).text
    assert f"goes straight into a new request with the header {other['name']}" in html.unescape(page)
    assert "The customer can invoice" not in page
    rui.submit(button="Confirm")
    with app.app_context():
        jobs.issue_due()
    desk = rui.get(f"/review/{owing}").text
    assert "Issued anew as" in desk
    made = re.findall(r"Issued anew as</?[^>]*>|IR-[0-9]{8}-[0-9]{6}", desk.partition("Issued anew as")[2])[0]
    assert f"/invoices/{made}" in ada.get(f"/invoices/{owing}").text
    assert f"/invoices/{owing}" in ada.get(f"/invoices/{made}").text
    assert "Takes the place of" in rui.get(f"/review/{made}").text
