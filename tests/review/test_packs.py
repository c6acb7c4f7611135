"""Packs that prove: one invoice with all that was decided about it, and all documents of a month."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.delivery.bounces import Finding, Report, Verdict
from backoffice.delivery.models import Message
from backoffice.delivery.rules import Effect, MessageState, Outcome
from backoffice.issuing import jobs
from backoffice.issuing.models import CreditNote, Invoice
from backoffice.issuing.services import logos, official
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.review.services import notes
from backoffice.review.views import month_pack
from backoffice.review.views.month_pack import Plan
from backoffice.web.zips import Stream
from tests.issuing.test_official import XML
from tests.support.office import Office
from tests.support.pdfs import read as pdfs_read
from tests.support.people import Cast
from tests.support.visitor import Visitor

BEGAN = datetime(2026, 3, 10, tzinfo=UTC)
REGISTER = "/review/books/register"


@pytest.fixture
def requests(app: Flask, cast: Cast, freeze: Callable[[datetime], None]) -> list[str]:
    """Two invoices of March with a credit note on the first of them, and one invoice of April."""
    freeze(BEGAN)
    with app.app_context():
        office = Office(cast)
        recharge = office.recharge("100.00", payer_name="=HYPERLINK(1)")
        made = [office.issued("20.00"), office.issued("30.00")]
        office.credit(made[0], {recharge: "5.00"})
        assert jobs.issue_due() == 1
        freeze(datetime(2026, 4, 2, tzinfo=UTC))
        return [*made, office.issued("5.00")]


def unpacked(answer: Any, folder: Path) -> list[str]:
    """Unpack a zip, and let the program that its text names check it; returns the names."""
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        packed.extractall(folder)
        return packed.namelist()


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.one_database
def test_the_pack_of_an_invoice_proves_itself(
    visit: Callable[..., Visitor], app: Flask, cast: Cast, requests: list[str], tmp_path: Path
) -> None:
    number = requests[0]
    with app.app_context(), transaction():
        notes.add(cast.rita.actor, number, "=1+1 looked at the contract", now=clock.now())
        official.record(cast.rita.actor, number, number="2431", file=(XML, "a.xml"), reason="", over=0, now=clock.now())
    otto = visit(cast.otto)
    address = f"/review/{number}/audit-pack.zip"
    assert address in otto.get(f"/review/{number}").text
    names = unpacked(otto.get(address), tmp_path)
    invoice, note = "INV-2026-000001", "CN-2026-000001"
    assert names == [
        f"{invoice}/{name}"
        for name in (
            f"{invoice}.pdf", f"{invoice}.xml", "official/1-a.xml", "snapshot.json", f"credit-notes/{note}.pdf",
            f"credit-notes/{note}.xml", f"credit-notes/{note}.snapshot.json", "timeline.csv", "checks.csv",
            "recharges.csv", "credit-notes.csv", "mails.csv", "HOW-TO-VERIFY.txt", "SHA256SUMS",
        )
    ]  # fmt: skip
    folder = tmp_path / invoice
    assert checked(folder).returncode == 0
    assert checked(folder).stdout.count(": OK") == len(names) - 1
    assert (folder / f"{invoice}.xml").read_bytes() == otto.get(f"/review/{number}/document.xml").data
    told = {
        name: (folder / f"{name}.csv").read_text("utf-8-sig")
        for name in ("timeline", "checks", "recharges", "credit-notes", "mails")
    }
    for name, words in {
        "timeline": (
            *("Approved", "Rita", "'=1+1 looked at the contract", "Issued", "Credit note issued"),
            "Official number recorded",
        ),
        "credit-notes": (note, "Confirmed", "Rita", cast.rui.name, "-4.72", "-5.00"), "checks": ("Tax ID", "pass"),
        "recharges": ("20.00", "'=HYPERLINK(1)"), "mails": ("accounts.payable@lumen.example", "Credit note"),
    }.items():  # fmt: skip
        assert [word for word in words if word not in told[name]] == [], told[name]
    with (folder / "timeline.csv").open("a") as file:
        file.write("x")
    assert "timeline.csv: FAILED" in checked(folder).stdout
    text = (folder / "HOW-TO-VERIFY.txt").read_text()
    assert "sha256sum -c SHA256SUMS" in text
    assert "审计资料包" in text


@pytest.mark.one_database
def test_a_credit_note_has_a_pack_of_its_own(
    visit: Callable[..., Visitor], app: Flask, cast: Cast, requests: list[str], tmp_path: Path
) -> None:
    with app.app_context():
        proposal = session.scalars(select(CreditNote.proposal_id)).one()
        sha256 = session.scalars(select(CreditNote.pdf_sha256)).one() or ""
    otto = visit(cast.otto)
    address = f"/review/credits/{proposal}/audit-pack.zip"
    assert address in otto.get(f"/review/credits/{proposal}").text
    names = unpacked(otto.get(address), tmp_path)
    invoice, note = "INV-2026-000001", "CN-2026-000001"
    assert names == [
        f"{note}/{name}"
        for name in (
            f"{note}.pdf", f"{note}.xml", "snapshot.json", f"invoice/{invoice}.pdf", f"invoice/{invoice}.xml",
            f"invoice/{invoice}.snapshot.json", "timeline.csv", "credit-notes.csv", "mails.csv", "HOW-TO-VERIFY.txt",
            "SHA256SUMS",
        )
    ]  # fmt: skip
    folder = tmp_path / note
    assert checked(folder).returncode == 0
    (mail,) = csv.DictReader(io.StringIO((folder / "mails.csv").read_text("utf-8-sig")))
    assert (mail["Mail"], mail["SHA-256 of the PDF"]) == ("Credit note", sha256)
    assert sha256 in (folder / "HOW-TO-VERIFY.txt").read_text()
    assert otto.get("/review/credits/99/audit-pack.zip").status_code == 404


@pytest.mark.one_database
def test_a_pack_brings_the_logo_that_its_documents_are_drawn_with(
    visit: Callable[..., Visitor], app: Flask, cast: Cast, freeze: Callable[[datetime], None], tmp_path: Path
) -> None:
    freeze(BEGAN)
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        plain = office.issued("20.00")
        picture = io.BytesIO()
        Image.new("RGB", (400, 100), "teal").save(picture, "PNG")
        logo = logos.receive(picture.getvalue())
        with transaction():
            seller = {**DEFAULTS[PolicyKey.SELLER], "logo": logo}
            policies.set_policy(
                SYSTEM, PolicyKey.SELLER, seller, starts_on=date(2026, 1, 1), reason="logo", now=clock.now()
            )
        branded = office.issued("30.00")
    rita = visit(cast.rita)
    for request, brings in ((plain, False), (branded, True)):
        names = unpacked(rita.get(f"/review/{request}/audit-pack.zip"), tmp_path / request)
        (folder,) = (tmp_path / request).iterdir()
        assert (f"{folder.name}/logo/{logo}.png" in names) is brings
        assert checked(folder).returncode == 0
        frozen = json.loads((folder / "snapshot.json").read_text())
        assert frozen["seller"].get("logo", "") == (logo if brings else "")
        assert "logo/" in (folder / "HOW-TO-VERIFY.txt").read_text()
    assert hashlib.sha256((folder / "logo" / f"{logo}.png").read_bytes()).hexdigest() == logo


@pytest.mark.one_database
def test_a_mail_that_came_back_keeps_its_first_answer(
    visit: Callable[..., Visitor], app: Flask, cast: Cast, requests: list[str], freeze: Callable[[datetime], None],
    tmp_path: Path,
) -> None:  # fmt: skip
    with app.app_context(), transaction():
        mail = session.scalars(select(Message).where(Message.template == "issued").order_by(Message.id)).first()
        assert mail is not None
        taken, came_back = clock.now(), clock.now() + timedelta(hours=5)
        mail.lend(taken + timedelta(minutes=1))
        mail.state, mail.attempts = "sending", 1
        session.flush()
        sent = Outcome(MessageState.ACCEPTED, "250 queued as 4F2A")
        assert delivery.record_outcome(mail.id, str(mail.lease), sent, now=taken)
        report = Report((mail.message_id,), (Finding(Verdict.FAILED, "550 no such user"),))
        assert delivery.record_report(report, now=came_back) is Effect.FAILED
        mail_id = mail.id
    unpacked(visit(cast.otto).get(f"/review/{requests[0]}/audit-pack.zip"), tmp_path)
    lines = csv.DictReader(io.StringIO((tmp_path / "INV-2026-000001" / "mails.csv").read_text("utf-8-sig")))
    (line,) = [line for line in lines if line["Last answer"]]
    assert (line["Answer when it was accepted"], line["Last answer"]) == ("250 queued as 4F2A", "550 no such user")
    assert (line["Accepted at"][:16], line["Reported at"][:16]) == ("2026-04-02 08:00", "2026-04-02 13:00")
    page = visit(cast.rita).get(f"/review/mails/{mail_id}").text
    assert [words in page for words in ("250 queued as 4F2A", "550 no such user", "2 Apr 2026, 13:00")] == [True] * 3


@pytest.mark.one_database
def test_half_a_proof_is_none(visit: Callable[..., Visitor], app: Flask, cast: Cast, requests: list[str]) -> None:
    with app.app_context():
        storage.discard(session.scalars(select(Invoice.pdf_sha256).order_by(Invoice.id)).first() or "")
    answer = visit(cast.max).get(f"/review/{requests[0]}/audit-pack.zip")
    assert answer.status_code == 503
    assert "prove nothing" in answer.text


def test_a_month_comes_whole_and_says_what_is_wrong(
    visit: Callable[..., Visitor], app: Flask, cast: Cast, requests: list[str], tmp_path: Path
) -> None:
    ana = visit(cast.ana)
    page = ana.get(f"{REGISTER}?month=2026-03").text
    assert "3 documents as zip" in page
    assert [amount in page for amount in ("¥50.00", "-¥5.00", "¥45.00")] == [True] * 3
    good = tmp_path / "good"
    names = unpacked(ana.get(f"{REGISTER}.zip?month=2026-03"), good)
    folder = "invoices-2026-03"
    numbers = ["INV-2026-000001", "INV-2026-000002", "CN-2026-000001"]
    pdfs = [f"{number}.pdf" for number in numbers]
    assert names == [
        f"{folder}/{name}"
        for name in (
            *(f"{number}.{ending}" for number in numbers for ending in ("pdf", "xml")),
            "HOW-TO-VERIFY.txt", "register.csv", "totals.csv", "SHA256SUMS", "PROBLEMS.txt",
        )
    ]  # fmt: skip
    assert checked(good / folder).returncode == 0
    assert checked(good / folder).stdout.count(": OK") == len(names) - 2
    for number in numbers:
        pdf, xml = ((good / folder / f"{number}.{ending}").read_bytes() for ending in ("pdf", "xml"))
        assert xml == pdfs_read(pdf).files["factur-x.xml"]
    assert "INV" not in (good / folder / "PROBLEMS.txt").read_text()
    lines = list(csv.DictReader(io.StringIO((good / folder / "register.csv").read_text("utf-8-sig"))))
    assert [(line["Number"], line["Kind"], line["Net"], line["Gross"], line["Credit note on"]) for line in lines] == [
        ("INV-2026-000001", "Invoice", "18.87", "20.00", ""), ("INV-2026-000002", "Invoice", "28.30", "30.00", ""),
        ("CN-2026-000001", "Credit note", "-4.72", "-5.00", "INV-2026-000001"),
    ]  # fmt: skip
    assert ana.get(f"{REGISTER}.csv?month=2026-03").data == (good / folder / "register.csv").read_bytes()
    totals = (good / folder / "totals.csv").read_bytes()
    assert list(csv.reader(io.StringIO(totals.decode("utf-8-sig"))))[1:] == [
        ["Invoices", "2", "47.17", "2.83", "50.00"], ["Credit notes", "1", "-4.72", "-0.28", "-5.00"],
        ["Together", "3", "42.45", "2.55", "45.00"],
    ]  # fmt: skip
    assert ana.get(f"{REGISTER}.csv?month=2026-03&part=totals").data == totals
    assert ana.get(f"{REGISTER}.csv?month=2026-03&part=else").status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(ana.get(f"{REGISTER}.xlsx?month=2026-03").data))
    assert [row[0] for row in book.active.iter_rows(values_only=True)] == ["Number", *numbers]
    assert list(book["Totals"].iter_rows(values_only=True))[-1] == ("Together", 3, 42.45, 2.55, 45)
    assert ana.get(f"{REGISTER}.zip?month=2026-05").status_code == 404

    with app.app_context():
        first, second = session.scalars(select(Invoice.pdf_sha256).order_by(Invoice.id).limit(2))
        storage.discard(first or "")
        for sha256 in (second or "", session.scalars(select(CreditNote.pdf_sha256)).one() or ""):
            path = storage._configured().path(sha256)
            content = bytearray(path.read_bytes())
            # In the one the end, in the other the XML inside it.
            content[-1 if sha256 == second else content.index(b"/EmbeddedFile") + 60] ^= 1
            path.write_bytes(content)
    bad = tmp_path / "bad"
    assert f"{folder}/{pdfs[0]}" not in unpacked(ana.get(f"{REGISTER}.zip?month=2026-03"), bad)
    problems = (bad / folder / "PROBLEMS.txt").read_text()
    assert "INV-2026-000001: its document is not in the store" in problems
    told = checked(bad / folder).stdout
    for number in numbers[1:]:
        assert f"{number}: its document was altered" in problems
        assert f"{number}.pdf: FAILED" in told
        assert f"{number}.xml: FAILED" in told
    assert "INV-2026-000001" in (bad / folder / "register.csv").read_text()


@pytest.mark.one_database
def test_memory_does_not_grow_with_the_month(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred documents of 200 kB each; the plan is made of the register alone, the documents come one by one."""
    content = b"%PDF" + b"x" * 200_000
    with app.test_request_context():
        sha256 = storage.put(content)
        opened: list[str] = []
        opener = storage.open_file
        monkeypatch.setattr(month_pack.storage, "open_file", lambda sha: opened.append(sha) or opener(sha))
        rows = (
            SimpleNamespace(
                number=f"INV-2026-{turn:06}", sequence=turn, issued_on=BEGAN.date(), issued_at=BEGAN, code="lumen",
                name="L", header_name="L", request="IR", net=1, tax=0, gross=1, official=None, original=None,
                pdf_sha256=sha256, pdf_size=len(content), template="v1", kind="invoice",
            )
            for turn in range(1, 301)
        )  # fmt: skip
        plan = Plan("2026-03")
        plan.make(rows, maker="Max")
        assert opened == []
        tracemalloc.start()
        stream = Stream(plan.members(), BEGAN, plan.close)
        next(stream)
        assert len(opened) == 1
        read = sum(map(len, stream))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        stream.close()
    assert len(opened) == 300
    assert 300 * len(content) < read < plan.size
    assert peak < 3_000_000
