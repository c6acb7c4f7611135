"""The evidence of a request as its page shows it, and the draft beside it, which is what issuing freezes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session
from backoffice.errors import Conflict
from backoffice.issuing import services as issuing
from backoffice.issuing.models import Invoice
from backoffice.requests.models import InvoiceRequest
from backoffice.review.checks import panel
from backoffice.review.queries import dossier as dossiers
from backoffice.review.views import evidence as page
from tests.review.desk import NOW, Desk
from tests.support.office import ISSUER, Office
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases

GIVEN_AT_ISSUE = {"number", "issued_at", "issued_on", "verify_url"}


def test_the_draft_is_what_issuing_freezes(office: Office) -> None:
    for amount in ("100.00", "333.33", "0.01"):
        office.recharge(amount, channel="Alipay")
    number = office.apply("433.34", remarks="PO 4500\n第三季度")
    dossier = dossiers.dossier(number)
    draft = dict(issuing.draft_of(dossier.request, dossier.parts, issuer=ISSUER, now=clock.now()))
    office.approve(number)
    assert office.issue(number)
    frozen = dict(
        session.scalars(select(Invoice.snapshot).join(InvoiceRequest, InvoiceRequest.id == Invoice.request_id)).one()
    )
    for name in GIVEN_AT_ISSUE:
        draft.pop(name), frozen.pop(name)
    assert len(frozen["lines"]) == 3
    assert draft == frozen


def test_an_amount_in_the_remarks_is_of_the_currency_of_the_invoices(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "issuer", lambda: replace(ISSUER, currency="EUR"))
    office.recharge("100.00", channel="Alipay")
    dossier = dossiers.dossier(office.apply("60.00", remarks="按60元开"))
    assert {one.code: str(one.outcome) for one in panel.run(page.facts_of(dossier, NOW))}["remarks"] == "warn"


def test_there_is_no_draft_of_what_cannot_be_issued(office: Office) -> None:
    paid = office.recharge("100.00", channel="Alipay")
    short, rejected = office.apply("60.00"), office.apply("10.00")
    office.reject(rejected)
    office.refund(paid, "70.00")
    for number in (short, rejected):
        session.rollback()
        session.expire_all()
        dossier = dossiers.dossier(number)
        with pytest.raises(Conflict):
            issuing.draft_of(dossier.request, dossier.parts, issuer=ISSUER, now=clock.now())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Evidence", "Header since the last invoice", "Duplicate", "Draft of the invoice", "Fail", "Pass")),
        ("zh", ("核对依据", "抬头与上张发票比较", "重复申请", "发票草稿", "不符", "通过")),
    ],
)
def test_the_panel_stands_with_the_request(
    desk: Desk, visit: Callable[..., Visitor], language: str, words: tuple[str, ...]
) -> None:
    twin, number = desk.apply(days_ago=2), desk.apply()
    rita = visit(desk.cast.rita)
    rita.client.set_cookie("locale", language)
    page = rita.get(f"/review/{number}").text
    for word in words:
        assert word in page, word
    panel_of = page[page.index('id="evidence"') :]
    shown = re.findall(r'data-check="(\w+)" data-outcome="(\w+)"', panel_of)
    assert {code for code, _ in shown} == set(panel.LABELS)
    assert dict(shown)["duplicate"] == "fail"
    assert shown[0][1] == "fail"
    assert f'href="/review/{twin}"' in panel_of
    assert f'href="/review/{number}/draft.pdf"' in page


def test_the_draft_opens_as_a_marked_pdf_that_nobody_keeps(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    answer = visit(desk.cast.rita).get(f"/review/{number}/draft.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF-1.7")
    assert desk.state(number) == "pending"
    documents = desk.app.config["BACKOFFICE_SETTINGS"].instance_path / "documents"
    assert not [path for path in documents.rglob("*") if path.is_file()]


def test_a_decided_request_has_no_draft(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    assert "Hints only: the decision is yours." in rita.get(f"/review/{number}").text
    rita.submit({"reason": "tax_id", "remarks": "Please check."}, button="Reject")
    assert "the decision is yours" not in rita.get(f"/review/{number}").text
    assert "draft.pdf" not in rita.get(f"/review/{number}").text
    assert rita.get(f"/review/{number}/draft.pdf").status_code == 409
