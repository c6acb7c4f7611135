"""What a mail says and how it is packed."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from backoffice import storage
from backoffice.delivery import rules, services
from backoffice.delivery.messages import Parcel, compose, render
from backoffice.errors import NotFound
from tests.delivery.conftest import NOW
from tests.support.apps import bare_app, test_settings

REQUESTS = [{"request_number": "R-1", "header_name": "<b>Lumen</b> & Co", "amount": "10.00", "due_on": "2026-03-13"}]
WEEK = {"met": 11, "due": 12, "on_time": 11 / 12, "received": 30, "out": 28, "open": 7, "median": 1.25, "p90": 4.0}
FACTS = {
    "request_number": "R-2026-000001",
    "invoice_number": "INV-2026-000001",
    "credit_note_number": "CN-2026-000001",
    "left": "100.00",
    "header_name": "<b>Lumen</b> & 光明",
    "amount": "1,409.50",
    "due_on": "2026-03-13",
    "issued_on": "2026-03-09",
    "reason": "The tax ID does not match the name",
    "question": "Which contract?\n<script>alert(2)</script>",
    "remarks": "Line one\n<script>alert(1)</script>",
    "requests": REQUESTS,
    "percent": 50,
    "unassigned": True,
    "person": "Ada",
    "seal": 12,
    "event": 340,
    "head": "0a" * 32,
    "head_on": "2026-03-08",
    "since": "2026-03-02",
    "until": "2026-03-08",
    "weeks": [WEEK, {**WEEK, "on_time": None, "median": None, "p90": None}],
    "overdue": [2, None],
    "missing": [1, 3],
}
PDF = b"%PDF-1.7 a document\n" * 400


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Flask]:
    """Words and MIME need no database."""
    app = bare_app(test_settings(tmp_path / "instance", ""))
    with app.app_context():
        yield app


def parcel(**different: object) -> Parcel:
    values = {
        "id": 1,
        "lease": "x",
        "template": "submitted",
        "locale": "en",
        "recipient": "ada@lumen.example",
        "context": FACTS,
        "message_id": "<fixed@mail.backoffice.local>",
        "attachment_sha256": None,
        "attachment_name": None,
        "created_at": NOW,
        "mime": None,
    }
    return Parcel(**{**values, **different})


def unpacked(mime: bytes) -> EmailMessage:
    return email.message_from_bytes(mime, policy=email.policy.default)


@pytest.mark.parametrize("locale", rules.LOCALES)
@pytest.mark.parametrize("template", sorted(rules.CONTEXT))
def test_every_mail_is_whole_in_both_languages(context: Flask, template: str, locale: str) -> None:
    needed = {name: FACTS[name] for name in rules.CONTEXT[template]}
    for facts in (needed, FACTS):
        mail = render(template, locale, facts)
        assert mail.subject
        assert "\n" not in mail.subject
        for part in (mail.text, mail.html):
            assert re.search(r"http://127\.0\.0\.1:8000/\w", part)
            assert "{{" not in part
            assert "%(" not in part
        assert "\n\n\n" not in mail.text
        assert '<html lang="zh-CN">' in mail.html if locale == "zh" else '<html lang="en">' in mail.html


@pytest.mark.parametrize("template", sorted(rules.CONTEXT))
def test_html_runs_and_loads_nothing_and_escapes_all_data(context: Flask, template: str) -> None:
    html = render(template, "en", {**FACTS, "person": "<i>Ada</i>", "reason": "<u>x</u> 100%"}).html
    assert not re.search(r"<(script|img|link|iframe|form|b|i|u)\b|\ssrc=|url\(|\son\w+=", html)
    assert "&lt;i&gt;Ada" in html


def test_the_decision_is_told_with_reason_and_remarks(context: Flask) -> None:
    mail = render("rejected", "en", FACTS)
    assert "Reason: The tax ID does not match the name" in mail.text
    assert "  Line one\n  <script>alert(1)</script>" in mail.text
    assert "Line one\n&lt;script&gt;" in mail.html
    assert "http://127.0.0.1:8000/invoices/R-2026-000001" in mail.text


def test_the_invoice_mail_names_number_and_amount_with_currency(context: Flask) -> None:
    mail = render("issued", "en", FACTS)
    assert "INV-2026-000001" in mail.subject
    assert "Invoice Amount: ¥1,409.50" in mail.text
    assert "¥1,409.50" in mail.html


def test_days_are_written_in_the_readers_language(context: Flask) -> None:
    assert "Friday, March 13, 2026" in render("submitted", "en", FACTS).text
    assert "2026年3月13日星期五" in render("submitted", "zh", FACTS).text


def test_a_long_list_of_overdue_requests_is_cut_and_counted(context: Flask) -> None:
    mail = render("flagged", "en", {"requests": REQUESTS * 120, "person": None})
    assert mail.subject == "120 invoice requests are overdue"
    assert mail.text.count("* R-1  ") == 50
    for part in (mail.text, mail.html):
        assert part.count("http://127.0.0.1:8000/review/R-1") == 50
    assert "And 70 more." in mail.text
    assert "And 70 more." in mail.html
    assert render("flagged", "en", {"requests": REQUESTS}).subject == "1 invoice request is overdue"


@pytest.mark.parametrize("template", ["flagged", "due_soon"])
def test_a_list_of_requests_says_what_each_waits_for_and_which_days_may_still_move(
    context: Flask, template: str
) -> None:
    plain, promised = "2026-12-08", {**REQUESTS[0], "due_on": "2027-01-05", "approved": True, "provisional": [2027]}
    lines = [{**REQUESTS[0], "due_on": plain}, promised]
    for locale, days, waits, moves in (
        ("en", ("8 Dec 2026", "5 Jan 2027"), "approved, waits to be issued", "official holidays of 2027"),
        ("zh", ("2026年12月8日", "2027年1月5日"), "已批准，等待开票", "2027 年的官方节假日"),
    ):
        mail = render(template, locale, {**FACTS, "requests": lines})
        for part in (mail.text, mail.html):
            assert all(part.count(day) == 1 for day in days)
            assert (part.count(waits), part.count(moves)) == (1, 1)
            assert plain not in part
        mail = render(template, locale, {**FACTS, "requests": lines[:1]})
        assert waits not in mail.text + mail.html
        assert moves not in mail.text + mail.html


@pytest.mark.parametrize(
    ("approved", "asked"),
    [
        ((False, False), "Please have them decided first."),
        ((False, True), "Please have those decided first that wait for a verdict."),
        ((True, True), "They are approved and wait to be issued."),
    ],
)
def test_nobody_is_asked_to_decide_on_what_is_decided(context: Flask, approved: tuple[bool, ...], asked: str) -> None:
    mail = render("flagged", "en", {"requests": [{**REQUESTS[0], "approved": one} for one in approved]})
    for part in (mail.text, mail.html):
        assert asked in part
        assert ("decided" in part) == ("decided" in asked)


def test_a_link_cannot_be_bent_by_data(context: Flask) -> None:
    text = render("submitted", "en", {**FACTS, "request_number": "../x?y#z"}).text
    assert "http://127.0.0.1:8000/invoices/..%2Fx%3Fy%23z" in text


def test_the_parcel_carries_its_id_date_and_parts(context: Flask) -> None:
    mail = unpacked(compose(parcel(locale="zh")))
    assert mail["Message-ID"] == "<fixed@mail.backoffice.local>"
    assert mail["Date"].datetime == NOW
    assert mail["To"] == "ada@lumen.example"
    assert mail["From"].addresses[0].addr_spec == "invoices@backoffice.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "光明" in mail.get_body(("plain",)).get_content()
    assert "光明" in mail.get_body(("html",)).get_content()


def test_every_server_can_carry_the_bytes(context: Flask) -> None:
    """RFC 5321: lines of at most 998 bytes and CRLF; without 8BITMIME also seven bits."""
    long = {**FACTS, "remarks": "很" * 500, "header_name": "明" * 200}
    mime = compose(parcel(template="rejected", locale="zh", context=long))
    assert max(map(len, mime.split(b"\r\n"))) <= 998
    assert b"\n" not in mime.replace(b"\r\n", b"")
    assert mime.isascii()
    assert "很" * 500 in unpacked(mime).get_body(("plain",)).get_content()


def test_the_document_is_attached_unchanged(context: Flask) -> None:
    sha256 = storage.put(PDF)
    mime = compose(parcel(template="issued", attachment_sha256=sha256, attachment_name="INV-2026-000001.pdf"))
    (attachment,) = unpacked(mime).iter_attachments()
    assert attachment.get_filename() == "INV-2026-000001.pdf"
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content() == PDF


def test_a_document_that_is_gone_is_not_left_out_silently(context: Flask) -> None:
    storage.put(b"another one: the store is there")
    with pytest.raises(NotFound):
        compose(parcel(template="issued", attachment_sha256="0" * 64, attachment_name="a.pdf"))


@pytest.mark.parametrize(
    "poison", ["X\r\nBcc: all@evil.example", "X\nBcc: all@evil.example", "X\r\n\r\n<html>", "X\u2028Bcc: y"]
)
def test_data_cannot_add_headers(context: Flask, poison: str) -> None:
    facts = {**FACTS, "header_name": poison, "invoice_number": poison, "request_number": poison}
    sha256 = storage.put(PDF)
    mail = unpacked(
        compose(parcel(template="issued", context=facts, attachment_sha256=sha256, attachment_name=f"{poison}.pdf"))
    )
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"),
        *("Auto-Submitted", "X-Auto-Response-Suppress"),
    }
    assert len(mail.keys()) == 9
    (attachment,) = mail.iter_attachments()
    assert attachment["Bcc"] is None


def test_a_line_break_in_the_recipient_is_refused(context: Flask) -> None:
    with pytest.raises(ValueError, match="line break"):
        compose(parcel(recipient="ada@lumen.example\r\nBcc: all@evil.example"))


def test_a_mail_cannot_be_queued_without_what_it_says(context: Flask) -> None:
    silent = {name: value for name, value in FACTS.items() if name != "remarks"}
    with pytest.raises(ValueError, match="remarks"):
        services.queue("rejected", "a@b.example", "en", silent, at=NOW, about=("x", 1))
    with pytest.raises(ValueError, match="no mail called"):
        services.queue("congratulation", "a@b.example", "en", FACTS, at=NOW, about=("x", 1))


def test_each_mail_has_its_three_parts() -> None:
    folder = Path(__file__).parents[2] / "templates" / "messages"
    mails = {path.name for path in folder.iterdir() if path.is_dir()}
    assert mails == set(rules.CONTEXT)
    for mail in mails:
        assert {part.name for part in (folder / mail).iterdir()} == {"subject.txt", "body.txt", "body.html"}
