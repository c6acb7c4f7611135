"""An administrator hands in a file by keyboard, watches it arrive, and settles what is in conflict."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.ledger import jobs
from backoffice.ledger.rules import REQUIRED_COLUMNS, Line, parse_line
from backoffice.ledger.services.entries import book
from tests.browser.typist import Typist
from tests.support.people import Cast, Person

pytestmark = pytest.mark.browser

KNOWN = {"kind": "recharge", "external_id": "W-1", "account": "lumen", "status": "completed", "amount": "10.00",
         "currency": "CNY", "occurred_at": "2026-03-02T09:30:00+08:00", "refund_of": ""}  # fmt: skip


def row(**changes: str) -> str:
    """A line of the file."""
    return ",".join(({**KNOWN, **changes})[name] for name in REQUIRED_COLUMNS)


def test_hand_in_watch_and_settle(app: Flask, cast: Cast, typist: Callable[[Person], Typist]) -> None:
    with app.app_context(), transaction():
        known: Line = parse_line(2, KNOWN, currency="CNY", zone=clock.zone())
        book([known], source="platform", now=clock.now())
    ana = typist(cast.ana)
    ana.open("/admin")
    ana.go("Imports")
    ana.arrives("Imports")
    content = "\n".join([",".join(REQUIRED_COLUMNS), row(external_id="W-2"), row(amount="11.00")])
    ana.enclose("CSV file", {"name": "march.csv", "mimeType": "text/csv", "buffer": content.encode()})
    ana.press("button", "Import")
    ana.reads("Waiting for its turn")
    ana.fits()
    with app.app_context():
        assert jobs.import_due() == 2
        session.remove()
    # Nobody touches the page: its script sees the end and shows the report.
    conflict = ana.page.get_by_role("table").get_by_role("link", name=ana.word("Conflict"), exact=True)
    expect(conflict).to_be_visible()
    ana.fits()
    name, said = ana.download(ana.control("link", "Download as CSV"))
    assert name.endswith(".csv")
    assert "W-1" in said.decode("utf-8-sig")
    ana.enter(conflict)
    ana.arrives("Conflict in line %(line)s", line=3)
    expect(ana.page.get_by_role("cell", name=re.compile("11\\.00"))).to_be_visible()
    ana.fill("Reason", "OK")
    ana.press("button", "Settle the conflict")
    expect(ana.page.get_by_role("link", name=ana.word("Settled"), exact=True)).to_be_visible()
    ana.enter(
        ana.page.get_by_role("main").or_(ana.page.get_by_role("banner")).get_by_role("link", name=ana.word("Imports"))
    )
    ana.arrives("Imports")
    expect(ana.page.get_by_role("row").filter(has_text="march.csv")).to_contain_text(cast.ana.name)
