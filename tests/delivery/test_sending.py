"""Mail against real servers that behave well, badly, and not at all."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery import invariants, jobs, services
from backoffice.delivery.connection import Connection
from backoffice.delivery.rules import MessageState
from tests.delivery.conftest import NOW
from tests.faults import smtp_servers as servers

pytestmark = pytest.mark.fault
LATER = NOW + timedelta(hours=1)


def test_an_accepted_mail_is_recorded_with_the_servers_words(context, queue, message, use_server) -> None:
    message_id = queue()
    with servers.accepting() as server:
        use_server(server)
        assert jobs.send_due() == 1
        assert jobs.send_due() == 0
    sent = message(message_id)
    assert (sent.state, sent.attempts, sent.accepted_at) == ("accepted", 1, NOW)
    assert sent.server_answer == "250 OK queued as 1"
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("invoices@backoffice.example", ["ada@lumen.example"])
    assert mail.content == sent.mime
    assert sent.message_id.encode() in mail.content
    assert list(invariants.check()) == []


def test_a_batch_uses_one_connection(context, queue, use_server) -> None:
    for number in range(5):
        queue(recipient=f"person{number}@lumen.example")
    with servers.accepting() as server:
        use_server(server)
        assert jobs.send_due(limit=4) == 4
        assert (server.connections, len(server.mails)) == (1, 4)
        assert jobs.send_due(limit=4) == 1
    assert sorted(mail.recipients[0] for mail in server.mails) == [f"person{n}@lumen.example" for n in range(5)]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("reply", "state"), [("451 later please", "deferred"), ("550 never", "failed")])
def test_a_refusal_is_final_or_not_by_its_code(
    context, queue, message, use_server, verb: str, reply: str, state: str
) -> None:
    refused = queue()
    with servers.answering(**{verb: reply}) as server:
        use_server(server)
        assert jobs.send_due() == 1
    assert (message(refused).state, message(refused).server_answer) == (state, reply)
    assert (message(refused).accepted_at, message(refused).attempts) == (None, 1)


def test_no_piece_of_a_mail_waits_for_the_one_before_it(context, use_server) -> None:
    """With Nagle's algorithm each mail over a kept, encrypted connection took 40 ms longer."""
    with servers.accepting() as server:
        use_server(server)
        with Connection(context.config["BACKOFFICE_SETTINGS"]) as connection:
            assert connection.send("ada@lumen.example", b"Subject: x\r\n\r\nx\r\n").state is MessageState.ACCEPTED
            assert connection._client is not None
            assert connection._client.lever.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_line_that_is_not_encrypted_reads_no_certificates(context, use_server, monkeypatch) -> None:
    """Reading the system's authorities took a tenth of a second for each connection."""
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: pytest.fail("certificates were read"))
    with servers.accepting() as server:
        use_server(server)
        with Connection(context.config["BACKOFFICE_SETTINGS"]) as connection:
            assert connection.send("ada@lumen.example", b"Subject: x\r\n\r\nx\r\n").state is MessageState.ACCEPTED


def test_one_bad_recipient_does_not_hold_the_batch_up(context, queue, message, use_server) -> None:
    first, bad, last = queue(), queue(recipient="gone@lumen.example"), queue()

    def rcpt(address: str) -> str:
        return "550 no such user" if address.startswith("gone@") else "250 OK"

    with servers.answering(RCPT=rcpt) as server:
        use_server(server)
        assert jobs.send_due() == 3
        assert server.connections == 1
    assert [message(one).state for one in (first, bad, last)] == ["accepted", "failed", "accepted"]


@pytest.mark.parametrize(
    "recipient", ["艾达@lumen.example", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example", "x"]
)
def test_an_address_no_mail_can_carry_fails_cleanly(context, queue, message, use_server, recipient: str) -> None:
    message_id, good = queue(recipient=recipient), queue()
    with servers.accepting() as server:
        use_server(server)
        assert jobs.send_due() == 2
    assert message(message_id).state == "failed"
    assert message(message_id).server_answer.startswith("not sent: ")
    assert message(good).state == "accepted"
    assert [mail.recipients for mail in server.mails] == [["ada@lumen.example"]]


def test_an_international_domain_is_sent_in_ascii(context, queue, use_server) -> None:
    queue(recipient="ada@例子.example")
    with servers.accepting() as server:
        use_server(server)
        jobs.send_due()
    assert server.mails[0].recipients == ["ada@xn--fsqu00a.example"]


def test_refused_connections_defer_and_spare_the_others(context, queue, message, use_server) -> None:
    first, second = queue(), queue()
    use_server(servers.refusing())
    assert jobs.send_due() == 1
    assert (message(first).state, message(second).state) == ("deferred", "queued")
    assert message(first).next_attempt_at == NOW + timedelta(minutes=1)
    assert "ConnectionRefusedError" in message(first).server_answer


@pytest.mark.parametrize(
    ("bad_server", "expected"),
    [
        (servers.silent, "timed out"),
        (servers.silent_after_data, "timed out"),
        (servers.slow_drip, "time for one delivery is over"),
        (servers.dropping_after_data, "Disconnected"),
    ],
)
def test_no_server_can_hold_the_worker_up(context, queue, message, use_server, bad_server, expected: str) -> None:
    message_id = queue()
    with bad_server() as server:
        use_server(server)
        began = time.monotonic()
        assert jobs.send_due() == 1
        assert time.monotonic() - began < 3
    assert message(message_id).state == "deferred"
    assert expected in message(message_id).server_answer


def test_a_drop_before_the_answer_leads_to_the_same_mail_again(context, queue, message, use_server) -> None:
    """The server may have kept it: the repeat must be recognisable, so Message-ID and bytes stay."""
    message_id = queue()
    with servers.dropping_after_data(times=1) as server:
        use_server(server)
        jobs.send_due()
        assert message(message_id).state == "deferred"
        with clock.moved_to(LATER):
            assert jobs.send_due() == 1
    assert (message(message_id).state, message(message_id).attempts) == ("accepted", 2)
    first, again = server.mails
    assert first.content == again.content == message(message_id).mime
    assert first.content.count(message(message_id).message_id.encode()) == 1


def test_a_crash_between_answer_and_record_repeats_the_same_mail(
    context, queue, message, use_server, monkeypatch
) -> None:
    message_id = queue()

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with servers.accepting() as server:
        use_server(server)
        with monkeypatch.context() as patch:
            patch.setattr(services, "record_outcome", killed)
            with pytest.raises(Killed):
                jobs.send_due()
        session.rollback()
        assert message(message_id).state == "sending"
        assert jobs.send_due() == 0
        with clock.moved_to(LATER):
            assert jobs.send_due() == 1
    assert message(message_id).state == "accepted"
    assert len(server.mails) == 2
    assert server.mails[0].content == server.mails[1].content


def test_what_is_rendered_once_is_never_rendered_again(context, queue, message, use_server, monkeypatch) -> None:
    message_id = queue()
    with servers.answering(DATA="451 later") as server:
        use_server(server)
        jobs.send_due()
    monkeypatch.setattr(jobs, "compose", lambda *_: pytest.fail("rendered twice"))
    with servers.accepting() as server, clock.moved_to(LATER):
        use_server(server)
        jobs.send_due()
    assert server.mails[0].content == message(message_id).mime


def test_a_server_that_leaves_after_each_answer_gets_every_mail_once(context, queue, message, use_server) -> None:
    ids = [queue(recipient=f"p{n}@lumen.example") for n in range(3)]
    with servers.dropping_after_answer() as server:
        use_server(server)
        while jobs.send_due():
            pass
    assert [message(one).state for one in ids] == ["accepted"] * 3
    assert [mail.recipients[0] for mail in server.mails] == [f"p{n}@lumen.example" for n in range(3)]


def test_a_mail_that_cannot_be_rendered_waits_and_lets_others_pass(
    context, queue, message, use_server, monkeypatch
) -> None:
    broken = queue(template="rejected", context={"reason": "x", "remarks": "y"})
    good = queue()
    compose = jobs.compose

    def faulty(parcel, link_until):
        if parcel.id == broken:
            raise KeyError("a template is broken")
        return compose(parcel, link_until)

    monkeypatch.setattr(jobs, "compose", faulty)
    with servers.accepting() as server:
        use_server(server)
        assert jobs.send_due() == 2
    assert (message(broken).state, message(good).state) == ("deferred", "accepted")
    assert "a template is broken" in message(broken).server_answer


def test_a_lost_document_fails_and_shows(context, queue, message, use_server) -> None:
    storage.put(b"another one: the store is there")
    message_id = queue(
        template="issued", context={"invoice_number": "I"}, attachment_sha256="0" * 64, attachment_name="I.pdf"
    )
    assert f"message {message_id}: the document" in " ".join(invariants.check())
    with servers.accepting() as server:
        use_server(server)
        jobs.send_due()
    assert message(message_id).state == "failed"
    assert server.mails == []


def test_a_sender_too_slow_for_its_lease_does_not_send(context, queue, message, use_server, monkeypatch) -> None:
    message_id = queue()
    monkeypatch.setattr(jobs, "_RENDER_SECONDS", -1.0)
    with servers.accepting() as server:
        use_server(server)
        assert jobs.send_due(limit=1) == 1
    assert server.mails == []
    assert message(message_id).state == "sending"


@pytest.mark.race
def test_live_senders_never_send_the_same_message_twice(context: Flask, queue, message, use_server) -> None:
    ids = [queue(recipient=f"p{number}@lumen.example") for number in range(40)]
    session.remove()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with context.app_context():
                while jobs.send_due(limit=7):
                    pass
        except BaseException as error:
            faults.append(error)

    with servers.accepting() as server:
        use_server(server, mail_timeout_seconds=10, mail_deadline_seconds=20)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert faults == []
    assert sorted(mail.recipients[0] for mail in server.mails) == sorted(f"p{n}@lumen.example" for n in range(40))
    assert {message(one).state for one in ids} == {"accepted"}
    assert {message(one).attempts for one in ids} == {1}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> servers.Certificate:
    return servers.make_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["tls", "starttls"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestEncryption:
    """A mail goes to the server whose certificate is right, or it waits."""

    def test_a_trusted_certificate_is_accepted(
        self, context, queue, message, use_server, certificate, security
    ) -> None:
        message_id = queue()
        with servers.accepting(**{security: certificate.context()}) as server:
            use_server(server, mail_security=security, mail_ca_file=certificate.certificate, mail_timeout_seconds=5)
            assert jobs.send_due() == 1
        assert message(message_id).state == "accepted", message(message_id).server_answer

    def test_an_unknown_certificate_is_refused(
        self, context, queue, message, use_server, certificate, security
    ) -> None:
        message_id = queue()
        with servers.accepting(**{security: certificate.context()}) as server:
            use_server(server, mail_security=security, mail_timeout_seconds=5)
            jobs.send_due()
        assert message(message_id).state == "deferred"
        assert "certificate is not trusted" in message(message_id).server_answer
        assert server.mails == []

    def test_a_certificate_of_another_name_is_refused(
        self, context, queue, message, use_server, security, tmp_path: Path
    ) -> None:
        message_id, other = queue(), servers.make_certificate(tmp_path, address="192.0.2.9")
        with servers.accepting(**{security: other.context()}) as server:
            use_server(server, mail_security=security, mail_ca_file=other.certificate, mail_timeout_seconds=5)
            jobs.send_due()
        assert "IP address mismatch" in message(message_id).server_answer
        assert server.mails == []

    def test_no_mail_goes_in_the_clear_where_encryption_is_asked(self, context, queue, message, use_server) -> None:
        message_id = queue()
        with servers.accepting() as server:
            use_server(server, mail_security="starttls")
            jobs.send_due()
        assert message(message_id).state == "deferred"
        assert "STARTTLS" in message(message_id).server_answer
        assert server.mails == []

    @pytest.mark.parametrize("bad_server", [servers.silent, servers.slow_drip])
    def test_a_handshake_cannot_hang(self, context, use_server, bad_server) -> None:
        with bad_server() as server:
            use_server(server, mail_security="tls")
            began = time.monotonic()
            with Connection(context.config["BACKOFFICE_SETTINGS"]) as connection:
                outcome = connection.send("ada@lumen.example", b"Subject: x\r\n\r\nx\r\n")
            assert time.monotonic() - began < 3
        assert outcome.state is MessageState.DEFERRED
        assert outcome.broken_off


def test_no_transaction_is_open_while_the_server_takes_its_time(context, queue, use_server) -> None:
    """A second writer gets through while a mail hangs: a slow server must not stop the business."""
    queue()
    with servers.silent() as server:
        use_server(server, mail_timeout_seconds=1.5, mail_deadline_seconds=3)
        sender = threading.Thread(target=_send, args=(context,))
        sender.start()
        while not server.connections:
            time.sleep(0.01)
        began = time.monotonic()
        with transaction():
            services.queue("security_notice", "a@b.example", "en", {}, at=NOW, about=("user", 1))
        assert time.monotonic() - began < 1
        sender.join(10)


def _send(context: Flask) -> None:
    with context.app_context():
        jobs.send_due()
