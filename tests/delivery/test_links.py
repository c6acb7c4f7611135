"""The link in a mail: the stored document for whoever holds the mail, for a limited time, and nothing else."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice import clock, storage
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.delivery import jobs, rules, services
from backoffice.delivery.models import Message
from backoffice.errors import Conflict
from backoffice.web import signing
from tests.delivery.conftest import NOW
from tests.faults import smtp_servers as servers
from tests.support.people import Cast

PDF = b"%PDF-1.7 a document"
# 14 whole local days after the day of the mail, in Shanghai.
ENDS = datetime(2026, 3, 20, 16, 0, tzinfo=UTC)


@pytest.fixture
def mailed(context: Flask, queue, use_server) -> Callable[..., tuple[int, str, str]]:
    """Send an invoice; its row's id, and its text and HTML."""

    def mailed(state: str = "accepted", **further: object) -> tuple[int, str, str]:
        facts = {"invoice_number": "INV-2026-000001", "request_number": "IR-20260306-000001"}
        document = {"attachment_sha256": storage.put(PDF), "attachment_name": "INV-2026-000001.pdf"}
        message_id = queue("issued", context=facts, **{**document, **further})
        reply = {"accepted": "250 OK", "deferred": "451 later", "failed": "550 never"}[state]
        with servers.answering(DATA=reply) as server:
            use_server(server)
            jobs.send_due()
        session.rollback()
        mime = session.scalars(select(Message.mime).where(Message.id == message_id)).one()
        mail = email.message_from_bytes(mime or b"", policy=email.policy.default)
        text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        session.rollback()
        return message_id, text, html

    return mailed


def link_in(part: str) -> str:
    (link,) = set(re.findall(r'http://127\.0\.0\.1:8000(/documents/[^"\s]+)', part))
    return link


def test_the_mail_has_a_link_and_says_until_when(app: Flask, mailed, client: FlaskClient) -> None:
    _, text, html = mailed()
    assert link_in(text) == link_in(html)
    assert "This link works until Friday, March 20, 2026." in text
    assert "This link works until Friday, March 20, 2026." in html
    answer = client.get(link_in(text))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="INV-2026-000001.pdf"')
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_chinese_mail_says_it_in_chinese(app: Flask, mailed) -> None:
    _, text, html = mailed(locale="zh")
    for part in (text, html):
        assert "无需登录下载 PDF" in part
        assert "此链接在2026年3月20日星期五之前（含当日）有效" in part


@pytest.mark.parametrize(("locale", "words"), [("en", "This link has ended"), ("zh", "此链接已失效")])
def test_after_its_last_day_the_page_says_how_to_get_it(
    app: Flask, mailed, client: FlaskClient, locale: str, words: str
) -> None:
    link = link_in(mailed()[1])
    client.set_cookie("locale", locale)
    with clock.moved_to(ENDS - timedelta(seconds=1)):
        assert client.get(link).data == PDF
    with clock.moved_to(ENDS):
        answer = client.get(link, follow_redirects=True)
        assert answer.request.path == f"{link}/over"
        assert words in answer.text
        assert 'href="/invoices/IR-20260306-000001"' in answer.text
        assert "Lumen" not in answer.text


def test_the_page_of_a_link_that_works_leads_to_the_document(app: Flask, mailed, client: FlaskClient) -> None:
    link = link_in(mailed()[1])
    assert client.get(f"{link}/over").headers["Location"] == link


def test_a_link_is_ended_without_touching_the_document(
    app: Flask, cast: Cast, mailed, message, client: FlaskClient
) -> None:
    message_id, text, _ = mailed()
    before = message(message_id)
    kept = (before.state, before.attachment_sha256, before.mime, before.server_answer)
    session.rollback()
    with transaction():
        services.end_link(cast.rita.actor, message_id, now=NOW)
    assert client.get(link_in(text)).status_code == 303
    after = message(message_id)
    assert (after.state, after.attachment_sha256, after.mime, after.server_answer) == kept
    assert storage.get(str(after.attachment_sha256)) == PDF
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "message.end_link")).all()
    assert event.actor_id == cast.rita.id
    session.rollback()
    with transaction(), pytest.raises(Conflict):
        services.end_link(cast.rita.actor, message_id, now=NOW)


@pytest.mark.parametrize(("state", "status"), [("accepted", 200), ("deferred", 200), ("failed", 303)])
def test_a_mail_that_never_reached_its_recipient_has_no_link(
    app: Flask, mailed, client: FlaskClient, state: str, status: int
) -> None:
    """An answer that was lost is no reason to shut a link: the mail may be there."""
    assert client.get(link_in(mailed(state)[1])).status_code == status


def test_a_repeat_carries_the_same_link_to_the_same_day(app: Flask, mailed, message, use_server) -> None:
    message_id, text, _ = mailed("deferred")
    before = message(message_id).link_until
    session.rollback()
    with servers.accepting() as server, clock.moved_to(NOW + timedelta(days=2)):
        use_server(server)
        assert jobs.send_due() == 1
    assert message(message_id).link_until == before == ENDS
    assert link_in(text).encode()[:60] in server.mails[0].content.replace(b"=\r\n", b"").replace(b"=3D", b"=")


def forged(good: str) -> dict[str, str]:
    token = good.rpartition("/")[2]
    return {
        # Not its last character: two bits of it stand for nothing, so another one may be the same signature.
        "changed": good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1],
        "unsigned": "/documents/" + token.partition(".")[0],
        "for another purpose": "/documents/" + signing.sign("0" * 32, "owner"),
        "of no mail": "/documents/" + signing.sign("0" * 32, rules.DOCUMENT_PURPOSE),
        "not a text": "/documents/" + signing.sign(["x", {"y": 1}], rules.DOCUMENT_PURPOSE),
        "null byte": "/documents/" + signing.sign("\x00", rules.DOCUMENT_PURPOSE),
        "long": "/documents/" + "a" * 5000,
        "empty": "/documents/%00",
    }


def test_no_other_link_opens_anything(app: Flask, mailed, client: FlaskClient) -> None:
    for kind, link in forged(link_in(mailed()[1])).items():
        for address in (link, f"{link}/over"):
            assert client.get(address).status_code == 404, kind


def test_a_mail_without_a_document_has_no_link(app: Flask, queue, message, use_server, client: FlaskClient) -> None:
    message_id = queue()
    with servers.accepting() as server:
        use_server(server)
        jobs.send_due()
    assert b"/documents/" not in server.mails[0].content
    assert message(message_id).link_until is None
    token = signing.sign(rules.unique_part(message(message_id).message_id), rules.DOCUMENT_PURPOSE)
    assert client.get(f"/documents/{token}").status_code == 303


def test_an_installation_may_do_without_links(app: Flask, queue, use_server) -> None:
    queue("issued", context={"invoice_number": "I"}, attachment_sha256=storage.put(PDF), attachment_name="I.pdf")
    with servers.accepting() as server:
        use_server(server, mail_link_days=0)
        assert jobs.send_due() == 1
    assert b"/documents/" not in server.mails[0].content


def test_a_flood_is_told_to_wait(app: Flask, mailed, client: FlaskClient) -> None:
    link = link_in(mailed()[1])
    statuses = [client.get(link).status_code for _ in range(61)]
    assert set(statuses[:60]) == {200}
    assert statuses[60] == 429


def test_a_damaged_document_is_not_served(app: Flask, mailed, client: FlaskClient) -> None:
    message_id, text, _ = mailed()
    sha256 = session.get_one(Message, message_id).attachment_sha256
    session.rollback()
    assert storage._store is not None
    storage._store.path(str(sha256)).write_bytes(b"something else")
    assert client.get(link_in(text)).status_code == 503
