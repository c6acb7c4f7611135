"""An administrator hands in a file by keyboard, watches it arrive, reads the report, settles what is in conflict."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.ledger import jobs
from backoffice.ledger.jobs import work
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
    lines = (row(external_id="W-2"), row(amount="11.00"), row(external_id="W-3", amount="1.2.3"))
    content = "\n".join([",".join(REQUIRED_COLUMNS), *lines, ""])
    ana.enclose("CSV file", {"name": "march.csv", "mimeType": "text/csv", "buffer": content.encode()})
    ana.press("button", "Import")
    ana.reads("Waiting for its turn")
    ana.fits()
    with app.app_context():
        assert jobs.import_due() == 3
        session.remove()
    # Nobody touches the page: its script sees the end and shows the report.
    the_report_says_what_became_of_each_line(ana)
    the_conflict_is_shown_column_by_column_and_settled(ana)
    links = ana.page.get_by_role("main").or_(ana.page.get_by_role("banner"))
    ana.enter(links.get_by_role("link", name=ana.word("Imports")))
    ana.arrives("Imports")
    the_history_leads_back_to_the_report(ana, cast.ana, hashlib.sha256(content.encode()).hexdigest())


def test_the_button_that_stops_goes_when_there_is_no_stopping(
    app: Flask, cast: Cast, typist: Callable[[Person], Typist], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = typist(cast.ana)
    ana.open("/admin/imports")
    lines = (row(external_id=f"W-{number}") for number in range(1500))
    content = "\n".join([",".join(REQUIRED_COLUMNS), *lines, ""])
    ana.enclose("CSV file", {"name": "whole.csv", "mimeType": "text/csv", "buffer": content.encode()})
    ana.toggle(ana.field("All lines or none"))
    ana.press("button", "Import")
    ana.reads("Waiting for its turn")
    stop = ana.page.get_by_role("button", name=ana.word("Stop the import"))
    expect(stop).to_be_visible()
    with app.app_context():
        with monkeypatch.context() as patched:
            patched.setattr(work, "WORK_SECONDS", 0.0)
            assert jobs.import_due() == 1000
        session.remove()
        expect(stop).to_have_count(0)
        ana.reads("Every line is good. All are booked now; that cannot be stopped any more.")
        assert jobs.import_due() == 500
        session.remove()
    ana.reads("Every line was taken or known already.")


def the_report_says_what_became_of_each_line(ana: Typist) -> None:
    """How many lines were taken, and of each that was not, what it says and why; the same as a file."""
    table = ana.control("table", "Lines that were not taken").get_by_role("row")
    conflict = table.filter(has_text="W-1")
    expect(conflict.get_by_role("link", name=ana.word("Conflict"), exact=True)).to_be_visible()
    ana.fits()
    for label in ("Added", "In conflict", "Refused"):
        figure = ana.page.locator(".figure").filter(has=ana.page.get_by_text(ana.word(label), exact=True))
        expect(figure.locator(".figure-value")).to_have_text("1")
    expect(table.filter(has_text="W-3")).to_contain_text("1.2.3")
    expect(table.filter(has_text="W-3")).to_contain_text(ana.word("Refused"))
    name, said = ana.download(ana.control("link", "Download as CSV"))
    assert name.endswith(".csv")
    assert [cell for cell in ("W-1", "W-2", "W-3") if cell in said.decode("utf-8-sig")] == ["W-1", "W-3"]


def the_conflict_is_shown_column_by_column_and_settled(ana: Typist) -> None:
    """The line stands beside the books, with a mark where they differ and nowhere else."""
    ana.enter(ana.page.get_by_role("table").get_by_role("link", name=ana.word("Conflict"), exact=True))
    ana.arrives("Conflict in line %(line)s", line=3)
    rows = ana.control("table", "The line beside the books").get_by_role("row")
    differing = rows.filter(has_text=ana.word("differs"))
    expect(differing.get_by_role("rowheader")).to_have_text(["amount"])
    expect(differing.get_by_role("cell").first).to_contain_text("11.00")
    expect(differing.get_by_role("cell").last).to_contain_text("10.00")
    expect(rows.filter(has_text="external_id").get_by_role("cell")).to_have_text(["W-1", "W-1"])
    ana.fill("Reason", "OK")
    ana.press("button", "Settle the conflict")
    expect(ana.page.get_by_role("link", name=ana.word("Settled"), exact=True)).to_be_visible()


def the_history_leads_back_to_the_report(ana: Typist, who: Person, sha256: str) -> None:
    """The list of files says who brought which bytes, how many lines and what money; its link opens the report."""
    entry = ana.control("table", "Imported files").get_by_role("row").filter(has_text="march.csv")
    for said in (who.name, sha256[:10], "10.00"):
        expect(entry).to_contain_text(said)
    expect(entry.locator(".num")).to_have_text(["3", "2", re.compile("10\\.00")])
    ana.enter(entry.get_by_role("link", name="march.csv"))
    ana.arrives_at(re.compile(ana.word("Import %(number)s", number=r"\d+")))
    ana.reads("Lines that were not taken")
