"""The catcher keeps mail, and /dev/mail shows it without trusting it, in demo mode only."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from backoffice import storage
from backoffice.config import ROOT
from backoffice.delivery import catcher, caught, jobs
from backoffice.delivery.rules import maildir
from tests.faults import smtp_servers as servers

PDF = b"%PDF-1.7 a document"


@pytest.fixture
def folder(app: Flask) -> Path:
    return maildir(app.config["BACKOFFICE_SETTINGS"].instance_path)


@pytest.fixture
def deliver(app, context, queue, use_server, folder):
    """Queue mails and have the real catcher catch them."""

    def deliver(*mails: dict) -> None:
        for mail in mails:
            queue(**mail)
        port = servers.free_port()
        controller = catcher.start(folder, port)
        try:
            use_server(servers.Server(catcher.HOST, port), mail_timeout_seconds=5)
            assert jobs.send_due() == len(mails)
        finally:
            controller.stop()

    return deliver


def first_link(app: Flask) -> str:
    page = app.test_client().get("/dev/mail").get_data(as_text=True)
    return re.findall(r'href="(/dev/mail/[^"?]+)"', page)[0]


def test_caught_mail_is_listed_newest_first(app, deliver, folder) -> None:
    deliver({"recipient": "first@lumen.example"})
    deliver({"recipient": "second@lumen.example"})
    page = app.test_client().get("/dev/mail").get_data(as_text=True)
    assert page.index("second@lumen.example") < page.index("first@lumen.example")
    assert "R-2026-000001" in page
    (newer,), key = caught.newest(folder, 1)
    assert newer.recipient == "second@lumen.example"
    (older,), end = caught.newest(folder, 1, key)
    assert (older.recipient, end) == ("first@lumen.example", None)


def test_an_empty_box_says_what_to_do(app) -> None:
    assert "No mail yet" in app.test_client().get("/dev/mail").get_data(as_text=True)


def test_a_mail_opens_with_text_headers_html_and_document(app, deliver) -> None:
    deliver(
        {
            "template": "issued",
            "context": {"invoice_number": "INV-2026-000001", "header_name": "<b>Lumen</b>"},
            "attachment_sha256": storage.put(PDF),
            "attachment_name": "INV-2026-000001.pdf",
        }
    )
    client, link = app.test_client(), first_link(app)
    page = client.get(link).get_data(as_text=True)
    assert "Invoice number: INV-2026-000001" in page
    assert "Message-ID" in page
    assert "<b>Lumen" not in page
    document = client.get(f"{link}/attachments/0")
    assert document.data == PDF
    assert document.headers["Content-Disposition"] == "attachment; filename=INV-2026-000001.pdf"
    assert client.get(f"{link}/attachments/1").status_code == 404


def test_the_html_part_can_run_and_load_nothing(app, deliver) -> None:
    deliver({})
    answer = app.test_client().get(f"{first_link(app)}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src" not in policy
    assert "Your request is in good hands" in answer.get_data(as_text=True)


def test_no_other_file_opens(app, deliver) -> None:
    deliver({})
    client = app.test_client()
    for key in ("..%2F..%2Fbackoffice.sqlite", "..", "nothing", "%00", "a" * 300):
        for address in (f"/dev/mail/{key}", f"/dev/mail/{key}/html", f"/dev/mail/{key}/attachments/0"):
            assert client.get(address).status_code == 404, address


BROKEN = [
    b"",
    b"\xff\xfe\x00garbage",
    b"Subject: =?utf-8?q?=ff?=\nDate: not a date\nContent-Type: text/plain; charset=klingon\n\nx\xff",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\ny\n--b--\n",
    b"Content-Type: text/html\nSubject: <script>alert(1)</script>\n\n<script>alert(2)</script>",
]


def test_a_broken_mail_breaks_no_page(app, folder) -> None:
    (folder / "new").mkdir(parents=True)
    for number, content in enumerate(BROKEN):
        (folder / "new" / f"{number}.odd").write_bytes(content)
    client = app.test_client()
    for address in ("/dev/mail", *(f"/dev/mail/{number}.odd" for number in range(len(BROKEN)))):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.get_data(as_text=True)
    assert client.get("/dev/mail").get_data(as_text=True).count(".odd") == len(BROKEN)


def test_there_is_no_mail_page_outside_demo_mode(app) -> None:
    app.config["BACKOFFICE_SETTINGS"] = app.config["BACKOFFICE_SETTINGS"].model_copy(update={"demo": False})
    assert app.test_client().get("/dev/mail").status_code == 404


def test_the_catcher_runs_as_a_process_and_stops_when_told(tmp_path: Path) -> None:
    port = servers.free_port()
    environment = {**os.environ, "BACKOFFICE_DEMO": "1", "BACKOFFICE_INSTANCE_PATH": str(tmp_path)}
    environment["BACKOFFICE_MAIL_PORT"] = str(port)
    command = [sys.executable, "-m", "backoffice.delivery.catcher"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert str(port) in process.stdout.readline()
        second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
        assert second.returncode == 1
        assert "cannot listen" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
