"""The customer's list and the page of one request, through plain HTTP without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select, update

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.issuing import queries as issuing
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import applying as requests
from backoffice.requests.services.applying import Application
from tests.portal.conftest import APPLY, NOW, Customer, World, text
from tests.support import pdfs

NUMBER = re.compile(r"IR-\d{8}-\d{6}")


def listed(browser: Customer, query: str = "") -> list[str]:
    page = text(browser.get(f"/invoices{query}"))
    return re.findall(r'<th scope="row" class="key"><a href="/invoices/(IR-\d{8}-\d{6})"', page)


def test_the_summary_adds_up(ada: Customer, world: World) -> None:
    ada.apply(amount="1000")
    world.issue(ada.apply(amount="250.50"))
    page = text(ada.get("/invoices"))
    values = re.findall(r'figure-value">([^<]+)<', page)
    # Invoiceable, invoiced, in progress: together what was recharged.
    assert values == ["¥8,749.50", "¥250.50", "¥1,000.00"]


def test_an_empty_list_says_what_to_do(world: World, bo: Customer) -> None:
    assert "Nothing to invoice yet" in text(world.customer("neu").get("/invoices"))
    assert "No requests yet" in text(bo.get("/invoices"))
    assert "No request matches these filters" in text(bo.get("/invoices?status=issued"))


def test_filters_status_and_dates_work_together(ada: Customer, world: World) -> None:
    old = ada.apply(amount="1")
    rejected = ada.apply(amount="2")
    world.reject(rejected)
    with clock.moved_to(NOW + timedelta(days=3)):
        ada = world.customer("ada")
        new = ada.apply(amount="3")
    ada = world.customer("ada")
    assert listed(ada) == [new, rejected, old]
    assert listed(ada, "?status=pending") == [new, old]
    assert listed(ada, "?status=pending&status=rejected") == [new, rejected, old]
    assert listed(ada, "?status=pending&from=2026-03-09") == [new]
    assert listed(ada, "?status=pending&to=2026-03-06") == [old]
    assert listed(ada, "?from=2026-03-06&to=2026-03-06") == [rejected, old]
    page = text(ada.get("/invoices?status=pending&from=2026-03-09"))
    assert 'href="/invoices?from=2026-03-09"' in page
    assert 'href="/invoices?status=pending"' in page


ADDRESSES = (
    "?status=nonsense", "?from=2026-02-30", "?from=x&to=y", "?from=2026-03-09&to=2026-03-01", "?after=!!!", "?last",
    "?after=" + "A" * 3000, "?before=bm9uc2Vuc2U", "?from=0001-01-01&to=9999-12-31", "?status=%00", "?from=%00",
)  # fmt: skip


def test_no_address_of_the_list_breaks_it(ada: Customer) -> None:
    ada.apply(amount="1")
    for query in ADDRESSES:
        assert ada.get(f"/invoices{query}").status_code == 200, query


def test_pages_lead_there_and_back(ada: Customer, world: World) -> None:
    application = Application(world.header_id, "1", "ada@lumen.example")
    for turn in range(51):
        world.act(requests.apply, world.cast.ada.actor, application, submit_token=f"turn-{turn}", locale="en")
    with world.app.app_context():
        numbers = list(session.scalars(select(InvoiceRequest.number).order_by(InvoiceRequest.id)))
    page = text(ada.get("/invoices"))
    onward = re.search(r'href="(/invoices\?after=[^"]+)"', page)
    assert onward
    second = text(ada.get(onward[1]))
    back = re.search(r'href="(/invoices\?before=[^"]+)"', second)
    assert back
    assert listed(ada) == numbers[:0:-1]
    assert f'"/invoices/{numbers[0]}"' in second
    assert NUMBER.findall(text(ada.get(back[1])))[0] == numbers[-1]


@pytest.mark.one_database
def test_the_xml_is_the_one_inside_the_stored_document(ada: Customer, world: World) -> None:
    number = ada.apply(amount="250.50")
    assert ada.get(f"/invoices/{number}/download.xml").status_code == 404
    assert "XML invoice" not in ada.get(f"/invoices/{number}").text
    world.issue(number)
    assert "XML invoice" in ada.get(f"/invoices/{number}").text
    answer = ada.get(f"/invoices/{number}/download.xml")
    enclosed = pdfs.read(ada.get(f"/invoices/{number}/download").data).files
    assert (answer.data, answer.mimetype) == (enclosed["factur-x.xml"], "application/xml")
    assert 'filename="INV-2026-000001.xml"' in answer.headers["Content-Disposition"]


def test_people_of_one_account_see_the_same_and_others_nothing(ada: Customer, bo: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    assert listed(world.customer("lin")) == [number]
    assert listed(bo) == []


OWN = (
    ("get", "/invoices/{}"),
    ("get", "/invoices/{}/withdraw"),
    ("post", "/invoices/{}/withdraw"),
    ("get", "/invoices/{}/download"),
    ("get", "/invoices/{}/download.xml"),
    ("get", "/invoices/{}/official"),
    ("get", "/invoices/apply?resubmit={}"),
)


def test_another_accounts_request_is_not_there(bo: Customer, world: World) -> None:
    ada = world.customer("ada")
    number = ada.apply(amount="5")
    bo.get(APPLY)
    data = {"csrf_token": bo.typed()["csrf_token"]}
    for method, path in OWN:
        for one in (number, "IR-20260306-000000", "x" * 3000, "%00"):
            answer = getattr(bo.client, method)(path.format(one), data=data)
            assert answer.status_code == 404, (method, path, one)
    assert world.request(number).state == "pending"


def test_resubmitting_what_another_account_was_refused_is_not_possible(bo: Customer, world: World) -> None:
    ada = world.customer("ada")
    number = ada.apply(amount="5")
    world.reject(number)
    assert bo.review(amount="5", resubmit=number).status_code == 404


def test_withdraw_asks_once_and_gives_the_money_back(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    assert f"/invoices/{number}/withdraw" in text(ada.get(f"/invoices/{number}"))
    ada.get(f"/invoices/{number}/withdraw")
    assert world.request(number).state == "pending"
    assert ada.submit(button="Withdraw").status_code == 303
    assert "Withdrawn" in text(ada.follow())
    assert world.request(number).state == "withdrawn"
    assert "¥10,000.00" in text(ada.get("/invoices"))


def test_withdrawing_too_late_says_where_it_stands(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    ada.get(f"/invoices/{number}/withdraw")
    world.reject(number)
    ada.submit(button="Withdraw")
    assert "This request is Rejected and cannot be withdrawn." in text(ada.follow())
    assert ada.get(f"/invoices/{number}/withdraw").status_code == 303
    assert world.request(number).state == "rejected"


def test_a_rejection_shows_why_and_resubmits_filled_in_and_linked(ada: Customer, world: World) -> None:
    number = ada.apply(amount="77.70", email="ap@lumen.example", remarks="PO 1")
    world.reject(number)
    page = text(ada.get(f"/invoices/{number}"))
    assert "The tax ID does not match the name" in page
    assert "Mend the tax ID." in page

    assert "Mend the tax ID." in text(ada.get(f"/invoices/apply?resubmit={number}"))
    typed = ada.typed()
    assert (typed["amount"], typed["email"], typed["remarks"]) == ("77.70", "ap@lumen.example", "PO 1")
    ada.press("review")
    again = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert number in text(ada.get(f"/invoices/{again}"))
    assert again in text(ada.get(f"/invoices/{number}"))


def test_only_a_rejected_request_can_be_resubmitted(ada: Customer) -> None:
    number = ada.apply(amount="5")
    answer = ada.get(f"/invoices/apply?resubmit={number}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/invoices/{number}"
    forged = ada.review(amount="5", resubmit=number)
    assert ada.is_refused
    assert "Only a rejected request can be resubmitted." in text(forged)


def test_the_download_is_the_stored_document_byte_for_byte(ada: Customer, world: World) -> None:
    number = ada.apply(amount="250.50")
    assert ada.get(f"/invoices/{number}/download").status_code == 404
    world.issue(number)
    answer = ada.get(f"/invoices/{number}/download")
    with world.app.app_context():
        document = issuing.document_of(world.request(number).id)
    assert answer.data == storage.get(document.sha256)
    assert answer.data.startswith(b"%PDF-")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="INV-2026-000001.pdf"')
    assert unquote(disposition.partition("''")[2]) == "INV-2026-000001 上海流明机器人有限公司.pdf"


def test_the_issued_request_tells_the_truth_about_its_mail(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    world.issue(number)
    said = {
        "queued": "Mail on its way",
        "deferred": "Mail retrying",
        "failed": "Mail failed",
        "accepted": "Mailed",
        "reported": "Mail is late",
    }
    for state, words in said.items():
        reported_at = NOW if state == "reported" else None
        values = {"state": "accepted" if reported_at else state, "reported_at": reported_at}
        values["accepted_at"] = NOW if values["state"] == "accepted" else None
        with world.app.app_context(), transaction():
            session.execute(update(Message).where(Message.template == "issued").values(**values))
        page = text(ada.get(f"/invoices/{number}"))
        assert words in page
        assert "ap@lumen.example" in page
        assert "INV-2026-000001" in page


def test_colleagues_are_named_and_reviewers_are_not(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    world.issue(number)
    page = text(ada.get(f"/invoices/{number}"))
    main = page.partition("<main")[2]
    assert "Ada" in main
    assert "Rita" not in main
    assert "All fine." in main


def test_a_reviewer_has_no_business_here(world: World) -> None:
    rita = world.customer("rita")
    for path in ("/invoices", "/invoices/apply", "/invoices/IR-20260306-000000", "/invoice-headers"):
        assert rita.get(path).status_code == 403
