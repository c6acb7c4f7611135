"""Whatever the mail server does, invoices are issued, the page says the truth, and the mail arrives in the end.

What one connection does with each kind of server is proved in tests/delivery; here the whole path goes through it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery import jobs as delivery
from backoffice.delivery import queries, services
from backoffice.delivery.models import Message
from backoffice.issuing import jobs as issuing
from backoffice.issuing import queries as invoices
from tests.faults.smtp_servers import (
    Server,
    accepting,
    answering,
    dropping_after_data,
    refusing,
    silent,
    silent_after_data,
)
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

Misbehaving = Callable[[], AbstractContextManager[Server]]
PASSING: dict[str, tuple[Misbehaving, str]] = {
    "refuses": (lambda: nullcontext(refusing()), "Connection refused"),
    "is silent": (silent, "timed out"),
    "is silent after the data": (silent_after_data, "timed out"),
    "drops the line after the data": (dropping_after_data, "onnection"),
    "is busy": (lambda: answering(DATA="451 4.3.2 try later"), "451 4.3.2 try later"),
}


def use(context: Flask, server: Server) -> None:
    context.config["BACKOFFICE_SETTINGS"] = context.config["BACKOFFICE_SETTINGS"].model_copy(
        update={
            "mail_server": server.host,
            "mail_port": server.port,
            # Short enough for servers that are silent, long enough for one that answers on a busy machine.
            "mail_timeout_seconds": 2,
            "mail_deadline_seconds": 4,
        }
    )


def mail_of(office: Office, number: str) -> Message:
    message = queries.latest("invoice_request", office.request(number).id, "issued")
    assert message is not None
    return message


@pytest.fixture
def approved(context: Flask, office: Office) -> str:
    """An approved request whose earlier mails are gone out."""
    office.recharge("500.00")
    number = office.apply("123.45")
    with accepting() as server:
        use(context, server)
        assert delivery.send_due() == 1
    assert queries.latest("invoice_request", office.request(number).id, "submitted").state == "accepted"
    session.rollback()
    office.approve(number)
    return number


@pytest.mark.parametrize("behaviour", PASSING)
def test_a_passing_fault_delays_the_mail_and_nothing_else(
    context: Flask, office: Office, approved: str, behaviour: str
) -> None:
    misbehaving, words = PASSING[behaviour]
    with misbehaving() as server:
        use(context, server)
        assert issuing.issue_due() == 1
        assert delivery.send_due() == 1
        message = mail_of(office, approved)
        assert (office.request(approved).state, message.state, message.attempts) == ("issued", "deferred", 1)
        assert words in (message.server_answer or "")
        assert timedelta(seconds=50) < message.next_attempt_at - clock.now() <= timedelta(minutes=1)
        assert not queries.problems()
        session.rollback()
        assert delivery.send_due() == 0, "it is tried again before its time"
        # Other work goes on meanwhile.
        other = office.issued("10.00")
    assert office.states([approved, other]) == ["issued", "issued"]
    assert contradictions() == []
    first_try = [mail.content for mail in server.mails]
    with accepting() as mended, clock.shifted(timedelta(minutes=2)):
        use(context, mended)
        assert delivery.send_due() >= 2
        message = mail_of(office, approved)
        assert (message.state, message.attempts) == ("accepted", 2)
        repeats = [mail.content for mail in mended.mails if message.message_id.encode() in mail.content]
        assert len(repeats) == 1
        assert first_try in ([], repeats), "the repeat is not the mail that was tried first"
        document = invoices.document_of(office.request(approved).id)
        (attachment,) = message_from_bytes(repeats[0], policy=policy.default).iter_attachments()  # type: ignore[attr-defined]
        assert attachment.get_payload(decode=True) == storage.get(document.sha256)
    assert contradictions() == []


def test_a_final_refusal_is_a_work_item_until_the_address_is_corrected(
    context: Flask, office: Office, approved: str
) -> None:
    with answering(RCPT=lambda address: "550 5.1.1 no such user" if "payable" in address else "250 OK") as server:
        use(context, server)
        assert issuing.issue_due() == 1
        assert delivery.send_due() == 1
        failed = mail_of(office, approved)
        assert (office.request(approved).state, failed.state) == ("issued", "failed")
        assert failed.server_answer == "550 5.1.1 no such user"
        assert [message.id for message in queries.problems()] == [failed.id]
        failed_id = failed.id
        session.rollback()
        with clock.shifted(timedelta(days=1)):
            assert delivery.send_due() == 0, "a final refusal is not tried again"
        with transaction():
            services.correct_and_resend(office.cast.rita.actor, failed_id, "ada@lumen.example", now=clock.now())
        assert delivery.send_due() == 1
        assert [mail.recipients for mail in server.mails] == [["ada@lumen.example"]]
    assert mail_of(office, approved).state == "accepted"
    assert not queries.problems()
    assert contradictions() == []


def test_a_server_that_is_gone_for_three_days_ends_as_a_work_item(
    context: Flask, office: Office, approved: str
) -> None:
    use(context, refusing())
    assert issuing.issue_due() == 1
    waited = timedelta()
    while mail_of(office, approved).is_open and waited < timedelta(days=7):
        waited = max(waited, mail_of(office, approved).next_attempt_at - clock.now() + timedelta(seconds=1))
        session.rollback()
        with clock.shifted(waited):
            delivery.send_due()
    message = mail_of(office, approved)
    assert (message.state, message.attempts) == ("failed", 10)
    assert timedelta(days=2, hours=22) < waited < timedelta(days=3, hours=1)
    assert [problem.id for problem in queries.problems()] == [message.id]
    assert office.request(approved).state == "issued"
