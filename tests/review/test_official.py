"""The official number on the desk and at the customer's: recorded by hand, seen by both, in the register's file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from flask import Flask

from tests.issuing.test_official import XML
from tests.support.office import Office
from tests.support.people import Cast
from tests.support.visitor import Visitor

NUMBER = "24312000000012345678"


@pytest.fixture
def request_number(app: Flask, cast: Cast) -> str:
    with app.app_context():
        office = Office(cast)
        office.recharge("50.00")
        return office.issued("20.00")


@pytest.mark.one_database
def test_a_reviewer_records_it_and_the_customer_finds_it(
    visit: Callable[..., Visitor], cast: Cast, request_number: str
) -> None:
    ada = visit(cast.ada)
    assert "Official number" not in ada.get(f"/invoices/{request_number}").text
    assert ada.get(f"/invoices/{request_number}/official").status_code == 404
    rita = visit(cast.rita)
    assert "Record the official number" in rita.get(f"/review/{request_number}").text
    rita.get(f"/review/{request_number}/official")
    refused = rita.submit({"number": NUMBER, "file": (io.BytesIO(b"x"), "a.pdf")}, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert NUMBER in refused.text
    assert "not a complete PDF, OFD or XML" in refused.text
    rita.submit({"number": NUMBER, "file": (io.BytesIO(XML), "数电票.xml")}, content_type="multipart/form-data")
    assert NUMBER in rita.follow().text
    stale = visit(cast.rui)
    stale.get(f"/review/{request_number}/official")
    rita.get(f"/review/{request_number}/official")
    rita.submit({"number": NUMBER + "9", "reason": "typed wrong"})
    late = stale.submit({"number": NUMBER + "7", "reason": "mine"})
    assert (late.status_code, "Somebody else recorded" in late.text, "typed wrong" in late.text) == (409, True, True)

    page = ada.get(f"/invoices/{request_number}").text
    assert NUMBER + "9" in page
    told = page[page.index('aria-label="What happened"') :]
    assert [word in told for word in ("Official number recorded", "Official number corrected", NUMBER)] == [True] * 3
    assert [word in page for word in ("typed wrong", "instead of", cast.rita.name)] == [False] * 3
    desk = rita.get(f"/review/{request_number}").text
    for words in ("Official number corrected", "typed wrong", f"{NUMBER}9 instead of {NUMBER}"):
        assert words in desk, words
    file = ada.get(f"/invoices/{request_number}/official")
    assert (file.data, file.mimetype) == (XML, "application/xml")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert visit(cast.bo).get(f"/invoices/{request_number}/official").status_code == 404
    lines = list(csv.DictReader(io.StringIO(rita.get("/review/books/numbers.csv").text.lstrip("\ufeff"))))
    assert [line["Official number"] for line in lines] == ["'" + NUMBER + "9"]  # as text, for spreadsheets


@pytest.mark.one_database
def test_who_may_not_decide_reads_it_only(visit: Callable[..., Visitor], cast: Cast, request_number: str) -> None:
    otto = visit(cast.otto)
    assert "Record the official number" not in otto.get(f"/review/{request_number}").text
    assert otto.get(f"/review/{request_number}/official").status_code == 403
