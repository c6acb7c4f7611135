"""What customers and strangers see of credit notes: the request's page, the file, the page of verification."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from backoffice.issuing import jobs
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

pytestmark = pytest.mark.one_database


def test_the_customer_reads_what_was_taken_back_and_downloads_it(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("105.00")
        number, other = office.issued("100.00"), office.issued("5.00")
        note = office.credit(number, {"R-1": "30.00"})
        jobs.issue_due()
    ada, bo = visit(cast.ada), visit(cast.bo)
    page = ada.get(f"/invoices/{number}").text
    for words in (note, "-¥30.00", "Left of the invoice", "¥70.00", "¥30.00 was taken back: Money was refunded"):
        assert words in page, words
    address = f"/invoices/{number}/credit-notes/{note}"
    assert ada.get(address).data.startswith(b"%PDF-")
    assert bo.get(address).status_code == 404
    assert ada.get(f"/invoices/{number}/credit-notes/CN-2026-999999").status_code == 404
    assert ada.get(f"/invoices/{other}/credit-notes/{note}").status_code == 404


def test_anybody_may_know_that_an_invoice_was_taken_back(app: Flask, cast: Cast, visitor: Visitor) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        number = office.issued("100.00")
        invoice = office.request(number).invoice_number or ""

    def told(of: str, amount: str) -> str:
        visitor.get("/verify")
        return visitor.submit({"number": of, "amount": amount}).text

    def credited(amount: str) -> str:
        with app.app_context():
            return office.credit(number, {"R-1": amount})

    assert "taken back" not in told(invoice, "100.00")
    note = credited("30.00")
    page = told(invoice, "100.00")
    assert "A part of this invoice was taken back" in page
    assert "30.00" not in page
    for amount in ("-30.00", "30.00"):
        assert "This credit note is genuine" in told(note, amount)
    assert invoice in told(note, "-30.00")
    assert "We know no such" in told(note, "100.00")
    credited("70.00")
    assert "This invoice was taken back in full" in told(invoice, "100.00")
